//! The ways in which boot lines show addresses.

use crate::line::Codec;
use std::fmt::{Formatter, Result};

/// An address in sixteen digits (`%#018Lx`).
pub(super) struct Address;

impl Codec<u64> for Address {
    fn write(address: &u64, f: &mut Formatter<'_>) -> Result {
        write!(f, "{address:#018x}")
    }

    fn read(text: &str) -> Option<u64> {
        hex(text)
    }
}

/// An address in eight digits or more (`%#010Lx`).
pub(super) struct ShortAddress;

impl Codec<u64> for ShortAddress {
    fn write(address: &u64, f: &mut Formatter<'_>) -> Result {
        write!(f, "{address:#010x}")
    }

    fn read(text: &str) -> Option<u64> {
        hex(text)
    }
}

fn hex(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

/// A node's number in three columns (`%3d`).
pub(super) struct NodeColumn;

impl Codec<u32> for NodeColumn {
    fn write(node: &u32, f: &mut Formatter<'_>) -> Result {
        write!(f, "{node:>3}")
    }

    fn read(text: &str) -> Option<u32> {
        text.trim_start().parse().ok()
    }
}

/// A name in eight columns (`%-8s`).
pub(super) struct NameColumn;

impl Codec<String> for NameColumn {
    fn write(name: &String, f: &mut Formatter<'_>) -> Result {
        write!(f, "{name:<8}")
    }

    fn read(text: &str) -> Option<String> {
        let name = text.trim_end();
        (!name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric())).then(|| name.to_owned())
    }
}
