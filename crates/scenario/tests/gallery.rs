//! Every scenario that comes with the page shows what it promises.

use buddyscope_mm::event::{
    CompactEvent, CompactResult, Event, NodeReclaim, OomConstraint, OomEvent, Outcome, PageFate, ReclaimEvent, Sink,
    SlabEvent, SlowEvent, Wakeup,
};
use buddyscope_mm::pfn::NodeId;
use buddyscope_mm::vmstat::{NodeItem, ZoneItem};
use buddyscope_scenario::run::{News, Run};
use buddyscope_scenario::scenario::Scenario;
use buddyscope_scenario::show::{Show, scenarios};

/// Counts the decisions that are asked for.
struct Count {
    wanted: fn(&Event) -> bool,
    seen: u64,
}

#[path = "../../mm/tests/noted/mod.rs"]
mod noted;

impl Sink for Count {
    fn record(&mut self, event: Event) {
        noted::note(&event);
        self.seen += u64::from((self.wanted)(&event));
    }
}

/// A scenario of the gallery, run to its end.
fn run(name: &str, wanted: fn(&Event) -> bool) -> Run<Count> {
    let scenarios = scenarios();
    let text = scenarios.iter().find(|scenario| scenario.name == name).expect("in the gallery").text;
    let to_its_end = move || {
        let scenario = Scenario::parse(text).expect("a scenario");
        let mut run = Run::start(&scenario, Count { wanted, seen: 0 }).expect("it begins");
        while run.run(u64::MAX, 1 << 20) {}
        run
    };
    // Decisions are noted under the name of the thread.
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(to_its_end).expect("a thread");
    thread.join().expect("a run without a panic")
}

/// How often a scenario's run takes a decision.
fn seen(name: &str, wanted: fn(&Event) -> bool) -> u64 {
    run(name, wanted).machine().sink().seen
}

fn killed(event: &Event) -> bool {
    matches!(event, Event::Oom(OomEvent::Killed { .. }))
}

fn node_stat(run: &Run<Count>, item: NodeItem) -> u64 {
    run.machine().nodes().iter().map(|node| node.stat.get(item)).sum()
}

#[test]
fn stream_wakes_kswapd_and_spares_the_heap() {
    let run = run("stream", |event| matches!(event, Event::WakeKswapd { wakeup: Wakeup::Woken, .. }));
    assert!(run.machine().sink().seen > 0);
    assert_eq!(run.machine().swap_pages().0 as i64, run.machine().swap_pages().1, "nothing was swapped out");
}

#[test]
fn hog_is_killed_and_the_bystander_stays() {
    let run = run("hog", killed);
    assert_eq!(run.machine().sink().seen, 1);
    assert!(run.kernel_log().contains("Killed process 2 (hog)"));
}

#[test]
fn network_fails_at_order_3_with_much_free() {
    let run =
        run("network", |event| matches!(event, Event::AllocEnd { order: 3, outcome: Outcome::CannotReclaim, .. }));
    assert!(run.machine().sink().seen > 10);
    let free = run.machine().zones().iter().map(|zone| zone.page_state(ZoneItem::FreePages)).sum::<i64>();
    assert!(free > 3_000, "{free} pages are free");
    assert!(run.kernel_log().contains("page allocation failure: order:3, mode:0xa20(GFP_ATOMIC)"));
}

#[test]
fn hopeless_makes_kswapd_give_up() {
    let hopeless = |event: &Event| {
        matches!(event, Event::WakeKswapd { wakeup: Wakeup::Hopeless | Wakeup::HopelessWakesKcompactd, .. })
    };
    let run = run("hopeless", hopeless);
    assert!(run.machine().sink().seen > 0);
    assert!(run.machine().nodes()[0].kswapd_failures >= 16);
}

#[test]
fn throttle_makes_a_reader_wait_for_kswapd() {
    assert!(seen("throttle", |event| matches!(event, Event::Reclaim(ReclaimEvent::Throttled { .. }))) > 0);
}

#[test]
fn thrash_brings_back_what_was_just_swapped_out() {
    let run = run("thrash", |event| matches!(event, Event::Reclaim(ReclaimEvent::Pageout { .. })));
    assert!(run.machine().sink().seen > 1000);
    assert!(node_stat(&run, NodeItem::WorkingsetRefaultAnon) > 1000);
}

