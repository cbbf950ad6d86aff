//! Getting memory back. At present: the gates of node reclaim and of dirty spreading that the fast path asks.

mod dirty;
mod node;
