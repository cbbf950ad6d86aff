//! Lines of kernel text with values in them: one description of a line both writes and reads it.

pub(crate) mod codec;
mod error;
mod named;
pub(crate) mod places;
mod scan;

pub(crate) use error::FieldError;
pub(crate) use named::{Named, Names, named};
pub(crate) use scan::Scan;

use std::fmt::{Formatter, Result as FmtResult};

/// How a value looks in a line.
pub(crate) trait Codec<T> {
    /// Writes the value.
    fn write(value: &T, f: &mut Formatter<'_>) -> FmtResult;
    /// The value of a text, if it is one.
    fn read(text: &str) -> Option<T>;
}

/// A value's place in a line.
pub(crate) struct Part {
    /// The text before the value.
    pub(crate) before: &'static str,
    /// The value's name in errors.
    pub(crate) field: &'static str,
    /// Whether some kernels leave the value out.
    pub(crate) optional: bool,
}

/// A line with values in it.
pub(crate) trait Line: Sized {
    /// Reads the line without its prefix and surrounding blanks.
    fn read_line(text: &str) -> Result<Self, FieldError>;
}

/// Declares a struct and the line that shows it: `"text before" field: type = codec`, in the order of the line, and the
/// text after the last value. A field marked `[or default]` has its default value where a line lacks it; values a line has
/// beyond the declared ones are passed over. So reports of other kernels can be read as far as they agree.
macro_rules! line {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* $before:literal $([$or:ident default])? $field:ident: $type:ty = $codec:ty,)*
        }
        $tail:literal
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                $(
                    f.write_str($before)?;
                    <$codec as $crate::line::Codec<$type>>::write(&self.$field, f)?;
                )*
                f.write_str($tail)
            }
        }

        impl $crate::line::Line for $name {
            fn read_line(text: &str) -> Result<Self, $crate::line::FieldError> {
                const PARTS: &[$crate::line::Part] = &[$($crate::line::Part {
                    before: $before,
                    field: stringify!($field),
                    optional: $crate::line::line!(@optional $($or)?),
                }),*];
                let mut scan = $crate::line::Scan::new(text, PARTS, $tail);
                Ok(Self { $($field: $crate::line::line!(@read scan, $type, $codec $(, $or)?),)* })
            }
        }
    };
    (@optional) => { false };
    (@optional or) => { true };
    (@read $scan:ident, $type:ty, $codec:ty) => { $scan.value::<$type, $codec>()? };
    (@read $scan:ident, $type:ty, $codec:ty, or) => { $scan.value_or_default::<$type, $codec>()? };
}
pub(crate) use line;
