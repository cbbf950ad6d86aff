//! Failure and OOM reports as a real kernel logged them: what is read is printed again line by line.

use buddyscope_mm::pfn::{NodeId, NodeMask};
use buddyscope_procfs::report::{Message, OomMemory, OomNotice, read_log, show_mem};

const OOM_TWO_NODES: &str = include_str!("reports/oom_two_nodes.txt");
const OOM_ONE_NODE: &str = include_str!("reports/oom_one_node.txt");
const FAILURE_ATOMIC: &str = include_str!("reports/failure_atomic.txt");
const FAILURE_ORDER_10: &str = include_str!("reports/failure_order_10.txt");
/// Not recorded: messages that no recording has, in the layout that the kernel's source gives them.
const MEMCG: &str = include_str!("reports/memcg.txt");
const NOTICES: &str = include_str!("reports/notices.txt");

/// A log's messages, printed again.
fn printed(log: &str) -> String {
    read_log(log).expect("log").iter().map(|logged| logged.message.to_string()).collect()
}

/// A recorded log without timestamps and stack traces.
fn expected(log: &str) -> String {
    let mut in_trace = false;
    let mut text = String::new();
    for line in log.lines() {
        let line = line.split_once("] ").map_or(line, |(_, message)| message);
        in_trace = line == "Call Trace:" || in_trace && line != "Mem-Info:";
        if !in_trace {
            text += line;
            text.push('\n');
        }
    }
    text
}

#[test]
fn recorded_reports_are_printed_as_they_were() {
    for log in [OOM_TWO_NODES, OOM_ONE_NODE, FAILURE_ATOMIC, FAILURE_ORDER_10] {
        assert_eq!(printed(log), expected(log));
    }
}

#[test]
fn other_messages_are_printed_as_they_were() {
    for log in [MEMCG, NOTICES] {
        assert_eq!(printed(log), log);
    }
}

#[test]
fn the_state_of_memory_may_stand_alone() {
    let log = expected(FAILURE_ATOMIC);
    let mem = &log[log.find("Mem-Info:").expect("state of memory")..];
    assert!(matches!(read_log(mem).expect("log")[0].message, Message::MemInfo(_)));
    assert_eq!(printed(&format!("{log}sysrq: Show Memory\n{mem}")), format!("{log}{mem}"));
    assert_eq!(printed("lowmemd: Killed process 3 (x)\n"), "");
}

#[test]
fn slab_caches_are_printed_as_they_were() {
    let slabs = "Unreclaimable slab info:\n\
                 Name                      Used          Total\n\
                 task_struct             1234KB       2048KB\n\
                 a_long_name_of_a_cache          8KB          8KB\n";
    let after = "0 pages cma reserved\n";
    let log = expected(OOM_ONE_NODE).replace(after, &format!("{after}12 pages hwpoisoned\n{slabs}"));
    assert_eq!(printed(&log), log);
}

#[test]
fn values_are_pages() {
    let messages = read_log(OOM_TWO_NODES).expect("log");
    let Message::Oom(report) = &messages[0].message else { panic!("{:?}", messages[0]) };
    let Some(OomMemory::Machine { mem, slabs: None }) = &report.memory else { panic!("{:?}", report.memory) };
    assert_eq!((mem.nodes[1].inactive_anon, mem.nodes[1].kernel_stack_kb), (45985, 112));
    assert_eq!((mem.zones[2].counters.min, mem.zones[2].counters.managed), (316, 48542));
    assert_eq!(mem.zones[0].lowmem_reserve, [0, 161, 161, 161]);
    assert_eq!(mem.zones[0].block_pages(), 187);
    let Message::OomNotice(OomNotice::Killed(killed)) = &messages[1].message else { panic!("{:?}", messages[1]) };
    assert_eq!((messages[1].line, killed.anon_rss, killed.pgtables_kb), (61, 88140, 724));
}

#[test]
fn a_filter_leaves_out_other_nodes() {
    let messages = read_log(OOM_TWO_NODES).expect("log");
    let Message::Oom(report) = &messages[0].message else { panic!("{:?}", messages[0]) };
    let Some(OomMemory::Machine { mem, .. }) = &report.memory else { panic!("{:?}", report.memory) };
    assert_eq!(show_mem(mem, Some(NodeMask::ALL)), show_mem(mem, None));
    let text = show_mem(mem, Some(NodeMask::of(NodeId(1))));
    assert!(text.contains(" free:767 free_pcp:64 free_cma:0\n"));
    let of_node_0: Vec<&str> = text.lines().filter(|line| line.starts_with("Node 0")).collect();
    // Huge pages are shown for all nodes.
    assert_eq!(of_node_0, ["Node 0 hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB"]);
}

