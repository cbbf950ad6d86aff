//! What a group's listeners know of pressure (`struct vmpressure`, include/linux/vmpressure.h).

use super::Memcgs;
use crate::event::PressureLevel;
use crate::page::life::MemcgId;

/// Pages scanned before pressure is judged: 16 batches (`vmpressure_win`, mm/vmpressure.c).
pub(crate) const PRESSURE_WINDOW: u64 = 512;
/// Percent from which pressure is medium, and critical (`vmpressure_level_med`, `vmpressure_level_critical`).
const LEVELS: [u64; 2] = [60, 95];

/// Pages scanned and pages reclaimed of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scanned {
    pub(crate) scanned: u64,
    pub(crate) reclaimed: u64,
}

impl Scanned {
    /// How hard memory was to get back, in percent.
    pub(crate) fn percent(self) -> u64 {
        let Scanned { scanned, reclaimed } = self;
        if reclaimed >= scanned {
            return 0;
        }
        let scale = scanned + reclaimed;
        (scale - reclaimed * scale / scanned) * 100 / scale
    }

    /// The level of it (`vmpressure_calc_level`).
    pub(crate) fn level(self) -> PressureLevel {
        match self.percent() {
            percent if percent >= LEVELS[1] => PressureLevel::Critical,
            percent if percent >= LEVELS[0] => PressureLevel::Medium,
            _ => PressureLevel::Low,
        }
    }
}

/// Whom pressure below a listener's group reaches (`enum vmpressure_modes`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PressureMode {
    /// This listener only if none further down was told (`default`).
    Default,
    /// This listener always (`hierarchy`).
    Hierarchy,
    /// This listener never: it hears of its own group alone (`local`).
    Local,
}

/// Someone who asked to be told of pressure (`struct vmpressure_event`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PressureListener {
    /// From which level on.
    pub level: PressureLevel,
    /// What about groups below.
    pub mode: PressureMode,
    /// How often it was told.
    pub told: u64,
}

/// Pressure of one group.
#[derive(Clone, Debug, Default)]
pub(super) struct Pressure {
    /// Of the group alone.
    pub(super) own: Scanned,
    /// Of the group and all below it, until a worker looks.
    pub(super) tree: Scanned,
    pub(super) listeners: Vec<PressureListener>,
    /// Until which jiffy sockets take less memory (`socket_pressure`).
    pub(super) socket_until: u64,
}

impl Memcgs {
    /// Adds what was scanned in a group and below; true if a worker is to look (first half of `vmpressure`).
    pub(crate) fn add_tree_pressure(&mut self, memcg: MemcgId, more: Scanned) -> bool {
        let Some(group) = self.get_mut(memcg) else { return false };
        let tree = &mut group.pressure.tree;
        tree.scanned += more.scanned;
        tree.reclaimed += more.reclaimed;
        let full = tree.scanned >= PRESSURE_WINDOW;
        if full && !self.pressure_work.contains(&memcg) {
            self.pressure_work.push(memcg);
        }
        full
    }

    /// Adds what was scanned in a group alone. Above low pressure its sockets get less memory for a second (second half
    /// of `vmpressure`).
    pub(crate) fn add_own_pressure(&mut self, memcg: MemcgId, more: Scanned, socket_until: u64) {
        let Some(group) = self.get_mut(memcg).filter(|_| memcg != MemcgId::ROOT) else { return };
        let own = &mut group.pressure.own;
        own.scanned += more.scanned;
        own.reclaimed += more.reclaimed;
        if own.scanned >= PRESSURE_WINDOW && core::mem::take(own).level() > PressureLevel::Low {
            group.pressure.socket_until = socket_until;
        }
    }

    /// Takes what was scanned in a group and below since the last look; none if nothing was.
    pub(crate) fn take_tree_pressure(&mut self, memcg: MemcgId) -> Option<Scanned> {
        let tree = core::mem::take(&mut self.get_mut(memcg)?.pressure.tree);
        (tree.scanned != 0).then_some(tree)
    }

