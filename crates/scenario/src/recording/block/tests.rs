use super::*;
use crate::recording::ops::{Op, OpReader};
use crate::recording::state::LruvecCosts;
use buddyscope_mm::pfn::{ZoneId, ZoneType};

const PAGEOUT: &str = "\
D cpu=0
Y begin id=7 cpu=1 nid=2 nodemask=0x3 gfp=0x100cca order=3 pf=0x800 user=1
e direct_begin order=3 gfp=0x100cca
e shrink_slab_start super_cache_scan nid=0 nr_to_scan=5 cache=12 delta=4 total_scan=9 prio=6
f 77 1
f 78 0
e shrink_slab_end super_cache_scan nid=0 ret=3 unused=5 new=2 total_scan=-1
e pageout pfn=1234
a begin nid=0 nodemask=- gfp=0x52810 order=1 pf=0x800
a end -> pfn=9716 zone=0:1
v
Y end
D cpu=1
";

fn read(text: &str) -> Result<Vec<(u32, Op<'_>)>, RecordingError> {
    let mut reader = OpReader::new(text.as_bytes(), "ops.txt");
    let mut ops = Vec::new();
    while let Some(op) = reader.next_op() {
        ops.push((reader.line(), op?));
    }
    Ok(ops)
}

fn only_block(text: &str) -> Block<'_> {
    match read(text).as_deref() {
        Ok([(_, Op::Block(block))]) => *block,
        other => panic!("{other:?}"),
    }
}

fn block_of(text: &str) -> Block<'_> {
    let ops = read(text);
    let blocks = ops.iter().flatten().filter_map(|(_, op)| if let Op::Block(block) = op { Some(*block) } else { None });
    let [block] = blocks.collect::<Vec<_>>()[..] else { panic!("{ops:?}") };
    block
}

#[test]
fn an_allocations_block_is_read_with_its_lines() {
    let ops = read(PAGEOUT);
    let lines: Vec<u32> = ops.iter().flatten().map(|op| op.0).collect();
    assert_eq!(lines, [1, 12, 13]);
    let block = block_of(PAGEOUT);
    let call = AllocCall { node: NodeId(2), nodemask: Some(NodeMask(3)), task_flags: TaskFlags::MEMALLOC, user: true };
    let gfp = Gfp::from_bits_retain(0x10_0cca);
    let kind = BlockKind::Alloc(AllocBlock { id: 7, cpu: CpuId(1), call: Some(call), gfp, order: 3 });
    assert_eq!((block.line, block.end_line(), block.kind), (2, 12, kind));
    let inner: Vec<(u32, &str)> = block.lines().collect();
    assert_eq!((inner.len(), inner[0]), (9, (3, "e direct_begin order=3 gfp=0x100cca")));
    assert_eq!(inner[8], (11, "v"));
}

#[test]
fn every_kind_of_block_is_read_to_its_end() {
    let gfp = Gfp::from_bits_retain(0xcc0);
    let node = NodeId(1);
    let kind = |text: &str| only_block(text).kind;
    let alloc = AllocBlock { id: 3, cpu: CpuId(0), call: None, gfp, order: 0 };
    assert_eq!(kind("Y begin id=3 cpu=0 gfp=0xcc0 order=0\nv pgfree=1\nY end\n"), BlockKind::Alloc(alloc));
    let kswapd = KswapdBlock { node, order: 3, highest_zoneidx: 2, end_order: 1, failures: 4 };
    assert_eq!(kind("K begin nid=1 order=3 hzi=2\nK end order=1 failures=4"), BlockKind::Kswapd(kswapd));
    let reclaim = ReclaimBlock { node, order: 2, gfp, reclaimed: 61 };
    assert_eq!(kind("R begin nid=1 order=2 gfp=0xcc0\nR end reclaimed=61\n"), BlockKind::Reclaim(reclaim));
    assert_eq!(kind("C begin nid=1\nM 1 2 0\nC end nid=1\n"), BlockKind::CompactNode { node });
    let compact = |captured| BlockKind::Compact(CompactBlock { node, order: 9, gfp, priority: 1, result: 8, captured });
    let begin = "T begin nid=1 order=9 gfp=0xcc0 prio=1\nT end result=8 captured=";
    assert_eq!(kind(&format!("{begin}-\n")), compact(None));
    assert_eq!(kind(&format!("{begin}512 id=9\n")), compact(Some((Pfn(512), 9))));
}

