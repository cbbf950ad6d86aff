//! Texts as people paste them.

use buddyscope_procfs::boot::BootLine;
use buddyscope_procfs::document::{Content, Document, Kind, MAX_BYTES, MAX_LINE_BYTES};
use buddyscope_procfs::report::{Message, OomMemory, OomNotice};
use buddyscope_procfs::trace::Layout;

const OOM: &str = include_str!("reports/oom_two_nodes.txt");
const ZONEINFO: &str = include_str!("texts/zoneinfo_6_1.txt");
const TRACE: &str = include_str!("trace.txt");

/// Reads a text, checks that it prints the same, and says how many lines were understood and where others are.
fn same(text: &str) -> (Document, usize, Vec<(usize, usize)>) {
    let document = Document::read(text).expect("text");
    assert_eq!(document.to_string(), text);
    let coverage = document.coverage();
    assert_eq!(coverage.understood + coverage.kept_lines, text.lines().count());
    (document, coverage.understood, coverage.kept)
}

#[test]
fn files_may_be_pasted_together() {
    let text = format!(
        "$ cat /proc/buddyinfo\nNode 0, zone      DMA      1      0 \n$ cat /proc/meminfo\nMemTotal:         375636 kB\n\n\
         ==> /sys/devices/system/node/node0/distance <==\n10 20\n\n==> /sys/devices/system/node/node0/cpulist <==\n0-3\n\n\
         root@host:~# cat /proc/zoneinfo\n{ZONEINFO}root@host:~# numactl -H\navailable: 1 nodes (0)\nnode 0 cpus: 0\n\
         node 0 size: 100 MB\nnode 0 free: 10 MB\n$ cat /proc/vmstat\nnr_free_pages 3\nnr_zone_inactive_anon 0\nbye\n"
    );
    let (document, _, kept) = same(&text);
    let kinds = document.parts.iter().filter(|part| !matches!(part.content, Content::Log(_)));
    let lines: Vec<usize> = kinds.map(|part| part.line).collect();
    assert_eq!(lines, [2, 4, 7, 10, 13, 91, 96]);
    // Prompts, blank lines, and the zone that the model does not have.
    assert_eq!(kept.first(), Some(&(1, 1)));
    assert_eq!(kept.last(), Some(&(98, 98)));
}

#[test]
fn a_log_keeps_what_is_not_about_memory() {
    let (document, understood, kept) = same(OOM);
    let Content::Log(log) = &document.parts[0].content else { panic!("{document:?}") };
    assert!(matches!(log.messages[0].message, Message::Oom(_)));
    // The stack trace is kept.
    assert_eq!((understood, kept), (38, vec![(4, 27)]));
}

#[test]
fn what_loggers_add_stays() {
    for (before, after) in
        [("<4>", "\n"), ("Jan 04 12:00:00 host kernel: ", "\r\n"), ("> ", "  \n"), ("kern  :warn  : ", "\n")]
    {
        let logged: String = OOM.lines().map(|line| format!("{before}{line}{after}")).collect();
        let (_, understood, _) = same(&logged);
        assert_eq!(understood, 38, "{before}");
    }
}

#[test]
fn printed_values_are_those_of_the_message() {
    let mut document = Document::read(OOM).expect("log");
    let Content::Log(log) = &mut document.parts[0].content else { panic!("not a log") };
    let Message::Oom(report) = &mut log.messages[0].message else { panic!("not an OOM kill") };
    let Some(OomMemory::Machine { mem, .. }) = &mut report.memory else { panic!("no memory") };
    mem.zones[1].counters.free += 1;
    let printed = document.to_string();
    let changed: Vec<(&str, &str)> = OOM.lines().zip(printed.lines()).filter(|(old, new)| old != new).collect();
    assert_eq!(changed.len(), 1);
    assert!(changed[0].1.contains("] Node 0 DMA32 free:"));
}

#[test]
fn unknown_values_of_a_message_are_kept_in_place() {
    let newer = OOM.replace(" pagetables:", " sec_pagetables:0kB pagetables:").replace(" bounce:0kB", "");
    assert_ne!(newer, OOM);
    let (document, understood, _) = same(&newer);
    assert_eq!(understood, 38);
    assert!(document.coverage().kept_words > 0);
}

#[test]
fn a_trace_keeps_events_that_are_not_of_pages() {
    let (document, understood, _) = same(TRACE);
    let Content::Trace(trace) = &document.parts[0].content else { panic!("{document:?}") };
    assert_eq!((trace.events().count(), document.coverage().kept_words), (understood, 0));
    assert!(understood > 10);
}

