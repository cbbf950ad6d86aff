//! Decisions about huge pages.

use super::{StepKind, Told};
use crate::sentence::{Arg, Args};
use buddyscope_mm::event::{HugeEvent, SplitResult};

pub(super) fn tell(event: HugeEvent) -> Told {
    let told = |key, function, args| Told::new("huge", key, function, args);
    match event {
        HugeEvent::SplitPage { pfn, result, mapcount, unmapped } => {
            let args = Args::new().with("pfn", pfn).with("mapcount", mapcount).with("unmapped", unmapped);
            let told = |key, args| told(key, "split_huge_page_to_list", args).about(pfn);
            match refusal(result) {
                Some(why) => told("huge.notSplit", args.with("why", Arg::Phrase(why))).kind(StepKind::Fail),
                None if unmapped > 0 => told("huge.splitPartly", args),
                None => told("huge.split", args),
            }
        }
        HugeEvent::SplitPmd { pfn: Some(pfn), compound_mapcount } => {
            let args = Args::new().with("pfn", pfn).with("whole", compound_mapcount);
            told("huge.splitEntry", "__split_huge_pmd", args).about(pfn)
        }
        HugeEvent::SplitPmd { pfn: None, .. } => told("huge.splitZeros", "__split_huge_pmd", Args::new()),
    }
}

/// Why a huge page stays whole.
const fn refusal(result: SplitResult) -> Option<&'static str> {
    match result {
        SplitResult::Split => None,
        SplitResult::BeingWritten => Some("huge.written"),
        SplitResult::Unmapped => Some("huge.unmapped"),
        SplitResult::Held => Some("huge.held"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentence::fill;
    use buddyscope_mm::pfn::Pfn;

    fn said(event: HugeEvent) -> String {
        let told = tell(event);
        fill(told.key, &told.args)
    }

    #[test]
    fn a_split_names_the_page_and_what_it_depends_on() {
        let split =
            |result, mapcount, unmapped| said(HugeEvent::SplitPage { pfn: Pfn(512), result, mapcount, unmapped });
        assert_eq!(
            split(SplitResult::Split, 1, 0),
            "The huge page at 512 is split into 512 small ones; page tables map it 1 time."
        );
        assert!(split(SplitResult::Split, 462, 50).ends_with("nobody maps 50 of them any more, and they are freed."));
        assert_eq!(
            split(SplitResult::Held, 2, 0),
            "The huge page at 512 cannot be split: others than its mappings hold it (page tables map it 2 times)."
        );
        let entry = HugeEvent::SplitPmd { pfn: Some(Pfn(512)), compound_mapcount: 1 };
        assert!(said(entry).ends_with("1 mapping of the whole page left."), "{}", said(entry));
    }
}