#[test]
fn loggers_may_add_what_they_like() {
    let plain = expected(OOM_TWO_NODES);
    for before in ["<4>", "[    4.275092] ", "Jan 04 12:00:00 host kernel: ", "kern  :warn  : [    4.275092] ", "> "] {
        let logged: String = plain.lines().map(|line| format!("{before}{line}\r\n")).collect();
        assert_eq!(printed(&logged), plain, "{before}");
    }
}

#[test]
fn other_lines_are_passed_over() {
    let plain = expected(OOM_TWO_NODES);
    let mut noisy = String::new();
    for line in plain.lines() {
        noisy += line;
        // The machine's counters are one message, so nothing comes between their lines.
        noisy += if line.starts_with(' ') || line.starts_with("active_anon") { "\n" } else { "\nclocksource: 1\n" };
    }
    assert_eq!(printed(&noisy), plain);
}

#[test]
fn errors_name_line_and_value() {
    let error = |log: &str, from: &str, to: &str| {
        assert!(log.contains(from), "{from}");
        read_log(&log.replacen(from, to, 1)).expect_err("bad log").to_string()
    };
    for (from, to, expected) in [
        ("order=0", "order=x", "line 1, column 101, order: expected a value after `, order=`, found `x`"),
        ("shmem:654", "shmem:", "line 33, column 35, shmem: expected a value after `shmem:`, found ``"),
        ("high:152kB", "high:153kB", "line 37, column 63, high: expected a value after `high:`, found `153kB"),
        ("Node 1 DMA32 free", "Node 1 High free", "line 41, column 23, zone: expected a value, found `High"),
        (
            "[]: 0 161",
            "[]: 0 x",
            "line 38, column 16, lowmem_reserve: expected numbers of pages, found `lowmem_reserve[]: 0 x",
        ),
        ("3*64kB (UM)", "4*64kB (UM)", "line 43, column 140, total: expected 812kB, found `748kB`"),
        ("3*64kB (UM)", "3*64kB (UX)", "line 43, column 73, types: expected letters of UMEHCI, found `(UX)`"),
        ("98168 pages RAM", "- pages RAM", "line 53, column 16, ram: expected a number of pages, found `- pages RAM`"),
        ("741376", "74137x", "line 59, column 58, pgtables_bytes: expected a number, found `74137x`"),
        (
            "CONSTRAINT_NONE",
            "NONE",
            "line 60, column 36, constraint: expected a value after `oom-kill:constraint=`, found `NONE",
        ),
        (",global_oom", "", "line 60, column 93, oom_memcg: expected `,global_oom` or `,oom_memcg=`"),
        ("(memhog) total-vm", "(memhog) vm", "line 61, column 50, total_vm: expected `) total-vm:`"),
    ] {
        let error = error(OOM_TWO_NODES, from, to);
        assert!(error.starts_with(expected), "{error}\n{expected}");
    }
    let cut: String = OOM_TWO_NODES.lines().take(42).map(|line| format!("{line}\n")).collect();
    let error = read_log(&cut).expect_err("cut log").to_string();
    assert_eq!(
        error,
        "line 43, column 1, blocks: expected free blocks of each zone before it, found `the end of the log`"
    );
}

#[test]
fn huge_numbers_are_no_panic() {
    let huge = OOM_TWO_NODES.replace("free_pcp:196kB", "free_pcp:18446744073709551612kB");
    let huge = huge.replace("free_pcp:256kB", "free_pcp:18446744073709551612kB");
    for logged in read_log(&huge).expect("log") {
        if let Message::Oom(report) = logged.message
            && let Some(OomMemory::Machine { mem, .. }) = report.memory
        {
            assert!(show_mem(&mem, Some(NodeMask::ALL)).contains("free_pcp:18446744073709551612kB"));
        }
    }
}

#[test]
fn cut_and_garbled_logs_are_no_panic() {
    for log in [OOM_TWO_NODES, FAILURE_ATOMIC, MEMCG, NOTICES] {
        for at in 0..log.len() {
            let _ = read_log(&log[..at]);
            if at % 7 == 0 {
                let _ = read_log(&format!("{}é{}", &log[..at], &log[at + 1..]));
            }
        }
    }
}