#[test]
fn what_a_model_must_be_told_is_read_line_by_line() {
    let slab = "super_cache_scan";
    let start =
        SlabStart { shrinker: slab, node: NodeId(0), deferred: 5, freeable: 12, delta: 4, total_scan: 9, priority: 6 };
    let end = SlabEnd { shrinker: slab, node: NodeId(0), freed: 3, unused: 5, new_deferred: 2, total_left: -1 };
    let freed = [FreedBlock { pfn: Pfn(77), order: 1 }, FreedBlock { pfn: Pfn(78), order: 0 }];
    let gfp = Gfp::from_bits_retain(0x5_2810);
    let nested = NestedAlloc { node: NodeId(0), nodemask: None, gfp, order: 1, task_flags: TaskFlags::MEMALLOC };
    let page = (Pfn(9716), ZoneId::new(NodeId(0), ZoneType::Dma32));
    let expected = vec![
        (4, TraceLine::SlabStart(start)),
        (5, TraceLine::Freed(freed[0])),
        (6, TraceLine::Freed(freed[1])),
        (7, TraceLine::SlabEnd(end)),
        (8, TraceLine::Pageout(Pfn(1234))),
        (9, TraceLine::NestedBegin(nested)),
        (10, TraceLine::NestedEnd(Some(page))),
    ];
    let inputs: Result<Vec<(u32, TraceLine<'_>)>, RecordingError> = block_of(PAGEOUT).inputs("ops.txt").collect();
    assert_eq!(inputs, Ok(expected));
    let scan = SlabScan { line: 4, start, freed: freed.to_vec(), end };
    let scans: Result<Vec<SlabScan<'_>>, RecordingError> = block_of(PAGEOUT).slab_scans("ops.txt").collect();
    assert_eq!(scans, Ok(vec![scan]));
}

#[test]
fn costs_after_kswapd_are_read() {
    let text = "LRUVEC0 anon_cost=500 file_cost=1 nonresident_age=819 refaults=33,2";
    let costs = LruvecCosts { anon_cost: 500, file_cost: 1, nonresident_age: 819, refaults: [33, 2] };
    assert_eq!(TraceLine::read(text, "ops.txt", 1), Ok(TraceLine::Lruvec(costs)));
    let text = "e suitable zone=0:0 order=3 ret=1";
    assert_eq!(TraceLine::read(text, "ops.txt", 1), Ok(TraceLine::Other(text)));
}

#[test]
fn shrinkers_without_their_other_half_are_errors() {
    let (start, end) = (PAGEOUT.lines().nth(3).unwrap_or_default(), PAGEOUT.lines().nth(6).unwrap_or_default());
    let other = end.replace("nid=0", "nid=1");
    for (lines, at) in [(start.to_owned(), 2), (end.to_owned(), 2), (format!("{start}\n{other}"), 3)] {
        let text = format!("C begin nid=0\n{lines}\nC end nid=0\n");
        let scans: Result<Vec<SlabScan<'_>>, RecordingError> = only_block(&text).slab_scans("ops.txt").collect();
        assert_eq!(scans.map_err(|error| error.line), Err(Some(at)), "{lines}");
    }
}

#[test]
fn errors_name_the_line_within_the_block() {
    let error = |text: &str| read(text).map_err(|error| error.to_string()).err().unwrap_or_default();
    let cases = [
        ("D cpu=0\nY begin id=7 cpu=0 nid=x", "line 2, field `nid`"),
        ("C begin nid=0\nM 1 2 0\nD cpu=0\nC end nid=0\n", "line 3, field `block`"),
        ("C begin nid=0\nM 1 2 0\nC end nid=1\n", "line 3, field `nid`"),
        ("C begin nid=0\nM 1 2 0\nK end order=0 failures=0\n", "line 3, field `block`"),
        ("D cpu=0\nC begin nid=0\nM 1 2 0\n", "line 2, field `begin`"),
        ("C begin nid=0 more\nC end nid=0\n", "line 1, field `end`"),
        ("C begin nid=0\nC end nid=0 more\n", "line 2, field `end`"),
        ("e suitable zone=0:0 order=3 ret=1\n", "line 1, field `operation`"),
        ("C end nid=0\n", "line 1"),
    ];
    for (text, place) in cases {
        assert!(error(text).contains(place), "{text}: {}", error(text));
    }
    for bad in ["f x 0", "f 1 0 0", "a begin nid=0", "a end", "e pageout pfn=-1", "e shrink_slab_start", "LRUVEC0 x"] {
        assert!(TraceLine::read(bad, "ops.txt", 1).is_err(), "{bad}");
    }
}

#[test]
fn cut_and_garbled_blocks_never_panic() {
    for at in 0..PAGEOUT.len() {
        _ = read(&PAGEOUT[..at]);
        let mut garbled = PAGEOUT.as_bytes().to_vec();
        garbled[at] = 0xfe;
        for op in OpReader::new(&garbled, "ops.txt") {
            if let Ok(Op::Block(block)) = op {
                assert!(block.inputs("ops.txt").chain(block.inputs("ops.txt")).count() < 20);
                _ = block.slab_scans("ops.txt").count();
            }
        }
    }
}
