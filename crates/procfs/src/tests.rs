use super::*;
use buddyscope_mm::config::{BootParams, MachineConfig, PcSpec};
use buddyscope_mm::event::NullSink;
use zoneinfo::ZoneInfo;

fn machine(nodes: usize, line: &str) -> Machine<NullSink> {
    let spec = PcSpec::uniform(nodes, 64 << 20, 2, 20).expect("spec");
    let mut config = MachineConfig::pc(&spec).expect("config");
    config.boot = BootParams::parse(line).expect("line");
    Machine::boot(&config, NullSink).expect("boot")
}

#[test]
fn zoneinfo_can_be_read_back() {
    let text = zoneinfo(&machine(2, "kernelcore=50%"));
    let parsed: ZoneInfo = text.parse().expect("zoneinfo");
    assert_eq!(parsed.zones.len(), 8);
    assert_eq!(parsed.to_string(), text);
}

#[test]
fn zoneinfo_says_which_line_is_bad() {
    let text = zoneinfo(&machine(1, ""));
    for (from, to, line) in [("Node 0", "Node x", 1), ("managed  ", "managed  -", 46), ("high:  ", "hi:  ", 78)] {
        let error = text.replacen(from, to, 1).parse::<ZoneInfo>().expect_err("bad text");
        assert_eq!(error.line, line, "{error}");
    }
    let cut: String = text.lines().take(20).map(|line| format!("{line}\n")).collect();
    assert!(cut.parse::<ZoneInfo>().is_err());
}

#[test]
fn buddyinfo_has_a_line_for_each_populated_zone() {
    let text = buddyinfo(&machine(2, ""));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with("Node 0, zone      DMA ") && lines[0].ends_with(' '));
    assert_eq!(lines[2].len(), "Node 1, zone    DMA32 ".len() + 11 * 7);
}

#[test]
fn pagetypeinfo_counts_blocks() {
    let text = pagetypeinfo(&machine(2, ""));
    assert!(text.starts_with(
        "Page block order: 9\nPages per block:  512\n\nFree pages count per migrate type at order       0 "
    ));
    let blocks = text.lines().filter(|line| line.starts_with("Node 1, zone    DMA32 "));
    let counts: Vec<&str> = blocks.flat_map(|line| line.split_whitespace().skip(4)).collect();
    assert_eq!(counts, ["0", "32", "0", "0", "0", "0"]);
}

#[test]
fn zonelists_of_two_nodes() {
    let text = zonelists(&machine(2, ""));
    let expected = "mminit::zonelist general 0:DMA = 0:DMA \n\
                    mminit::zonelist general 0:DMA32 = 0:DMA32 0:DMA 1:DMA32 \n\
                    mminit::zonelist thisnode 0:DMA = 0:DMA \n\
                    mminit::zonelist thisnode 0:DMA32 = 0:DMA32 0:DMA \n\
                    mminit::zonelist general 1:DMA32 = 1:DMA32 0:DMA32 0:DMA \n\
                    mminit::zonelist thisnode 1:DMA32 = 1:DMA32 \n";
    assert_eq!(text, expected);
}

#[test]
fn vmstat_and_the_files_of_nodes_are_read_back_and_add_up() {
    let machine = machine(2, "");
    let vmstat = vmstat::of(&machine);
    assert_eq!(vmstat.to_string().parse::<Counters>().expect("vmstat"), vmstat);
    assert!(vmstat.items().map(|(name, _)| name).eq(vmstat::names()));
    let mut free = 0;
    for node in machine.online_nodes().iter() {
        let meminfo = nodes::meminfo(&machine, node);
        assert_eq!(meminfo.to_string().parse::<MemoryCounters>().expect("meminfo"), meminfo);
        free += meminfo.get("MemFree").expect("a counter") / 4;
        let numastat = vmstat::numastat(&machine, node);
        assert_eq!(numastat.to_string().parse::<Counters>().expect("numastat"), numastat);
    }
    assert_eq!(vmstat.get("nr_free_pages"), Some(free));
}

#[test]
fn nodes_are_shown_as_sysfs_and_numactl_do() {
    let machine = machine(2, "");
    let hardware = nodes::Hardware::of(&machine).to_string();
    let expected = "node distances:\nnode   0   1 \n  0:  10  20 \n  1:  20  10 \n";
    assert!(hardware.starts_with("available: 2 nodes (0-1)\nnode 0 cpus: 0 1\nnode 0 size: "));
    assert!(hardware.ends_with(expected));
    assert_eq!(nodes::Distances::of(&machine, NodeId(1)).to_string(), "20 10\n");
    assert_eq!(nodes::cpulist(&machine, NodeId(1)).to_string(), "2-3\n");
}
