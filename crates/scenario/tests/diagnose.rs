//! Explanations of reports: the check that failed, the kind of failure, and what would have helped.

use buddyscope_mm::event::NullSink;
use buddyscope_mm::pfn::{MAX_ORDER, MigrateType, Order};
use buddyscope_mm::vmstat::ZoneItem;
use buddyscope_procfs::report::{Message, read_log};
use buddyscope_procfs::{buddyinfo, pagetypeinfo, zoneinfo};
use buddyscope_scenario::diagnose::{Diagnosis, Lack, diagnose};
use buddyscope_scenario::rebuild::{Rebuilt, Told};
use buddyscope_scenario::session::{AllocForm, MachineForm, Session, Value};

const ATOMIC: &str = include_str!("../../procfs/tests/reports/failure_atomic.txt");
const ORDER_10: &str = include_str!("../../procfs/tests/reports/failure_order_10.txt");
const OOM: &str = include_str!("../../procfs/tests/reports/oom_two_nodes.txt");
const MEMCG: &str = include_str!("../../procfs/tests/reports/memcg.txt");

fn one(log: &str) -> Diagnosis {
    diagnose(log).expect("the log can be read").into_iter().next().expect("a report")
}

fn verdict(diagnosis: &Diagnosis) -> &str {
    diagnosis.verdict.as_ref().map_or("", |verdict| verdict.key)
}

fn helps(diagnosis: &Diagnosis) -> Vec<&'static str> {
    diagnosis.remedies.iter().filter(|remedy| remedy.ok).map(|remedy| remedy.key).collect()
}

#[test]
fn an_atomic_request_has_used_the_reserves_up() {
    let diagnosis = one(ATOMIC);
    assert_eq!(verdict(&diagnosis), "verdict.reserves");
    let lacks: Vec<Lack> = diagnosis.zones.iter().map(|zone| zone.lack).collect();
    assert_eq!(lacks, [Lack::Reserves, Lack::Unprotected], "DMA32, then DMA with its reserve");
    assert!(diagnosis.notes.iter().any(|note| note.key == "course.atomic"));
    assert_eq!(helps(&diagnosis), ["remedy.freeMore"], "{diagnosis}");
}

#[test]
fn a_large_block_is_missing_where_pages_are_not() {
    let diagnosis = one(ORDER_10);
    assert_eq!(verdict(&diagnosis), "verdict.block");
    assert_eq!(diagnosis.zones[0].lack, Lack::Block);
    assert_eq!(diagnosis.zones[0].largest, 9);
    assert!(helps(&diagnosis).contains(&"remedy.freeBlock") && helps(&diagnosis).contains(&"remedy.order"));
    let smaller = diagnosis.remedies.iter().find(|remedy| remedy.key == "remedy.order").expect("tried");
    assert!(smaller.text.contains('9'), "the largest order that is there: {}", smaller.text);
}

#[test]
fn exactly_the_pages_that_are_missing_let_a_request_pass() {
    // One page fewer would not: the sum says how many are short.
    let diagnosis = one(ATOMIC);
    let dma = &diagnosis.zones[1];
    assert_eq!(dma.missing, 2);
    assert!(dma.sum.iter().any(|line| line == "236 ≤ min 12 + 225 reserve → skip"), "{:?}", dma.sum);
}

#[test]
fn the_oom_killers_choice_follows_from_the_table() {
    let diagnosis = one(OOM);
    assert_eq!(verdict(&diagnosis), "verdict.pages");
    assert!(diagnosis.notes.iter().any(|note| note.key == "kill.chosen"), "{diagnosis}");
    let first = &diagnosis.scores[0];
    assert!(first.killed);
    assert_eq!(first.points, Some(first.rss as i64 + first.swap as i64 + first.tables + first.adjustment));
}

#[test]
fn a_group_at_its_limit_is_named() {
    let diagnosis = one(MEMCG);
    assert_eq!(verdict(&diagnosis), "verdict.group");
    assert!(diagnosis.notes.iter().any(|note| note.key == "kill.constraintMemcg"));
}

#[test]
fn a_report_that_lacks_the_state_of_memory_is_said_to() {
    let first_line = ATOMIC.lines().next().expect("a line");
    let diagnosis = one(first_line);
    assert!(diagnosis.verdict.is_none() && diagnosis.zones.is_empty());
    assert!(diagnosis.notes.iter().any(|note| note.key == "report.noMemInfo"));
}

#[test]
fn the_rebuilt_machine_has_what_the_report_tells() {
    for log in [ATOMIC, ORDER_10] {
        let messages = read_log(log).expect("the log can be read");
        let Message::AllocFailure(failure) = &messages[0].message else { panic!("a failure is first") };
        let mem = failure.mem.as_ref().expect("with the state of memory");
        let rebuilt = Rebuilt::new(Told::of_report(mem, failure.caller.as_ref()), NullSink).expect("a machine");
        assert!(rebuilt.machine.audit().is_ok(), "{:?}", rebuilt.machine.audit());
        for told in &mem.zones {
            let counters = &told.counters;
            let zones = rebuilt.machine.zones().iter();
            let zone =
                zones.clone().find(|zone| (zone.id.node(), zone.id.zone_type()) == (counters.node, counters.zone));
            let zone = zone.expect("every zone of the report");
            assert_eq!(zone.page_state(ZoneItem::FreePages), counters.free as i64);
            assert_eq!([0, 1, 2].map(|mark| zone.wmark_pages(mark)), [counters.min, counters.low, counters.high]);
            for order in 0..MAX_ORDER {
                assert_eq!(zone.nr_free(order), told.blocks[order].count, "{} order {order}", zone.id);
                for list in MigrateType::ALL {
                    let order_of = Order::new(order as u32).expect("an order");
                    let any = rebuilt.machine.free_list(zone.id, order_of, list).next().is_some();
                    assert_eq!(any, told.blocks[order].on_list[list.index()], "{} order {order} {list:?}", zone.id);
                }
            }
        }
    }
}

