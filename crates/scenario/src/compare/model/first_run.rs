//! How long the first run of kswapd took. An emulator translates code when it is first run, so that takes milliseconds,
//! and whoever asked for memory goes on meanwhile.

use super::speed::Speed;
use crate::compare::trace::{LoadEvent, Moment, Trace, What, Why};
use buddyscope_mm::pfn::{CpuId, NodeId};
use std::collections::{BTreeMap, BTreeSet};

/// A first run under way.
struct FirstRun {
    node: NodeId,
    cpu: CpuId,
    pid: u32,
    begin: u64,
    /// Pages looked at since.
    looks: u64,
    /// Pages in memory or reclaimed when it began, of both kinds.
    pages: Option<[i64; 2]>,
    /// When kswapd was last seen before somebody else, or the end of its run, was.
    last: u64,
    over: bool,
}

/// Microseconds that the first run on each node took besides looking at pages: up to the first event of somebody else on
/// that CPU, without what the load did at the same time.
pub(super) fn first_runs(trace: &Trace, speed: &Speed, cpus: usize) -> BTreeMap<NodeId, u64> {
    let mut times = BTreeMap::new();
    let mut seen: BTreeSet<NodeId> = BTreeSet::new();
    let mut running: Vec<FirstRun> = Vec::new();
    for entry in &trace.entries {
        match &entry.what {
            What::Event { cpu, pid, event } => {
                if let LoadEvent::KswapdWake { node, .. } = event
                    && seen.insert(*node)
                {
                    let (begin, last) = (entry.micros, entry.micros);
                    running.push(FirstRun {
                        node: *node,
                        cpu: *cpu,
                        pid: *pid,
                        begin,
                        looks: 0,
                        pages: None,
                        last,
                        over: false,
                    });
                }
                for run in &mut running {
                    run.event(entry.micros, *cpu, *pid, event);
                }
            }
            What::Moment(moment) => running.retain_mut(|run| match run.sample(entry.micros, moment, speed, cpus) {
                Some(time) => {
                    times.insert(run.node, time);
                    false
                }
                None => true,
            }),
            What::Note(_) => {}
        }
    }
    times
}

impl FirstRun {
    fn event(&mut self, micros: u64, cpu: CpuId, pid: u32, event: &LoadEvent) {
        if let LoadEvent::Isolate { scanned, skipped, .. } = event {
            self.looks += scanned.saturating_sub(*skipped);
        }
        if cpu != self.cpu || self.over {
            return;
        }
        self.over = pid != self.pid || matches!(event, LoadEvent::KswapdSleep { .. });
        if pid == self.pid {
            self.last = micros;
        }
    }

    /// The time, once there is a sample from after the run: all that is neither the load's nor spent on pages.
    /// Where there are other CPUs the load goes on there.
    fn sample(&mut self, micros: u64, moment: &Moment, speed: &Speed, cpus: usize) -> Option<u64> {
        let kinds = pages(moment);
        let Some(before) = self.pages else {
            self.pages = Some(kinds);
            return None;
        };
        if !self.over || moment.why != Why::Timer {
            return None;
        }
        let grown = [0, 1].map(|kind| (kinds[kind] - before[kind]).max(0) as u64 * 1_000_000);
        let load = if cpus > 1 { 0 } else { grown[0] / speed.anon + grown[1] / speed.file };
        let rest = (micros - self.begin).saturating_sub(load + self.looks * speed.reclaim[0] / 1000);
        Some(rest.min(self.last - self.begin))
    }
}

/// Anonymous pages and those of files in memory. What a first run reclaims is little.
fn pages(moment: &Moment) -> [i64; 2] {
    let count = |lists: [usize; 2]| -> i64 {
        moment.nodes.iter().map(|node| lists.iter().map(|&list| node.lists[list] as i64).sum::<i64>()).sum()
    };
    [count([0, 1]), count([2, 3])]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sample with so many pages of files.
    fn sample(micros: u64, why: &str, file: u64) -> String {
        format!(
            "{micros} N {why} nid=0 ia=0 aa=0 if={file} af=0 un=0 isoa=0 isof=0 dirty=0 wb=0 sr=4 su=5 ko=0 kz=4 kf=0 \
             wait=1\n{micros} E {why} pswpout=0\n"
        )
    }

    #[test]
    fn what_is_neither_the_loads_nor_spent_on_pages_is_the_first_runs() {
        let text = [
            "1000 c0 p19 kswapd_wake nid=0 zid=1 order=0\n".to_owned(),
            sample(1001, "kwake", 100),
            "5000 c0 p19 isolate hzi=1 order=0 req=32 scanned=32 skipped=0 taken=32 mode=0 lru=2\n".to_owned(),
            "6000 c0 p57 wakeup_kswapd nid=0 zid=1 order=0 gfp=0x0\n".to_owned(),
            sample(7000, "s", 120),
        ];
        let trace = Trace::read(text.concat().as_bytes(), "trace.txt").expect("trace");
        let speed = Speed { file: 10_000, reclaim: [10_000, 0], ..Speed::default() };
        // Of 6 ms 2 ms went into 20 pages that were read, and 320 microseconds into 32 that were looked at.
        assert_eq!(first_runs(&trace, &speed, 1), BTreeMap::from([(NodeId(0), 3680)]));
        // On another CPU reading takes nothing away.
        assert_eq!(first_runs(&trace, &speed, 2), BTreeMap::from([(NodeId(0), 4000)]));
    }
}
