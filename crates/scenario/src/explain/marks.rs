//! A watermark check, term by term.

use super::step::WhyStep;
use crate::sentence::{Args, signed};
use crate::tell::StepKind;
use buddyscope_mm::event::{Verdict, WatermarkCheck};
use buddyscope_mm::gfp::AllocFlags;

/// The step for one check. Without contiguous areas free pages that the request cannot use are all high-atomic.
pub(crate) fn step(check: &WatermarkCheck, has_cma: bool) -> WhyStep {
    let (kind, key) = match check.verdict {
        Verdict::PassFast | Verdict::Pass => (StepKind::Pass, "mark.pass"),
        Verdict::PassNegative => (StepKind::Pass, "mark.negative"),
        Verdict::PassUnboosted => (StepKind::Pass, "mark.unboosted"),
        Verdict::BelowMark => (StepKind::Fail, "mark.below"),
        Verdict::NoBlock => (StepKind::Fail, "mark.noBlock"),
    };
    let function = match check.verdict {
        Verdict::PassFast | Verdict::PassNegative => "zone_watermark_fast",
        _ => "__zone_watermark_ok",
    };
    let args = Args::new()
        .zone(check.zone)
        .with("usable", check.free - check.unusable)
        .with("mark", mark_name(check.alloc_flags))
        .with("min", check.min)
        .with("reserve", check.reserve)
        .with("order", check.order);
    WhyStep::new(kind, key, function, args).at(check.zone).with_sum(sum(check, has_cma))
}

const fn mark_name(flags: AllocFlags) -> &'static str {
    match flags.wmark() {
        0 => "min",
        1 => "low",
        _ => "high",
    }
}

/// The check as arithmetic, line by line.
fn sum(check: &WatermarkCheck, has_cma: bool) -> Vec<String> {
    let usable = signed(check.free - check.unusable);
    let mut lines = vec![usable_line(check, has_cma)];
    if check.min != check.mark {
        lines.push(lowered_mark(check));
    }
    let (mark, min, reserve) = (mark_name(check.alloc_flags), check.min, check.reserve);
    lines.push(match check.verdict {
        Verdict::PassNegative => format!("{usable} as unsigned long > {mark} {min} + {reserve} reserve → pass"),
        // Such a request tries the zone all the same.
        Verdict::BelowMark if check.alloc_flags.contains(AllocFlags::NO_WATERMARKS) => {
            format!("{usable} ≤ {mark} {min} + {reserve} reserve → too few")
        }
        Verdict::BelowMark => format!("{usable} ≤ {mark} {min} + {reserve} reserve → skip"),
        Verdict::NoBlock => {
            format!("{usable} > {mark} {min} + {reserve} reserve, but no block of order ≥ {} → skip", check.order)
        }
        Verdict::PassFast | Verdict::Pass | Verdict::PassUnboosted => {
            format!("{usable} > {mark} {min} + {reserve} reserve → pass")
        }
    });
    lines
}

/// What of the free pages the request can use.
fn usable_line(check: &WatermarkCheck, has_cma: bool) -> String {
    let above_first = (1i64 << check.order) - 1;
    let others = check.unusable - above_first;
    let mut line = format!("free {}", check.free);
    if above_first != 0 {
        line.push_str(&format!(" − {above_first} (order {})", check.order));
    }
    if others != 0 {
        let highatomic = !check.alloc_flags.intersects(AllocFlags::HARDER | AllocFlags::OOM);
        let cma = has_cma && !check.alloc_flags.contains(AllocFlags::CMA);
        let name = match (highatomic, cma) {
            (true, true) => "high-atomic and CMA",
            (true, false) => "high-atomic",
            _ => "CMA",
        };
        line.push_str(&format!(" − {others} ({name})"));
    }
    if check.unusable != 0 {
        line.push_str(&format!(" = {}", signed(check.free - check.unusable)));
    }
    line
}

/// What HIGH, HARDER and OOM take off the mark (`__zone_watermark_ok`).
fn lowered_mark(check: &WatermarkCheck) -> String {
    let mut min = check.mark;
    let mut line = format!("{} {min}", mark_name(check.alloc_flags));
    let terms = [(AllocFlags::HIGH, 2, "HIGH"), (AllocFlags::OOM, 2, "OOM victim"), (AllocFlags::HARDER, 4, "HARDER")];
    for (flag, part, name) in terms {
        // An OOM victim's half takes the place of HARDER's quarter.
        let applies = flag != AllocFlags::HARDER || !check.alloc_flags.contains(AllocFlags::OOM);
        if check.alloc_flags.contains(flag) && applies {
            line.push_str(&format!(" − {} {name}", min / part));
            min -= min / part;
        }
    }
    debug_assert_eq!(min, check.min);
    format!("{line} = {min}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use buddyscope_mm::pfn::{NodeId, ZoneId, ZoneType};

    fn check(order: u8, alloc_flags: AllocFlags, free: i64, unusable: i64, mark: i64, min: i64) -> WatermarkCheck {
        let zone = ZoneId::new(NodeId(0), ZoneType::Normal);
        let verdict = if free - unusable > min { Verdict::Pass } else { Verdict::BelowMark };
        WatermarkCheck { zone, order, alloc_flags, verdict, free, unusable, mark, min, reserve: 0 }
    }

    #[test]
    fn an_atomic_request_shows_each_part_it_may_take_off_the_mark() {
        let step = step(&check(3, AllocFlags::HIGH | AllocFlags::HARDER, 121, 7, 518, 195), true);
        assert_eq!(
            step.sum,
            [
                "free 121 − 7 (order 3) = 114",
                "min 518 − 259 HIGH − 64 HARDER = 195",
                "114 ≤ min 195 + 0 reserve → skip"
            ]
        );
        assert_eq!((step.kind, step.key), (StepKind::Fail, "mark.below"));
    }

    #[test]
    fn an_oom_victims_half_replaces_the_quarter() {
        let step = step(&check(0, AllocFlags::OOM | AllocFlags::HARDER, 100, 0, 100, 50), true);
        assert_eq!(step.sum[1], "min 100 − 50 OOM victim = 50");
    }

    #[test]
    fn pages_that_belong_to_others_are_named() {
        let check = check(0, AllocFlags::WMARK_LOW, 1000, 512, 300, 300);
        let pass = "488 > low 300 + 0 reserve → pass";
        assert_eq!(step(&check, true).sum, ["free 1000 − 512 (high-atomic and CMA) = 488", pass]);
        assert_eq!(step(&check, false).sum, ["free 1000 − 512 (high-atomic) = 488", pass]);
    }
}
