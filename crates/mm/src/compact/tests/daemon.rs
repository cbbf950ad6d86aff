//! kcompactd, and compaction of all memory.

use crate::compact::testing::{CPU, ZONE, fragmented, machine};
use crate::daemon::Kcompactd;
use crate::event::{CompactEvent, Event};
use crate::pfn::NodeId;
use crate::task::Task;
use crate::vmstat::VmEvent;
use crate::wait::{Step, Wait};

type Recorded = crate::Machine<Vec<Event>>;

/// Lets the daemon work until it sleeps.
fn until_asleep(daemon: &mut Kcompactd, machine: &mut Recorded) {
    while let Step::Wait(wait) = daemon.resume(machine) {
        if matches!(wait, Wait::Kcompactd { .. }) {
            return;
        }
    }
}

fn striped() -> Recorded {
    let mut machine = fragmented(|n| n % 2 == 0);
    machine.nodes[0].nr_zones = 3;
    machine.nodes[0].kcompactd_highest_zoneidx = 2;
    machine
}

#[test]
fn a_request_wakes_it_and_it_makes_the_block() {
    let mut machine = striped();
    let mut daemon = Kcompactd::new(&machine, NodeId(0));
    until_asleep(&mut daemon, &mut machine);
    machine.wakeup_kcompactd(NodeId(0), 9, 2);
    assert!(!machine.nodes[0].kcompactd_asleep);
    until_asleep(&mut daemon, &mut machine);
    assert!(machine.zones[ZONE.index()].free_area[9..].iter().any(|area| area.nr_free > 0));
    assert_eq!(machine.nodes[0].kcompactd_max_order, 0);
    assert_eq!(machine.global.events.get(VmEvent::CompactDaemonWake), 1);
    assert!(machine.global.events.get(VmEvent::CompactDaemonMigrateScanned) > 0);
    machine.audit().expect("a sound machine");
}

#[test]
fn single_pages_are_no_business_of_its() {
    let mut machine = striped();
    machine.wakeup_kcompactd(NodeId(0), 0, 2);
    assert!(machine.nodes[0].kcompactd_asleep);
}

#[test]
fn a_request_that_it_cannot_help_is_only_noted_and_taken_up_later() {
    let mut machine = machine();
    machine.nodes[0].nr_zones = 3;
    machine.nodes[0].kcompactd_highest_zoneidx = 2;
    let mut daemon = Kcompactd::new(&machine, NodeId(0));
    until_asleep(&mut daemon, &mut machine);
    machine.wakeup_kcompactd(NodeId(0), 9, 2);
    assert!(machine.nodes[0].kcompactd_asleep);
    assert_eq!(machine.nodes[0].kcompactd_max_order, 9);
    until_asleep(&mut daemon, &mut machine);
    assert_eq!(machine.nodes[0].kcompactd_max_order, 0);
}

#[test]
fn the_largest_order_and_the_lowest_zone_are_noted() {
    let mut machine = machine();
    machine.nodes[0].kcompactd_highest_zoneidx = 3;
    machine.wakeup_kcompactd(NodeId(0), 4, 2);
    machine.wakeup_kcompactd(NodeId(0), 3, 3);
    let node = &machine.nodes[0];
    assert_eq!((node.kcompactd_max_order, node.kcompactd_highest_zoneidx), (4, 2));
}

#[test]
fn it_works_ahead_where_the_node_is_fragmented() {
    let mut machine = striped();
    assert!(machine.should_proactive_compact_node(NodeId(0)));
    let mut daemon = Kcompactd::new(&machine, NodeId(0));
    let before = machine.fragmentation_score_node(NodeId(0));
    until_asleep(&mut daemon, &mut machine);
    until_asleep(&mut daemon, &mut machine);
    assert!(machine.fragmentation_score_node(NodeId(0)) < before);
    machine.sysctl.compaction_proactiveness = 0;
    assert!(!machine.should_proactive_compact_node(NodeId(0)));
}

#[test]
fn work_ahead_that_does_not_help_is_put_off() {
    let mut machine = striped();
    (0..crate::compact::testing::PAGES).step_by(2).for_each(|n| crate::compact::testing::pin(&mut machine, n));
    let mut daemon = Kcompactd::new(&machine, NodeId(0));
    let begins = |machine: &Recorded| {
        machine.sink().iter().filter(|event| matches!(event, Event::Compact(CompactEvent::Begin { .. }))).count()
    };
    (0..2).for_each(|_| until_asleep(&mut daemon, &mut machine));
    assert_eq!(begins(&machine), 1);
    (0..64).for_each(|_| until_asleep(&mut daemon, &mut machine));
    assert_eq!(begins(&machine), 1);
    until_asleep(&mut daemon, &mut machine);
    assert_eq!(begins(&machine), 2);
}

#[test]
fn all_memory_is_compacted_at_once() {
    let mut machine = striped();
    machine.compact_memory(&mut Task::new(CPU));
    let free: u64 = machine.zones[ZONE.index()].free_area[9..].iter().map(|area| area.nr_free).sum();
    assert!(free >= 1);
    machine.audit().expect("a sound machine");
}
