use super::*;
use buddyscope_mm::pfn::{MigrateType, ZoneType};

const TEXT: &str = "\
CONST rt=1 pageblock_order=9 nr_cpus=2 online_nodes=2 group_disabled=0 min_free_kbytes=1963 scale=10 boost_factor=15000 \
node_reclaim=0 pcp_fraction=8 totalram=61567 totalreserve=957 hz=250 cpusets=1 lowmem_ratio=256,256,32,0
CPU cpu=0 node=0
CPU cpu=1 node=1
DIST nid=0 : 0:10 1:20
NODE nid=0 start=1 present=65406 spanned=65503 nr_zones=2 kswapd_order=3 kswapd_hzi=4 kswapd_wait=1 \
kswapd_failures=2 kcompactd_order=9 kcompactd_hzi=1 kcompactd_wait=0
ZL nid=0 type=FALLBACK : 0:1 0:0
ZL nid=0 type=NOFALLBACK : 0:1
LRUVEC nid=0 anon_cost=2219 file_cost=1 nonresident_age=15129 refaults=297,3 sizes=4,0,1,0,0 swappiness=60 \
slab_reclaimable=488 slab_unreclaimable=620 shmem=471 mapped=472
LL nid=0 lru=0 : 2217/404 5661/148 5662 7745/1175*3.2
LL nid=0 lru=2 : 5634/5
MEMCG id=5 parent=2 usage=3244 min=1 low=3840 high=2251799813685247 max=9 emin=2 elow=3269 swappiness=61
LRUVEC nid=0 anon_cost=0 file_cost=0 nonresident_age=6 refaults=0,0 sizes=0,1,0,0,0 swappiness=61 \
slab_reclaimable=488 slab_unreclaimable=620 shmem=471 mapped=472 memcg=5 wsact=1,2 refault=3,4 wsrestore=5,6 \
nodereclaim=7 flags=0x1
LL nid=0 lru=1 memcg=5 : 8265/16
LL nid=0 lru=4 memcg=5 :
17 sampled s zone=0
ZONE nid=0 idx=1 name=DMA32 start=4096 spanned=61408 present=61400 managed=57590 wmin=457 wlow=571 whigh=685 boost=512 \
drift=16 nr_ha=1024 flags=0x1 isol=2 reserve=0,0,27,28
STAT free=55511 free_cma=-1
LRUSTAT 225 447 0 0 1
NUMA 3243 0 0 1356 3243 7
PCP cpu=0 count=2 high=90 batch=15 dfree=-5 dcma=3 thr=8
PL cpu=0 mt=1 : 6634 6628/4
PCP cpu=1 count=0 high=90 batch=15 dfree=0 dcma=0 thr=8
FA o=0 nr=2
FL o=0 mt=0 : 9071 8554
FA o=10 nr=1
FL o=10 mt=3 : 8192
PB first=4096 : 1*3 0*2 -1*40 4*1
COMPACT free_pfn=1 mig_async=2 mig_sync=3 init_mig=4 init_free=5 considered=6 shift=7 failed=-1 flush=1
SKIP first=4096 :01-
ANON 5000-5000
HOLE
RESERVED 4096-7686 63488-63535
LRU
MOVABLEPG 8265-8265
TASK kthread=0 mems_allowed=0x3 flags=0x200000 il_prev=15 swap_free=9
VMEVENTS pgpgin=144 pgalloc_dma32=20574
SWAP free=6143 softirq=0x2 ticks=0
";

fn read() -> StateFile {
    match StateFile::read(TEXT.as_bytes(), "state.txt") {
        Ok(state) => state,
        Err(error) => panic!("{error}"),
    }
}

fn ranges(pairs: &[(u64, u64)]) -> Vec<PfnRange> {
    pairs.iter().map(|&(start, end)| PfnRange { start: Pfn(start), end: Pfn(end) }).collect()
}

