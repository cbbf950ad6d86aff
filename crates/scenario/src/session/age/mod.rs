//! A life before the story: a seeded mix of programs, files, kernel caches and network bursts that fills and fragments
//! the machine, so that a person meets it running.
//!
//! What is freed makes room the way the kernel would, as far as the outcome goes: when a node runs short, file
//! pages are dropped. At the end the first node sits just above its low marks with its daemons asleep.

mod end;
mod held;
mod life;

pub(super) use held::Held;

use super::state::State;
use life::Life;

/// Lets the machine live through that many allocations and frees at most. The events of it are not kept.
pub(super) fn age(state: &mut State, seed: u64, operations: u64) {
    state.machine.sink_mut().set_on(false);
    let mut life = Life::new(state, seed, operations);
    while life.goes_on() {
        life.step();
    }
    life.end();
    state.machine.sink_mut().set_on(true);
}
