//! The benchmark as a module for Node and browsers. `npm run bench` builds and runs it; no page loads it.
//!
//! Results are JSON, of the same shapes as those of `buddyscope bench --json`.

use buddyscope_bench::contender::ALL;
use buddyscope_bench::{Effort, MACHINES, Workload, boot, busy, measure, replay};
use buddyscope_scenario::recording::{MemorySource, Recording};
use js_sys::Function;
use serde::Serialize;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

/// Reads the caller's clock, in milliseconds.
fn clock(now: &Function) -> impl Fn() -> f64 + '_ {
    || now.call0(&JsValue::UNDEFINED).ok().and_then(|time| time.as_f64()).unwrap_or(f64::NAN)
}

fn json(value: &impl Serialize) -> Result<String, JsError> {
    Ok(serde_json::to_string(value)?)
}

/// All contenders on one workload, by its number.
#[wasm_bindgen]
pub fn figures(
    workload: usize,
    frames: u32,
    rounds: usize,
    operations: u32,
    now: &Function,
) -> Result<String, JsError> {
    let workload = *Workload::ALL.get(workload).ok_or_else(|| JsError::new("no such workload"))?;
    let effort = Effort { rounds, operations: operations.into() };
    json(&measure(&ALL, workload, frames.into(), effort, &clock(now)))
}

/// Boots of all machines.
#[wasm_bindgen]
pub fn boots(rounds: usize, now: &Function) -> Result<String, JsError> {
    let boots: Result<Vec<_>, _> = MACHINES.into_iter().map(|size| boot(size, rounds, &clock(now))).collect();
    json(&boots?)
}

/// A busy minute of a machine with so much memory.
#[wasm_bindgen]
pub fn busy_minute(gib: u32, rounds: usize, now: &Function) -> Result<String, JsError> {
    json(&busy(gib.into(), rounds, &clock(now))?)
}

/// A recording's files, for [`Files::replay`].
#[wasm_bindgen]
#[derive(Default)]
pub struct Files(MemorySource);

#[wasm_bindgen]
impl Files {
    /// No files.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Files {
        Files::default()
    }

    /// Adds one, decompressed.
    pub fn add(&mut self, path: &str, bytes: Vec<u8>) {
        self.0.insert(path, bytes);
    }

    /// Replays the recording.
    pub fn replay(self, name: &str, rounds: usize, now: &Function) -> Result<String, JsError> {
        json(&replay(&Recording::new(name, self.0), rounds, &clock(now))?)
    }
}
