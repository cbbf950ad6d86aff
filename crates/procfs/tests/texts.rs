//! Texts of real kernels: what is read is printed again. Those of other kernels than 5.10 are shortened.

use buddyscope_mm::pfn::{MigrateType, NodeId, ZoneId, ZoneType};
use buddyscope_procfs::nodes::{Distances, Hardware, IdList};
use buddyscope_procfs::zoneinfo::ZoneInfo;
use buddyscope_procfs::{BuddyInfo, Counters, LogError, MemoryCounters, PageTypeInfo, Pressure, Sysctls};
use std::fmt::Display;
use std::str::FromStr;

/// Reads a text and checks that it prints the same.
fn same<T: FromStr<Err = LogError> + Display>(text: &str) -> T {
    let value: T = text.parse().expect("text");
    assert_eq!(value.to_string(), text);
    value
}

fn error<T: FromStr<Err = LogError> + Display>(text: &str) -> String {
    text.parse::<T>().map(|value| value.to_string()).expect_err("a bad text").to_string()
}

const DMA: ZoneId = ZoneId::new(NodeId(0), ZoneType::Dma);

#[test]
fn buddyinfo() {
    let text = "Node 0, zone      DMA      1      0      0      1      2      1      1      0      1      1      3 \n\
                Node 0, zone  Normal   3144      1      0      0      0      0      0      0      0      0      0 \n\
                Node 1, zone  HighMem      1      1 \n";
    let info: BuddyInfo = same(text);
    assert_eq!(info.free(DMA), Some(&[1, 0, 0, 1, 2, 1, 1, 0, 1, 1, 3][..]));
    assert_eq!((info.zones.len(), info.zones[1].free[0]), (2, 3144));
    assert_eq!(info.shape.kept().map(|(number, _)| number).collect::<Vec<_>>(), [3]);
    for (bad, expected) in [
        ("Node 0, zone DMA 1 x\n", "line 1, column 20, free: expected a number, found `x`"),
        (
            "Node 0, zone DMA 1\nNode 77, zone DMA 1\n",
            "line 2, column 6, node: expected a node's number below 64, found `77",
        ),
        ("Node 0, zone DMA -1\n", "line 1, column 18, free: expected a number, found `-1`"),
        ("Node 0, zone DMA 99999999999999999999\n", "line 1, column 18, free: expected a number, found `9999"),
        ("Node 0, zone DMA\n", "line 1, column 17, free: expected a number, found ``"),
        ("Node 0 DMA 1\n", "line 1, column 7, zone: expected `, zone`, found ` DMA 1`"),
    ] {
        assert!(error::<BuddyInfo>(bad).starts_with(expected), "{}\n{expected}", error::<BuddyInfo>(bad));
    }
}

#[test]
fn pagetypeinfo() {
    let info: PageTypeInfo = same(include_str!("texts/pagetypeinfo.txt"));
    let free = info.free(DMA, MigrateType::Movable).expect("lists");
    assert_eq!((free[0].count, free[0].at_least, free[10].count), (100_000, true, 3));
    assert_eq!(info.blocks(DMA, MigrateType::Movable), Some(7));
    assert_eq!(info.shape.kept().count(), 0);
    let mixed = format!("{}\nNumber of mixed blocks    Unmovable\nNode 0, zone      DMA            0 \n", info);
    assert_eq!(same::<PageTypeInfo>(&mixed).shape.kept().count(), 3);
}

#[test]
fn zoneinfo_of_4_4() {
    let info: ZoneInfo = same(include_str!("texts/zoneinfo_4_4.txt"));
    let zone = info.zone(DMA).expect("zone");
    assert_eq!((zone.free, zone.marks, zone.managed), (3975, [16, 20, 24], 3977));
    assert_eq!((zone.node_stats, zone.protection.as_slice()), (None, &[0, 2952, 15947, 15947][..]));
    assert_eq!((zone.other("nr_inactive_anon"), zone.other("scanned")), (Some(17), Some(0)));
    let details = zone.details.as_ref().expect("a zone with pages");
    assert_eq!((details.stats[0], details.numa[0], details.start_pfn), (3975, 1, 1));
    assert!(info.missing().contains(&"nr_zone_inactive_anon 0".to_owned()));
}

