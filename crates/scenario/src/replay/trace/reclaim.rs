//! Lines of reclaim.

use super::memcg::memcg_number;
use buddyscope_mm::event::{Event, ReclaimEvent, ScanBalance, ScanFlags};
use core::fmt::Display;

/// Whether an event beside those of reclaim makes a line of it.
pub(super) fn is_told(_: &Event) -> bool {
    false
}

/// Writes the lines of reclaim.
#[derive(Default)]
pub(super) struct Writer {
    /// A list of pages that may go on.
    list: Option<(&'static str, String)>,
    /// A line whose second half is to come.
    half: String,
}

impl Writer {
    /// Takes the next event.
    pub(super) fn hear(&mut self, event: &Event, lines: &mut Vec<String>) {
        let Event::Reclaim(event) = *event else { return self.end_list(lines) };
        match event {
            ReclaimEvent::Isolated { pfn } => self.list("isolated", pfn, "", lines),
            ReclaimEvent::Kept { pfn, active } => self.list("kept", pfn, if active { "/a" } else { "" }, lines),
            ReclaimEvent::Stays { pfn } => self.list("stay", pfn, "", lines),
            ReclaimEvent::Deactivated { pfn } => self.list("deactivate", pfn, "", lines),
            _ => {
                self.end_list(lines);
                lines.extend(self.line(event));
            }
        }
    }

    /// No event follows.
    pub(super) fn end(&mut self, lines: &mut Vec<String>) {
        self.end_list(lines);
    }

    fn list(&mut self, head: &'static str, pfn: impl Display, mark: &str, lines: &mut Vec<String>) {
        if self.list.as_ref().is_some_and(|list| list.0 != head) {
            self.end_list(lines);
        }
        let (_, text) = self.list.get_or_insert_with(|| (head, format!("l {head} :")));
        *text += &format!(" {pfn}{mark}");
    }

    fn end_list(&mut self, lines: &mut Vec<String>) {
        lines.extend(self.list.take().map(|(_, text)| text));
    }

    /// The line that an event makes or finishes.
    fn line(&mut self, event: ReclaimEvent) -> Option<String> {
        Some(match event {
            ReclaimEvent::Throttled { node } => format!("e throttle nid={node}"),
            ReclaimEvent::DirectBegin { order, gfp } => format!("e direct_begin order={order} gfp={:#x}", gfp.bits()),
            ReclaimEvent::DirectPriority { priority, order, flags, nr_reclaimed } => format!(
                "e direct_prio prio={priority} order={order} nr_reclaimed={nr_reclaimed} may_writepage={} may_swap={} \
                 force_deactivate={} low_reclaim={}",
                bit(flags, ScanFlags::WRITEPAGE),
                bit(flags, ScanFlags::SWAP),
                bit(flags, ScanFlags::FORCE_DEACTIVATE),
                bit(flags, ScanFlags::LOW_RECLAIM)
            ),
            ReclaimEvent::DirectEnd { reclaimed } => format!("e direct_end reclaimed={reclaimed}"),
            ReclaimEvent::KswapdPriority { priority, order, flags, boost, pgdat_flags } => format!(
                "e kswapd_prio prio={priority} order={order} balanced={} boosted={boost} may_writepage={} may_swap={} \
                 flags={pgdat_flags:#x}",
                bit(flags, ScanFlags::BALANCED),
                bit(flags, ScanFlags::WRITEPAGE),
                bit(flags, ScanFlags::SWAP)
            ),
            ReclaimEvent::NodeBegin { .. } | ReclaimEvent::NodeCosts { .. } | ReclaimEvent::NodeEnd { .. } => {
                return self.node_line(event);
            }
            ReclaimEvent::ScanCount { .. } => scan_count(event)?,
            ReclaimEvent::Isolate { highest_zoneidx, order, lru, mode, requested, scanned, skipped, taken } => format!(
                "e isolate hzi={highest_zoneidx} order={order} req={requested} scanned={scanned} skipped={skipped} \
                 taken={taken} mode={mode} lru={}",
                lru as u8
            ),
            ReclaimEvent::Referenced { pfn, references } => format!("e ref pfn={pfn} res={}", references as u8),
            ReclaimEvent::Pageout { pfn } => format!("e pageout pfn={pfn}"),
            ReclaimEvent::InactiveScanned { .. } | ReclaimEvent::InactiveKept { .. } => {
                return self.inactive_line(event);
            }
            ReclaimEvent::ActiveScanned { node, file, priority, taken, active, deactivated, referenced } => format!(
                "e shrink_active nid={node} taken={taken} active={active} deactivated={deactivated} \
                 referenced={referenced} prio={priority} file={}",
                u8::from(file)
            ),
            _ => return None,
        })
    }

