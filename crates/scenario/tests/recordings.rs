//! Reading the recordings that `BUDDYSCOPE_RECORDINGS` names, to the last line; without it there is nothing to do.

use buddyscope_scenario::recording::{
    LRU_LISTS, Op, OpReader, Recording, SlabScan, StateFile, TraceLine, find_folders, find_recordings,
};
use buddyscope_scenario::replay::trace::event_deltas;
use std::error::Error;
use std::path::Path;

#[test]
fn every_state_is_read() -> Result<(), Box<dyn Error>> {
    let Some(folder) = std::env::var_os("BUDDYSCOPE_RECORDINGS") else { return Ok(()) };
    for path in find_folders(Path::new(&folder), "state.txt")? {
        let bytes = Recording::in_folder(&path).required("state.txt")?;
        let state = StateFile::read(&bytes, &path.join("state.txt").display().to_string())?;
        let told = state.nodes.iter().filter(|node| state.lruvec(node.id, None).is_some());
        for node in told.map(|node| node.id) {
            let zones = state.zones.iter().filter(|zone| zone.id.node() == node);
            let counted = sums(zones.map(|zone| zone.lru_counts));
            let lruvecs = state.lruvecs.iter().filter(|lruvec| lruvec.node == node);
            let listed = sums(lruvecs.map(|lruvec| lruvec.lists.each_ref().map(|list| list.len() as u64)));
            assert_eq!(listed, counted, "{} node {node}", path.display());
        }
    }
    Ok(())
}

#[test]
fn every_operation_is_read_and_every_line_inside() -> Result<(), Box<dyn Error>> {
    let Some(folder) = std::env::var_os("BUDDYSCOPE_RECORDINGS") else { return Ok(()) };
    for path in find_recordings(Path::new(&folder))? {
        let ops = Recording::in_folder(&path).ops()?;
        let file = path.join("ops.txt").display().to_string();
        let mut lines = 0;
        let mut reader = OpReader::new(&ops, &file);
        while let Some(op) = reader.next_op() {
            let Op::Block(block) = op? else { continue };
            lines += block.lines().count();
            for (line, text) in block.lines() {
                TraceLine::read(text, &file, line)?;
                if text.starts_with('v') {
                    event_deltas(text, &file, line)?;
                }
            }
            block.slab_scans(&file).collect::<Result<Vec<SlabScan<'_>>, _>>()?;
            assert_eq!(block.end_line(), reader.line());
        }
        let inner = ops.split(|&b| b == b'\n').filter(|line| is_inner(line)).count();
        assert_eq!((reader.line() as usize, lines), (ops.iter().filter(|&&b| b == b'\n').count(), inner), "{file}");
    }
    Ok(())
}

fn sums(rows: impl Iterator<Item = [u64; LRU_LISTS]>) -> [u64; LRU_LISTS] {
    rows.fold([0; LRU_LISTS], |sum, row| core::array::from_fn(|list| sum[list] + row[list]))
}

/// Whether a line can stand only inside a block.
fn is_inner(line: &[u8]) -> bool {
    matches!(line, [b'e' | b'l' | b'f' | b'a' | b'v' | b'M', b' ', ..] | b"v") || line.starts_with(b"LRUVEC0")
}
