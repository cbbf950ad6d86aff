//! Drawing: one pixel for each sampled cell, through a palette of one color for each class.

use super::class::PageClass;
use super::classes::Classes;
use super::plane::{Plane, TILE_EDGE, TILES_PER_SECTION, spread};
use super::section::Tile;

/// Part of the plane that is drawn: pixel (i, j) shows the cell at `left + i × step`, `top + j × step`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Cells left of the view; may be negative.
    pub left: f64,
    /// Cells above the view.
    pub top: f64,
    /// Cells from one pixel to the next; below 1 enlarges.
    pub step: f64,
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
}

/// One color for each class, as RGBA bytes in memory.
pub type Colors = [u32; 256];

/// Where the pixels of one row or column lead: runs of pixels that share a tile, and each pixel's place inside.
struct Axis {
    /// Tile and pixels of each run.
    runs: Vec<(u64, usize)>,
    /// Bits of the offset inside the tile, pixel by pixel.
    bits: Vec<u16>,
    /// Pixels before the plane begins.
    before: usize,
}

impl Axis {
    fn new(start: f64, step: f64, pixels: usize, shift: u32) -> Axis {
        let mut axis = Axis { runs: Vec::new(), bits: Vec::with_capacity(pixels), before: 0 };
        for pixel in 0..pixels {
            let at = start + pixel as f64 * step;
            if at < 0.0 {
                axis.before += 1;
                continue;
            }
            let cell = at as u64;
            axis.bits.push((spread(cell) << shift) as u16);
            match axis.runs.last_mut() {
                Some((tile, count)) if *tile == cell / TILE_EDGE => *count += 1,
                _ => axis.runs.push((cell / TILE_EDGE, 1)),
            }
        }
        axis
    }
}

/// Draws a view. `pixels` has one word for each pixel, row by row.
pub fn draw(classes: &Classes, plane: &Plane, view: &View, colors: &Colors, pixels: &mut [u32]) {
    let columns = Axis::new(view.left, view.step, view.width, 0);
    let rows = Axis::new(view.top, view.step, view.height, 1);
    let hole = colors[usize::from(PageClass::HOLE.0)];
    let mut lines = pixels.chunks_exact_mut(view.width.max(1));
    lines.by_ref().take(rows.before).for_each(|line| line.fill(hole));
    let mut row_bits = rows.bits.iter();
    for &(row, count) in &rows.runs {
        for (line, &bits) in lines.by_ref().zip(row_bits.by_ref()).take(count) {
            let (before, line) = line.split_at_mut(columns.before.min(view.width));
            before.fill(hole);
            draw_line(classes, plane, row, u32::from(bits), &columns, colors, line);
        }
    }
    lines.for_each(|line| line.fill(hole));
}

fn draw_line(
    classes: &Classes,
    plane: &Plane,
    row: u64,
    row_bits: u32,
    columns: &Axis,
    colors: &Colors,
    mut line: &mut [u32],
) {
    let mut bits = &columns.bits[..];
    for &(column, count) in &columns.runs {
        let (run, rest) = core::mem::take(&mut line).split_at_mut(count);
        let (run_bits, rest_bits) = bits.split_at(count);
        (line, bits) = (rest, rest_bits);
        match tile(classes, plane, column, row) {
            Tile::Plain(class) => run.fill(colors[usize::from(class.0)]),
            Tile::Pages(pages) => {
                for (pixel, &column_bits) in run.iter_mut().zip(run_bits) {
                    let class = pages[(u32::from(column_bits) | row_bits) as usize & (pages.len() - 1)];
                    *pixel = colors[usize::from(class.0)];
                }
            }
        }
    }
}

fn tile<'a>(classes: &'a Classes, plane: &Plane, column: u64, row: u64) -> Tile<'a> {
    let Some(tile) = plane.tile_at(column, row) else { return Tile::Plain(PageClass::HOLE) };
    match classes.sections().get((tile / TILES_PER_SECTION) as usize) {
        Some(section) => section.tile((tile % TILES_PER_SECTION) as usize),
        None => Tile::Plain(PageClass::HOLE),
    }
}
