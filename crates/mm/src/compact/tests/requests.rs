//! Results of direct compaction as a request meets them on its whole way through the slow path.

use crate::compact::CompactResult;
use crate::compact::testing::{CPU, PAGES, fragmented, frame, pin};
use crate::event::{Event, Outcome, SlowEvent};
use crate::gfp::Gfp;
use crate::page::life::LifeFlags;
use crate::pfn::{NodeId, Order, PAGEBLOCK_NR_PAGES};
use crate::task::Task;

type Recorded = crate::Machine<Vec<Event>>;

/// From here on every other page is one of a file, clean and unused, and the others are in use: freed, it joins no block.
const CACHE: u64 = PAGES - PAGEBLOCK_NR_PAGES;

/// A machine of which every other page is free, and in which nothing but pages of files can move.
fn immovable() -> Recorded {
    let mut machine = fragmented(|n| n % 2 == 1 || n >= CACHE);
    (1..PAGES).step_by(2).for_each(|n| pin(&mut machine, n));
    for page in (CACHE..PAGES).step_by(2).map(|n| frame(&machine, n)).collect::<Vec<_>>() {
        machine.del_page_from_lru_list(CPU, page);
        let life = machine.mem.life_mut(page);
        (life.flags, life.mapcount) = (LifeFlags::empty(), 0);
        machine.add_page_to_lru_list(CPU, page);
    }
    machine.set_oom_killer_disabled(true);
    machine
}

/// Asks for an unmovable block of order 3; how it ended.
fn ask(machine: &mut Recorded, task: &mut Task) -> Outcome {
    let order = Order::new(3).expect("an order");
    let answer = machine.alloc_pages_nodemask(task, Gfp::GFP_KERNEL, order, NodeId(0), None);
    machine.audit().expect("a sound machine");
    answer.outcome
}

/// Priority and result of each direct compaction.
fn compactions(machine: &Recorded) -> Vec<(u8, CompactResult)> {
    let mut begun = None;
    let ends = machine.sink().iter().filter_map(|event| match event {
        Event::Slow(SlowEvent::CompactBegin { priority, .. }) => {
            begun = Some(*priority);
            None
        }
        Event::Slow(SlowEvent::CompactEnd { result, .. }) => Some((begun.take()?, *result)),
        _ => None,
    });
    ends.collect()
}

#[test]
fn complete_when_every_zone_was_scanned_whole_in_vain() {
    let mut machine = immovable();
    assert_eq!(ask(&mut machine, &mut Task::new(CPU)), Outcome::OomRefused);
    let progress = machine.sink().iter().filter_map(|event| match event {
        Event::Slow(SlowEvent::Progress { pages }) => Some(*pages),
        _ => None,
    });
    assert!(progress.clone().count() >= 2 && progress.clone().all(|pages| pages > 0), "a reason for another round");
    let results = compactions(&machine);
    assert_eq!(results.last(), Some(&(0, CompactResult::Complete)), "{results:?}");
    let no_more = |event: &Event| {
        matches!(event, Event::Slow(SlowEvent::CompactRetry { result: CompactResult::Complete, retry: false, .. }))
    };
    assert!(machine.sink().iter().any(no_more), "nothing is left to try");
}

#[test]
fn contended_when_the_request_is_of_a_task_that_is_to_die() {
    let mut machine = immovable();
    let mut task = Task { oom_victim: true, ..Task::new(CPU) };
    assert_eq!(ask(&mut machine, &mut task), Outcome::OomVictim);
    let results = compactions(&machine);
    assert!(results.iter().all(|&(_, result)| result == CompactResult::Contended), "{results:?}");
    assert!(!results.is_empty());
}
