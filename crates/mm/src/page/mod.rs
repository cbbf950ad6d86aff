//! Per-page state: the records, the lists that run through them, and pageblock types.

pub(crate) mod chunks;
pub(crate) mod huge;
pub(crate) mod life;
pub(crate) mod list;
pub(crate) mod lru_index;
pub(crate) mod memmap;
pub(crate) mod meta;
pub(crate) mod ranges;
