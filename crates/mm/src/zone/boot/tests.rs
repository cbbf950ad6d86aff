use super::*;
use crate::config::{BootParams, MemoryRange, PcSpec};
use crate::pfn::MAX_ORDER_NR_PAGES;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

fn pc(nodes: usize, bytes: u64, line: &str) -> MachineConfig {
    let spec = PcSpec::uniform(nodes, bytes, 1, 20).expect("spec");
    let mut config = MachineConfig::pc(&spec).expect("config");
    config.boot = BootParams::parse(line).expect("command line");
    config
}

fn boot(config: &MachineConfig) -> Layout {
    layout(config).expect("a machine that boots")
}

fn zone(layout: &Layout, node: u8, zone: ZoneType) -> &Zone {
    &layout.zones[ZoneId::new(NodeId(node), zone).index()]
}

/// The order of nodes in a node's list.
fn node_order(layout: &Layout, node: usize) -> Vec<u8> {
    let mut order: Vec<u8> = layout.nodes[node].fallback.refs.iter().map(|r| r.node.0).collect();
    order.dedup();
    order
}

fn pages(ranges: &[(Pfn, Pfn)]) -> u64 {
    ranges.iter().map(|(start, end)| end.0 - start.0).sum()
}

fn orders(nodes: usize, distances: &[(usize, usize, u32)]) -> Vec<Vec<u8>> {
    let mut config = pc(nodes, 64 * MIB, "");
    for &(from, to, distance) in distances {
        config.distances.set(from, to, distance).expect("distance");
    }
    let layout = boot(&config);
    (0..nodes).map(|node| node_order(&layout, node)).collect()
}

#[test]
fn equal_distances_go_round() {
    assert_eq!(orders(4, &[]), [[0, 1, 2, 3], [1, 2, 3, 0], [2, 3, 0, 1], [3, 0, 1, 2]]);
}

#[test]
fn a_ring_spreads_its_load() {
    let ring = [10, 16, 22, 16];
    let pairs: Vec<_> = (0..4).flat_map(|a| (0..4).map(move |b| (a, b, ring[(b + 4 - a) % 4]))).collect();
    assert_eq!(orders(4, &pairs), [[0, 1, 3, 2], [1, 2, 0, 3], [2, 3, 1, 0], [3, 0, 2, 1]]);
}

#[test]
fn sockets_stay_together() {
    let distance = |a: usize, b: usize| {
        if a == b {
            10
        } else if a / 2 == b / 2 {
            12
        } else {
            32
        }
    };
    let pairs: Vec<_> = (0..4).flat_map(|a| (0..4).map(move |b| (a, b, distance(a, b)))).collect();
    assert_eq!(orders(4, &pairs), [[0, 1, 2, 3], [1, 0, 3, 2], [2, 3, 0, 1], [3, 2, 0, 1]]);
}

#[test]
fn a_memoryless_node_starts_with_its_neighbor() {
    let mut config = pc(3, 64 * MIB, "");
    config.memory.retain(|m| m.node != NodeId(1));
    let layout = boot(&config);
    assert_eq!([0, 1, 2].map(|node| node_order(&layout, node)), [vec![0, 2], vec![2, 0], vec![2, 0]]);
    assert!(layout.nodes[1].nofallback.refs.is_empty());
    assert_eq!((layout.states.online, layout.states.memory), (NodeMask(0b111), NodeMask(0b101)));
}

#[test]
fn zones_of_an_8_gib_machine() {
    let layout = boot(&pc(1, 8 * GIB, ""));
    let spans: Vec<(u64, u64)> = layout.zones.iter().map(|z| (z.start_pfn.0, z.spanned_pages)).collect();
    assert_eq!(spans, [(1, 4095), (4096, (1 << 20) - 4096), (1 << 20, 5 << 18), (0, 0)]);
    assert_eq!(zone(&layout, 0, ZoneType::Dma32).present_pages, (3 << 18) - 4096);
    assert_eq!((layout.policy_zone, layout.movable_zone), (ZoneType::Normal, ZoneType::Normal));
    assert_eq!(layout.nodes[0].nr_zones, 3);
    let all: u64 = layout.zone_ranges.iter().map(|r| r.1.0 - r.0.0).sum();
    assert_eq!(all, layout.nodes[0].present_pages);
    assert_eq!(pages(&layout.free_ranges) + pages(&layout.reserved), all);
}

