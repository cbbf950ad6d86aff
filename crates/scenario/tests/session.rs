//! A session: its log is the truth, its errors change nothing, and its machine is the same everywhere.

use buddyscope_mm::pfn::Pfn;
use buddyscope_mm::vmstat::ZoneItem;
use buddyscope_scenario::session::{AllocForm, FieldError, MachineForm, NodeForm, Session, Value, presets};

fn session(preset: &str) -> Session {
    Session::boot(&MachineForm::preset(preset)).expect("a preset boots")
}

fn aged(preset: &str, operations: u64) -> Session {
    let mut session = session(preset);
    session.age(&Value::from(7), &Value::from(operations)).expect("any machine can live");
    session
}

fn request(gfp: &str, order: u64) -> AllocForm {
    AllocForm { gfp: gfp.into(), order: order.into(), ..AllocForm::default() }
}

/// A bit of everything that a person can do.
fn busy(session: &mut Session) {
    let forms = [
        AllocForm { count: 100.into(), ..request("GFP_KERNEL", 0) },
        AllocForm { lru: true, count: 20.into(), ..request("GFP_HIGHUSER_MOVABLE", 2) },
        AllocForm { context: Some("softirq".into()), ..request("GFP_ATOMIC", 3) },
        AllocForm { task_flags: vec!["PF_MEMALLOC".into()], ..request("GFP_NOIO|__GFP_NOWARN", 4) },
        AllocForm { policy: "interleave:0".into(), count: 4.into(), ..request("GFP_USER", 1) },
        AllocForm { count: 3.into(), ..request("GFP_TRANSHUGE_LIGHT", 9) },
        AllocForm { count: 2000.into(), ..request("GFP_NOWAIT|__GFP_RECLAIMABLE", 0) },
    ];
    for form in forms {
        session.allocate(form).expect("the form is right");
    }
    for id in [1, 50, 101, 121, 122] {
        session.free(id).expect("in use");
    }
    session.free_newest().expect("something is in use");
    session.drain(&Value::from(0)).expect("cpu 0");
    session.fold(&Value::Missing).expect("every cpu");
    session.set_sysctl("vm.watermark_scale_factor", "40").expect("in range");
    session.allocate(AllocForm { count: 500.into(), ..request("GFP_HIGHUSER", 0) }).expect("the form is right");
}

#[test]
fn every_preset_boots_lives_and_passes_the_audit() {
    for preset in presets() {
        let mut session = aged(preset.name, 20_000);
        busy(&mut session);
        // A recount of 16 TiB takes longer than anybody waits.
        if preset.name != "giant" {
            assert_eq!(session.machine().audit(), Ok(()), "{}", preset.name);
        }
    }
}

#[test]
fn the_log_run_again_ends_in_the_same_state() {
    let mut first = aged("board", 30_000);
    busy(&mut first);
    let again =
        Session::restore(first.form().expect("booted"), first.log().to_vec()).expect("what ran once runs again");
    assert_eq!(again.machine().state_hash(), first.machine().state_hash());
    assert_eq!(again.allocations().total(), first.allocations().total());
    let other = aged("board", 30_001);
    assert_ne!(other.machine().state_hash(), first.machine().state_hash());
}

