//! What happened between two labels of a load, in numbers.

use super::trace::{LoadEvent, Moment, Trace, What, Why};
use buddyscope_mm::pfn::NodeId;
use std::collections::BTreeMap;

/// The numbers of a stretch of a load.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Window {
    /// The labels it lies between.
    pub(super) name: String,
    /// Numbers by name. What is not there did not happen.
    pub(super) values: BTreeMap<String, f64>,
}

/// Counters of samples, by the recorder's names and ours.
const COUNTERS: [(&str, &str); 9] = [
    ("scan_k", "pages kswapd scanned"),
    ("scan_d", "pages direct reclaim scanned"),
    ("steal_k", "pages kswapd reclaimed"),
    ("steal_d", "pages direct reclaim reclaimed"),
    ("pswpin", "pages swapped in"),
    ("pswpout", "pages swapped out"),
    ("compact_stall", "direct compactions"),
    ("compact_success", "direct compactions that succeeded"),
    ("mig_ok", "pages migrated"),
];

/// The stretches between a load's labels. Labels that are not in `names` are passed over.
pub(super) fn windows(trace: &Trace, names: &[String]) -> Vec<Window> {
    let mut windows = Vec::new();
    let mut current: Option<(Window, Means, &Moment)> = None;
    let mut label: Option<&str> = None;
    for entry in &trace.entries {
        match &entry.what {
            What::Event { event: LoadEvent::Mark(name), .. } => {
                label = names.iter().find(|known| *known == name).map(String::as_str);
            }
            What::Event { event, .. } => {
                if let Some((window, means, _)) = &mut current {
                    window.count(event);
                    means.concerned(event);
                }
            }
            What::Moment(moment) if moment.why == Why::Mark => {
                let Some(name) = label.take() else { continue };
                if let Some((mut window, means, before)) = current.take() {
                    window.name += name;
                    window.count_between(before, moment);
                    means.note(&mut window);
                    windows.push(window);
                }
                let window = Window { name: format!("{name} to "), ..Window::default() };
                current = Some((window, Means::default(), moment));
            }
            What::Moment(moment) => {
                if let Some((_, means, _)) = &mut current {
                    means.sample(moment);
                }
            }
            What::Note(_) => {}
        }
    }
    windows
}

impl Window {
    /// A number; 0 if it is not there.
    pub(super) fn value(&self, name: &str) -> f64 {
        self.values.get(name).copied().unwrap_or(0.0)
    }

    fn add(&mut self, name: &str, amount: f64) {
        if amount != 0.0 {
            *self.values.entry(name.to_owned()).or_default() += amount;
        }
    }

    fn count(&mut self, event: &LoadEvent) {
        match event {
            LoadEvent::Isolate { scanned, list, .. } => {
                let list =
                    ["inactive anon", "active anon", "inactive file", "active file"].get(*list).unwrap_or(&"other");
                self.add(&format!("{list} pages scanned"), *scanned as f64);
            }
            LoadEvent::ShrinkInactive { reclaimed, file, .. } => {
                self.add(if *file { "file pages reclaimed" } else { "anon pages reclaimed" }, *reclaimed as f64);
            }
            LoadEvent::DirectBegin { .. } => self.add("direct reclaims", 1.0),
            LoadEvent::MemcgBegin { .. } => self.add("reclaims of a cgroup", 1.0),
            LoadEvent::MemcgEnd { reclaimed } => self.add("pages reclaimed from a cgroup", *reclaimed as f64),
            LoadEvent::NodeReclaimBegin { .. } => self.add("node reclaims", 1.0),
            LoadEvent::NodeReclaimEnd { reclaimed } => self.add("pages reclaimed by node reclaim", *reclaimed as f64),
            LoadEvent::AllocBatch { got, .. } => self.add("blocks got", *got as f64),
            _ => {}
        }
    }

    fn count_between(&mut self, before: &Moment, after: &Moment) {
        for (short, name) in COUNTERS {
            self.add(name, (after.event(short) - before.event(short)) as f64);
        }
    }
}