#[test]
fn kernelcore_is_spread_over_the_nodes() {
    let layout = boot(&pc(2, 8 * GIB, "kernelcore=6G"));
    // Node 0 has its half below 4 GiB, but a little less than 3 GiB: the rest is shared out in a second pass.
    assert_eq!(zone(&layout, 0, ZoneType::Normal).spanned_pages, MAX_ORDER_NR_PAGES);
    let movable = zone(&layout, 1, ZoneType::Movable);
    assert_eq!((movable.start_pfn, movable.end_pfn()), (Pfn((9 + 3) << 18), Pfn(17 << 18)));
    // Below 4 GiB node 0 has more than was asked for: everything else is movable.
    let layout = boot(&pc(2, 8 * GIB, "kernelcore=2G"));
    assert_eq!(zone(&layout, 0, ZoneType::Movable).start_pfn, Pfn(1 << 20));
    assert!(layout.zones.iter().all(|z| z.id.zone_type() != ZoneType::Normal || !z.is_populated()));
}

#[test]
fn more_kernelcore_than_memory_means_no_movable_zone() {
    for line in ["", "kernelcore=64G", "movablecore=0", "kernelcore=0%"] {
        let layout = boot(&pc(2, 4 * GIB, line));
        assert!(layout.zones.iter().all(|z| z.id.zone_type() != ZoneType::Movable || !z.is_populated()), "{line}");
    }
}

#[test]
fn movable_node_takes_hot_pluggable_memory_without_kernel_pages() {
    let mut spec = PcSpec::uniform(2, 4 * GIB, 1, 20).expect("spec");
    spec.nodes[1].hotpluggable = true;
    let mut config = MachineConfig::pc(&spec).expect("config");
    config.boot = BootParams::parse("movable_node kernelcore=1G").expect("line");
    let layout = boot(&config);
    assert!(!zone(&layout, 1, ZoneType::Normal).is_populated());
    assert_eq!(zone(&layout, 1, ZoneType::Movable).present_pages, 1 << 20);
    assert!(!zone(&layout, 0, ZoneType::Movable).is_populated());
    assert_eq!((layout.states.memory, layout.states.normal_memory), (NodeMask(0b11), NodeMask(0b01)));
    config.reserved.push(ByteRange::new(6 * GIB, 6 * GIB + 4096));
    assert!(zone(&boot(&config), 1, ZoneType::Normal).is_populated(), "kernel memory pins the node");
}

#[test]
fn without_mirror_memory_is_movable() {
    let mut config = pc(1, 8 * GIB, "kernelcore=mirror");
    let top = config.memory.pop().expect("memory above 4 GiB").range;
    let middle = top.start + 2 * GIB;
    config.memory.push(MemoryRange { mirrored: true, ..MemoryRange::new(top.start, middle, NodeId(0)) });
    config.memory.push(MemoryRange::new(middle, top.end, NodeId(0)));
    let layout = boot(&config);
    assert_eq!(zone(&layout, 0, ZoneType::Normal).present_pages, 2 << 18);
    assert_eq!(zone(&layout, 0, ZoneType::Normal).spanned_pages, 5 << 18, "the zones overlap");
    assert_eq!(zone(&layout, 0, ZoneType::Movable).present_pages, 3 << 18);
    assert_eq!(layout.warnings, [BootWarning::UnmirroredLowMemory]);
    let of_movable = |r: &&(Pfn, Pfn, ZoneId)| r.2.zone_type() == ZoneType::Movable;
    assert_eq!(layout.zone_ranges.iter().find(of_movable).map(|r| r.0), Some(Pfn(middle >> 12)));
}

#[test]
fn a_movable_start_behind_its_node_leaves_phantom_pages() {
    // Memory ends 32 pages below a multiple of 4 MiB; kernelcore takes all but a few pages of it.
    let mut config = pc(1, 256 * MIB, "kernelcore=255M");
    if let Some(last) = config.memory.last_mut() {
        last.range.end -= 32 * 4096;
    }
    let movable = boot(&config);
    let movable = zone(&movable, 0, ZoneType::Movable);
    assert_eq!((movable.spanned_pages, movable.present_pages), (0, 32));
}

#[test]
fn numa_off_fakes_one_node() {
    let layout = boot(&pc(3, GIB, "numa=off"));
    assert_eq!(layout.nodes.len(), 1);
    assert!(layout.cpus.iter().all(|cpu| cpu.node == NodeId(0)));
    assert!(layout.warnings.is_empty());
}

#[test]
fn memory_outside_all_nodes_turns_numa_off() {
    let layout = boot(&pc(2, GIB, "memmap=64M@8G"));
    assert_eq!(layout.nodes.len(), 1);
    assert_eq!(layout.warnings, [BootWarning::NumaIgnored]);
}