    /// Tells listeners of a group and those above it of a level (`vmpressure_work_fn`).
    pub(crate) fn tell_pressure(&mut self, memcg: MemcgId, level: PressureLevel) {
        let (mut at, mut told, mut above) = (Some(memcg), false, false);
        while let Some(id) = at {
            let listeners = self.get_mut(id).map(|group| group.pressure.listeners.as_mut_slice()).unwrap_or_default();
            let told_before = told;
            for listener in listeners.iter_mut().filter(|listener| level >= listener.level) {
                let reached = match listener.mode {
                    PressureMode::Local => !above,
                    PressureMode::Default => !told_before,
                    PressureMode::Hierarchy => true,
                };
                listener.told += u64::from(reached);
                told |= reached;
            }
            above = true;
            at = self.parent(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PressureLevel::{Critical, Low, Medium};

    #[test]
    fn pressure_is_the_share_that_was_scanned_in_vain() {
        let judged = [256, 205, 204, 26, 25, 0].map(|reclaimed| {
            let scanned = Scanned { scanned: 512, reclaimed };
            (scanned.percent(), scanned.level())
        });
        let expected = [(50, Low), (59, Low), (60, Medium), (94, Medium), (95, Critical), (100, Critical)];
        assert_eq!(judged, expected);
        assert_eq!(Scanned { scanned: 1, reclaimed: 9 }.level(), Low);
    }

    /// Two groups, one below the other, with a listener of each mode above and perhaps one below.
    fn told(below: Option<PressureMode>, level: PressureLevel) -> [u64; 3] {
        let mut groups = Memcgs::default();
        assert!(groups.insert(MemcgId(1), MemcgId(0), "/a") && groups.insert(MemcgId(2), MemcgId(1), "/a/b"));
        let listener = |mode| PressureListener { level: Medium, mode, told: 0 };
        let modes = [PressureMode::Default, PressureMode::Hierarchy, PressureMode::Local];
        if let Some(group) = groups.get_mut(MemcgId(1)) {
            group.pressure.listeners.extend(modes.map(listener));
        }
        if let Some(group) = groups.get_mut(MemcgId(2)) {
            group.pressure.listeners.extend(below.map(listener));
        }
        groups.tell_pressure(MemcgId(2), level);
        groups.get(MemcgId(1)).map_or([9; 3], |group| [0, 1, 2].map(|at| group.pressure.listeners[at].told))
    }

    #[test]
    fn listeners_above_hear_by_their_mode() {
        assert_eq!(told(None, Medium), [1, 1, 0]);
        assert_eq!(told(Some(PressureMode::Default), Critical), [0, 1, 0]);
        assert_eq!(told(Some(PressureMode::Local), Medium), [0, 1, 0]);
        assert_eq!(told(None, Low), [0, 0, 0]);
    }

    #[test]
    fn a_window_must_be_full_before_a_worker_looks() {
        let mut groups = Memcgs::default();
        let scanned = |scanned| Scanned { scanned, reclaimed: 0 };
        assert!(!groups.add_tree_pressure(MemcgId(0), scanned(511)));
        assert!(groups.add_tree_pressure(MemcgId(0), scanned(1)));
        assert_eq!(groups.take_tree_pressure(MemcgId(0)), Some(scanned(512)));
        assert_eq!(groups.take_tree_pressure(MemcgId(0)), None);
    }

    #[test]
    fn a_group_in_trouble_takes_memory_from_its_sockets_and_the_root_never() {
        let mut groups = Memcgs::default();
        assert!(groups.insert(MemcgId(1), MemcgId(0), "/a"));
        for (id, reclaimed, until) in [(0, 0, 0), (1, 512, 0), (1, 100, 1250)] {
            groups.add_own_pressure(MemcgId(id), Scanned { scanned: 512, reclaimed }, 1250);
            assert_eq!(groups.get(MemcgId(id)).map(|group| group.pressure.socket_until), Some(until));
        }
    }
}
