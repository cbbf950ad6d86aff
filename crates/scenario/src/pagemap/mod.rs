//! The page map: what every page of a machine looks like, where it lies on a plane, and how that is drawn.
//!
//! [`Classes`] keeps one byte a page and follows the events, so that a map of millions of pages costs a few sections
//! to bring up to date and a sampled copy to draw.

mod class;
mod classes;
mod draw;
mod plane;
mod section;

pub use class::{CLASSES, Kind, PageClass};
pub use classes::Classes;
pub use draw::{Colors, View, draw};
pub use plane::{Plane, TILE_EDGE};