#[test]
fn every_sentence_is_whole() {
    for log in [ATOMIC, ORDER_10, OOM, MEMCG] {
        let text = one(log).to_string();
        assert!(!text.contains(['{', '}']), "{text}");
    }
}

#[test]
fn a_trace_of_page_allocation_is_made_again_on_a_machine_that_has_its_pages() {
    let line = |event: &str| format!("  sh-7 [001] ....     1.000000: {event}\n");
    let given = line("mm_page_alloc: page=00000000deadbeef pfn=70000 order=0 migratetype=0 gfp_flags=GFP_KERNEL");
    let freed = line("mm_page_free: page=00000000deadbeef pfn=70000 order=0");
    let diagnosis = one(&format!("# tracer: nop\n#\n{given}{freed}"));
    assert_eq!((diagnosis.line, diagnosis.title.key), (3, "trace.counts"));
    let notes: Vec<&str> = diagnosis.notes.iter().map(|note| note.text.as_str()).collect();
    assert!(notes[0].starts_with("1 of 1 requests got a page of the same zone"), "{notes:?}");
    assert!(diagnosis.assumptions[0].text.contains("384 MiB, 2 CPUs"), "{diagnosis}");
    assert!(!diagnosis.has_machine && !diagnosis.copy.is_empty());
    let far = line("mm_page_free: page=00000000deadbeef pfn=999999999999 order=0");
    assert_eq!(one(&far).notes[0].key, "trace.noMachine");
    let other = line("mm_vmscan_kswapd_sleep: nid=0");
    assert!(diagnose(&other).expect("a trace").is_empty(), "no page allocation in it");
}

/// The /proc files of a modeled machine in use, as a person would paste them.
fn pasted() -> (Session, String) {
    let mut session = Session::boot(&MachineForm::preset("two-node")).expect("a preset boots");
    session.age(&Value::from(3), &Value::Missing).expect("a life");
    let machine = session.machine();
    let files =
        [("zoneinfo", zoneinfo(machine)), ("buddyinfo", buddyinfo(machine)), ("pagetypeinfo", pagetypeinfo(machine))];
    let text = files.into_iter().map(|(name, text)| format!("$ cat /proc/{name}\n{text}")).collect();
    (session, text)
}

#[test]
fn files_of_proc_become_a_machine_that_prints_them_again() {
    let (session, text) = pasted();
    let diagnosis = one(&text);
    let rebuilt = diagnosis.session().expect("a machine");
    assert!(rebuilt.machine().audit().is_ok());
    assert_eq!(buddyinfo(rebuilt.machine()), buddyinfo(session.machine()));
    // Where no page lies on any list of a type its pageblocks are not told.
    let lists =
        |text: &str| text.lines().filter(|line| line.contains(", type ")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lists(&pagetypeinfo(rebuilt.machine())), lists(&pagetypeinfo(session.machine())));
    let marks = |text: &str| {
        let kept = ["pages free", "min ", "low ", "high ", "managed", "protection", "count:", "batch:"];
        text.lines()
            .filter(|line| kept.iter().any(|it| line.trim().starts_with(it)))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(marks(&zoneinfo(rebuilt.machine())), marks(&zoneinfo(session.machine())));
}

#[test]
fn what_requests_would_get_is_what_they_do_get() {
    let (_, text) = pasted();
    let diagnosis = one(&text);
    assert_eq!(diagnosis.zones.len(), 4);
    assert!(!diagnosis.access.is_empty());
    for access in &diagnosis.access {
        let form =
            |order: i64| AllocForm { gfp: access.gfp.into(), order: (order as u64).into(), ..AllocForm::default() };
        let gets = |order: i64| {
            let mut session = diagnosis.session().expect("a machine");
            let (id, _) = session.allocate(form(order)).expect("a request");
            session.allocations().get(id).is_some_and(|made| made.pfn.is_some())
        };
        assert!(access.at_all < 0 || gets(access.at_all), "{access:?}");
        assert!(access.at_all == 10 || !gets(access.at_all + 1), "{access:?}");
        assert!(access.at_once <= access.at_all);
    }
}

#[test]
fn without_free_blocks_they_are_assumed_and_that_is_said() {
    let (session, _) = pasted();
    let diagnosis = one(&zoneinfo(session.machine()));
    assert!(diagnosis.assumptions.iter().any(|assumption| assumption.key == "assume.noBlocks"));
    assert!(diagnosis.session().expect("a machine").machine().audit().is_ok());
}