#[test]
fn a_tiny_node_stays_offline_unless_a_cpu_needs_it() {
    let mut config = pc(2, 64 * MIB, "mem=66M");
    let layout = boot(&config);
    assert_eq!(layout.states.online, NodeMask(0b11), "its CPU brings it up");
    assert_eq!(node_order(&layout, 1), [1, 0]);
    assert_eq!(node_order(&layout, 0), [0]);
    config.cpus[1] = None;
    let layout = boot(&config);
    assert_eq!(layout.states.online, NodeMask(0b01));
    assert_eq!(layout.warnings, [BootWarning::NodeTooSmall(NodeId(1))]);
    assert_eq!(layout.cpus[1].node, NodeId(0));
}

#[test]
fn cpus_without_a_node_take_turns() {
    let mut config = pc(3, 64 * MIB, "");
    config.memory.retain(|m| m.node != NodeId(1));
    config.cpus = vec![None, Some(NodeId(1)), None, Some(NodeId(2)), None];
    let nodes: Vec<u8> = boot(&config).cpus.iter().map(|cpu| cpu.node.0).collect();
    assert_eq!(nodes, [0, 1, 0, 2, 2]);
}

#[test]
fn the_contiguous_area_goes_to_the_top_and_must_fit() {
    let config = pc(1, GIB, "cma=64M");
    let layout = boot(&config);
    let (start, size) = layout.cma[0];
    assert_eq!((size, start.0 % MAX_ORDER_NR_PAGES), (64 << 8, 0));
    let free_above = layout.free_ranges.iter().filter(|r| r.0 > start).map(|r| r.1.0 - r.0.0);
    assert!(free_above.max().unwrap_or(0) < 2 * MAX_ORDER_NR_PAGES, "nothing higher would have done");
    assert_eq!(boot(&pc(1, GIB, "cma=16M@256M")).cma, [(Pfn(256 << 8), 16 << 8)]);
    assert_eq!(boot(&pc(1, GIB, "cma=16M@256M-300M")).cma, [(Pfn(284 << 8), 16 << 8)]);
    for line in ["cma=2G", "cma=16M@16M", "cma=16M@257M"] {
        let layout = boot(&pc(1, GIB, line));
        assert!(layout.cma.is_empty(), "{line}");
        assert_eq!(layout.warnings, [BootWarning::CmaNotReserved], "{line}");
    }
}

#[test]
fn little_memory_turns_grouping_off() {
    assert!(boot(&pc(1, 12 * MIB, "")).page_group_by_mobility_disabled);
    assert!(!boot(&pc(1, 48 * MIB, "")).page_group_by_mobility_disabled);
}

#[test]
fn deferred_records_start_one_section_into_the_last_zone() {
    let mut config = pc(2, 4 * GIB, "");
    config.boot.deferred_struct_pages = true;
    let first = boot(&config).first_deferred_pfn;
    // Node 0: Normal zone at 4 GiB. Node 1 starts section-aligned too.
    assert_eq!(first, [Some(Pfn((4 << 18) + 32768)), Some(Pfn((5 << 18) + 32768))]);
}

#[test]
fn no_memory_is_an_error() {
    let mut config = pc(1, 64 * MIB, "mem=4K");
    assert_eq!(layout(&config).err(), Some(ConfigError::NoMemory));
    config = pc(1, 64 * MIB, "memmap=exactmap");
    assert_eq!(layout(&config).err(), Some(ConfigError::NoMemory));
}

/// Words that shape memory, with values that fit a machine of a few hundred MiB, and some that do not.
const WORDS: [&str; 16] = [
    "",
    "kernelcore=40M",
    "kernelcore=33%",
    "kernelcore=mirror",
    "movablecore=100M",
    "movablecore=70%",
    "movable_node",
    "mem=130M",
    "memmap=30M$50M",
    "memmap=9M@4G",
    "memmap=300K@200M",
    "memmap=20M%40M-1+2",
    "cma=16M",
    "cma=8M@64M-200M",
    "cma=12M@96M",
    "numa=off",
];