/// Free levels when kswapd was woken and when it slept, by node.
#[derive(Default)]
struct Means {
    /// What the next sample is about.
    next: Option<(Why, &'static str, NodeId)>,
    levels: BTreeMap<(&'static str, NodeId), (f64, u32)>,
}

impl Means {
    fn concerned(&mut self, event: &LoadEvent) {
        match event {
            LoadEvent::WakeupKswapd { node, .. } => {
                self.next = Some((Why::Wakeup, "free pages at wakes of kswapd", *node));
            }
            LoadEvent::KswapdSleep { node } => {
                self.next = Some((Why::KswapdSleep, "free pages at sleeps of kswapd", *node));
            }
            _ => {}
        }
    }

    fn sample(&mut self, moment: &Moment) {
        let Some((_, what, node)) = self.next.take_if(|next| next.0 == moment.why) else { return };
        let free: i64 = moment.zones_of(node).map(|zone| zone.free).sum();
        let (sum, count) = self.levels.entry((what, node)).or_default();
        *sum += free as f64;
        *count += 1;
    }

    fn note(self, window: &mut Window) {
        for ((what, node), (sum, count)) in self.levels {
            window.add(&format!("mean {what}, node {node}"), sum / f64::from(count));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "\
1 c0 p1 mark begin
2 N mark nid=0 ia=2 aa=4 if=0 af=0 un=0 isoa=0 isof=0 dirty=0 wb=0 sr=4 su=5 ko=0 kz=4 kf=0 wait=1
2 Z mark zone=0:1 free=5 snap=5 cma=0 boost=0 ha=0 ia=2 aa=4 if=0 af=0
2 E mark scan_k=10 fault=2
3 c0 p9 isolate hzi=3 order=0 req=3 scanned=3 skipped=0 taken=3 mode=0 lru=2
4 c0 p9 wakeup_kswapd nid=0 zid=1 order=0 gfp=0xcc0
5 N wakeup nid=0 ia=2 aa=4 if=0 af=0 un=0 isoa=0 isof=0 dirty=0 wb=0 sr=4 su=5 ko=0 kz=1 kf=0 wait=1
5 Z wakeup zone=0:1 free=7 snap=7 cma=0 boost=0 ha=0 ia=2 aa=4 if=0 af=0
5 E wakeup scan_k=10 fault=2
6 c0 p9 mark pass0-done
7 N mark nid=0 ia=2 aa=4 if=0 af=0 un=0 isoa=0 isof=0 dirty=0 wb=0 sr=4 su=5 ko=0 kz=4 kf=0 wait=1
7 Z mark zone=0:1 free=5 snap=5 cma=0 boost=0 ha=0 ia=2 aa=4 if=0 af=0
7 E mark scan_k=12 fault=9
8 c0 p1 mark end
9 N mark nid=0 ia=2 aa=4 if=0 af=0 un=0 isoa=0 isof=0 dirty=0 wb=0 sr=4 su=5 ko=0 kz=4 kf=0 wait=1
9 Z mark zone=0:1 free=5 snap=5 cma=0 boost=0 ha=0 ia=2 aa=4 if=0 af=0
9 E mark scan_k=13 fault=9
";

    #[test]
    fn a_window_has_counters_events_and_levels_between_its_labels() {
        let trace = Trace::read(TRACE.as_bytes(), "trace.txt").expect("trace");
        let windows = windows(&trace, &["begin".to_owned(), "end".to_owned()]);
        let [window] = &windows[..] else { panic!("{windows:?}") };
        assert_eq!(window.name, "begin to end");
        let values = [
            ("pages kswapd scanned", 3.0),
            ("inactive file pages scanned", 3.0),
            ("mean free pages at wakes of kswapd, node 0", 7.0),
            ("pages swapped in", 0.0),
        ];
        for (name, value) in values {
            assert_eq!(window.value(name), value, "{name}");
        }
    }
}
