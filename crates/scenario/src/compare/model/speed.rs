//! How fast the recorded machine was. An emulated machine may be a hundred times slower in one run than in the next,
//! so each run's speeds are taken from its own trace: how fast memory filled before any page was reclaimed, how long
//! looking at pages took, and how long pages were on their way to swap. None is fitted to what is compared.

use crate::compare::run::Run;
use crate::compare::shell::Command;
use crate::compare::trace::{LoadEvent, Moment, Trace, What, Why};
use buddyscope_mm::pfn::CpuId;
use buddyscope_mm::sched::HZ;
use std::collections::BTreeMap;

/// Microseconds of a jiffy.
const JIFFY: u64 = 1_000_000 / HZ;
/// A speed for runs that tell none: 100 MiB a second.
const DEFAULT: u64 = 25_600;
/// Pages that tell a speed; fewer may be anybody's.
const ENOUGH: u64 = 2000;
/// LRU lists of samples by their place: anonymous ones, and those of files.
const KINDS: [[usize; 2]; 2] = [[0, 1], [2, 3]];

/// What time work takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Speed {
    /// Pages of anonymous memory that the load takes in a second.
    pub(super) anon: u64,
    /// Pages of files that it reads in a second.
    pub(super) file: u64,
    /// Pages that reclaim looks at in a jiffy; `None` if it never did.
    pub(super) scanned_per_jiffy: Option<u64>,
    /// Pages that the swap disk writes or reads in a second.
    pub(super) swap: u64,
    /// Pages on their way to the swap disk, or from it, beyond which whoever adds another has to wait.
    pub(super) swap_queue: u64,
    /// Whether the load paces itself.
    pub(super) paced: bool,
}

impl Default for Speed {
    fn default() -> Speed {
        Speed {
            anon: DEFAULT,
            file: DEFAULT,
            scanned_per_jiffy: None,
            swap: DEFAULT,
            swap_queue: u64::MAX,
            paced: false,
        }
    }
}

impl Speed {
    pub(super) fn of(run: &Run) -> Speed {
        let grown = KINDS.map(|lists| filled(&run.trace, lists));
        let [anon, file] = [0, 1].map(|kind| grown[kind].or(grown[1 - kind]).unwrap_or(DEFAULT));
        let scanned_per_jiffy = scan_speed(&run.trace);
        let (swap, swap_queue) = swap_speed(&run.trace).unwrap_or((anon, u64::MAX));
        let mut speed = Speed { anon, file, scanned_per_jiffy, swap, swap_queue, paced: false };
        if let Some([anon, file]) = paced(run) {
            speed = Speed { anon, file, paced: true, ..speed };
        }
        speed
    }

    /// Of a speed a second, what can be done in a jiffy.
    pub(super) fn per_jiffy(speed: u64) -> u64 {
        (speed / HZ).max(1)
    }
}

/// Paces of a load of two commands that run side by side, one of which rests now and then: pages a second over all that
/// each did. They hardly depend on reclaim, and how long one outlives the other decides how much there is to reclaim.
fn paced(run: &Run) -> Option<[u64; 2]> {
    let hog = run.steps.iter().find_map(|step| match &step.command {
        Command::Memhog(hog) if step.background && hog.sleep_us > 0 => Some(*hog),
        _ => None,
    })?;
    let dd = run.steps.iter().find_map(|step| match &step.command {
        Command::Dd(dd) => Some(dd.clone()),
        _ => None,
    })?;
    let marks = |wanted: &str| {
        run.trace.events().find_map(|(micros, _, event)| match event {
            LoadEvent::Mark(name) if name == wanted => Some(micros),
            _ => None,
        })
    };
    let begin = marks("begin")?;
    let pace =
        |pages: u64, end: u64| (pages * 1_000_000).checked_div(end.saturating_sub(begin)).map(|pace| pace.max(1));
    let anon = pace(hog.pages_touched(), marks(&format!("pass{}-done", hog.passes - 1))?)?;
    Some([anon, pace(dd.count? * dd.block / 4096, marks("ddend")?)?])
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

/// Pages of inactive lists dealt with in a jiffy. Where it took longer than a jiffy, somebody else ran in between.
fn scan_speed(trace: &Trace) -> Option<u64> {
    let mut taken: BTreeMap<u32, u64> = BTreeMap::new();
    let (mut pages, mut time) = (0, 0);
    for (micros, pid, event) in trace.events() {
        match event {
            LoadEvent::Isolate { list: 0 | 2, .. } => _ = taken.insert(pid, micros),
            LoadEvent::ShrinkInactive { scanned, .. } => {
                let Some(since) = taken.remove(&pid).map(|then| micros - then).filter(|&since| since < JIFFY) else {
                    continue;
                };
                (pages, time) = (pages + scanned, time + since);
            }
            _ => {}
        }
    }
    (pages * JIFFY).checked_div(time).filter(|&speed| speed > 0)
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

/// The CPU on which a load that is bound to none ran: where most of its own events happened.
pub(super) fn cpu(trace: &Trace) -> CpuId {
    let mut counts: BTreeMap<CpuId, u32> = BTreeMap::new();
    for entry in &trace.entries {
        if let What::Event { cpu, event: LoadEvent::ExtFrag { .. } | LoadEvent::WakeupKswapd { .. }, .. } = &entry.what
        {
            *counts.entry(*cpu).or_default() += 1;
        }
    }
    counts.into_iter().max_by_key(|&(cpu, count)| (count, core::cmp::Reverse(cpu))).map_or(CpuId(0), |found| found.0)
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
        assert_eq!(scan_speed(&trace(text)), Some(2000));
        assert_eq!(scan_speed(&trace("")), None);
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
