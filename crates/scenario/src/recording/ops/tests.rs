//! Reading operations, good and bad.

use super::*;

fn read(text: &str) -> Result<Vec<Op<'_>>, RecordingError> {
    OpReader::new(text.as_bytes(), "ops.txt").collect()
}

fn error(text: &str) -> String {
    match read(text) {
        Ok(ops) => panic!("{text:?} was read as {ops:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn allocations_and_frees_are_read_with_all_fields() {
    let text = "A 7 cpu=1 nid=2 nodemask=0x5 gfp=0x2800 order=1 pf=0x800 -> pfn=1049186 zone=2:2\n\
                A 8 cpu=0 nid=0 nodemask=- gfp=0x2000 order=0 -> pfn=FAIL\n\
                F 7 cpu=0 pfn=1049186 order=1\n";
    let page = (Pfn(1_049_186), ZoneId::new(NodeId(2), buddyscope_mm::pfn::ZoneType::Normal));
    let first = AllocOp {
        id: 7,
        cpu: CpuId(1),
        node: NodeId(2),
        nodemask: Some(NodeMask(5)),
        gfp: Gfp::from_bits_retain(0x2800),
        order: 1,
        task_flags: TaskFlags::MEMALLOC,
        outcome: Some(page),
    };
    let second = AllocOp {
        id: 8,
        cpu: CpuId(0),
        node: NodeId(0),
        nodemask: None,
        gfp: Gfp::NOWARN,
        order: 0,
        task_flags: TaskFlags::empty(),
        outcome: None,
    };
    let free = FreeOp { id: 7, cpu: CpuId(0), pfn: page.0, order: 1 };
    assert_eq!(read(text), Ok(vec![Op::Alloc(first), Op::Alloc(second), Op::Free(free)]));
}

#[test]
fn the_other_operations_are_read() {
    let text = "L 5\nX 676 -> 745\nD cpu=1\nZ cpu=0 zone=0:1\nV cpu=3\nI 57344 mt=1 -> -16\nJ 57344 mt=1\n\
                MEMS 0x6\n# snap 2\n# phase mix\n# done ops=5\n\
                W nid=1 kswapd_order=3 kswapd_hzi=4 kswapd_wait=0 kcompactd_order=9 kcompactd_hzi=2 kcompactd_wait=1";
    let block = (Pfn(57_344), MigrateType::Movable);
    let wake = WakeOp {
        node: NodeId(1),
        kswapd_order: 3,
        kswapd_highest_zoneidx: 4,
        kswapd_asleep: false,
        kcompactd_order: 9,
        kcompactd_highest_zoneidx: 2,
        kcompactd_asleep: true,
    };
    let zone = ZoneId::new(NodeId(0), buddyscope_mm::pfn::ZoneType::Dma32);
    let expected = vec![
        Op::MarkLru { id: 5 },
        Op::Split { id: 676, first: 745 },
        Op::Drain { cpu: CpuId(1) },
        Op::DrainZone { cpu: CpuId(0), zone },
        Op::FoldCounters { cpu: CpuId(3) },
        Op::Isolate { pfn: block.0, migrate_type: block.1, result: -16 },
        Op::Unisolate { pfn: block.0, migrate_type: block.1 },
        Op::Mems(NodeMask(6)),
        Op::Snapshot(2),
        Op::Phase("mix"),
        Op::Comment("done ops=5"),
        Op::Wake(wake),
    ];
    assert_eq!(read(text), Ok(expected));
}

#[test]
fn a_policy_allocation_keeps_its_counters_for_later() {
    let text = "P 0 cpu=1 pol=3 mems=0xf gfp=0x2000 order=0 il=15 -> pfn=9 zone=1:2 il=1 numa=1:2.0+1,1:2.4+1\n\
                P 1 cpu=0 pol=0 mems=0x1 gfp=0x102000 order=0 il=15 -> pfn=FAIL il=15\n";
    let ops = read(text);
    let Ok([Op::PolicyAlloc(first), Op::PolicyAlloc(second)]) = ops.as_deref() else { panic!("{ops:?}") };
    assert_eq!((first.policy, first.il_before, first.il_after), (3, 15, 1));
    assert_eq!(first.numa.iter().count(), 2);
    assert_eq!((second.outcome, second.numa.iter().count()), (None, 0));
}

#[test]
fn errors_name_file_line_and_field() {
    assert_eq!(
        error("D cpu=0\nA 1 cpu=x nid=0\n"),
        "ops.txt, line 2, field `cpu`: a decimal number of at most 18 digits expected, found `x nid=0`"
    );
    assert_eq!(
        error("F 1 cpu=0 pfn=1 order=0 more\n"),
        "ops.txt, line 1, field `end`: the end of the line expected, found ` more`"
    );
    assert_eq!(
        error("Q 1\n"),
        "ops.txt, line 1, field `operation`: an operation such as A, F, S or # expected, found `Q 1`"
    );
    assert_eq!(error("L"), "ops.txt, line 1, field `operation`: an operation such as A, F, S or # expected, found `L`");
    assert_eq!(
        error("# snap x"),
        "ops.txt, line 1, field `snap`: a decimal number of at most 18 digits expected, found `x`"
    );
}

#[test]
fn reading_goes_on_behind_a_bad_line() {
    let mut reader = OpReader::new(b"D cpu=0\nA bad\nD cpu=1\n", "ops.txt");
    let good: Vec<bool> = reader.by_ref().map(|op| op.is_ok()).collect();
    assert_eq!(good, [true, false, true]);
    assert_eq!(reader.line(), 3);
}

#[test]
fn cut_and_garbled_text_is_an_error_not_a_panic() {
    let text = "A 7 cpu=1 nid=2 nodemask=0x5 gfp=0x2800 order=1 pf=0x800 -> pfn=1049186 zone=2:2\n";
    for end in 0..text.len() {
        _ = read(&text[..end]);
        let mut garbled = text.as_bytes().to_vec();
        garbled[end] = 0xff;
        assert!(OpReader::new(&garbled, "ops.txt").any(|op| op.is_err()) || end + 1 == text.len(), "{end}");
    }
}
