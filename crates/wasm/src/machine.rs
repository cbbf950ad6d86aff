//! The session of a machine: booting it and asking things of it.

use crate::convert::{Answer, number, object, thrown};
use crate::forms;
use crate::session::{Session, missing};
use buddyscope_scenario::session::{self, FieldError, Value};
use buddyscope_scenario::view::GfpView;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

impl Session {
    /// The machine, once one has been booted. While a recording is shown nothing can be asked of it.
    fn running(&mut self) -> Result<&mut session::Session, JsValue> {
        #[cfg(feature = "recordings")]
        if self.playback.is_some() {
            return Err(thrown(FieldError::new("recording", "a recording is shown; close it first")));
        }
        self.inner.as_mut().ok_or_else(missing)
    }
}

#[wasm_bindgen]
#[expect(missing_docs, reason = "described in web/worker/model.ts")]
impl Session {
    #[wasm_bindgen(unchecked_return_type = "model.Preset[]")]
    pub fn presets(&self) -> Answer {
        object(&session::presets())
    }

    pub fn boot(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "model.MachineForm")] form: JsValue,
    ) -> Result<(), JsValue> {
        let form = forms::machine(form).map_err(thrown)?;
        self.inner = Some(session::Session::boot(&form).map_err(thrown)?);
        #[cfg(feature = "recordings")]
        drop(self.playback.take());
        self.map.forget();
        Ok(())
    }

    pub fn age(&mut self, seed: f64, operations: Option<f64>) -> Result<(), JsValue> {
        self.running()?.age(&Value::Number(seed), &number(operations)).map_err(thrown)
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

    #[wasm_bindgen(js_name = setSysctl)]
    pub fn set_sysctl(&mut self, name: &str, value: &str) -> Result<(), JsValue> {
        self.running()?.set_sysctl(name, value).map_err(thrown)
    }
}