#[test]
fn constants_cpus_nodes_and_the_task_are_read() {
    let state = read();
    assert!(state.constants.realtime && state.constants.cpusets && !state.constants.group_disabled);
    assert_eq!(state.constants.lowmem_reserve_ratio, [256, 256, 32, 0]);
    assert_eq!((state.constants.pcp_fraction, state.constants.hz), (8, 250));
    assert_eq!(state.cpus, [(CpuId(0), NodeId(0)), (CpuId(1), NodeId(1))]);
    let node = &state.nodes[0];
    assert_eq!(node.distance, [(NodeId(0), 10), (NodeId(1), 20)]);
    assert_eq!((node.kswapd_failures, node.wake.kswapd_order, node.wake.kcompactd_order), (2, 3, 9));
    assert!(node.wake.kswapd_asleep && !node.wake.kcompactd_asleep);
    assert_eq!((node.fallback.len(), node.nofallback.len()), (2, 1));
    let task = state.task.map(|task| (task.mems_allowed, task.flags, task.il_prev));
    assert_eq!(task, Some((NodeMask(3), TaskFlags::KTHREAD, 15)));
    assert_eq!(state.sampler, [SamplerLine { line: 15, text: "17 sampled s zone=0".into() }]);
    assert_eq!(state.swap, Some(SwapState { free: 6143, softirq: 2, ticks: 0 }));
    assert_eq!(state.vm_events, [("pgpgin".to_owned(), 144), ("pgalloc_dma32".to_owned(), 20_574)]);
    assert_eq!((state.vm_event("pgpgin"), state.vm_event("pgfree")), (Some(144), None));
}

#[test]
fn lru_lists_are_read_with_flags_and_mappings() {
    let state = read();
    let Some(root) = state.lruvec(NodeId(0), None) else { panic!("no lists") };
    assert_eq!((root.costs.anon_cost, root.costs.refaults, root.sizes), (2219, [297, 3], [4, 0, 1, 0, 0]));
    assert_eq!((root.swappiness, root.shmem, root.mapped, root.workingset), (60, 471, 472, None));
    let page = |pfn, flags, mapcount, young| LruPage { pfn: Pfn(pfn), flags, mapcount, young };
    assert_eq!(
        root.lists[0],
        [page(2217, 404, 1, 1), page(5661, 148, 1, 1), page(5662, 0, 0, 0), page(7745, 1175, 3, 2)]
    );
    assert_eq!(root.lists[2], [page(5634, 5, 1, 0)]);
    assert!(root.lists[0][0].has(LruPage::ANON | LruPage::MAPPED) && !root.lists[0][0].has(LruPage::DIRTY));
}

#[test]
fn memory_cgroups_have_lists_of_their_own() {
    let state = read();
    let Some(lruvec) = state.lruvec(NodeId(0), Some(5)) else { panic!("no lists") };
    let workingset = Workingset { activate: [1, 2], refault: [3, 4], restore: [5, 6], node_reclaim: 7, flags: 1 };
    assert_eq!(lruvec.workingset, Some(workingset));
    assert_eq!((lruvec.lists[1].len(), lruvec.lists[4].len()), (1, 0));
    let [memcg] = state.memcgs[..] else { panic!("{:?}", state.memcgs) };
    assert_eq!((memcg.id, memcg.parent, memcg.usage, memcg.min, memcg.low, memcg.max), (5, 2, 3244, 1, 3840, 9));
    assert_eq!((memcg.high, memcg.effective_min, memcg.effective_low), (MemcgState::NO_LIMIT, 2, 3269));
}

#[test]
fn a_zones_numbers_and_lists_are_read() {
    let state = read();
    let id = ZoneId::new(NodeId(0), ZoneType::Dma32);
    let Some(zone) = state.zone(id) else { panic!("no zone") };
    assert_eq!((zone.watermark, zone.reserve, zone.flags), ([457, 571, 685], [0, 0, 27, 28], 1));
    assert_eq!((zone.free, zone.free_cma, zone.lru_counts[4], zone.numa[5]), (55_511, -1, 1, 7));
    assert_eq!((zone.pcp[0].free_delta, zone.pcp[0].free_cma_delta, zone.pcp.len()), (-5, 3, 2));
    let page = |pfn, migrate_type| PcpPage { pfn: Pfn(pfn), migrate_type };
    assert_eq!(zone.pcp[0].lists[1], [page(6634, MigrateType::Movable), page(6628, MigrateType::Cma)]);
    assert_eq!((zone.nr_free[0], zone.nr_free[10]), (2, 1));
    assert_eq!(zone.free_list(0, MigrateType::Unmovable), [Pfn(9071), Pfn(8554)]);
    assert_eq!(zone.free_list(10, MigrateType::HighAtomic), [Pfn(8192)]);
    let last = zone.pageblocks.iter().last();
    assert_eq!(last, Some((Pfn(4096 + 45 * 512), Some(MigrateType::Cma), 1)));
    assert_eq!(zone.reserved, ranges(&[(4096, 7687), (63_488, 63_536)]));
    assert_eq!((zone.holes.len(), zone.lru.len(), zone.movable.len(), zone.anon.len()), (0, 0, 1, 1));
    assert_eq!(zone.skip, Some((Pfn(4096), vec![Some(false), Some(true), None])));
    assert_eq!(zone.compact.map(|compact| (compact.order_failed, compact.blockskip_flush)), Some((-1, true)));
}

