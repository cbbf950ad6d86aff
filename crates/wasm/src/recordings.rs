//! The session of a recording: playing back what a real kernel did.

use crate::convert::{Answer, object, thrown};
use crate::session::Session;
use buddyscope_scenario::session::{FieldError, Playback, Value};
use js_sys::{Array, Object, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

impl Session {
    fn playing(&mut self) -> Result<&mut Playback, JsValue> {
        self.playback.as_mut().ok_or_else(|| thrown(FieldError::new("recording", "no recording is loaded")))
    }
}

#[wasm_bindgen]
#[expect(missing_docs, reason = "described in web/worker/model.ts")]
impl Session {
    #[wasm_bindgen(js_name = loadRecording, unchecked_return_type = "model.RecordingView")]
    pub fn load_recording(
        &mut self,
        name: &str,
        #[wasm_bindgen(unchecked_param_type = "Record<string, Uint8Array>")] files: &Object,
    ) -> Answer {
        let playback = Playback::load(name, recording_files(files)).map_err(thrown)?;
        self.map.forget();
        object(&self.playback.insert(playback).view())
    }

    #[wasm_bindgen(js_name = stepRecording, unchecked_return_type = "model.RecordingView")]
    pub fn step_recording(&mut self, n: f64) -> Answer {
        let playback = self.playing()?;
        let n = Value::Number(n).get("n", 0..=u32::MAX.into()).map_err(thrown)?;
        playback.step(n).map_err(thrown)?;
        object(&playback.view())
    }

    #[wasm_bindgen(js_name = rewindRecording, unchecked_return_type = "model.RecordingView")]
    pub fn rewind_recording(&mut self) -> Answer {
        let playback = self.playing()?;
        playback.rewind().map_err(thrown)?;
        object(&playback.view())
    }

    #[wasm_bindgen(js_name = recordingWhy, unchecked_return_type = "model.Why | undefined")]
    pub fn recording_why(&mut self) -> Answer {
        self.playing()?.why().map_or(Ok(JsValue::UNDEFINED), |why| object(&why))
    }

    #[wasm_bindgen(js_name = closeRecording)]
    pub fn close_recording(&mut self) {
        self.playback = None;
        self.map.forget();
    }
}

/// The files of a recording by name.
fn recording_files(files: &Object) -> Vec<(String, Vec<u8>)> {
    let read = |entry: JsValue| {
        let entry: Array = entry.dyn_into().ok()?;
        let bytes: Uint8Array = entry.get(1).dyn_into().ok()?;
        Some((entry.get(0).as_string()?, bytes.to_vec()))
    };
    Object::entries(files).iter().filter_map(read).collect()
}
