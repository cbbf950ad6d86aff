//! Lines of compaction.

use buddyscope_mm::event::{CompactEvent, Event};
use buddyscope_mm::pfn::ZoneId;

/// Whether an event beside those of compaction makes a line of it.
pub(super) fn is_told(_: &Event) -> bool {
    false
}

/// Writes the lines of compaction.
#[derive(Default)]
pub(super) struct Writer {}

impl Writer {
    /// Takes the next event.
    pub(super) fn hear(&mut self, event: &Event, lines: &mut Vec<String>) {
        let Event::Compact(event) = *event else { return };
        lines.push(match event {
            CompactEvent::TryToCompact { order, gfp, priority } => {
                format!("e try_to_compact order={order} gfp={:#x} prio={priority}", gfp.bits())
            }
            CompactEvent::Suitable { zone, order, result } => {
                format!("e suitable zone={} order={order} ret={}", name(zone), result as u8)
            }
            CompactEvent::Deferred { zone, order, .. } => format!("e deferred zone={} order={order}", name(zone)),
            CompactEvent::DeferCompaction { zone, order, considered, shift, failed } => {
                deferral("defer_compaction", zone, order, considered, shift, failed)
            }
            CompactEvent::DeferReset { zone, order, considered, shift, failed } => {
                deferral("defer_reset", zone, order, considered, shift, failed)
            }
            _ => return,
        });
    }
}

fn deferral(what: &str, zone: ZoneId, order: u8, considered: u32, shift: u8, failed: u8) -> String {
    format!("e {what} zone={} order={order} considered={considered} shift={shift} failed={failed}", name(zone))
}

/// Node and index of a zone.
fn name(zone: ZoneId) -> String {
    format!("{}:{}", zone.node(), zone.zone_type().index())
}
