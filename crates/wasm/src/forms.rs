//! Forms, read field by field: what is missing or of the wrong kind becomes a value that the model refuses by name.

use buddyscope_scenario::session::{AllocForm, FieldError, MachineForm, NodeForm, Value};
use js_sys::Array;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen]
extern "C" {
    /// A machine's form as JavaScript has it.
    #[wasm_bindgen(typescript_type = "model.MachineForm")]
    pub type JsMachineForm;
    #[wasm_bindgen(method, getter, structural)]
    fn preset(this: &JsMachineForm) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn nodes(this: &JsMachineForm) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn distances(this: &JsMachineForm) -> JsValue;
    #[wasm_bindgen(method, getter, structural, js_name = lowMib)]
    fn low_mib(this: &JsMachineForm) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn cmdline(this: &JsMachineForm) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn seed(this: &JsMachineForm) -> JsValue;

    /// One of its nodes.
    type JsNodeForm;
    #[wasm_bindgen(method, getter, structural)]
    fn mib(this: &JsNodeForm) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn cpus(this: &JsNodeForm) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn hotpluggable(this: &JsNodeForm) -> JsValue;

    /// A request's form.
    #[wasm_bindgen(typescript_type = "model.AllocForm")]
    pub type JsAllocForm;
    #[wasm_bindgen(method, getter, structural)]
    fn gfp(this: &JsAllocForm) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn order(this: &JsAllocForm) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn cpu(this: &JsAllocForm) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn policy(this: &JsAllocForm) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn count(this: &JsAllocForm) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn context(this: &JsAllocForm) -> JsValue;
    #[wasm_bindgen(method, getter, structural, js_name = taskFlags)]
    fn task_flags(this: &JsAllocForm) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn lru(this: &JsAllocForm) -> JsValue;
}

type Read<T> = Result<T, FieldError>;

fn is_missing(value: &JsValue) -> bool {
    value.is_undefined() || value.is_null()
}

/// An object, whose fields can then be asked for.
fn object<T: JsCast>(value: JsValue, field: &str) -> Read<T> {
    if value.is_object() { Ok(value.unchecked_into()) } else { Err(FieldError::new(field, "an object is expected")) }
}

fn number(value: &JsValue) -> Value {
    match (value.as_f64(), value.as_string()) {
        (Some(number), _) => Value::Number(number),
        (_, Some(text)) if text.trim().is_empty() => Value::Missing,
        (_, Some(text)) => Value::Text(text),
        _ if is_missing(value) => Value::Missing,
        _ => Value::Text("no number".to_owned()),
    }
}

fn text(value: &JsValue, field: &str) -> Read<Option<String>> {
    match value.as_string() {
        None if !is_missing(value) => Err(FieldError::new(field, "a text is expected")),
        text => Ok(text),
    }
}

fn list(value: JsValue, field: &str) -> Read<Option<Vec<JsValue>>> {
    match value.dyn_into::<Array>() {
        Ok(array) => Ok(Some(array.to_vec())),
        Err(value) if is_missing(&value) => Ok(None),
        Err(_) => Err(FieldError::new(field, "a list is expected")),
    }
}

/// Reads every item; an error names its place.
fn each<T>(items: Vec<JsValue>, read: impl Fn(JsValue, String) -> Read<T>, field: &str) -> Read<Vec<T>> {
    items.into_iter().enumerate().map(|(at, item)| read(item, format!("{field}[{at}]"))).collect()
}

/// The machine that a form describes, not yet checked.
pub(crate) fn machine(form: JsValue) -> Read<MachineForm> {
    let form: JsMachineForm = object(form, "machine")?;
    let node = |item, field: String| {
        let node: JsNodeForm = object(item, &field)?;
        let hotpluggable = node.hotpluggable().is_truthy();
        Ok(NodeForm { mib: number(&node.mib()), cpus: number(&node.cpus()), hotpluggable })
    };
    let row = |item, field: String| {
        let row = list(item, &field)?.unwrap_or_default();
        Ok(row.iter().map(number).collect())
    };
    let nodes = list(form.nodes(), "nodes")?;
    let distances = list(form.distances(), "distances")?;
    Ok(MachineForm {
        preset: text(&form.preset(), "preset")?,
        nodes: nodes.map(|nodes| each(nodes, node, "nodes")).transpose()?,
        distances: distances.map(|rows| each(rows, row, "distances")).transpose()?,
        low_mib: number(&form.low_mib()),
        cmdline: text(&form.cmdline(), "cmdline")?,
        seed: number(&form.seed()),
    })
}

/// The request that a form describes, not yet checked.
pub(crate) fn request(form: JsValue) -> Read<AllocForm> {
    let form: JsAllocForm = object(form, "request")?;
    let flags = list(form.task_flags(), "taskFlags")?.unwrap_or_default();
    let flag = |item: JsValue, field: String| Ok(text(&item, &field)?.unwrap_or_default());
    Ok(AllocForm {
        gfp: text(&form.gfp(), "gfp")?.unwrap_or_default(),
        order: number(&form.order()),
        cpu: number(&form.cpu()),
        policy: text(&form.policy(), "policy")?.unwrap_or_default(),
        count: number(&form.count()),
        context: text(&form.context(), "context")?,
        task_flags: each(flags, flag, "taskFlags")?,
        lru: form.lru().is_truthy(),
    })
}
