//! What a zone lacked for a request, from the check that it failed.

use crate::explain::WhyStep;
use crate::explain::mark_step;
use crate::rebuild::ToldZone;
use crate::sentence::{Args, Sentence};
use buddyscope_mm::event::{Verdict, WatermarkCheck};
use buddyscope_mm::gfp::AllocFlags;
use buddyscope_mm::pfn::{MAX_ORDER, MIGRATE_PCPTYPES, MigrateType, ZoneId};
use serde::{Serialize, Serializer};

/// What a zone lacked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Lack {
    /// Nothing: it would serve the request as it is reported.
    Nothing,
    /// Free pages above the mark.
    Pages,
    /// Free pages, although the request could use part of what lies below the mark.
    Reserves,
    /// Free pages outside contiguous areas.
    OutsideCma,
    /// Free pages outside pageblocks for high-order atomic requests.
    OutsideHighatomic,
    /// Free pages beyond those kept for requests that cannot go to higher zones.
    Unprotected,
    /// A free block that is large enough.
    Block,
    /// A free block that is large enough and outside contiguous areas and the high-order atomic reserve.
    UsableBlock,
    /// The task's cpuset does not allow it.
    Cpuset,
}

/// A zone's part in a failure.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ZoneFinding {
    /// Which one; others see node × 4 + index.
    #[serde(serialize_with = "index")]
    pub zone: ZoneId,
    /// What it lacked.
    pub lack: Lack,
    /// The same in words.
    pub sentence: Sentence,
    /// The check, line by line.
    pub sum: Vec<String>,
    /// Pages that had to be free besides for the check to pass; 0 if free pages are not what it lacked.
    pub missing: u64,
    /// Order of the largest free block that the request may use; -1 if there is none.
    pub largest: i64,
}

impl ZoneFinding {
    /// Notes that the check passed and that the free pages are on lists which the request takes nothing from.
    pub(super) fn has_nothing_listed(&mut self) {
        self.lack = Lack::UsableBlock;
        self.sentence = Sentence::new("lack.onlyReserved", Args::new().zone(self.zone));
        self.sum.push("but no block on the lists of the request".to_owned());
    }
}

fn index<S: Serializer>(zone: &ZoneId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(zone.index() as u64)
}

/// A zone that the task's cpuset keeps it from.
pub(super) fn outside_cpuset(zone: ZoneId) -> ZoneFinding {
    let sentence = Sentence::new("lack.cpuset", Args::new().zone(zone));
    ZoneFinding { zone, lack: Lack::Cpuset, sentence, sum: Vec::new(), missing: 0, largest: -1 }
}

/// What a check says of a zone.
pub(super) fn finding(check: &WatermarkCheck, told: &ToldZone) -> ZoneFinding {
    let lack = lack(check, told);
    let usable = check.free - check.unusable;
    let missing = match check.verdict {
        Verdict::BelowMark => (check.min + check.reserve + 1 - usable).max(0) as u64,
        _ => 0,
    };
    let largest = largest(told, check);
    let args = Args::new()
        .zone(check.zone)
        .with("usable", usable)
        .with("min", check.min)
        .with("reserve", check.reserve)
        .with("order", check.order)
        .with("largest", largest)
        .with("missing", missing)
        .with("cma", told.free_cma)
        .with("highatomic", told.highatomic);
    let WhyStep { sum, .. } = mark_step(check, told.free_cma > 0);
    ZoneFinding { zone: check.zone, lack, sentence: Sentence::new(key(lack), args), sum, missing, largest }
}

const fn key(lack: Lack) -> &'static str {
    match lack {
        Lack::Nothing => "lack.nothing",
        Lack::Pages => "lack.pages",
        Lack::Reserves => "lack.reserves",
        Lack::OutsideCma => "lack.outsideCma",
        Lack::OutsideHighatomic => "lack.outsideHighatomic",
        Lack::Unprotected => "lack.unprotected",
        Lack::Block => "lack.block",
        Lack::UsableBlock => "lack.usableBlock",
        Lack::Cpuset => "lack.cpuset",
    }
}

fn lack(check: &WatermarkCheck, told: &ToldZone) -> Lack {
    let usable = check.free - check.unusable;
    let needed = check.min + check.reserve;
    let cma = if check.alloc_flags.contains(AllocFlags::CMA) { 0 } else { told.free_cma as i64 };
    let harder = check.alloc_flags.intersects(AllocFlags::HARDER | AllocFlags::OOM);
    let highatomic = if harder { 0 } else { told.highatomic as i64 };
    match check.verdict {
        Verdict::Pass | Verdict::PassFast | Verdict::PassNegative | Verdict::PassUnboosted => Lack::Nothing,
        Verdict::NoBlock if reserved_block(told, check) => Lack::UsableBlock,
        Verdict::NoBlock => Lack::Block,
        Verdict::BelowMark if usable + cma > needed => Lack::OutsideCma,
        Verdict::BelowMark if usable + highatomic > needed => Lack::OutsideHighatomic,
        Verdict::BelowMark if usable > check.min => Lack::Unprotected,
        Verdict::BelowMark if check.min < check.mark => Lack::Reserves,
        Verdict::BelowMark => Lack::Pages,
    }
}

/// Whether some list that the request may not use has a block that is large enough.
fn reserved_block(told: &ToldZone, check: &WatermarkCheck) -> bool {
    let lists = [MigrateType::HighAtomic, MigrateType::Cma];
    told.blocks.iter().skip(check.order.into()).any(|counts| lists.iter().any(|list| counts[list.index()] > 0))
}

/// Order of the largest free block of the types that every request may use; -1 if there is none.
fn largest(told: &ToldZone, check: &WatermarkCheck) -> i64 {
    let cma = usize::from(check.alloc_flags.contains(AllocFlags::CMA));
    let any = |order: &usize| {
        let counts = &told.blocks[*order];
        counts[..MIGRATE_PCPTYPES].iter().any(|&count| count > 0) || cma * counts[MigrateType::Cma.index()] as usize > 0
    };
    (0..MAX_ORDER).rev().find(any).map_or(-1, |order| order as i64)
}