fn error_of(from: &str, to: &str) -> String {
    assert!(TEXT.contains(from));
    match StateFile::read(TEXT.replacen(from, to, 1).as_bytes(), "state.txt") {
        Ok(_) => panic!("{to} was read"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn errors_name_line_and_field() {
    assert_eq!(
        error_of("wlow=571", "wlow=x"),
        "state.txt, line 16, field `wlow`: a decimal number of at most 18 digits expected, found `x whigh=685 boost=512 dr`"
    );
    let cases = [
        ("idx=1", "idx=4", "line 16, field `idx`"),
        ("name=DMA32", "name=Normal", "line 16, field `name`"),
        ("spanned=61408", "spanned=99999999999999999", "line 16, field `spanned`"),
        ("FL o=10 mt=3", "FL o=11 mt=3", "line 26, field `order`"),
        ("FL o=10 mt=3", "FL o=10 mt=6", "line 26, field `mt`"),
        ("PL cpu=0 mt=1", "PL cpu=1 mt=1", "line 21, field `PL`"),
        ("PL cpu=0 mt=1", "PL cpu=0 mt=4", "line 21, field `PL`"),
        ("PB first=4096", "PB first=4097", "line 27, field `first`"),
        ("1*3", "1*0", "line 27, field `blocks`"),
        ("SKIP first=4096 :01-", "SKIP first=4096 :012", "line 29, field `skip`"),
        ("RESERVED 4096-7686", "RESERVED 4096-4095", "line 32, field `range`"),
        ("dfree=-5", "dfree=-99999", "line 20, field `dfree`"),
        ("thr=8", "thr=256", "line 20, field `thr`"),
        ("LRUVEC", "NOVEL", "line 8, field `line`"),
        ("LL nid=0 lru=0", "LL nid=1 lru=0", "line 9, field `LL`"),
        ("LL nid=0 lru=0", "LL nid=0 lru=5", "line 9, field `lru`"),
        ("lru=1 memcg=5", "lru=1 memcg=6", "line 13, field `LL`"),
        ("1175*3.2", "1175*3", "line 9, field `.`"),
        ("1175*3.2", "1175*3.x", "line 9, field `young`"),
        ("wsact=1,2", "wsact=1", "line 12, field `,`"),
        ("elow=3269", "elow=x", "line 11, field `elow`"),
        ("pgpgin=144", "pgpgin=", "line 36, field `count`"),
        ("softirq=0x2", "softirq=2", "line 37, field `softirq`"),
        ("ZL nid=0 type=FALLBACK", "ZL nid=1 type=FALLBACK", "line 6, field `nid`"),
    ];
    for (from, to, place) in cases {
        let error = error_of(from, to);
        assert!(error.contains(place), "{to}: {error}");
    }
}

#[test]
fn a_state_without_its_main_lines_is_an_error() {
    for word in ["CONST", "NODE", "ZONE", "CPU"] {
        let text: String =
            TEXT.lines().filter(|line| !line.starts_with(word)).map(|line| format!("{line}\n")).collect();
        assert!(StateFile::read(text.as_bytes(), "state.txt").is_err(), "{word}");
    }
    assert!(StateFile::read(b"", "state.txt").is_err());
}

#[test]
fn cut_and_garbled_states_never_panic() {
    for at in 0..TEXT.len() {
        _ = StateFile::read(&TEXT.as_bytes()[..at], "state.txt");
        let mut garbled = TEXT.as_bytes().to_vec();
        garbled[at] = 0xfe;
        _ = StateFile::read(&garbled, "state.txt");
    }
}
