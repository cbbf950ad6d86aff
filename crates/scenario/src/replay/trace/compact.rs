//! Lines of compaction.

use buddyscope_mm::event::{CompactEvent, Event};
use buddyscope_mm::pfn::{Pfn, ZoneId};

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
        if let Event::Compact(event) = event {
            lines.extend(line(event));
        }
    }
}

/// The line of an event, if recordings have one.
fn line(event: &CompactEvent) -> Option<String> {
    Some(match *event {
        CompactEvent::TryToCompact { order, gfp, priority } => {
            format!("e try_to_compact order={order} gfp={:#x} prio={priority}", gfp.bits())
        }
        CompactEvent::Suitable { zone, order, result } => {
            format!("e suitable zone={} order={order} ret={}", name(zone), result as u8)
        }
        CompactEvent::Finished { zone, order, result } => {
            format!("e finished zone={} order={order} ret={}", name(zone), result as u8)
        }
        CompactEvent::Begin { start: Pfn(start), migrate: Pfn(migrate), free: Pfn(free), end: Pfn(end), sync } => {
            let sync = u8::from(sync);
            format!("e begin zone_start={start} mig={migrate} free={free} zone_end={end} sync={sync}")
        }
        CompactEvent::End {
            start: Pfn(start),
            migrate: Pfn(migrate),
            free: Pfn(free),
            end: Pfn(end),
            sync,
            result,
        } => {
            let (sync, status) = (u8::from(sync), result as u8);
            format!("e end zone_start={start} mig={migrate} free={free} zone_end={end} sync={sync} status={status}")
        }
        CompactEvent::IsolateMigrate { start: Pfn(start), end: Pfn(end), scanned, taken } => {
            format!("e iso_migrate {start}-{end} scanned={scanned} taken={taken}")
        }
        CompactEvent::IsolateFree { start: Pfn(start), end: Pfn(end), scanned, taken } => {
            format!("e iso_free {start}-{end} scanned={scanned} taken={taken}")
        }
        CompactEvent::Migrate { old: Pfn(old), new: Pfn(new) } => format!("M {old} {new} 0"),
        CompactEvent::Deferred { zone, order, .. } => format!("e deferred zone={} order={order}", name(zone)),
        CompactEvent::DeferCompaction { zone, order, considered, shift, failed } => {
            deferral("defer_compaction", zone, order, considered, shift, failed)
        }
        CompactEvent::DeferReset { zone, order, considered, shift, failed } => {
            deferral("defer_reset", zone, order, considered, shift, failed)
        }
        CompactEvent::WakeKcompactd { node, order, highest_zoneidx } => {
            format!("e wakeup_kcompactd nid={} order={order} hzi={highest_zoneidx}", node.0)
        }
        _ => return None,
    })
}

/// A line as recordings of compaction alone have it, which do not tell deferrals in full; `None` for one they lack.
pub(in crate::replay) fn line_of_compaction_alone(line: &str) -> Option<&str> {
    match line.split(' ').nth(1).filter(|_| line.starts_with("e ")) {
        Some("try_to_compact") => None,
        Some("defer_compaction" | "defer_reset") => line.split(" considered=").next(),
        Some(_) => Some(line),
        None => line.starts_with("M ").then_some(line),
    }
}

fn deferral(what: &str, zone: ZoneId, order: u8, considered: u32, shift: u8, failed: u8) -> String {
    format!("e {what} zone={} order={order} considered={considered} shift={shift} failed={failed}", name(zone))
}

/// Node and index of a zone.
fn name(zone: ZoneId) -> String {
    format!("{}:{}", zone.node(), zone.zone_type().index())
}
