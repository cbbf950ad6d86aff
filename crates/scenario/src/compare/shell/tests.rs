use super::command::Policy;
use super::*;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::NodeMask;

fn commands(lines: &[&str]) -> Vec<Command> {
    read(lines.iter().copied()).expect("commands").into_iter().map(|step| step.command).collect()
}

fn error(line: &str) -> String {
    read([line]).expect_err("unknown").to_string()
}

const HOG: Memhog = Memhog { mib: 5, passes: 1, pattern: Pattern::Sequential, sleep_us: 0, cpu: None, policy: None };

#[test]
fn a_load_of_anonymous_memory_is_read() {
    let lines = [
        "mkswap /dev/vda > /dev/null",
        "swapon /dev/vda",
        "echo probe 20 > /proc/pgrec_ctl",
        "echo mark begin > /proc/pgrec_ctl",
        "memhog 260 2 ws sleepus 2000 cpu 0 pol 2 1",
        "sleep 0.5",
    ];
    let hog = Memhog {
        mib: 260,
        passes: 2,
        pattern: Pattern::WorkingSet,
        sleep_us: 2000,
        cpu: Some(0),
        policy: Some(Policy { mode: 2, nodes: NodeMask(1) }),
    };
    let begin = Command::Mark("begin".to_owned());
    assert_eq!(commands(&lines), [Command::Swapon, begin, Command::Memhog(hog), Command::Sleep(500_000)]);
}

#[test]
fn dd_reads_the_disk_and_writes_files() {
    let lines = [
        "taskset 2 dd if=/dev/vdb of=/dev/null bs=64k skip=3 count=60 2>/dev/null",
        "dd if=/dev/zero of=/tmp/big/f bs=1M",
    ];
    let [Command::Dd(read), Command::Dd(written)] = &commands(&lines)[..] else { panic!("dd") };
    let expected = Dd { input: Input::Disk, output: None, block: 65536, count: Some(60), skip: 3, cpu: Some(1) };
    assert_eq!(read, &expected);
    assert_eq!((written.output.as_deref(), written.block, written.count), (Some("/tmp/big/f"), 1 << 20, None));
}

#[test]
fn loops_and_background_commands_are_run() {
    let line = "i=0; while [ $i -lt 3 ]; do dd if=/dev/vdb bs=64k skip=$((i*64+7)) 2>/dev/null; memhog 5 1 seq & \
                i=$((i+1)); done; wait";
    let steps = read([line]).expect("steps");
    let skips: Vec<u64> = steps
        .iter()
        .filter_map(|step| match &step.command {
            Command::Dd(dd) => Some(dd.skip),
            _ => None,
        })
        .collect();
    assert_eq!(skips, [7, 71, 135]);
    let hogs = steps.iter().filter(|step| step.command == Command::Memhog(HOG));
    assert!(hogs.clone().count() == 3 && hogs.clone().all(|step| step.background));
    assert_eq!(steps.last(), Some(&Step { command: Command::Wait, background: false }));
    assert_eq!(commands(&["memhog 5 1 seq &", "H=$!", "wait $H"]), [Command::Memhog(HOG), Command::Wait]);
}

#[test]
fn a_shell_in_a_group_is_the_command_in_that_group() {
    let lines = [
        "mkdir -p /tmp/cg; mount -t cgroup -o memory mem /tmp/cg; mkdir /tmp/cg/a; echo 64M > /tmp/cg/a/memory.limit_in_bytes",
        r#"sh -c "echo \$\$ > /tmp/cg/a/cgroup.procs; exec memhog 5 1 seq""#,
    ];
    let expected = [
        Command::Group { path: "/tmp/cg/a".to_owned(), controller: Controller::Memory },
        Command::GroupFile {
            path: "/tmp/cg/a".to_owned(),
            file: "memory.limit_in_bytes".to_owned(),
            value: "64M".to_owned(),
        },
        Command::Within { groups: vec!["/tmp/cg/a".to_owned()], command: Box::new(Command::Memhog(HOG)) },
    ];
    assert_eq!(commands(&lines), expected);
}

#[test]
fn what_concerns_the_recorder_alone_is_nothing() {
    let lines = [
        "mount -t debugfs d /sys/kernel/debug",
        "cd /sys/kernel/debug/tracing",
        "for e in kmem oom; do [ -e events/$e/enable ] && echo 1 > events/$e/enable; done",
        "sec ftrace.txt",
        "cat trace > /proc/pgrec_log",
        "for e in kmem; do for f in events/$e/*/format; do sec x/${f#events/}; cat $f > /proc/pgrec_log; done; done",
        "put proc_end/memcg_stat.txt /tmp/cg/a/memory.stat",
    ];
    assert_eq!(commands(&lines), []);
}

#[test]
fn orders_to_the_recorder_are_read() {
    let lines = [
        "echo alloc 0xa20 0 20000 > /proc/pgrec_ctl",
        "echo cma 1024 > /proc/pgrec_ctl",
        "echo snap b0 > /proc/pgrec_ctl",
        "echo 60 > /proc/sys/vm/nr_hugepages",
        "cat /proc/sys/vm/nr_hugepages > /proc/pgrec_log",
        "mount -t tmpfs -o size=400M t /tmp/big",
        "memfrag 150 1000 1 7 &",
    ];
    let expected = [
        Command::Alloc { gfp: Gfp::from_bits_retain(0xa20), order: 0, count: 20000 },
        Command::Cma { pages: 1024 },
        Command::Snapshot("b0".to_owned()),
        Command::Sysctl { name: "nr_hugepages".to_owned(), value: "60".to_owned() },
        Command::Note { name: "nr_hugepages".to_owned() },
        Command::Tmpfs { path: "/tmp/big".to_owned(), pages: 102_400 },
        Command::Memfrag(Memfrag { mib: 150, keep: 1000, run: 1, seed: 7 }),
    ];
    assert_eq!(commands(&lines), expected);
}

#[test]
fn unknown_commands_are_errors_that_name_them() {
    assert_eq!(error("frobnicate 1"), "`frobnicate 1`: `frobnicate 1` is not known");
    assert!(error("echo 1 > /etc/passwd").contains("`/etc/passwd` is a file that nothing is known of"));
    assert!(error("echo dance > /proc/pgrec_ctl").contains("no order of the recorder"));
    assert!(error("dd if=/dev/vdb conv=sync").contains("`conv=sync`"));
    assert!(error("memhog 1 1 backwards").contains("`backwards`"));
    assert!(error("memhog 1 1 seq twice").contains("`twice`"));
    assert!(error("while [ 1 -lt 2 ]; do sleep 1; done").contains("more than 100000 commands"));
    assert!(error("while [ 1 -lt 2 ]; do sleep 1").contains("`done` is missing"));
    assert!(error("memhog $n 1 seq").contains("`$n` is not set"));
    assert!(error("echo \"").contains("no end"));
}
