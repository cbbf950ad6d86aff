//! How fast the recorded machine was. An emulated machine may be a hundred times slower in one run than in the next,
//! so each run's speeds are taken from its own trace: how fast memory filled before any page was reclaimed, how long
//! looking at pages took, and how long pages were on their way to swap. None is fitted to what is compared.

use super::observer::Observer;
use super::swap_out::swap_out_time;
use crate::compare::run::Run;
use crate::compare::trace::{LoadEvent, Moment, Trace, What, Why};
use buddyscope_mm::Machine;
use buddyscope_mm::pfn::{CpuId, NodeId, ZoneType};
use buddyscope_mm::sched::HZ;
use buddyscope_mm::vmstat::VmEvent;
use std::collections::BTreeMap;

/// A speed for runs that tell none: 100 MiB a second.
const DEFAULT: u64 = 25_600;
/// Pages that tell a speed; fewer may be anybody's.
const ENOUGH: u64 = 2000;
/// What is counted as looking at a page.
const LOOKS: [VmEvent; 5] = [
    VmEvent::PgScanAnon,
    VmEvent::PgScanFile,
    VmEvent::PgRefill,
    VmEvent::CompactMigrateScanned,
    VmEvent::CompactFreeScanned,
];
/// LRU lists of samples by their place: anonymous ones, and those of files.
const KINDS: [[usize; 2]; 2] = [[0, 1], [2, 3]];

/// What time work takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Speed {
    /// Pages of anonymous memory that the load takes in a second.
    pub(super) anon: u64,
    /// Pages of files that it reads in a second.
    pub(super) file: u64,
    /// Nanoseconds that reclaim needs to look at a page, and to swap one out besides.
    pub(super) reclaim: [u64; 2],
    /// Pages that the swap disk writes or reads in a second.
    pub(super) swap: u64,
    /// Pages on their way to the swap disk, or from it, beyond which whoever adds another has to wait.
    pub(super) swap_queue: u64,
}

impl Default for Speed {
    fn default() -> Speed {
        Speed { anon: DEFAULT, file: DEFAULT, reclaim: [0; 2], swap: DEFAULT, swap_queue: u64::MAX }
    }
}

impl Speed {
    pub(super) fn of(run: &Run) -> Speed {
        let grown = KINDS.map(|lists| filled(&run.trace, lists));
        let [anon, file] = [0, 1].map(|kind| grown[kind].or(grown[1 - kind]).unwrap_or(DEFAULT));
        let (swap, swap_queue) = swap_speed(&run.trace).unwrap_or((anon, u64::MAX));
        let [look, of_batches] = reclaim_times(&run.trace);
        let home = run.machine.cpus().get(cpu(&run.trace).index()).map_or(NodeId(0), |cpu| cpu.node);
        let out = swap_out_time(&run.trace, home, anon, look).unwrap_or(of_batches);
        Speed { anon, file, reclaim: [look, out], swap, swap_queue }
    }

    /// Microseconds that looking at pages has taken so far.
    pub(super) fn time_of_looks(&self, machine: &Machine<Observer>) -> u64 {
        let count = |events: &[VmEvent]| events.iter().map(|&event| machine.vm_events().get(event)).sum::<u64>();
        let skipped: u64 = ZoneType::ALL.map(|zone| machine.vm_events().get(VmEvent::pgskip(zone))).iter().sum();
        let [look, out] = self.reclaim;
        (count(&LOOKS).saturating_sub(skipped) * look + count(&[VmEvent::PswpOut]) * out) / 1000
    }
}

/// Pages a second by which lists grew between the beginning of the load and their largest size before kswapd was woken.
fn filled(trace: &Trace, lists: [usize; 2]) -> Option<u64> {
    let size = |moment: &Moment| -> u64 {
        moment.nodes.iter().map(|node| lists.iter().map(|&list| node.lists[list]).sum::<u64>()).sum()
    };
    let mut begin: Option<(u64, u64)> = None;
    let mut largest: Option<(u64, u64)> = None;
    for entry in &trace.entries {
        match &entry.what {
            What::Event { event: LoadEvent::WakeupKswapd { .. }, .. } => break,
            What::Moment(moment) => {
                let now = (entry.micros, size(moment));
                match begin {
                    None if moment.why == Why::Mark => begin = Some(now),
                    None => {}
                    Some(_) if largest.is_none_or(|largest| now.1 > largest.1) => largest = Some(now),
                    Some(_) => {}
                }
            }
            _ => {}
        }
    }
    let (begin, largest) = (begin?, largest?);
    let pages = largest.1.checked_sub(begin.1).filter(|&pages| pages >= ENOUGH)?;
    (pages * 1_000_000).checked_div(largest.0 - begin.0).map(|speed| speed.max(HZ))
}

