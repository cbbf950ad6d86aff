//! The session as a class: what every build has. Booting machines and playing recordings are builds of their own, so
//! that nobody waits for what they do not use.

use crate::convert::{Answer, object, thrown};
use crate::map::Map;
use buddyscope_scenario::session::{FieldError, Value};
use buddyscope_scenario::view::Sight;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// A running machine: the `Session` of `web/worker/model.ts`, where every method is described.
#[wasm_bindgen]
#[derive(Default)]
pub struct Session {
    #[cfg(feature = "machine")]
    pub(crate) inner: Option<buddyscope_scenario::session::Session>,
    #[cfg(feature = "recordings")]
    pub(crate) playback: Option<buddyscope_scenario::session::Playback>,
    #[cfg(feature = "workload")]
    pub(crate) show: Option<buddyscope_scenario::show::Show>,
    pub(crate) map: Map,
}

impl Session {
    /// What is shown: the recording or the run while there is one, else the machine; and the map's buffers.
    pub(crate) fn sight(&mut self) -> Result<(Sight<'_>, &mut Map), JsValue> {
        #[cfg(feature = "recordings")]
        if let Some(playback) = &mut self.playback {
            return Ok((playback.sight(), &mut self.map));
        }
        #[cfg(feature = "workload")]
        if let Some(show) = &mut self.show {
            return Ok((show.sight(), &mut self.map));
        }
        #[cfg(feature = "machine")]
        if let Some(session) = &mut self.inner {
            return Ok((session.sight(), &mut self.map));
        }
        Err(missing())
    }
}

pub(crate) fn missing() -> JsValue {
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

    #[wasm_bindgen(unchecked_return_type = "model.MachineView")]
    pub fn machine(&mut self) -> Answer {
        object(&self.sight()?.0.machine_view())
    }

    #[wasm_bindgen(js_name = freeAreas, unchecked_return_type = "model.FreeAreas")]
    pub fn free_areas(&mut self, zone: f64) -> Answer {
        object(&self.sight()?.0.free_areas(&Value::Number(zone)).map_err(thrown)?)
    }

    #[wasm_bindgen(unchecked_return_type = "model.AllocationList")]
    pub fn allocations(&mut self, first: usize, count: usize) -> Answer {
        object(&self.sight()?.0.allocations.list(first, count))
    }

    #[wasm_bindgen(js_name = previewSysctl, unchecked_return_type = "model.MarksView[]")]
    pub fn preview_sysctl(&mut self, name: &str, value: &str) -> Answer {
        object(&self.sight()?.0.preview_sysctl(name, value).map_err(thrown)?)
    }

    #[wasm_bindgen(unchecked_return_type = "model.PageView")]
    pub fn page(&mut self, pfn: f64) -> Answer {
        object(&self.sight()?.0.page(&Value::Number(pfn)).map_err(thrown)?)
    }

    pub fn hash(&mut self) -> Result<String, JsValue> {
        Ok(self.sight()?.0.hash())
    }
}
