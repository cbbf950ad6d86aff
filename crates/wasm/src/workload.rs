//! The session of a scenario that runs in virtual time.

use crate::convert::{Answer, object, thrown};
use crate::session::Session;
use buddyscope_scenario::session::{FieldError, Value};
use buddyscope_scenario::show::{self, Show, Stride};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Most strides of one call.
const MAX_STRIDES: u64 = 10_000;

#[derive(Serialize)]
struct Text {
    name: String,
    text: String,
}

impl Session {
    fn showing(&mut self) -> Result<&mut Show, JsValue> {
        self.show.as_mut().ok_or_else(|| thrown(FieldError::new("run", "no scenario is shown")))
    }
}

fn whole(value: f64, field: &str, most: u64) -> Result<u64, JsValue> {
    Value::Number(value).get(field, 0..=most).map_err(thrown)
}

/// Greatest whole number that a JavaScript number holds exactly.
const MAX_WHOLE: u64 = (1 << 53) - 1;

#[wasm_bindgen]
#[expect(missing_docs, reason = "described in web/worker/model.ts")]
impl Session {
    #[wasm_bindgen(unchecked_return_type = "model.ScenarioView[]")]
    pub fn scenarios(&self) -> Answer {
        object(&show::scenarios())
    }

    #[wasm_bindgen(js_name = startRun, unchecked_return_type = "model.RunView")]
    pub fn start_run(&mut self, text: &str) -> Answer {
        let show = Show::start(text).map_err(thrown)?;
        self.map.forget();
        object(&self.show.insert(show).view())
    }

    #[wasm_bindgen(js_name = stepRun, unchecked_return_type = "model.RunView")]
    pub fn step_run(&mut self, what: &str, n: f64) -> Answer {
        let stride = Stride::from_name(what)
            .ok_or_else(|| thrown(FieldError::new("what", "decision, context or jiffy is expected")))?;
        let n = whole(n, "n", MAX_STRIDES)?;
        let show = self.showing()?;
        show.step(stride, n);
        object(&show.view())
    }

    #[wasm_bindgen(js_name = continueRun, unchecked_return_type = "model.RunView")]
    pub fn continue_run(&mut self, until_ms: f64, turns: f64) -> Answer {
        let (until, turns) = (whole(until_ms.floor(), "untilMs", MAX_WHOLE)?, whole(turns, "turns", MAX_WHOLE)?);
        let show = self.showing()?;
        show.go_on(until, turns);
        object(&show.view())
    }

    #[wasm_bindgen(js_name = runSamples, unchecked_return_type = "model.RunSamples")]
    pub fn run_samples(&mut self, first: f64) -> Answer {
        let first = whole(first, "first", u32::MAX.into())?;
        object(&self.showing()?.samples(first as usize))
    }

    #[wasm_bindgen(js_name = runLane, unchecked_return_type = "model.RunLane")]
    pub fn run_lane(&mut self, node: f64, memcg: f64, list: f64, count: f64) -> Answer {
        let [node, memcg, list, count] = [node, memcg, list, count].map(Value::Number);
        object(&self.showing()?.lane(&node, &memcg, &list, &count).map_err(thrown)?)
    }

    #[wasm_bindgen(js_name = runDecisions, unchecked_return_type = "model.RunDecisions")]
    pub fn run_decisions(&mut self, first: f64, count: f64) -> Answer {
        let (first, count) = (whole(first, "first", MAX_WHOLE)?, whole(count, "count", u32::MAX.into())?);
        object(&self.showing()?.decisions(first, count as usize))
    }

    #[wasm_bindgen(js_name = runTexts, unchecked_return_type = "model.RunText[]")]
    pub fn run_texts(&mut self) -> Answer {
        let texts = self.showing()?.texts().into_iter().map(|(name, text)| Text { name, text });
        object(&texts.collect::<Vec<_>>())
    }

    #[wasm_bindgen(js_name = exportRun)]
    pub fn export_run(&mut self, format: &str) -> Result<String, JsValue> {
        self.showing()?.export(format).map_err(thrown)
    }

    #[wasm_bindgen(js_name = closeRun)]
    pub fn close_run(&mut self) {
        self.show = None;
        self.map.forget();
    }
}