#[test]
fn writers_find_their_dirty_pages_left_to_the_flusher() {
    let left = |event: &Event| {
        matches!(
            event,
            Event::Reclaim(ReclaimEvent::Decided { fate: PageFate::LeftToFlushers | PageFate::BeingWritten, .. })
        )
    };
    assert!(seen("writers", left) > 100);
}

#[test]
fn slab_caches_are_shrunk_under_pressure() {
    assert!(seen("slab", |event| matches!(event, Event::Slab(SlabEvent::End { freed: 1.., .. }))) > 10);
}

#[test]
fn memcg_kills_within_the_group_alone() {
    let run = run("memcg", |event| {
        matches!(event, Event::Oom(OomEvent::Constraint { constraint: OomConstraint::Memcg, .. }))
    });
    assert!(run.machine().sink().seen > 0);
    let log = run.kernel_log();
    assert!(log.contains("Memory cgroup out of memory: Killed process") && log.contains("(leak)"), "{log}");
    assert!(log.contains("Memory cgroup stats for /app:"));
}

#[test]
fn cpuset_is_out_of_memory_beside_an_empty_node() {
    let run = run("cpuset", |event| {
        matches!(event, Event::Oom(OomEvent::Constraint { constraint: OomConstraint::Cpuset, .. }))
    });
    assert!(run.machine().sink().seen > 0);
    assert!(run.kernel_log().contains("constraint=CONSTRAINT_CPUSET"));
}

#[test]
fn policy_keeps_one_kswapd_busy() {
    let woken = |event: &Event| matches!(event, Event::Reclaim(ReclaimEvent::KswapdWake { node: NodeId(1), .. }));
    assert!(seen("policy", woken) > 0);
    assert_eq!(
        seen("policy", |event| matches!(event, Event::Reclaim(ReclaimEvent::NodeBegin { node: NodeId(0), .. }))),
        0
    );
}

#[test]
fn node_reclaim_serves_from_the_local_node() {
    let success =
        |event: &Event| matches!(event, Event::Slow(SlowEvent::NodeReclaim { result: NodeReclaim::Success, .. }));
    assert!(seen("node-reclaim", success) > 10);
}

#[test]
fn forkbomb_is_met_kill_by_kill_and_the_database_stays() {
    let run = run("forkbomb", killed);
    assert!(run.machine().sink().seen > 2, "{} kills", run.machine().sink().seen);
    assert!(!run.kernel_log().contains("(database) total-vm"));
}

#[test]
fn min_free_alone_has_somebody_killed() {
    let run = run("min-free", killed);
    assert!(run.machine().sink().seen > 0);
    assert!(run.kernel_log().contains("shell invoked oom-killer"));
}

#[test]
fn thp_compaction_scans_in_vain_and_is_put_off() {
    let in_vain = |event: &Event| {
        matches!(
            event,
            Event::Compact(CompactEvent::End { result: CompactResult::Complete | CompactResult::PartialSkipped, .. })
        )
    };
    assert!(seen("thp", in_vain) > 0);
    assert!(seen("thp", |event| matches!(event, Event::Compact(CompactEvent::DeferCompaction { .. }))) > 0);
    assert!(seen("thp", |event| matches!(event, Event::Compact(CompactEvent::Deferred { .. }))) > 0);
}

#[test]
fn cma_moves_pages_out_once_and_finds_them_pinned_then() {
    let run = run("cma", |event| matches!(event, Event::Isolate { isolated: true, .. }));
    assert!(run.machine().sink().seen > 0);
    let failed: Vec<_> = run.news().iter().filter(|(_, _, news)| matches!(news, News::Failed(_))).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
}

#[test]
fn every_scenario_says_what_it_is_about_and_every_decision_in_it_is_a_sentence() {
    for scenario in scenarios() {
        let mut show = Show::start(scenario.text).expect("it begins");
        let view = show.view();
        assert_eq!(view.name, Some(scenario.name));
        assert!(!view.title.is_empty() && !view.about.is_empty() && !view.look.is_empty(), "{}", scenario.name);
        show.go_on(u64::MAX / 8, u64::MAX);
        let total = show.decisions(0, 0).total;
        for first in (total.saturating_sub(3000)..total).step_by(1000) {
            let decisions = show.decisions(first, 1000);
            assert_eq!(decisions.items.len() as u64, (total - first).min(1000), "each is told");
            for said in &decisions.items {
                assert!(
                    said.text.ends_with('.') && !said.text.contains(['{', '}']),
                    "{}: {}",
                    scenario.name,
                    said.text
                );
            }
        }
    }
}