    fn node_line(&mut self, event: ReclaimEvent) -> Option<String> {
        match event {
            ReclaimEvent::NodeBegin {
                node,
                priority,
                highest_zoneidx,
                order,
                flags,
                nr_to_reclaim,
                nr_reclaimed,
                nr_scanned,
            } => {
                let may_deactivate =
                    bit(flags, ScanFlags::DEACTIVATE_ANON) | bit(flags, ScanFlags::DEACTIVATE_FILE) << 1;
                self.half = format!(
                    "may_deactivate={may_deactivate} force_deactivate={} trim={} tiny={} may_writepage={} may_unmap={} \
                     may_swap={}",
                    bit(flags, ScanFlags::FORCE_DEACTIVATE),
                    bit(flags, ScanFlags::CACHE_TRIM),
                    bit(flags, ScanFlags::FILE_IS_TINY),
                    bit(flags, ScanFlags::WRITEPAGE),
                    bit(flags, ScanFlags::UNMAP),
                    bit(flags, ScanFlags::SWAP)
                );
                let numbers =
                    format!("nr_to_reclaim={nr_to_reclaim} nr_reclaimed={nr_reclaimed} nr_scanned={nr_scanned}");
                self.half = format!(
                    "e shrink_node nid={node} prio={priority} hzi={highest_zoneidx} order={order} {numbers}\n{}",
                    self.half
                );
                None
            }
            ReclaimEvent::NodeCosts { cost, activations, refaults, nonresident_age } => {
                let (begin, end) = self.half.split_once('\n')?;
                Some(format!(
                    "{begin} anon_cost={} file_cost={} wsact={} refaults={} {end} nonres_age={nonresident_age}",
                    cost[0],
                    cost[1],
                    row(&activations),
                    row(&refaults)
                ))
            }
            ReclaimEvent::NodeEnd { node, nr_reclaimed, nr_scanned, slab } => Some(format!(
                "e shrink_node_end nid={node} nr_reclaimed={nr_reclaimed} nr_scanned={nr_scanned} slab={slab}"
            )),
            _ => None,
        }
    }

    fn inactive_line(&mut self, event: ReclaimEvent) -> Option<String> {
        match event {
            ReclaimEvent::InactiveScanned {
                node,
                file,
                priority,
                scanned,
                reclaimed,
                dirty,
                writeback,
                congested,
                immediate,
            } => {
                self.half = format!(
                    "e shrink_inactive nid={node} scanned={scanned} reclaimed={reclaimed} dirty={dirty} wb={writeback} \
                     congested={congested} immediate={immediate}\nprio={priority} file={}",
                    u8::from(file)
                );
                None
            }
            ReclaimEvent::InactiveKept { activated, ref_keep, unmap_fail } => {
                let (begin, end) = self.half.split_once('\n')?;
                Some(format!(
                    "{begin} act0={} act1={} refkeep={ref_keep} unmapfail={unmap_fail} {end}",
                    activated[0], activated[1]
                ))
            }
            _ => None,
        }
    }
}

fn scan_count(event: ReclaimEvent) -> Option<String> {
    let ReclaimEvent::ScanCount {
        node,
        priority,
        swappiness,
        balance,
        memcg,
        fraction,
        size,
        nr,
        protection,
        memcg_size,
    } = event
    else {
        return None;
    };
    let fraction = match balance {
        ScanBalance::Fraction => format!(" fraction={}/{}", row(&fraction), fraction[0] + fraction[1]),
        _ => String::new(),
    };
    Some(format!(
        "e scan_count nid={node} memcg={} prio={priority} swappiness={swappiness} balance={}{fraction} size={} nr={} \
         prot={protection} memcg_size={memcg_size}",
        memcg_number(memcg),
        balance as u8,
        row(&size),
        row(&nr)
    ))
}

fn bit(flags: ScanFlags, flag: ScanFlags) -> u8 {
    u8::from(flags.contains(flag))
}

fn row<T: Display>(values: &[T]) -> String {
    let texts: Vec<String> = values.iter().map(T::to_string).collect();
    texts.join(",")
}