#[test]
fn traces_may_be_set_by_any_tool() {
    let event = "page=00000000d1e2f3a4 pfn=0x1f400 order=0 migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_ZERO";
    for (layout, line) in [
        (Layout::Trace, format!("          memhog-57      [000] ....     7.602411: mm_page_alloc: {event}\n")),
        (Layout::Trace, format!("          memhog-57    (   57) [000] d..1     7.602411: mm_page_alloc: {event}\n")),
        (Layout::TraceCmd, format!("          memhog-57    [000]     7.602411: mm_page_alloc:        {event}\n")),
        (Layout::Perf, format!("memhog    57 [000]     7.602411:         kmem:mm_page_alloc: {event}\n")),
        (Layout::Latency, format!("  memhog-57      0d..1 7602411us : mm_page_alloc: {event}\n")),
    ] {
        let (document, ..) = same(&line);
        let Content::Trace(trace) = &document.parts[0].content else { panic!("{document:?}") };
        let (_, row) = trace.events().next().expect("an event");
        assert_eq!((row.layout, row.line.comm.as_str(), row.line.pid), (layout, "memhog", 57));
        assert_eq!((row.line.cpu, row.line.micros), (0, 7_602_411));
    }
}

#[test]
fn an_event_with_other_fields_is_kept() {
    let line = "          memhog-57      [000] ....     7.602411: mm_page_free: page=p pfn=12 cold=0\n";
    assert_eq!(same(line).1, 0);
    let bad = line.replace("cold=0", "order=x");
    let error = Document::read(&bad).expect_err("a bad order").to_string();
    assert!(error.contains(", order: expected a value after `order=`, found `x`"), "{error}");
}

const BOOT: &str = "\
[    0.000000] BIOS-e820: [mem 0x0000000000100000-0x0000000017fd9fff] usable
[    0.000000] ACPI: SRAT: Node 1 PXM 1 [mem 0x100000000-0x17fffffff] hotplug
[    0.000000] ACPI: SRAT: Node 0 PXM 0 [mem 0x00000000-0x0009ffff]
[    0.000000] Zone ranges:
[    0.000000]   DMA      [mem 0x0000000000001000-0x0000000000ffffff]
[    0.000000]   DMA32    [mem 0x0000000001000000-0x000000000ffd9fff]
[    0.000000]   node   0: [mem 0x0000000000001000-0x000000000009efff]
[    0.000000] Initmem setup node 0 [mem 0x0000000000001000-0x000000000ffd9fff]
[    0.000000] On node 0 totalpages: 65400
[    0.000000]   DMA zone: 3998 pages, LIFO batch:0
[    0.000000]   DMA zone: 64 pages used for memmap
[    0.000000] mminit::zonelist general 1:DMA32 = 1:DMA32 0:DMA32 0:DMA\u{20}
[    0.000000] Built 1 zonelists, mobility grouping on.  Total pages: 64355
[    0.000000] Memory: 240860K/261600K available (6148K kernel code, 1042K rwdata, 912K rodata, 824K init, 2172K bss, \
20484K reserved, 0K cma-reserved)
[    0.500000] Adding 131068k swap on /dev/vda.  Priority:-2 extents:1 across:131068k\u{20}
";

#[test]
fn lines_about_memory_of_a_boot_are_understood() {
    let (document, _, kept) = same(BOOT);
    assert_eq!((kept, document.coverage().kept_words), (vec![(4, 4)], 0));
    let Content::Log(log) = &document.parts[0].content else { panic!("{document:?}") };
    let spans = log.boot_lines().filter_map(|line| if let BootLine::Zone(zone) = line { Some(zone) } else { None });
    assert_eq!(
        spans.map(|zone| (zone.zone.as_str(), zone.end)).collect::<Vec<_>>(),
        [("DMA", 0xff_ffff), ("DMA32", 0xffd_9fff)]
    );
}

#[test]
fn lines_of_a_boot_that_another_kernel_shows_otherwise_are_kept() {
    assert_eq!(same("Memory: 240860k/261600k available (6148k kernel code)\n").1, 0);
    assert_eq!(same("Adding brctl bridge\n  node x: [mem 0-1]\n").1, 0);
}

#[test]
fn event_formats_are_read() {
    let text = "name: mm_page_free\nID: 211\nformat:\n\
                \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\n\
                \tfield:unsigned long pfn;\toffset:8;\tsize:8;\tsigned:0;\n\nprint fmt: \"pfn=%lu\", REC->pfn\n";
    let (document, understood, _) = same(text);
    let Content::EventFormat(format) = &document.parts[0].content else { panic!("{document:?}") };
    assert_eq!((format.fields[1][0].declaration.as_str(), understood), ("unsigned long pfn", 8));
}

