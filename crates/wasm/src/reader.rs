//! The session of a machine that texts tell of: reading what people bring, and making the machine.

use crate::convert::{Answer, object, thrown};
use crate::session::Session;
use buddyscope_scenario::diagnose::{Diagnosis, diagnose};
use buddyscope_scenario::session::{FieldError, Value};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
#[expect(missing_docs, reason = "described in web/worker/model.ts")]
impl Session {
    #[wasm_bindgen(js_name = readText, unchecked_return_type = "model.Diagnosis[]")]
    pub fn read_text(&self, text: &str) -> Answer {
        object(&read(text)?)
    }

    #[wasm_bindgen(js_name = openText)]
    pub fn open_text(&mut self, text: &str, nth: f64) -> Result<(), JsValue> {
        let found = read(text)?;
        let last = (found.len() as u64).saturating_sub(1);
        let nth = Value::Number(nth).get("nth", 0..=last).map_err(thrown)? as usize;
        let missing = || thrown(FieldError::new("text", "there is no report in this text"));
        self.inner = Some(found.get(nth).ok_or_else(missing)?.session().map_err(thrown)?);
        self.map.forget();
        Ok(())
    }
}

fn read(text: &str) -> Result<Vec<Diagnosis>, JsValue> {
    diagnose(text).map_err(|error| {
        let message = format!("expected {}, found `{}`", error.expected, error.found);
        thrown(FieldError::new(format!("line {}, {}", error.line, error.field), message))
    })
}
