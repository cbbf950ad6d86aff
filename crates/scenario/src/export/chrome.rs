//! Chrome's trace event format, which Perfetto opens: slices for what contexts are at, instants for what they decide,
//! counters for free pages and LRU lists.

use super::Output;
use super::who::KERNEL_PIDS;
use crate::scenario::HZ;
use crate::session::Trace;
use buddyscope_mm::Machine;
use buddyscope_mm::lru::LruIndex;
use buddyscope_mm::vmstat::ZoneItem;
use buddyscope_procfs::trace::{CompactionEvent, KmemEvent, OomEvent, TraceEvent, TraceLine, VmscanEvent};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// Where an event is in a slice.
enum Edge {
    Begin,
    End,
}

/// Writes entries as they come, up to a number of them; slices that are open then are closed at the end.
pub(super) struct Chrome<W> {
    out: W,
    any: bool,
    /// Entries that may follow, and those that did not fit.
    room: u64,
    left_out: u64,
    /// The latest time.
    now: u64,
    /// Threads with a name.
    named: BTreeSet<i32>,
    /// Open slices by thread.
    open: BTreeMap<i32, Vec<&'static str>>,
    /// Counters as written last.
    counters: BTreeMap<String, Value>,
}

impl<W: Write> Chrome<W> {
    pub(super) fn new(out: W, most: u64) -> Chrome<W> {
        Chrome {
            out,
            any: false,
            room: most,
            left_out: 0,
            now: 0,
            named: BTreeSet::new(),
            open: BTreeMap::new(),
            counters: BTreeMap::new(),
        }
    }

    /// Writes an entry if there is room.
    fn put(&mut self, entry: &Value) -> io::Result<bool> {
        if self.room == 0 {
            self.left_out += 1;
            return Ok(false);
        }
        self.room -= 1;
        self.write(entry)?;
        Ok(true)
    }

    fn write(&mut self, entry: &Value) -> io::Result<()> {
        self.out.write_all(if self.any { b",\n" } else { b"{\"traceEvents\":[\n" })?;
        self.any = true;
        serde_json::to_writer(&mut self.out, entry)?;
        Ok(())
    }

    fn name_thread(&mut self, line: &TraceLine) -> io::Result<()> {
        if !self.named.insert(line.pid) {
            return Ok(());
        }
        let process = process_of(line.pid);
        if process != KERNEL_PIDS || self.named.insert(KERNEL_PIDS) {
            let name = if process == KERNEL_PIDS { "kernel" } else { &line.comm };
            self.write(&json!({"ph": "M", "name": "process_name", "pid": process, "args": {"name": name}}))?;
        }
        let args = json!({"name": line.comm});
        self.write(&json!({"ph": "M", "name": "thread_name", "pid": process, "tid": line.pid, "args": args}))
    }

    fn begin(&mut self, line: &TraceLine, name: &'static str) -> io::Result<()> {
        let put = self.put(&json!({
            "ph": "B", "name": name, "cat": category(&line.event), "ts": line.micros,
            "pid": process_of(line.pid), "tid": line.pid, "args": args_of(&line.event),
        }))?;
        if put {
            self.open.entry(line.pid).or_default().push(name);
        }
        Ok(())
    }

    /// Ends the innermost slice of that name, with all that are in it.
    fn end_slice(&mut self, pid: i32, name: &str, ts: u64, args: &Value) -> io::Result<()> {
        let Some(depth) = self.open.get(&pid).and_then(|open| open.iter().rposition(|open| *open == name)) else {
            return Ok(());
        };
        while let Some(ended) = self.open.get_mut(&pid).filter(|open| open.len() > depth).and_then(Vec::pop) {
            let args = if ended == name { args.clone() } else { json!({}) };
            let process = process_of(pid);
            self.write(&json!({"ph": "E", "name": ended, "ts": ts, "pid": process, "tid": pid, "args": args}))?;
        }
        Ok(())
    }

    fn counter(&mut self, name: String, args: Value) -> io::Result<()> {
        if self.counters.get(&name) == Some(&args) {
            return Ok(());
        }
        let put = self.put(&json!({"ph": "C", "name": name, "ts": self.now, "pid": 0, "args": args}))?;
        if put {
            self.counters.insert(name, args);
        }
        Ok(())
    }
}

impl<W: Write> Output for Chrome<W> {
    fn wants_lines(&self) -> bool {
        true
    }

    fn line(&mut self, line: &TraceLine) -> io::Result<()> {
        self.now = line.micros;
        if is_of_a_page(&line.event) {
            return Ok(());
        }
        self.name_thread(line)?;
        match slice(&line.event) {
            Some((Edge::Begin, name)) => {
                // The daemons say that they wake for each round of work, not only after a sleep.
                if matches!(name, "kswapd" | "kcompactd") {
                    self.end_slice(line.pid, name, line.micros, &json!({}))?;
                }
                self.begin(line, name)
            }
            Some((Edge::End, name)) => self.end_slice(line.pid, name, line.micros, &args_of(&line.event)),
            None => {
                let (name, _) = parts(&line.event);
                let entry = json!({
                    "ph": "i", "s": "t", "name": name, "cat": category(&line.event), "ts": line.micros,
                    "pid": process_of(line.pid), "tid": line.pid, "args": args_of(&line.event),
                });
                self.put(&entry).map(|_| ())
            }
        }
    }