#[test]
fn errors_tell_the_line_of_the_whole_text() {
    let text = format!("hello\nNode 0, zone DMA x\n{OOM}");
    let error = Document::read(&text).expect_err("bad").to_string();
    assert_eq!(error, "line 2, column 18, free: expected a number, found `x`");
    let text = format!("hello\n\n{}", OOM.replacen("order=0", "order=x", 1));
    let error = Document::read(&text).expect_err("bad").to_string();
    assert!(error.starts_with("line 3, column 101, order: "), "{error}");
    let error = Document::read_bytes(None, b"abc\n\xe9t\xff").expect_err("bad").to_string();
    assert_eq!(error, "line 2, column 1, text: expected UTF-8, found `e9 74 ff`");
}

#[test]
fn large_texts_are_errors() {
    let error = |text: &str| Document::read(text).expect_err("too large").to_string();
    assert!(error(&"a line\n".repeat(MAX_BYTES / 7 + 1)).starts_with("line 1048577, column 1, size: "));
    assert!(error(&format!("\n{}", "] [000] ".repeat(MAX_LINE_BYTES / 8 + 1))).starts_with("line 2, column 1, size: "));
}

#[test]
fn the_name_of_a_file_tells_its_kind() {
    for (path, kind) in [
        ("/proc/zoneinfo", Some(Kind::ZoneInfo)),
        ("a/b/min_free_kbytes_100.zoneinfo.txt", Some(Kind::ZoneInfo)),
        ("node0/distance", Some(Kind::Distance)),
        ("/proc/pressure/memory", Some(Kind::Pressure)),
        ("state.txt", None),
    ] {
        assert_eq!(Kind::of_path(path), kind, "{path}");
    }
}

#[test]
fn cut_and_garbled_texts_are_errors_or_print_the_same() {
    let all = format!("{ZONEINFO}$ cat /proc/pagetypeinfo\n{}{OOM}", include_str!("texts/pagetypeinfo.txt"));
    for at in (0..all.len()).filter(|at| at % 11 == 0 && all.is_char_boundary(*at)) {
        let garbled = format!("{}\u{202e}\0é{}", &all[..at], &all[at + 1..]);
        for text in [&all[..at], &garbled] {
            if let Ok(document) = Document::read(text) {
                assert_eq!(document.to_string(), text);
            }
        }
    }
}

/// Not recorded: reports of other kernels in the layout that their sources give them.
const OTHERS: [&str; 3] = [
    include_str!("reports/failure_4_4.txt"),
    include_str!("reports/oom_4_14.txt"),
    include_str!("reports/oom_6_11.txt"),
];

#[test]
fn reports_of_other_kernels_are_understood() {
    let [old, middle, new] = OTHERS.map(|text| {
        let (mut document, ..) = same(text);
        match document.parts.remove(0).content {
            Content::Log(log) => log.messages,
            content => panic!("{content:?}"),
        }
    });
    let Message::AllocFailure(failure) = &old[0].message else { panic!("{old:?}") };
    let mem = failure.mem.as_ref().expect("memory");
    assert_eq!((failure.request.cpuset.as_str(), mem.zones[0].counters.managed, mem.nodes.len()), ("", 3977, 0));
    let Message::Oom(report) = &middle[0].message else { panic!("{middle:?}") };
    let tasks = report.tasks.as_ref().expect("tasks");
    assert_eq!((tasks[0].pgtables_bytes, tasks[0].comm.as_str()), (8 * 4096, "stress"));
    let Message::OomNotice(OomNotice::Killed(killed)) = &middle[1].message else { panic!("{middle:?}") };
    assert_eq!((killed.pid, killed.anon_rss), (1234, 900));
    let Message::Oom(report) = &new[0].message else { panic!("{new:?}") };
    let tasks = report.tasks.as_ref().expect("tasks");
    assert_eq!((tasks[0].pgtables_bytes, tasks[0].oom_score_adj), (49_152, 0));
    assert_eq!(report.caller.as_ref().map(|caller| (caller.cpu, caller.pid)), Some((3, 1234)));
    let Some(OomMemory::Machine { mem, .. }) = &report.memory else { panic!("{:?}", report.memory) };
    assert_eq!((mem.global.free, mem.zones[0].counters.min, mem.nodes[0].kernel_stack_kb), (1234, 16, 1968));
    assert!(mem.swap.is_some());
}

#[test]
fn few_lines_of_other_kernels_are_kept() {
    // Stack traces, the cpuset's and the score's line; page tables of virtual machines.
    let kept = OTHERS.map(|text| same(text).2);
    assert_eq!(kept, [vec![], vec![(2, 2), (4, 5), (30, 30)], vec![(9, 10)]]);
}
