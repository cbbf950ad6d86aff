//! Numbers as forms hold them: a number, text somebody typed, or nothing yet.

use super::error::FieldError;
use core::fmt;
use core::ops::RangeInclusive;
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

/// A field that should be a whole number, not yet checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Left out, `null` or empty text.
    #[default]
    Missing,
    /// A number, whole or not.
    Number(f64),
    /// Anything else, as it is to be quoted in the error.
    Text(String),
}

impl Value {
    /// Whether the field was left out.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        *self == Value::Missing
    }

    /// The whole number, or `default` where the field was left out.
    ///
    /// # Errors
    /// [`FieldError`] naming `field` and the range if it is no whole number inside it.
    pub fn or(&self, default: u64, field: &str, range: RangeInclusive<u64>) -> Result<u64, FieldError> {
        if self.is_missing() { Ok(default) } else { self.get(field, range) }
    }

    /// The whole number.
    ///
    /// # Errors
    /// [`FieldError`] naming `field` and the range if it is left out or no whole number inside it.
    pub fn get(&self, field: &str, range: RangeInclusive<u64>) -> Result<u64, FieldError> {
        self.whole().filter(|value| range.contains(value)).ok_or_else(|| {
            let (low, high) = (range.start(), range.end());
            FieldError::new(field, format!("{self} given; a whole number from {low} to {high} is expected"))
        })
    }

    fn whole(&self) -> Option<u64> {
        match self {
            Value::Missing => None,
            // Below 2^53 every whole number is exact.
            Value::Number(n) if *n >= 0.0 && *n < 9e15 && (*n as u64) as f64 == *n => Some(*n as u64),
            Value::Number(_) => None,
            Value::Text(text) => match text.trim().strip_prefix("0x") {
                Some(hex) => u64::from_str_radix(hex, 16).ok(),
                None => text.trim().parse().ok(),
            },
        }
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Value {
        Value::Number(value as f64)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Missing => f.write_str("nothing"),
            Value::Number(n) if !n.is_finite() => f.write_str("no number"),
            Value::Number(n) if (*n as i64) as f64 == *n => write!(f, "{}", *n as i64),
            Value::Number(n) => {
                // Two decimals say enough, and the full printing of floats is large.
                let hundredths = (*n * 100.0) as i64;
                write!(
                    f,
                    "{}{}.{:02}",
                    if hundredths < 0 { "-" } else { "" },
                    hundredths.abs() / 100,
                    hundredths.abs() % 100
                )
            }
            Value::Text(text) => write!(f, "`{}`", text.chars().take(40).collect::<String>()),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Missing => serializer.serialize_none(),
            Value::Number(n) => serializer.serialize_f64(*n),
            Value::Text(text) => serializer.serialize_str(text),
        }
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(if value.trim().is_empty() { Value::Missing } else { Value::Text(value.to_owned()) })
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Missing)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Missing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_taken_however_they_were_typed() {
        for value in [Value::Number(12.0), Value::Text(" 12 ".into()), Value::Text("0xc".into())] {
            assert_eq!(value.get("order", 0..=20), Ok(12));
        }
        assert_eq!(Value::Missing.or(3, "order", 0..=10), Ok(3));
    }

    #[test]
    fn anything_else_is_refused_with_the_field_and_its_range() {
        let cases = [
            (Value::Number(2.5), "2.50 given"),
            (Value::Number(-1.0), "-1 given"),
            (Value::Number(f64::NAN), "no number given"),
            (Value::Number(11.0), "11 given"),
            (Value::Text("ten".into()), "`ten` given"),
            (Value::Missing, "nothing given"),
        ];
        for (value, start) in cases {
            let error = value.get("order", 0..=10).expect_err("refused");
            assert_eq!(error.field, "order");
            assert!(error.message.starts_with(start), "{}", error.message);
            assert!(error.message.ends_with("a whole number from 0 to 10 is expected"), "{}", error.message);
        }
    }
}
