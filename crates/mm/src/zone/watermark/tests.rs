use super::*;
use crate::pfn::ZoneId;
use crate::zone::zonelist::ZoneRef;

const RATIOS: [u32; 4] = [256, 256, 32, 0];

/// One node with so many managed pages by zone.
fn machine(managed: [u64; 4]) -> (Vec<Zone>, Vec<Node>) {
    let mut zones: Vec<Zone> = ZoneType::ALL.map(|zone| Zone::empty(NodeId(0), zone)).into();
    let mut node = Node::new(NodeId(0));
    for (zone, pages) in zones.iter_mut().zip(managed) {
        (zone.managed_pages, zone.present_pages, zone.spanned_pages) = (pages, pages, pages);
        if pages != 0 {
            node.fallback.refs.insert(0, ZoneRef::new(NodeId(0), zone.id.zone_type()));
        }
    }
    (zones, vec![node])
}

fn marks(zones: &[Zone]) -> Vec<[u64; 3]> {
    zones.iter().map(|zone| zone.watermark).collect()
}

const FOUR_GIB: [u64; 4] = [3840, 756_736, 262_144, 0];

#[test]
fn marks_of_a_4_gib_machine() {
    let (mut zones, nodes) = machine(FOUR_GIB);
    let min_free = default_min_free_kbytes(nr_free_buffer_pages(&zones, &nodes, NodeId(0)));
    assert_eq!(min_free, 8090);
    setup_per_zone_wmarks(&mut zones, min_free, 10);
    assert_eq!(marks(&zones), [[7, 10, 13], [1496, 2252, 3008], [518, 780, 1042], [0, 0, 0]]);
}

#[test]
fn huge_pages_raise_the_marks() {
    let (mut zones, mut nodes) = machine(FOUR_GIB);
    setup_per_zone_wmarks(&mut zones, 8090, 10);
    let free = nr_free_buffer_pages(&zones, &nodes, NodeId(0));
    assert_eq!(recommended_min_free_kbytes(&zones, free, 8090), 67_584);
    setup_per_zone_wmarks(&mut zones, 67_584, 10);
    assert_eq!(marks(&zones)[..3], [[63, 78, 93], [12_501, 15_626, 18_751], [4330, 5412, 6494]]);
    setup_per_zone_lowmem_reserve(&mut zones, &RATIOS);
    assert_eq!(calculate_totalreserve_pages(&zones, &mut nodes), 30_109);
    assert_eq!(nodes[0].totalreserve_pages, 30_109);
}

#[test]
fn protection_without_and_with_a_movable_zone() {
    let (mut zones, _) = machine(FOUR_GIB);
    setup_per_zone_lowmem_reserve(&mut zones, &RATIOS);
    let reserves = |zones: &[Zone]| zones.iter().map(|zone| zone.lowmem_reserve).collect::<Vec<_>>();
    assert_eq!(reserves(&zones), [[0, 2956, 3980, 3980], [0, 0, 1024, 1024], [0; 4], [0; 4]]);
    zones[3].managed_pages = 131_072;
    setup_per_zone_lowmem_reserve(&mut zones, &RATIOS);
    assert_eq!(reserves(&zones), [[0, 2956, 3980, 4492], [0, 0, 1024, 1536], [0, 0, 0, 4096], [0; 4]]);
}

#[test]
fn a_zone_without_a_ratio_adds_nothing_to_those_below() {
    let (mut zones, _) = machine([1000, 2000, 3000, 0]);
    setup_per_zone_lowmem_reserve(&mut zones, &[1000, 0, 2, 0]);
    assert_eq!(zones[0].lowmem_reserve, [0, 2, 3, 3]);
    assert_eq!(zones[1].lowmem_reserve, [0; 4]);
}

#[test]
fn thresholds_and_drift_marks_of_four_cpus() {
    let (mut zones, _) = machine(FOUR_GIB);
    let mut pcp = vec![PerCpuPages::default(); 16];
    bring_up_cpus(&mut zones, &mut pcp, 4);
    setup_per_zone_wmarks(&mut zones, 67_584, 10);
    refresh_zone_stat_thresholds(&mut zones, &mut pcp, 4, 4);
    let thresholds: Vec<u8> = pcp.iter().step_by(4).map(|set| set.stat_threshold).collect();
    assert_eq!(thresholds, [6, 36, 30, 0]);
    // DMA by rule, the others from bring-up with marks of 0.
    let drift: Vec<u64> = zones.iter().map(|zone| zone.percpu_drift_mark).collect();
    assert_eq!(drift, [117, 144, 120, 0]);
    let pressure: Vec<u8> = zones[..3].iter().map(|zone| calculate_pressure_threshold(zone, 4)).collect();
    assert_eq!(pressure, [3, 125, 125]);
}

#[test]
fn one_cpu_has_no_drift_mark() {
    let (mut zones, _) = machine(FOUR_GIB);
    let mut pcp = vec![PerCpuPages::default(); 4];
    bring_up_cpus(&mut zones, &mut pcp, 1);
    setup_per_zone_wmarks(&mut zones, 67_584, 10);
    refresh_zone_stat_thresholds(&mut zones, &mut pcp, 1, 1);
    assert!(zones.iter().all(|zone| zone.percpu_drift_mark == 0));
}

#[test]
fn batches_and_highs() {
    let cases = [(0, 1, 0), (8191, 1, 0), (16_384, 3, 18), (32_768, 7, 42), (65_536, 15, 90), (131_072, 31, 186)];
    for (managed, batch, high) in cases.into_iter().chain([(262_144, 63, 378), (1 << 32, 63, 378)]) {
        assert_eq!(pageset_high_and_batch(managed, 0), (high, batch), "{managed}");
    }
    assert_eq!(pageset_high_and_batch(251_310, 8), (31_413, 96));
    assert_eq!(pageset_high_and_batch(100, 1000), (0, 1));
}

#[test]
fn a_user_value_wins_unless_it_is_below_the_computed_one() {
    assert_eq!(init_min_free_kbytes(1_022_720, 1024, None), 8090);
    assert_eq!(init_min_free_kbytes(1_022_720, 5000, Some(5000)), 8090);
    assert_eq!(init_min_free_kbytes(1_022_720, 9000, Some(9000)), 9000);
    assert_eq!(default_min_free_kbytes(0), 128);
    assert_eq!(default_min_free_kbytes(1 << 32), 262_144);
}

#[test]
fn kswapd_switches_thresholds_where_drift_matters() {
    let (mut zones, _) = machine(FOUR_GIB);
    let mut pcp = vec![PerCpuPages::default(); 8];
    zones[1].percpu_drift_mark = 1;
    setup_per_zone_wmarks(&mut zones, 8090, 10);
    set_pgdat_percpu_threshold(&zones, &mut pcp, 2, NodeId(0), true);
    assert_eq!(pcp[2].stat_threshold, 125);
    assert_eq!(pcp[ZoneId::new(NodeId(0), ZoneType::Normal).index() * 2].stat_threshold, 0);
    set_pgdat_percpu_threshold(&zones, &mut pcp, 2, NodeId(0), false);
    assert_eq!(pcp[2].stat_threshold, calculate_normal_threshold(756_736, 2));
}

#[test]
fn node_reclaim_keeps_a_percentage_of_each_zone() {
    let (zones, _) = machine([199, 250, 0, 0]);
    assert_eq!(node_reclaim_minimum(&zones, NodeMask(1), 1), [3]);
    assert_eq!(node_reclaim_minimum(&zones, NodeMask(0), 1), [0]);
}
