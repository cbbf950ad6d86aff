//! The same operations as in `crates/scenario/tests/same_everywhere.rs`, through the bindings.

use super::{js, ok, session};
use wasm_bindgen_test::wasm_bindgen_test;

const EXPECTED: &str = include_str!("../../../scenario/tests/fixtures/state-hashes.txt");

#[wasm_bindgen_test]
fn state_hashes_are_those_of_the_native_build() {
    for line in EXPECTED.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let [preset, seed, operations, expected] = fields[..] else { panic!("four fields: {line}") };
        assert_eq!(hash(preset, seed, operations), expected, "{preset}");
    }
}

fn hash(preset: &str, seed: &str, operations: &str) -> String {
    let number = |text: &str| text.parse::<f64>().expect("a number");
    let mut session = session(&format!(r#"{{"preset":"{preset}"}}"#));
    ok(session.age(number(seed), Some(number(operations))));
    for (gfp, order, count) in [("GFP_KERNEL", 0, 100), ("GFP_ATOMIC", 3, 5), ("GFP_HIGHUSER_MOVABLE", 0, 300)] {
        ok(session.allocate(js(&format!(r#"{{"gfp":"{gfp}","order":{order},"count":{count}}}"#))));
    }
    ok(session.free(1.0));
    ok(session.free_newest());
    ok(session.set_sysctl("watermark_scale_factor", "20"));
    ok(session.hash())
}