/// Nanoseconds that looking at a page of an inactive list takes, from batches in which each page was kept or freed at
/// once, and what handing a page to the swap disk takes besides, from the others. Time between two events of a CPU is
/// taken for that of whoever has the second.
fn reclaim_times(trace: &Trace) -> [u64; 2] {
    let mut last: BTreeMap<CpuId, u64> = BTreeMap::new();
    let mut taken: BTreeMap<u32, u64> = BTreeMap::new();
    let (mut looked, mut look_time, mut out, mut out_looked, mut out_time) = (0, 0, 0, 0, 0);
    for entry in &trace.entries {
        let What::Event { cpu, pid, event } = &entry.what else { continue };
        let time = entry.micros - last.insert(*cpu, entry.micros).unwrap_or(entry.micros);
        match event {
            LoadEvent::Isolate { list: 0 | 2, taken: pages, .. } => _ = taken.insert(*pid, *pages),
            LoadEvent::ShrinkInactive { reclaimed, kept_referenced, activated_anon, activated_file, .. } => {
                let Some(pages) = taken.remove(pid) else { continue };
                let known = reclaimed + kept_referenced + activated_anon + activated_file;
                if known >= pages {
                    (looked, look_time) = (looked + pages, look_time + time);
                } else {
                    (out_looked, out, out_time) = (out_looked + pages, out + pages - known, out_time + time);
                }
            }
            _ => {}
        }
    }
    let look = (look_time * 1000).checked_div(looked).unwrap_or(0);
    let out = (out_time * 1000).saturating_sub(look * out_looked).checked_div(out).unwrap_or(0);
    [look, out]
}

/// How fast the swap disk is when it has most to do, and how many pages it has then. The time that a page takes to be
/// written follows from how many were on their way on average, and how many were written (Little's law).
fn swap_speed(trace: &Trace) -> Option<(u64, u64)> {
    let mut before: Option<(u64, i64)> = None;
    let (mut waiting, mut samples, mut most) = (0, 0, 0);
    let (mut written, mut time) = (0, 0);
    for (micros, moment) in trace.moments().filter(|(_, moment)| moment.why == Why::Timer) {
        let out = moment.event("pswpout");
        if let Some((then, out_then)) = before.filter(|before| out > before.1) {
            let writeback = moment.nodes.iter().map(|node| node.writeback).sum::<u64>();
            (waiting, samples, most) = (waiting + writeback, samples + 1, most.max(writeback));
            (written, time) = (written + (out - out_then) as u64, time + (micros - then));
        }
        before = Some((micros, out));
    }
    // Pages a second = most / time of a page, which is (waiting / samples) / (written / time).
    let speed = u128::from(most) * u128::from(written) * u128::from(samples as u64) * 1_000_000;
    let speed = speed.checked_div(u128::from(waiting) * u128::from(time))?;
    Some(((speed as u64).max(HZ), most))
}

/// The CPU on which a load that is bound to none begins: where the first of its own events happened.
pub(super) fn cpu(trace: &Trace) -> CpuId {
    let first = trace.entries.iter().find_map(|entry| match &entry.what {
        What::Event { cpu, event: LoadEvent::ExtFrag { .. } | LoadEvent::WakeupKswapd { .. }, .. } => Some(*cpu),
        _ => None,
    });
    first.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sample with so many anonymous pages, pages on their way to swap, and pages swapped out.
    fn sample(micros: u64, why: &str, anon: u64, writeback: u64, out: u64) -> String {
        format!(
            "{micros} N {why} nid=0 ia={anon} aa=0 if=0 af=0 un=0 isoa=0 isof=0 dirty=0 wb={writeback} sr=4 su=5 ko=0 \
             kz=4 kf=0 wait=1\n{micros} E {why} pswpout={out}\n"
        )
    }

    fn trace(text: &str) -> Trace {
        Trace::read(text.as_bytes(), "trace.txt").expect("trace")
    }

    #[test]
    fn memory_fills_until_kswapd_is_woken() {
        let wake = "5 c0 p9 wakeup_kswapd nid=0 zid=1 order=0 gfp=0xcc0\n";
        let text = [
            sample(0, "s", 9000, 0, 0),
            sample(1_000_000, "mark", 100, 0, 0),
            sample(2_000_000, "s", 5100, 0, 0),
            sample(3_000_000, "s", 100, 0, 0),
            wake.to_owned(),
            sample(4_000_000, "s", 90_000, 0, 0),
        ];
        let trace = trace(&text.concat());
        assert_eq!(filled(&trace, KINDS[0]), Some(5000));
        assert_eq!(filled(&trace, KINDS[1]), None);
    }

    #[test]
    fn looking_at_pages_takes_the_time_from_isolating_to_the_end() {
        let text = "\
1000 c0 p9 isolate hzi=2 order=0 req=32 scanned=32 skipped=0 taken=32 mode=0 lru=2
1064 c0 p9 shrink_inactive nid=0 scanned=32 reclaimed=32 dirty=0 wb=0 congested=0 immediate=0 act0=0 act1=0 refkeep=0 \
unmapfail=0 prio=12 file=1
";
        assert_eq!(reclaim_times(&trace(text)), [2000, 0]);
        assert_eq!(reclaim_times(&trace("")), [0, 0]);
    }

    #[test]
    fn the_swap_disk_is_as_fast_as_its_queue_tells() {
        // A page takes 10 ms: 100 are on their way on average while 10000 a second are written.
        let text = [
            sample(0, "s", 0, 0, 0),
            sample(100_000, "s", 0, 100, 1000),
            sample(200_000, "s", 0, 50, 2000),
            sample(300_000, "s", 0, 150, 3000),
        ];
        assert_eq!(swap_speed(&trace(&text.concat())), Some((15_000, 150)));
        assert_eq!(swap_speed(&trace("")), None);
    }
}
