//! The session as a class.

use crate::convert::{Answer, number, object, read, thrown};
use crate::map::Map;
use buddyscope_scenario::session::{self, AllocForm, Command, FieldError, MachineForm, Value};
use buddyscope_scenario::view::GfpView;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// A running machine: the `Session` of `web/worker/model.ts`, where every method is described.
#[wasm_bindgen]
#[derive(Default)]
pub struct Session {
    pub(crate) inner: Option<session::Session>,
    pub(crate) map: Map,
}

impl Session {
    /// The machine, once one has been booted.
    pub(crate) fn running(&mut self) -> Result<&mut session::Session, JsValue> {
        let missing = || thrown(FieldError::new("machine", "no machine has been booted"));
        self.inner.as_mut().ok_or_else(missing)
    }

    fn start(&mut self, session: session::Session) {
        self.inner = Some(session);
        self.map.forget();
    }
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
        let form: MachineForm = read(form, "machine")?;
        self.start(session::Session::boot(&form).map_err(thrown)?);
        Ok(())
    }

    pub fn restore(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "model.MachineForm")] form: JsValue,
        #[wasm_bindgen(unchecked_param_type = "model.Command[]")] log: JsValue,
    ) -> Result<(), JsValue> {
        let form: MachineForm = read(form, "machine")?;
        let log: Vec<Command> = read(log, "log")?;
        self.start(session::Session::restore(&form, log).map_err(thrown)?);
        Ok(())
    }

    #[wasm_bindgen(unchecked_return_type = "model.Command[]")]
    pub fn log(&mut self) -> Answer {
        object(&self.running()?.log())
    }

    pub fn age(&mut self, seed: f64, operations: Option<f64>) -> Result<(), JsValue> {
        self.running()?.age(&Value::Number(seed), &number(operations)).map_err(thrown)
    }

    #[wasm_bindgen(unchecked_return_type = "model.MachineView")]
    pub fn machine(&mut self) -> Answer {
        object(&self.running()?.machine_view())
    }

    #[wasm_bindgen(js_name = freeAreas, unchecked_return_type = "model.FreeAreas")]
    pub fn free_areas(&mut self, zone: f64) -> Answer {
        object(&self.running()?.free_areas(&Value::Number(zone)).map_err(thrown)?)
    }

    #[wasm_bindgen(unchecked_return_type = "model.GfpView")]
    pub fn gfp(&self, text: &str) -> Answer {
        object(&GfpView::parse(text).map_err(thrown)?)
    }

    #[wasm_bindgen(unchecked_return_type = "model.AllocationView[]")]
    pub fn allocate(&mut self, #[wasm_bindgen(unchecked_param_type = "model.AllocForm")] form: JsValue) -> Answer {
        let form: AllocForm = read(form, "request")?;
        let running = self.running()?;
        let (first, last) = running.allocate(form).map_err(thrown)?;
        let made: Result<Vec<_>, FieldError> = (first..=last).map(|id| running.allocation_view(id)).collect();
        object(&made.map_err(thrown)?)
    }

    #[wasm_bindgen(unchecked_return_type = "model.AllocationView")]
    pub fn free(&mut self, id: f64) -> Answer {
        let running = self.running()?;
        let id = running.allocation_id(&Value::Number(id)).map_err(thrown)?;
        running.free(id).map_err(thrown)?;
        object(&running.allocation_view(id).map_err(thrown)?)
    }

    #[wasm_bindgen(js_name = freeNewest, unchecked_return_type = "model.AllocationView")]
    pub fn free_newest(&mut self) -> Answer {
        let running = self.running()?;
        let id = running.free_newest().map_err(thrown)?;
        object(&running.allocation_view(id).map_err(thrown)?)
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
        object(&self.running()?.allocation_list(first, count))
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
        object(&self.running()?.preview_sysctl(name, value).map_err(thrown)?)
    }

    #[wasm_bindgen(js_name = setSysctl)]
    pub fn set_sysctl(&mut self, name: &str, value: &str) -> Result<(), JsValue> {
        self.running()?.set_sysctl(name, value).map_err(thrown)
    }

    #[wasm_bindgen(unchecked_return_type = "model.PageView")]
    pub fn page(&mut self, pfn: f64) -> Answer {
        object(&self.running()?.page(&Value::Number(pfn)).map_err(thrown)?)
    }

    pub fn hash(&mut self) -> Result<String, JsValue> {
        Ok(format!("{:016x}", self.running()?.machine().state_hash()))
    }
}
