use super::*;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{NodeId, ZoneId, ZoneType};

const SHORT: &str = "\
12959 c0 p1 mark begin
12996 N mark nid=0 ia=224 aa=448 if=0 af=0 un=0 isoa=0 isof=1 dirty=0 wb=0 sr=453 su=593 ko=0 kz=4 kf=0 wait=1
12996 Z mark zone=0:1 free=53072 snap=53070 cma=0 boost=512 ha=0 ia=224 aa=448 if=0 af=0
12996 E mark scan_k=0 fault=2457 free=64244
13000 c1 p61 wakeup_kswapd nid=0 zid=1 order=0 gfp=0x100dca
13001 N wakeup nid=0 ia=224 aa=448 if=0 af=0 un=0 isoa=0 isof=0 dirty=0 wb=0 sr=453 su=593 ko=0 kz=1 kf=16 wait=1
13002 c0 p19 shrink_slab_start super_cache_scan nid=0 gfp=0xcc0 nr_to_scan=0 cache=18 delta=9 total_scan=9 prio=12
13001 Z wakeup zone=0:1 free=-3 snap=2 cma=0 boost=0 ha=0 ia=224 aa=448 if=0 af=0
13001 E wakeup scan_k=5 fault=2457 free=64244
13003 c0 p19 compact_iso_free 65024-65498 scanned=474 taken=0
";

fn trace() -> Trace {
    Trace::read(SHORT.as_bytes(), "trace.txt").expect("trace")
}

#[test]
fn events_and_samples_keep_their_order() {
    let trace = trace();
    let names: Vec<bool> = trace.entries.iter().map(|entry| matches!(entry.what, What::Moment(_))).collect();
    assert_eq!(names, [false, true, false, true, false, false]);
    let (micros, pid, event) = trace.events().next().expect("event");
    assert_eq!((micros, pid, event), (12959, 1, &LoadEvent::Mark("begin".to_owned())));
    assert_eq!(trace.events().count(), 4);
}

#[test]
fn a_sample_belongs_to_the_event_before_it() {
    let trace = trace();
    let (pid, event, moment) = trace.sampled(Why::Wakeup).next().expect("wakeup");
    let expected = LoadEvent::WakeupKswapd {
        node: NodeId(0),
        highest_zoneidx: 1,
        order: 0,
        gfp: Gfp::from_bits_retain(0x10_0dca),
    };
    assert_eq!((pid, event), (61, &expected));
    assert_eq!((moment.nodes[0].kswapd_failures, moment.event("scan_k"), moment.event("no such")), (16, 5, 0));
    let zone = &moment.zones[0];
    assert_eq!((zone.id, zone.free), (ZoneId::new(NodeId(0), ZoneType::Dma32), -3));
}

#[test]
fn errors_name_line_and_field() {
    let error = |from: &str, to: &str| {
        let text = SHORT.replacen(from, to, 1);
        Trace::read(text.as_bytes(), "trace.txt").expect_err("bad trace").to_string()
    };
    assert!(error("zid=1", "zid=x").starts_with("trace.txt, line 5, field `zid`"));
    assert!(error("c1 p61 wakeup_kswapd", "c1 p61 frobnicate").contains("a known event"));
    assert!(error("13001 E wakeup", "13001 E tea").contains("a known reason"));
    assert!(error("13001 N wakeup", "13007 N wakeup").contains("E line of the sample before it"));
    assert!(error("taken=0", "taken=0 more").contains("end of the line"));
}
