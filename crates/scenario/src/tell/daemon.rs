//! Waking kswapd, mixing types, and requests that end without a page.

use super::{StepKind, Told, answer_key, wakeup_key};
use crate::sentence::{Arg, Args};
use buddyscope_mm::event::Event;
use buddyscope_mm::pfn::PAGEBLOCK_ORDER;

/// What a decision of an allocation is that matters to others than the request itself.
pub(super) fn tell(event: &Event) -> Option<Told> {
    Some(match *event {
        Event::WakeKswapd { node, order, wakeup, .. } => {
            Told::new("kswapd", wakeup_key(wakeup), "wakeup_kswapd", Args::new().with("order", order)).on(node)
        }
        Event::Steal { zone, pfn, fallback_order, start, fallback, owned, .. } => {
            let key = match owned {
                _ if fallback_order >= PAGEBLOCK_ORDER => "steal.whole",
                true => "steal.owned",
                false => "steal.one",
            };
            let args = Args::new()
                .with("start", start)
                .with("fallback", fallback)
                .with("pfn", pfn)
                .with("order", fallback_order);
            Told::new("steal", key, "steal_suitable_fallback", args).at(zone).about(pfn)
        }
        Event::Boost { zone, boost, max } => {
            Told::new("marks", "boost", "boost_watermark", Args::new().with("boost", boost).with("max", max)).at(zone)
        }
        Event::AllocEnd { gfp, order, outcome, pfn: None, .. } => {
            let why = Arg::Phrase(answer_key(outcome));
            let args = Args::new().with("order", order).with("gfp", gfp.to_string()).with("why", why);
            Told::new("fail", "failed", "__alloc_pages_nodemask", args).kind(StepKind::Fail)
        }
        _ => return None,
    })
}
