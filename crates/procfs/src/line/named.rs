//! Values shown by name.

use super::Codec;
use std::fmt::{Formatter, Result};

/// A value that the kernel shows by name.
pub(crate) trait Names: Copy + PartialEq + 'static {
    /// All values and their names.
    const NAMES: &'static [(Self, &'static str)];

    /// The value's name.
    fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(value, _)| *value == self).map_or("", |(_, name)| name)
    }
}

/// A value by its name.
pub(crate) struct Named;

impl<T: Names> Codec<T> for Named {
    fn write(value: &T, f: &mut Formatter<'_>) -> Result {
        f.write_str(value.name())
    }

    fn read(text: &str) -> Option<T> {
        T::NAMES.iter().find(|(_, name)| *name == text.trim_end()).map(|(value, _)| *value)
    }
}

/// Declares an enum whose values the kernel shows by name.
macro_rules! named {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $($(#[$value_meta:meta])* $value:ident = $text:literal,)* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$value_meta])* $value,)* }

        impl $crate::line::Names for $name {
            const NAMES: &'static [(Self, &'static str)] = &[$(($name::$value, $text),)*];
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str($crate::line::Names::name(*self))
            }
        }
    };
}
pub(crate) use named;
