//! Page codes and pixels in wasm memory.

use crate::convert::thrown;
use crate::session::Session;
use buddyscope_mm::pfn::{Pfn, ZoneId};
use buddyscope_scenario::pagemap::{Colors, PageClass, Plane, View, draw};
use buddyscope_scenario::session::{FieldError, Value};
use buddyscope_scenario::view::Sight;
use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Most samples or pixels of one call.
const MAX_SAMPLES: usize = 1 << 25;
/// In a list of page frames: nothing there.
const NOTHING: u32 = u32::MAX;

/// Buffers that JavaScript reads and writes in place.
pub(crate) struct Map {
    pfns: Vec<u32>,
    codes: Vec<u16>,
    pixels: Vec<u32>,
    colors: Box<Colors>,
    plane: Option<Plane>,
    columns: u32,
}

impl Default for Map {
    fn default() -> Self {
        let (pfns, codes, pixels) = (Vec::new(), Vec::new(), Vec::new());
        Map { pfns, codes, pixels, colors: Box::new([0; 256]), plane: None, columns: 0 }
    }
}

impl Map {
    /// Another machine has other planes.
    pub(crate) fn forget(&mut self) {
        self.plane = None;
    }
}

fn checked(count: usize, field: &str) -> Result<usize, JsValue> {
    let message = || format!("{count} given; at most {MAX_SAMPLES} are possible");
    if count <= MAX_SAMPLES { Ok(count) } else { Err(thrown(FieldError::new(field, message()))) }
}

impl Map {
    /// The plane of a zone (−1: the whole machine), made anew if the last call was about another.
    fn plane(&mut self, sight: &Sight<'_>, zone: f64, columns: u32) -> Result<&Plane, JsValue> {
        let id: Option<ZoneId> =
            if zone < 0.0 { None } else { Some(sight.zone_id(&Value::Number(zone)).map_err(thrown)?) };
        let kept = self.plane.take().filter(|plane| plane.zone() == id && self.columns == columns);
        self.columns = columns;
        Ok(self.plane.insert(kept.unwrap_or_else(|| Plane::new(sight.machine, id, columns.into()))))
    }
}

#[wasm_bindgen]
#[expect(missing_docs, reason = "described in web/worker/model.ts")]
impl Session {
    #[wasm_bindgen(js_name = samplePfns)]
    pub fn sample_pfns(&mut self, n: usize) -> Result<usize, JsValue> {
        self.map.pfns.resize(checked(n, "n")?, NOTHING);
        Ok(self.map.pfns.as_ptr() as usize)
    }

    pub fn sample(&mut self, n: usize) -> Result<usize, JsValue> {
        let (sight, map) = self.sight()?;
        let codes: [u16; 256] = core::array::from_fn(|class| PageClass(class as u8).code());
        let class = |pfn: u32| match pfn {
            NOTHING => PageClass::HOLE,
            pfn => sight.classes.of_page(sight.machine, Pfn(pfn.into())),
        };
        map.codes.clear();
        map.codes.extend(map.pfns.iter().take(n).map(|&pfn| codes[usize::from(class(pfn).0)]));
        Ok(map.codes.as_ptr() as usize)
    }

    #[wasm_bindgen(js_name = mapTiles)]
    pub fn map_tiles(&mut self, zone: f64) -> Result<f64, JsValue> {
        let (sight, map) = self.sight()?;
        let columns = map.columns.max(1);
        Ok(map.plane(&sight, zone, columns)?.tiles() as f64)
    }

    #[wasm_bindgen(js_name = mapColors)]
    pub fn map_colors(&mut self, colors: &[u32]) {
        let count = colors.len().min(256);
        self.map.colors[..count].copy_from_slice(&colors[..count]);
    }

    #[wasm_bindgen(js_name = mapCodes)]
    #[must_use]
    pub fn map_codes(&self) -> Vec<u16> {
        (0..=255).map(|class| PageClass(class).code()).collect()
    }

    #[wasm_bindgen(js_name = mapDraw)]
    pub fn map_draw(
        &mut self,
        zone: f64,
        columns: u32,
        left: f64,
        top: f64,
        step: f64,
        width: usize,
        height: usize,
    ) -> Result<usize, JsValue> {
        let count = checked(width.saturating_mul(height), "width")?;
        if !(step > 0.0 && left.is_finite() && top.is_finite()) {
            return Err(thrown(FieldError::new("step", "a step above 0 and a finite corner are expected")));
        }
        let (sight, map) = self.sight()?;
        let mut pixels = core::mem::take(&mut map.pixels);
        pixels.resize(count, 0);
        let colors = map.colors.clone();
        let view = View { left, top, step, width, height };
        draw(sight.classes, map.plane(&sight, zone, columns)?, &view, &colors, &mut pixels);
        map.pixels = pixels;
        Ok(map.pixels.as_ptr() as usize)
    }

    #[wasm_bindgen(js_name = mapPfn)]
    pub fn map_pfn(&mut self, zone: f64, columns: u32, x: f64, y: f64) -> Result<f64, JsValue> {
        let (sight, map) = self.sight()?;
        let plane = map.plane(&sight, zone, columns)?;
        let page = if x >= 0.0 && y >= 0.0 { plane.page_at(sight.machine, x as u64, y as u64) } else { None };
        Ok(page.map_or(-1.0, |pfn| pfn.0 as f64))
    }

    #[wasm_bindgen(js_name = mapCell, unchecked_return_type = "[number, number] | undefined")]
    pub fn map_cell(&mut self, zone: f64, columns: u32, pfn: f64) -> Result<Option<Array>, JsValue> {
        let (sight, map) = self.sight()?;
        let plane = map.plane(&sight, zone, columns)?;
        let cell = if pfn >= 0.0 { plane.cell_of(sight.machine, Pfn(pfn as u64)) } else { None };
        Ok(cell.map(|(x, y)| Array::of2(&JsValue::from_f64(x as f64), &JsValue::from_f64(y as f64))))
    }
}
