//! Page codes and pixels, read from wasm memory as JavaScript reads them.

use super::{js, number, ok, session};
use js_sys::{Uint16Array, Uint32Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

fn memory() -> JsValue {
    let memory: js_sys::WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    memory.buffer()
}

#[wasm_bindgen_test]
fn samples_and_pixels_show_what_the_record_says() {
    let mut session = session(r#"{"preset":"board"}"#);
    ok(session.age(1.0, Some(40_000.0)));
    ok(session.allocate(js(r#"{"gfp":"GFP_KERNEL","order":3,"count":20}"#)));
    let pfns: Vec<u32> = (0..131_072).step_by(7).collect();
    let at = ok(session.sample_pfns(pfns.len()));
    Uint32Array::new_with_byte_offset_and_length(&memory(), at as u32, pfns.len() as u32).copy_from(&pfns);
    let at = ok(session.sample(pfns.len()));
    // Views are taken after the last allocation: memory that grows leaves them behind.
    let mut codes = vec![0; pfns.len()];
    Uint16Array::new_with_byte_offset_and_length(&memory(), at as u32, pfns.len() as u32).copy_to(&mut codes);

    let by_class = session.map_codes();
    session.map_colors(&core::array::from_fn::<u32, 256, _>(|class| class as u32));
    let columns = 12;
    let rows = (ok(session.map_tiles(-1.0)) as usize).div_ceil(columns);
    let (width, height) = (columns * 32, rows * 32);
    let at = ok(session.map_draw(-1.0, columns as u32, 0.0, 0.0, 1.0, width, height));
    let mut pixels = vec![0; width * height];
    Uint32Array::new_with_byte_offset_and_length(&memory(), at as u32, pixels.len() as u32).copy_to(&mut pixels);

    for (&pfn, &code) in pfns.iter().zip(&codes) {
        let cell = ok(session.map_cell(-1.0, columns as u32, pfn.into())).expect("every page has a cell");
        let (x, y) = (cell.get(0).as_f64().unwrap_or(-1.0), cell.get(1).as_f64().unwrap_or(-1.0));
        assert_eq!(ok(session.map_pfn(-1.0, columns as u32, x, y)), f64::from(pfn));
        let pixel = pixels[y as usize * width + x as usize];
        assert_eq!(by_class[pixel as usize], code, "pfn {pfn}");
        let page = ok(session.page(pfn.into()));
        let state = super::field(&page, "state").as_string();
        let kind = ["hole", "reserved", "used", "allocated", "pcp", "free", "guard", "off"][usize::from(code & 15)];
        assert_eq!(state.as_deref(), Some(kind), "pfn {pfn}");
        if code & 15 == 5 {
            assert_eq!(number(&page, "order"), f64::from(code >> 8), "pfn {pfn}");
        }
    }
}
