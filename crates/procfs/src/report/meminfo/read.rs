//! Reading the lines.

use super::free_list::FreeList;
use super::{FreeBlocks, FreeSwap, GlobalCounters, HugePages, MemInfo, NodeCounters, Swap, SwapCache};
use super::{TotalSwap, Totals, ZoneCounters, ZoneMem};
use crate::report::lines::Lines;
use crate::report::{LogError, is_part_of_report};
use buddyscope_mm::pfn::MAX_ORDER;

type Read<T> = Result<T, LogError>;

/// What has been read so far. Lines that are not of `show_mem` are passed over, so parts can be missing until the end.
#[derive(Default)]
struct Parts {
    global: Option<GlobalCounters>,
    nodes: Vec<NodeCounters>,
    zones: Vec<ZoneParts>,
    hugepages: Vec<HugePages>,
    pagecache: Option<u64>,
    swap_cached: Option<u64>,
    swap_cache: Option<SwapCache>,
    free_swap: Option<FreeSwap>,
    total_swap: Option<TotalSwap>,
    ram: Option<u64>,
    highmem: Option<u64>,
    reserved: Option<u64>,
    cma: Option<u64>,
    hwpoisoned: Option<u64>,
}

/// What has been read of a zone.
struct ZoneParts {
    counters: ZoneCounters,
    reserve: Option<Vec<i64>>,
    blocks: Option<[FreeBlocks; MAX_ORDER]>,
}

/// Reads on from the line after `Mem-Info:`.
pub(in crate::report) fn mem_info(lines: &mut Lines<'_>) -> Read<MemInfo> {
    let mut parts = Parts::default();
    while let Some(line) = lines.peek().filter(|line| !is_part_of_report(line)) {
        parts.read(lines, line)?;
    }
    parts.finish(lines)
}

impl Parts {
    fn read(&mut self, lines: &mut Lines<'_>, line: &str) -> Read<()> {
        if line.starts_with("active_anon:") {
            self.global = Some(lines.read_joined("free:", 9)?);
        } else if line.starts_with("Node ") {
            self.node_line(lines, line)?;
        } else if let Some(reserve) = line.strip_prefix("lowmem_reserve[]:") {
            self.reserve(lines, reserve)?;
        } else if line.starts_with("Swap cache stats:") {
            self.swap_cache = Some(lines.read()?);
        } else if line.starts_with("Free swap ") {
            self.free_swap = Some(lines.read()?);
        } else if line.starts_with("Total swap ") {
            self.total_swap = Some(lines.read()?);
        } else {
            let taken = self.total(lines, line)?;
            lines.take_or_skip(taken);
        }
        Ok(())
    }

    /// A line that starts with a node: the word after the node's number tells what kind it is.
    fn node_line(&mut self, lines: &mut Lines<'_>, line: &str) -> Read<()> {
        let mut words = line.split(' ').skip(2);
        let (kind, next) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if kind.starts_with("active_anon:") {
            self.nodes.push(lines.read()?);
        } else if kind.starts_with("hugepages_total=") {
            self.hugepages.push(lines.read()?);
        } else if next.starts_with("free:") {
            self.zones.push(ZoneParts { counters: lines.read()?, reserve: None, blocks: None });
        } else if kind.ends_with(':') && next.contains('*') {
            self.free_list(lines)?;
        } else {
            lines.take_or_skip(false);
        }
        Ok(())
    }

    fn reserve(&mut self, lines: &mut Lines<'_>, reserve: &str) -> Read<()> {
        let Ok(pages) = reserve.split_whitespace().map(str::parse).collect() else {
            return lines.error("lowmem_reserve", "numbers of pages");
        };
        match self.zones.last_mut() {
            Some(ZoneParts { reserve: reserve @ None, .. }) => *reserve = Some(pages),
            _ => return lines.error("lowmem_reserve", "a zone's counters before it"),
        }
        lines.take();
        Ok(())
    }

    fn free_list(&mut self, lines: &mut Lines<'_>) -> Read<()> {
        let line = lines.number();
        let list: FreeList = lines.read()?;
        let is_zone = |zone: &&mut ZoneParts| (zone.counters.node, zone.counters.zone) == (list.node, list.zone);
        let Some(zone) = self.zones.iter_mut().find(is_zone) else {
            return Err(LogError::new(line, "zone", "a zone whose counters were shown", &list.to_string()));
        };
        zone.blocks = Some(list.blocks);
        Ok(())
    }

    /// A line that ends with what it counts; false for other lines.
    fn total(&mut self, lines: &Lines<'_>, line: &str) -> Read<bool> {
        let places = [
            (" total pagecache pages", "pagecache", &mut self.pagecache),
            (" pages in swap cache", "swap_cached", &mut self.swap_cached),
            (" pages RAM", "ram", &mut self.ram),
            (" pages HighMem/MovableOnly", "highmem", &mut self.highmem),
            (" pages cma reserved", "cma", &mut self.cma),
            (" pages reserved", "reserved", &mut self.reserved),
            (" pages hwpoisoned", "hwpoisoned", &mut self.hwpoisoned),
        ];
        for (label, field, place) in places {
            if let Some(number) = line.strip_suffix(label) {
                let Ok(pages) = number.parse() else { return lines.error(field, "a number of pages") };
                *place = Some(pages);
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn finish(self, lines: &Lines<'_>) -> Read<MemInfo> {
        let Some(global) = self.global else { return lines.error("active_anon", "the machine's counters before it") };
        let mut zones = Vec::new();
        for ZoneParts { counters, reserve, blocks } in self.zones {
            let Some(lowmem_reserve) = reserve else { return lines.error("lowmem_reserve", "a line for each zone") };
            let Some(blocks) = blocks else { return lines.error("blocks", "free blocks of each zone before it") };
            zones.push(ZoneMem { counters, lowmem_reserve, blocks });
        }
        // Logs are cut at their end: what the zones tell stands for it.
        let pagecache = self.pagecache.unwrap_or_default();
        let swap = match (self.swap_cached, self.swap_cache, self.free_swap, self.total_swap) {
            (None, None, None, None) => None,
            (cached, cache, free, total) => Some(Swap {
                cached: cached.unwrap_or_default(),
                cache: cache.unwrap_or_default(),
                free: free.unwrap_or_default(),
                total: total.unwrap_or_default(),
            }),
        };
        let sum =
            |of: fn(&ZoneCounters) -> u64| zones.iter().map(|zone| of(&zone.counters)).fold(0, u64::saturating_add);
        let ram = self.ram.unwrap_or_else(|| sum(|zone| zone.present));
        let reserved = self.reserved.unwrap_or_else(|| sum(|zone| zone.present.saturating_sub(zone.managed)));
        let highmem = self.highmem.unwrap_or_default();
        let totals = Totals { ram, highmem, reserved, cma: self.cma, hwpoisoned: self.hwpoisoned };
        Ok(MemInfo { global, nodes: self.nodes, zones, hugepages: self.hugepages, pagecache, swap, totals })
    }
}