#[test]
fn a_log_survives_being_written_down() {
    let mut session = aged("tiny", 1000);
    busy(&mut session);
    let text = serde_json::to_string(session.log()).expect("a log is plain data");
    let log = serde_json::from_str(&text).expect("and can be read");
    let again = Session::restore(session.form().expect("booted"), log).expect("and run");
    assert_eq!(again.machine().state_hash(), session.machine().state_hash());
    let unknown: Result<Vec<buddyscope_scenario::session::Command>, _> = serde_json::from_str(r#"[{"do":"explode"}]"#);
    assert!(unknown.expect_err("no such command").to_string().contains("there is no command `explode`"));
}

/// What is tried, the field its error must name, and a word the message must have.
type Attempt = (fn(&mut Session) -> Result<(), FieldError>, &'static str, &'static str);

const REFUSED: &[Attempt] = &[
    (|s| s.allocate(request("GFP_KERNAL", 0)).map(drop), "gfp", "did you mean GFP_KERNEL"),
    (|s| s.allocate(request("", 0)).map(drop), "gfp", "no flag"),
    (|s| s.allocate(request("0x800cc0", 0)).map(drop), "gfp", "0x800000"),
    (|s| s.allocate(request("__GFP_DMA|__GFP_DMA32", 0)).map(drop), "gfp", "contradict"),
    (|s| s.allocate(request("__GFP_MOVABLE|__GFP_RECLAIMABLE", 0)).map(drop), "gfp", "one mobility"),
    (|s| s.allocate(request("GFP_KERNEL", 11)).map(drop), "order", "0 to 10"),
    (|s| s.allocate(AllocForm { order: Value::Number(1.5), ..request("GFP_KERNEL", 0) }).map(drop), "order", "1.50"),
    (|s| s.allocate(AllocForm { cpu: 99.into(), ..request("GFP_KERNEL", 0) }).map(drop), "cpu", "0 to"),
    (|s| s.allocate(AllocForm { count: 0.into(), ..request("GFP_KERNEL", 0) }).map(drop), "count", "1 to"),
    (|s| s.allocate(AllocForm { policy: "bind:9".into(), ..request("GFP_KERNEL", 0) }).map(drop), "policy", "none of"),
    (|s| s.allocate(AllocForm { policy: "node:5".into(), ..request("GFP_KERNEL", 0) }).map(drop), "policy", "online"),
    (|s| s.allocate(AllocForm { policy: "near".into(), ..request("GFP_KERNEL", 0) }).map(drop), "policy", "near"),
    (|s| s.allocate(AllocForm { context: Some("bed".into()), ..request("GFP_KERNEL", 0) }).map(drop), "context", "bed"),
    (
        |s| s.allocate(AllocForm { task_flags: vec!["PF_NICE".into()], ..request("GFP_KERNEL", 0) }).map(drop),
        "taskFlags",
        "PF_NICE",
    ),
    (|s| s.free(0), "id", "0"),
    (|s| s.free(9999), "id", "9999"),
    (|s| s.free(1), "id", "freed already"),
    (|s| s.free_pfn(&Value::from(1 << 40), &Value::from(0)), "pfn", "0 to"),
    (|s| s.free_pfn(&Value::from(1 << 33), &Value::from(0)), "pfn", "no memory"),
    (|s| s.free_pfn(&Value::from(4200), &Value::from(0)), "pfn", "reserved"),
    (|s| s.drain(&Value::from(4)), "cpu", "0 to"),
    (|s| s.fold(&Value::Text("all".into())), "cpu", "`all`"),
    (|s| s.set_sysctl("vm.overcommit", "1"), "vm.overcommit", "unknown"),
    (|s| s.set_sysctl("watermark_scale_factor", "0"), "watermark_scale_factor", "1..=1000"),
    (|s| s.set_sysctl("min_free_kbytes", "lots"), "min_free_kbytes", "lots"),
    (|s| s.age(&Value::Number(-1.0), &Value::Missing), "seed", "-1"),
    (|s| s.age(&Value::from(1), &Value::from(1 << 40)), "operations", "0 to"),
];

#[test]
fn what_is_refused_names_its_field_and_leaves_every_bit_as_it_was() {
    let mut session = aged("pc", 20_000);
    busy(&mut session);
    for (at, (attempt, field, word)) in REFUSED.iter().enumerate() {
        let before = (session.machine().state_hash(), session.log().len(), session.version());
        let error = attempt(&mut session).expect_err("refused");
        assert_eq!(error.field, *field, "attempt {at}: {error}");
        assert!(error.message.contains(word), "attempt {at}: {error}");
        let after = (session.machine().state_hash(), session.log().len(), session.version());
        assert_eq!(after, before, "attempt {at}: {error}");
    }
}

#[test]
fn frees_that_would_corrupt_memory_are_refused() {
    let mut session = aged("pc", 20_000);
    let (id, _) = session.allocate(request("GFP_KERNEL", 4)).expect("a request");
    let pfn = session.allocations().get(id).and_then(|allocation| allocation.pfn).expect("a page").0;
    let before = session.machine().state_hash();
    let mut refused = |pfn: u64, order: u64, field: &str, word: &str| {
        let error = session.free_pfn(&pfn.into(), &order.into()).expect_err("refused");
        assert!(error.field == field && error.message.contains(word), "{error}");
    };
    refused(pfn, 3, "order", "allocated with order 4, not 3");
    refused(pfn + 1, 0, "pfn", "inside the order-4 allocation");
    refused(pfn + 1, 4, "pfn", "inside the order-4 allocation");
    assert_eq!(session.machine().state_hash(), before);
    session.free_pfn(&pfn.into(), &4.into()).expect("its own order");
    let error = session.free_pfn(&pfn.into(), &4.into()).expect_err("free already");
    assert!(error.message.contains("free already"), "{error}");
    assert!(session.allocations().get(id).is_some_and(|allocation| !allocation.is_live()), "the list knows");
}

#[test]
fn a_machine_that_cannot_be_is_refused_by_field() {
    let node = |mib: f64, cpus: u64| NodeForm { mib: Value::Number(mib), cpus: cpus.into(), hotpluggable: false };
    let form = |nodes: Vec<NodeForm>, cmdline: &str| MachineForm {
        nodes: Some(nodes),
        cmdline: Some(cmdline.into()),
        ..MachineForm::default()
    };
    let cases = [
        (form(vec![node(-5.0, 1)], ""), "nodes[0].mib"),
        (form(vec![node(64.0, 1); 65], ""), "nodes"),
        (form(vec![node(16.0 * 1024.0 * 1024.0, 1); 2], ""), "nodes"),
        (form(vec![node(64.0, 1)], "mem=12q"), "cmdline"),
        (form(vec![node(64.0, 1)], "memmap=exactmap"), "cmdline"),
        (form(vec![node(64.0, 1)], "kernelcore=200%"), "cmdline"),
        (MachineForm { low_mib: 1.into(), ..form(vec![node(64.0, 1)], "") }, "lowMib"),
    ];
    for (form, field) in cases {
        let error = Session::boot(&form).err().expect("refused");
        assert_eq!(error.field, field, "{error}");
    }
}

#[test]
fn a_preview_is_what_the_write_then_does() {
    let mut session = aged("two-node", 10_000);
    for (name, value) in [
        ("min_free_kbytes", "30000"),
        ("watermark_scale_factor", "200"),
        ("lowmem_reserve_ratio", "100 100 8 0"),
        ("percpu_pagelist_fraction", "16"),
    ] {
        let before = session.machine().state_hash();
        let marks = session.sight().marks();
        let preview = session.sight().preview_sysctl(name, value).expect("in range");
        assert_eq!(session.machine().state_hash(), before, "a preview changes nothing");
        assert_ne!(preview, marks, "{name}");
        session.set_sysctl(name, value).expect("in range");
        assert_eq!(session.sight().marks(), preview, "{name}");
    }
}

#[test]
fn a_life_fills_the_first_node_to_its_low_marks_and_lets_the_daemons_sleep() {
    let mut session = session("two-node");
    session.age(&Value::from(1), &Value::Missing).expect("a life");
    let machine = session.machine();
    let free = |zone: usize| machine.zones()[zone].page_state(ZoneItem::FreePages) as u64;
    let (dma32, normal, other) = (&machine.zones()[1], &machine.zones()[2], &machine.zones()[6]);
    assert!(free(1) < dma32.watermark[1] + dma32.lowmem_reserve[2] as u64 + 512, "{}", free(1));
    assert!(free(2) < normal.watermark[1] + 512, "{}", free(2));
    assert!(free(6) > other.managed_pages / 8, "the second node has room");
    assert!(machine.nodes().iter().all(|node| node.kswapd_asleep));
    assert!(machine.zones().iter().all(|zone| zone.watermark_boost == 0));
    let in_use = machine.page_info(Pfn(dma32.start_pfn.0 + (1 << 14))).expect("a page");
    assert_ne!(in_use.block.state, buddyscope_mm::PageState::None);
}

#[test]
fn a_count_stops_at_the_first_failure() {
    let mut session = session("tiny");
    let form = AllocForm { count: 1000.into(), ..request("GFP_NOWAIT", 6) };
    let (first, last) = session.allocate(form).expect("the form is right");
    assert!(last - first < 999 && session.allocations().failed() == 1, "{first}..={last}");
    assert!(session.allocations().get(last).is_some_and(|allocation| allocation.pfn.is_none()));
}

#[test]
fn an_interleave_policy_goes_on_where_it_was() {
    let mut session = session("two-node");
    let form = AllocForm { policy: "interleave:0-1".into(), ..request("GFP_USER", 0) };
    let mut node = || {
        let (id, _) = session.allocate(form.clone()).expect("the form is right");
        session.allocations().get(id).and_then(|it| it.zone).map(|zone| zone.node().0)
    };
    assert_eq!([node(), node(), node()], [Some(0), Some(1), Some(0)]);
}