#[test]
fn zoneinfo_of_6_1() {
    let info: ZoneInfo = same(include_str!("texts/zoneinfo_6_1.txt"));
    let zone = info.zone(DMA).expect("zone");
    assert_eq!((zone.other("boost"), zone.other("cma"), zone.other("high_min")), (Some(0), Some(0), Some(4)));
    assert_eq!(zone.protection.len(), 5);
    assert_eq!(zone.details.as_ref().map(|details| details.pagesets[1].high), Some(14));
    assert_eq!(info.zones.len(), 2, "the model has no ZONE_DEVICE");
}

#[test]
fn meminfo_of_the_machine_and_of_a_node() {
    let meminfo: MemoryCounters = same(
        "MemTotal:         375636 kB\nActive(anon):       1792 kB\nVmallocTotal:   34359738367 kB\n\
         HardwareCorrupted:     0 kB\nHugePages_Total:       0\nHugepagesize:       2048 kB\n",
    );
    assert_eq!((meminfo.node, meminfo.get("Active(anon)"), meminfo.get("Zswap")), (None, Some(1792), None));
    assert!(meminfo.shape.is_plain());
    let node: MemoryCounters =
        same("Node 3 MemTotal:         181468 kB\nNode 3 Inactive(anon):      188 kB\nNode 3 HugePages_Total:     2\n");
    assert_eq!((node.node, node.get("HugePages_Total")), (Some(NodeId(3)), Some(2)));
    assert!(node.shape.is_plain());
    assert_eq!(
        error::<MemoryCounters>("MemTotal: x kB\n"),
        "line 1, column 11, value: expected a number, found `x kB`"
    );
}

#[test]
fn lists_of_a_node() {
    let numastat: Counters = same("numa_hit 2038\nnuma_miss 10\nother_node 22\n");
    assert_eq!(numastat.get("numa_miss"), Some(10));
    assert_eq!(same::<Distances>("10 20 20\n").to, [10, 20, 20]);
    let ids: IdList = same("0-3,8\n");
    assert_eq!((ids.contains(3), ids.contains(4), ids.contains(8)), (true, false, true));
    assert!(same::<IdList>("\n").ranges.is_empty());
    let bad = "line 1, column 2, id: expected a number, found `,5-3`";
    assert_eq!(error::<IdList>("0,5-3\n"), bad);
}

#[test]
fn numactl() {
    let hardware: Hardware = same(
        "available: 2 nodes (0-1)\nnode 0 cpus: 0 2\nnode 0 size: 32116 MB\nnode 0 free: 1234 MB\nnode 1 cpus:\n\
         node 1 size: <not available>\nnode 1 free: 5 MB\nnode distances:\nnode   0   1 \n  0:  10  21 \n  1:  21  10 \n",
    );
    assert_eq!(hardware.nodes[0].cpus, [0, 2]);
    assert_eq!((hardware.nodes[1].size_mb, hardware.distances[1].1[0]), (None, 21));
    assert!(hardware.shape.is_plain());
}

#[test]
fn settings_and_pressure() {
    let settings: Sysctls =
        same("vm.swappiness = 60\nvm.lowmem_reserve_ratio = 256\t256\t32\t0\nmin_free_kbytes 2434\n");
    assert_eq!(settings.numbers("lowmem_reserve_ratio"), Some(vec![256, 256, 32, 0]));
    assert_eq!((settings.get("min_free_kbytes"), settings.get("swappiness")), (Some("2434"), Some("60")));
    let pressure: Pressure =
        same("some avg10=0.00 avg60=1.05 avg300=100.00 total=123\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
    assert_eq!(pressure.some.map(|some| some.averages), Some([0, 105, 10_000]));
    assert_eq!(
        error::<Pressure>("some avg10=0.0 avg60=0.00 avg300=0.00 total=0\n"),
        "line 1, column 14, average: expected a percentage with two places, found `0 avg60=0.00 avg300=0.00 total=0`"
    );
}

#[test]
fn cut_and_garbled_texts_are_no_panic() {
    let zoneinfo = include_str!("texts/zoneinfo_4_4.txt");
    for at in (0..zoneinfo.len()).step_by(3) {
        let garbled = format!("{}\u{202e}é{}", &zoneinfo[..at], &zoneinfo[at + 1..]);
        for text in [&zoneinfo[..at], &garbled] {
            if let Ok(info) = text.parse::<ZoneInfo>() {
                assert_eq!(info.to_string(), text);
            }
        }
    }
}
