//! Page codes and pixels in wasm memory.

use crate::convert::thrown;
use crate::session::Session;
use buddyscope_mm::pfn::{Pfn, ZoneId};
use buddyscope_scenario::pagemap::{Colors, PageClass, Plane, View, draw};
use buddyscope_scenario::session::{FieldError, Value};
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

impl Session {
    /// The plane of a zone (−1: the whole machine), made anew if the last call was about another.
    fn plane(&mut self, zone: f64, columns: u32) -> Result<&Plane, JsValue> {
        let running = self.running()?;
        let id: Option<ZoneId> =
            if zone < 0.0 { None } else { Some(running.zone_id(&Value::Number(zone)).map_err(thrown)?) };
        let kept = self.map.plane.take().filter(|plane| plane.zone() == id && self.map.columns == columns);
        let plane = match kept {
            Some(plane) => plane,
            None => Plane::new(self.running()?.machine(), id, columns.into()),
        };
        self.map.columns = columns;
        Ok(self.map.plane.insert(plane))
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
        self.running()?.look();
        let Some(running) = &self.inner else { return Ok(0) };
        let map = &mut self.map;
        map.codes.clear();
        let codes: [u16; 256] = core::array::from_fn(|class| PageClass(class as u8).code());
        let code = |pfn: u32| {
            let class = match pfn {
                NOTHING => PageClass::HOLE,
                pfn => running.classes().of_page(running.machine(), Pfn(pfn.into())),
            };
            codes[usize::from(class.0)]
        };
        map.codes.extend(map.pfns.iter().take(n).map(|&pfn| code(pfn)));
        Ok(map.codes.as_ptr() as usize)
    }

    #[wasm_bindgen(js_name = mapTiles)]
    pub fn map_tiles(&mut self, zone: f64) -> Result<f64, JsValue> {
        let columns = self.map.columns.max(1);
        Ok(self.plane(zone, columns)?.tiles() as f64)
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
        let pixels = checked(width.saturating_mul(height), "width")?;
        if !(step > 0.0 && left.is_finite() && top.is_finite()) {
            return Err(thrown(FieldError::new("step", "a step above 0 and a finite corner are expected")));
        }
        self.running()?.look();
        self.plane(zone, columns)?;
        let (Some(running), map) = (&self.inner, &mut self.map) else { return Ok(0) };
        map.pixels.resize(pixels, 0);
        if let Some(plane) = &map.plane {
            let view = View { left, top, step, width, height };
            draw(running.classes(), plane, &view, &map.colors, &mut map.pixels);
        }
        Ok(map.pixels.as_ptr() as usize)
    }

    #[wasm_bindgen(js_name = mapPfn)]
    pub fn map_pfn(&mut self, zone: f64, columns: u32, x: f64, y: f64) -> Result<f64, JsValue> {
        if !(x >= 0.0 && y >= 0.0) {
            return Ok(-1.0);
        }
        self.plane(zone, columns)?;
        let (Some(running), Some(plane)) = (&self.inner, &self.map.plane) else { return Ok(-1.0) };
        Ok(plane.page_at(running.machine(), x as u64, y as u64).map_or(-1.0, |pfn| pfn.0 as f64))
    }

    #[wasm_bindgen(js_name = mapCell, unchecked_return_type = "[number, number] | undefined")]
    pub fn map_cell(&mut self, zone: f64, columns: u32, pfn: f64) -> Result<Option<Array>, JsValue> {
        self.plane(zone, columns)?;
        let (Some(running), Some(plane)) = (&self.inner, &self.map.plane) else { return Ok(None) };
        let cell = if pfn >= 0.0 { plane.cell_of(running.machine(), Pfn(pfn as u64)) } else { None };
        Ok(cell.map(|(x, y)| Array::of2(&JsValue::from_f64(x as f64), &JsValue::from_f64(y as f64))))
    }
}