/// A machine of up to five nodes in scraps of memory, with CPUs anywhere and up to three boot parameters.
fn scraps(random: &mut impl FnMut(u64) -> u64) -> MachineConfig {
    let mut memory = Vec::new();
    let mut at = 0;
    for _ in 0..=random(12) {
        let start = at + random(8 * MIB);
        at = start + 1 + random(24 * MIB);
        let attributes = (random(3) == 0, random(3) == 0);
        let range = MemoryRange::new(start, at, NodeId(random(5) as u8));
        memory.push(MemoryRange { hotpluggable: attributes.0, mirrored: attributes.1, ..range });
    }
    let shift = if random(2) == 0 { 0 } else { (1 << 32) - random(at + 1) / 4096 * 4096 };
    memory.iter_mut().for_each(|m| (m.range.start, m.range.end) = (m.range.start + shift, m.range.end + shift));
    let starts: Vec<u64> = (0..random(6)).map(|_| random(at) + shift).collect();
    let words = [0, 1, 2].map(|_| WORDS[random(WORDS.len() as u64) as usize]).join(" ");
    let mut boot = BootParams::parse(&words).expect("words");
    boot.deferred_struct_pages = random(2) == 0;
    MachineConfig {
        reserved: starts.into_iter().map(|start| ByteRange::new(start, start + 70_000)).collect(),
        cpus: (0..=random(4)).map(|_| Some(NodeId(random(6) as u8)).filter(|_| random(4) != 0)).collect(),
        boot,
        memory,
        ..pc(1, GIB, "")
    }
}

#[test]
fn whatever_is_laid_out_fits_together() {
    let mut state = 1u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below.max(1)
    };
    let mut laid_out = 0;
    for _ in 0..1500 {
        let config = scraps(&mut random);
        let Ok(layout) = layout(&config) else { continue };
        laid_out += 1;
        check_consistency(&layout, &config);
        let machine = crate::Machine::boot(&config, crate::event::NullSink).expect("a machine that boots");
        // With kernelcore=mirror the kernel's own counts of present pages overlap.
        if !config.boot.kernelcore_mirror {
            assert_eq!(machine.audit(), Ok(()), "{config:?}");
        }
        let managed: u64 = machine.zones().iter().map(|zone| zone.managed_pages).sum();
        let areas: u64 = layout.cma.iter().map(|area| area.1).sum();
        assert_eq!(managed, pages(&layout.free_ranges) + areas, "{config:?}");
    }
    assert!(laid_out > 1000, "{laid_out}");
}

fn check_consistency(layout: &Layout, config: &MachineConfig) {
    let ranges = &layout.zone_ranges;
    assert!(ranges.iter().all(|r| r.0 < r.1) && ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{config:?}");
    let exist: Vec<(Pfn, Pfn)> = ranges.iter().map(|r| (r.0, r.1)).collect();
    for zone in &layout.zones {
        let own = ranges.iter().filter(|r| r.2 == zone.id);
        assert!(own.clone().all(|r| zone.start_pfn <= r.0 && r.1 <= zone.end_pfn()), "{config:?}");
        // Mirrored memory makes zones overlap, and phantom pages have no span.
        if !config.boot.kernelcore_mirror && zone.spanned_pages != 0 {
            assert_eq!(own.map(|r| r.1.0 - r.0.0).sum::<u64>(), zone.present_pages, "{} {config:?}", zone.id);
        }
    }
    assert_eq!(pages(&exist), pages(&layout.free_ranges) + pages(&layout.reserved), "{config:?}");
    for cpu in &layout.cpus {
        assert!(layout.states.online.contains(cpu.node), "{config:?}");
    }
    for id in layout.states.online.iter() {
        let order = node_order(layout, id.index());
        let expected = layout.states.memory | NodeMask::of(id);
        let with_zones = expected.iter().filter(|n| layout.nodes[n.index()].nofallback.refs.iter().len() > 0);
        assert_eq!(order.iter().map(|&n| NodeId(n)).collect::<NodeMask>(), with_zones.collect(), "{config:?}");
    }
    for &(start, count) in &layout.cma {
        assert!(exist.iter().any(|r| r.0 <= start) && count.is_multiple_of(MAX_ORDER_NR_PAGES), "{config:?}");
        let end = Pfn(start.0 + count);
        assert!(layout.free_ranges.iter().all(|r| r.1 <= start || end <= r.0), "{config:?}");
    }
}

#[test]
fn the_largest_machine_is_quick() {
    let spec = PcSpec::uniform(64, 256 * GIB, 16, 20).expect("spec");
    let layout = boot(&MachineConfig::pc(&spec).expect("config"));
    assert_eq!(layout.nodes.len(), 64);
    assert_eq!(
        layout.zone_ranges.iter().map(|r| r.1.0 - r.0.0).sum::<u64>(),
        layout.nodes.iter().map(|n| n.present_pages).sum()
    );
    assert_eq!(layout.nodes[63].fallback.refs.len(), 66);
}
