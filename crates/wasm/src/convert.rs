//! Plain objects out.

use buddyscope_scenario::session::FieldError;
#[cfg(feature = "machine")]
use buddyscope_scenario::session::Value;
use serde::Serialize;
use wasm_bindgen::JsValue;

/// What a method answers: an object, or an error that names its field.
pub(crate) type Answer = Result<JsValue, JsValue>;

/// A plain object with the value's fields.
pub(crate) fn object(value: &impl Serialize) -> Answer {
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true);
    value.serialize(&serializer).map_err(|error| JsValue::from_str(&error.to_string()))
}

/// What is thrown for something that a person got wrong.
pub(crate) fn thrown(error: FieldError) -> JsValue {
    object(&error).unwrap_or_else(|error| error)
}

/// A number that may have been left out.
#[cfg(feature = "machine")]
pub(crate) fn number(value: Option<f64>) -> Value {
    value.map_or(Value::Missing, Value::Number)
}
