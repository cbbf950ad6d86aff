//! The session as a class.

use crate::convert::{Answer, number, object, thrown};
use crate::forms;
use crate::map::Map;
use buddyscope_scenario::session::{self, FieldError, Playback, Value};
use buddyscope_scenario::view::{GfpView, Sight};
use js_sys::{Array, Object, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

/// A running machine: the `Session` of `web/worker/model.ts`, where every method is described.
#[wasm_bindgen]
#[derive(Default)]
pub struct Session {
    inner: Option<session::Session>,
    playback: Option<Playback>,
    pub(crate) map: Map,
}

impl Session {
    /// The machine, once one has been booted. While a recording is shown nothing can be asked of it.
    fn running(&mut self) -> Result<&mut session::Session, JsValue> {
        if self.playback.is_some() {
            return Err(thrown(FieldError::new("recording", "a recording is shown; close it first")));
        }
        self.inner.as_mut().ok_or_else(missing)
    }

    /// What is shown: the recording while one is loaded, else the machine; and the map's buffers.
    pub(crate) fn sight(&mut self) -> Result<(Sight<'_>, &mut Map), JsValue> {
        let sight = match (&mut self.playback, &mut self.inner) {
            (Some(playback), _) => playback.sight(),
            (None, Some(session)) => session.sight(),
            (None, None) => return Err(missing()),
        };
        Ok((sight, &mut self.map))
    }

    fn playing(&mut self) -> Result<&mut Playback, JsValue> {
        self.playback.as_mut().ok_or_else(|| thrown(FieldError::new("recording", "no recording is loaded")))
    }
}

fn missing() -> JsValue {
    thrown(FieldError::new("machine", "no machine has been booted"))
}

#[wasm_bindgen]
#[expect(missing_docs, reason = "described in web/worker/model.ts")]
impl Session {
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Session {
        crate::panic::install();
        Session::default()
    }

    #[wasm_bindgen(unchecked_return_type = "model.Preset[]")]
    pub fn presets(&self) -> Answer {
        object(&session::presets())
    }

    pub fn boot(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "model.MachineForm")] form: JsValue,
    ) -> Result<(), JsValue> {
        let form = forms::machine(form).map_err(thrown)?;
        (self.inner, self.playback) = (Some(session::Session::boot(&form).map_err(thrown)?), None);
        self.map.forget();
        Ok(())
    }

    pub fn age(&mut self, seed: f64, operations: Option<f64>) -> Result<(), JsValue> {
        self.running()?.age(&Value::Number(seed), &number(operations)).map_err(thrown)
    }

    #[wasm_bindgen(unchecked_return_type = "model.MachineView")]
    pub fn machine(&mut self) -> Answer {
        object(&self.sight()?.0.machine_view())
    }

    #[wasm_bindgen(js_name = freeAreas, unchecked_return_type = "model.FreeAreas")]
    pub fn free_areas(&mut self, zone: f64) -> Answer {
        object(&self.sight()?.0.free_areas(&Value::Number(zone)).map_err(thrown)?)
    }

    #[wasm_bindgen(unchecked_return_type = "model.GfpView")]
    pub fn gfp(&self, text: &str) -> Answer {
        object(&GfpView::parse(text).map_err(thrown)?)
    }

    #[wasm_bindgen(unchecked_return_type = "model.AllocationView[]")]
    pub fn allocate(&mut self, #[wasm_bindgen(unchecked_param_type = "model.AllocForm")] form: JsValue) -> Answer {
        let form = forms::request(form).map_err(thrown)?;
        let running = self.running()?;
        let (first, last) = running.allocate(form).map_err(thrown)?;
        let made: Result<Vec<_>, FieldError> = (first..=last).map(|id| running.allocations().view(id)).collect();
        object(&made.map_err(thrown)?)
    }

    #[wasm_bindgen(unchecked_return_type = "model.AllocationView")]
    pub fn free(&mut self, id: f64) -> Answer {
        let running = self.running()?;
        let id = running.allocation_id(&Value::Number(id)).map_err(thrown)?;
        running.free(id).map_err(thrown)?;
        object(&running.allocations().view(id).map_err(thrown)?)
    }

    #[wasm_bindgen(js_name = freeNewest, unchecked_return_type = "model.AllocationView")]
    pub fn free_newest(&mut self) -> Answer {
        let running = self.running()?;
        let id = running.free_newest().map_err(thrown)?;
        object(&running.allocations().view(id).map_err(thrown)?)
    }

    #[wasm_bindgen(js_name = freePfn)]
    pub fn free_pfn(&mut self, pfn: f64, order: f64) -> Result<(), JsValue> {
        self.running()?.free_pfn(&Value::Number(pfn), &Value::Number(order)).map_err(thrown)
    }

    pub fn drain(&mut self, cpu: Option<f64>) -> Result<(), JsValue> {
        self.running()?.drain(&number(cpu)).map_err(thrown)
    }

    pub fn fold(&mut self, cpu: Option<f64>) -> Result<(), JsValue> {
        self.running()?.fold(&number(cpu)).map_err(thrown)
    }

    #[wasm_bindgen(unchecked_return_type = "model.AllocationList")]
    pub fn allocations(&mut self, first: usize, count: usize) -> Answer {
        object(&self.sight()?.0.allocations.list(first, count))
    }

    #[wasm_bindgen(unchecked_return_type = "model.Why")]
    pub fn why(&mut self, id: f64) -> Answer {
        let running = self.running()?;
        let id = running.allocation_id(&Value::Number(id)).map_err(thrown)?;
        object(&running.why(id).map_err(thrown)?)
    }

    #[wasm_bindgen(js_name = whyFree, unchecked_return_type = "model.Why")]
    pub fn why_free(&mut self, id: f64) -> Answer {
        let running = self.running()?;
        let id = running.allocation_id(&Value::Number(id)).map_err(thrown)?;
        object(&running.why_free(id).map_err(thrown)?)
    }

    #[wasm_bindgen(js_name = previewSysctl, unchecked_return_type = "model.MarksView[]")]
    pub fn preview_sysctl(&mut self, name: &str, value: &str) -> Answer {
        object(&self.sight()?.0.preview_sysctl(name, value).map_err(thrown)?)
    }

    #[wasm_bindgen(js_name = setSysctl)]
    pub fn set_sysctl(&mut self, name: &str, value: &str) -> Result<(), JsValue> {
        self.running()?.set_sysctl(name, value).map_err(thrown)
    }

    #[wasm_bindgen(unchecked_return_type = "model.PageView")]
    pub fn page(&mut self, pfn: f64) -> Answer {
        object(&self.sight()?.0.page(&Value::Number(pfn)).map_err(thrown)?)
    }

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

    pub fn hash(&mut self) -> Result<String, JsValue> {
        Ok(format!("{:016x}", self.sight()?.0.machine.state_hash()))
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