    fn moment(&mut self, jiffy: u64, machine: &Machine<Trace>) -> io::Result<()> {
        self.now = self.now.max(jiffy * (1_000_000 / HZ));
        for zone in machine.zones().iter().filter(|zone| zone.is_managed()) {
            let free = zone.page_state(ZoneItem::FreePages).max(0);
            self.counter(format!("free, {}", zone.id), json!({"pages": free}))?;
        }
        let lists = ["inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable"];
        for node in machine.nodes().iter().filter(|node| node.present_pages != 0) {
            for (name, list) in lists.into_iter().zip(LruIndex::ALL) {
                let pages = node.stat.get(list.node_item());
                self.counter(format!("{name}, node {}", node.id.0), json!({"pages": pages}))?;
            }
        }
        Ok(())
    }

    fn end(&mut self, _: &Machine<Trace>) -> io::Result<()> {
        let open: Vec<(i32, &str)> = self.open.iter().filter_map(|(&pid, open)| Some((pid, *open.first()?))).collect();
        for (pid, outermost) in open {
            while self.open.get(&pid).is_some_and(|open| !open.is_empty()) {
                self.end_slice(pid, outermost, self.now, &json!({}))?;
            }
        }
        self.write(&json!({"ph": "M", "name": "process_name", "pid": 0, "args": {"name": "memory"}}))?;
        let other = json!({"leftOut": self.left_out});
        writeln!(self.out, "\n],\"displayTimeUnit\":\"ms\",\"otherData\":{other}}}")?;
        self.out.flush()
    }
}

/// The kernel's own contexts are threads of one process.
const fn process_of(pid: i32) -> i32 {
    if pid >= KERNEL_PIDS { KERNEL_PIDS } else { pid }
}

/// Whether it is about one page that went as it should: too many to look at.
fn is_of_a_page(event: &TraceEvent) -> bool {
    match event {
        TraceEvent::Kmem(KmemEvent::PageAlloc(answer)) => answer.pfn != 0,
        TraceEvent::Kmem(event) => !matches!(event, KmemEvent::ExtFrag(_)),
        TraceEvent::Pagemap(_) => true,
        _ => false,
    }
}

fn slice(event: &TraceEvent) -> Option<(Edge, &'static str)> {
    Some(match event {
        TraceEvent::Vmscan(event) => match event {
            VmscanEvent::KswapdWake(_) => (Edge::Begin, "kswapd"),
            VmscanEvent::KswapdSleep(_) => (Edge::End, "kswapd"),
            VmscanEvent::DirectReclaimBegin(_) => (Edge::Begin, "direct reclaim"),
            VmscanEvent::DirectReclaimEnd(_) => (Edge::End, "direct reclaim"),
            VmscanEvent::MemcgReclaimBegin(_) => (Edge::Begin, "memcg reclaim"),
            VmscanEvent::MemcgReclaimEnd(_) => (Edge::End, "memcg reclaim"),
            VmscanEvent::MemcgSoftlimitReclaimBegin(_) => (Edge::Begin, "soft limit reclaim"),
            VmscanEvent::MemcgSoftlimitReclaimEnd(_) => (Edge::End, "soft limit reclaim"),
            VmscanEvent::NodeReclaimBegin(_) => (Edge::Begin, "node reclaim"),
            VmscanEvent::NodeReclaimEnd(_) => (Edge::End, "node reclaim"),
            VmscanEvent::ShrinkSlabStart(_) => (Edge::Begin, "shrink slab"),
            VmscanEvent::ShrinkSlabEnd(_) => (Edge::End, "shrink slab"),
            _ => return None,
        },
        TraceEvent::Compaction(CompactionEvent::KcompactdWake(_)) => (Edge::Begin, "kcompactd"),
        TraceEvent::Compaction(CompactionEvent::KcompactdSleep(_)) => (Edge::End, "kcompactd"),
        TraceEvent::Compaction(CompactionEvent::Begin(_)) => (Edge::Begin, "compaction"),
        TraceEvent::Compaction(CompactionEvent::End(_)) => (Edge::End, "compaction"),
        TraceEvent::Oom(OomEvent::StartTaskReaping(_)) => (Edge::Begin, "reaping"),
        TraceEvent::Oom(OomEvent::FinishTaskReaping(_)) => (Edge::End, "reaping"),
        _ => return None,
    })
}

const fn category(event: &TraceEvent) -> &'static str {
    match event {
        TraceEvent::Kmem(_) => "kmem",
        TraceEvent::Vmscan(_) => "vmscan",
        TraceEvent::Compaction(_) => "compaction",
        TraceEvent::Oom(_) => "oom",
        TraceEvent::Writeback(_) => "writeback",
        TraceEvent::Pagemap(_) => "pagemap",
        TraceEvent::Isolation(_) => "page_isolation",
    }
}

/// The event's name and values as ftrace shows them.
fn parts(event: &TraceEvent) -> (String, String) {
    let text = event.to_string();
    match text.split_once(": ") {
        Some((name, values)) => (name.to_owned(), values.to_owned()),
        None => (text, String::new()),
    }
}

/// Its values by name; as one text if they have no names.
fn args_of(event: &TraceEvent) -> Value {
    let (_, values) = parts(event);
    let pairs = values.split_whitespace().map(|word| {
        let (name, value) = word.split_once('=')?;
        Some((name.to_owned(), value.parse::<i64>().map_or_else(|_| json!(value), |number| json!(number))))
    });
    match pairs.collect::<Option<Map<String, Value>>>() {
        Some(pairs) => Value::Object(pairs),
        None => json!({"values": values}),
    }
}
