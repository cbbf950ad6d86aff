//! Swap of a recorded machine. The state tells only what is free. How large it is shows in the commands before, and which
//! slots the CPU had taken ahead of need in how it ended.

use crate::recording::{LruPage, Meta, StateFile};
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::CpuId;

/// The CPU that takes slots.
const CPU: CpuId = CpuId(0);
/// Slots that a CPU takes at once.
const SWAP_BATCH: u64 = 64;

/// Restores swap, if there is any.
pub(super) fn restore_swap<S: Sink>(
    machine: &mut Machine<S>,
    start: &StateFile,
    end: Option<&StateFile>,
    meta: Option<&Meta>,
) {
    let Some(task) = &start.task else { return };
    let free = task.swap_free;
    let mut pages = start.lruvecs.iter().flat_map(|lruvec| lruvec.lists.iter().flatten());
    let swapped = pages.any(|page| page.has(LruPage::SWAPCACHE));
    if free == 0 && !swapped {
        return;
    }
    let ahead = end.and_then(|end| slots_ahead(start, end, free)).unwrap_or(0);
    let size = meta.and_then(|meta| meta.pre.as_deref()).and_then(swap_size).filter(|&size| size >= free);
    let size = size.unwrap_or(free + ahead);
    machine.restore_swap(size, free, CPU, ahead.min(size - free) as u8);
}

/// Slots that the CPU had taken ahead at the start, if the batches it took since and the pages it wrote tell: as many as
/// fit, as slots may be taken for pages that are not written in the end.
fn slots_ahead(start: &StateFile, end: &StateFile, free: u64) -> Option<u64> {
    let taken = free.checked_sub(end.swap?.free)?;
    let written = end.vm_event("pswpout")?.checked_sub(start.vm_event("pswpout")?)? as u64;
    if !taken.is_multiple_of(SWAP_BATCH) {
        return None;
    }
    Some((written + SWAP_BATCH - 1).saturating_sub(taken).min(SWAP_BATCH - 1))
}

/// Pages of the swap area that `mkswap DEVICE KIB` made; its first page is the header.
fn swap_size(commands: &str) -> Option<u64> {
    let (_, command) = commands.split_once("mkswap ")?;
    let kib: u64 = command.split_whitespace().nth(1)?.parse().ok()?;
    (kib / 4).checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_swap_is_read_from_the_commands() {
        assert_eq!(swap_size("busybox mkswap /dev/ram0 24576 >/dev/null\nswapon /dev/ram0"), Some(6143));
        assert_eq!(swap_size("swapon /dev/vda"), None);
    }
}
