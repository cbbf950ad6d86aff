//! The same operations give the same state hash on every target. The expected hashes are shared with the tests of
//! `crates/wasm`, which run the same steps in Node and in a browser.

use buddyscope_scenario::session::{AllocForm, MachineForm, Session, Value};

/// Lines of preset, seed, operations and hash.
const EXPECTED: &str = include_str!("fixtures/state-hashes.txt");

/// The hash after booting, living and a few requests: what the wasm tests do through the bindings.
fn hash(preset: &str, seed: u64, operations: u64) -> String {
    let mut session = Session::boot(&MachineForm::preset(preset)).expect("a preset boots");
    session.age(&seed.into(), &operations.into()).expect("any machine can live");
    for (gfp, order, count) in [("GFP_KERNEL", 0, 100), ("GFP_ATOMIC", 3, 5), ("GFP_HIGHUSER_MOVABLE", 0, 300)] {
        let form =
            AllocForm { gfp: gfp.into(), order: Value::from(order), count: Value::from(count), ..AllocForm::default() };
        session.allocate(form).expect("the form is right");
    }
    session.free(1).expect("in use");
    session.free_newest().expect("something is in use");
    session.set_sysctl("watermark_scale_factor", "20").expect("in range");
    format!("{:016x}", session.machine().state_hash())
}

#[test]
fn state_hashes_are_the_expected_ones() {
    let mut found = String::new();
    for line in EXPECTED.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let [preset, seed, operations, _] = fields[..] else { panic!("four fields: {line}") };
        let number = |text: &str| text.parse().expect("a number");
        found.push_str(&format!("{preset} {seed} {operations} {}\n", hash(preset, number(seed), number(operations))));
    }
    if std::env::var_os("BUDDYSCOPE_BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/state-hashes.txt");
        std::fs::write(path, &found).expect("the fixture can be written");
    }
    assert_eq!(found, EXPECTED, "run with BUDDYSCOPE_BLESS=1 if the model was meant to change");
}
