//! What CPU time swapping a page out takes, of which the events of reclaim show only a part: requests are handed to the
//! disk when a list has been scanned, and the disk interrupts whoever runs.

use crate::compare::trace::{LoadEvent, Moment, Trace, What, Why};
use buddyscope_mm::pfn::NodeId;

/// Nanoseconds of a second and of a microsecond.
const SECOND: i64 = 1_000_000_000;
const MICROSECOND: i64 = 1000;

/// Nanoseconds that it takes: all the time of the CPUs that have something to do, from the first wake of kswapd on,
/// that goes neither into pages that the load takes nor into looking at pages. Only time between two samples counts in
/// which pages were written and none was read, as who reads one waits for it. `home` is the node on whose CPU the load
/// runs; kswapd of another node has a CPU of its own while it is awake.
pub(super) fn swap_out_time(trace: &Trace, home: NodeId, anon: u64, look: u64) -> Option<u64> {
    let (mut time, mut written) = (0, 0);
    let (mut looked, mut woken) = (0_u64, false);
    let mut before: Option<(u64, &Moment)> = None;
    for entry in &trace.entries {
        match &entry.what {
            What::Event { event: LoadEvent::Isolate { scanned, skipped, .. }, .. } => {
                looked += scanned.saturating_sub(*skipped);
            }
            What::Event { event: LoadEvent::WakeupKswapd { .. }, .. } => woken = true,
            What::Moment(moment) if moment.why == Why::Timer => {
                let looked = core::mem::take(&mut looked);
                let Some((then, old)) = before.replace((entry.micros, moment)) else { continue };
                let rose = |name: &str| moment.event(name) - old.event(name);
                if !woken || rose("pswpin") > 0 || rose("pswpout") <= 0 {
                    continue;
                }
                let taken = listed(moment) - listed(old) + rose("steal_k") + rose("steal_d");
                let passed = (entry.micros - then) as i64 * MICROSECOND * busy(moment, home);
                time += passed - taken * (SECOND / anon.max(1) as i64) - (looked * look) as i64;
                written += rose("pswpout");
            }
            _ => {}
        }
    }
    time.checked_div(written).map(|time| time.max(0) as u64)
}

/// CPUs with something to do.
fn busy(moment: &Moment, home: NodeId) -> i64 {
    1 + moment.nodes.iter().filter(|node| node.id != home && !node.kswapd_asleep).count() as i64
}

/// Pages on LRU lists.
fn listed(moment: &Moment) -> i64 {
    moment.nodes.iter().map(|node| node.lists[..4].iter().sum::<u64>() as i64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sample with so many anonymous pages, pages reclaimed, swapped out and in.
    fn sample(micros: u64, [anon, reclaimed, out, back]: [u64; 4]) -> String {
        format!(
            "{micros} N s nid=0 ia={anon} aa=0 if=0 af=0 un=0 isoa=0 isof=0 dirty=0 wb=0 sr=4 su=5 ko=0 kz=4 kf=0 \
             wait=0\n{micros} E s steal_k={reclaimed} steal_d=0 pswpin={back} pswpout={out}\n"
        )
    }

    #[test]
    fn what_neither_the_load_nor_looking_takes_goes_into_swapping() {
        let text = [
            sample(0, [1000, 0, 0, 0]),
            "5 c0 p9 wakeup_kswapd nid=0 zid=1 order=0 gfp=0xcc0\n".to_owned(),
            "6 c0 p9 isolate hzi=3 order=0 req=32 scanned=300 skipped=0 taken=32 mode=0 lru=0\n".to_owned(),
            sample(20_000, [1050, 50, 100, 0]),
            sample(90_000, [1050, 50, 150, 9]),
        ];
        let trace = Trace::read(text.concat().as_bytes(), "trace.txt").expect("trace");
        // Of 20 ms 10 ms went into 100 new pages, and 3 ms into looking at 300.
        assert_eq!(swap_out_time(&trace, NodeId(0), 10_000, 10_000), Some(70_000));
        assert_eq!(swap_out_time(&trace, NodeId(1), 10_000, 10_000), Some(270_000), "two CPUs were busy");
        let nothing = Trace::read(b"", "trace.txt").expect("trace");
        assert_eq!(swap_out_time(&nothing, NodeId(0), 1, 1), None);
    }
}
