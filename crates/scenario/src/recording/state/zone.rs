//! A zone's part of a `state.txt`.

use super::lists::{
    Pageblocks, PcpPage, PfnRange, read_bits, read_items, read_list, read_pageblocks, read_pcp_page, read_range,
};
use crate::recording::cursor::{Cursor, Expected, Read};
use crate::recording::digest::{NUMA_COUNTERS, read_row};
use buddyscope_mm::pfn::{
    CpuId, MAX_NR_ZONES, MAX_ORDER, MIGRATE_PCPTYPES, MIGRATE_TYPES, MigrateType, Pfn, ZoneId, ZoneType,
};

/// `ZONE` and the lines that follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneState {
    /// The zone.
    pub id: ZoneId,
    /// First page frame.
    pub start: Pfn,
    /// Pages from the first to the last.
    pub spanned: u64,
    /// Pages that exist.
    pub present: u64,
    /// Pages that the allocator manages.
    pub managed: u64,
    /// Min, low and high mark without boost.
    pub watermark: [u64; 3],
    /// Watermark boost, pages.
    pub boost: u64,
    /// `percpu_drift_mark`.
    pub drift_mark: u64,
    /// Pages in high-atomic blocks.
    pub highatomic: u64,
    /// Zone flags.
    pub flags: u32,
    /// Isolated pageblocks.
    pub isolated_blocks: u64,
    /// `lowmem_reserve` by highest zone index.
    pub reserve: [u64; MAX_NR_ZONES],
    /// Free pages by the global counter.
    pub free: i64,
    /// Free CMA pages by the global counter.
    pub free_cma: i64,
    /// LRU counters: inactive and active anonymous, inactive and active file, unevictable.
    pub lru_counts: [u64; 5],
    /// NUMA counters with the CPUs' parts.
    pub numa: [u64; NUMA_COUNTERS],
    /// Each online CPU's pages.
    pub pcp: Vec<PcpState>,
    /// Free blocks by order.
    pub nr_free: [u64; MAX_ORDER],
    /// Free lists by order and type, head first.
    pub free_lists: [[Vec<Pfn>; MIGRATE_TYPES]; MAX_ORDER],
    /// Pageblock types.
    pub pageblocks: Pageblocks,
    /// Page frames within the span that are not this zone's.
    pub holes: Vec<PfnRange>,
    /// Pages that the allocator never gets.
    pub reserved: Vec<PfnRange>,
    /// Pages in use that are on an LRU list.
    pub lru: Vec<PfnRange>,
    /// Other pages in use that a driver can move.
    pub movable: Vec<PfnRange>,
    /// Compaction's memory, where it is told.
    pub compact: Option<CompactState>,
    /// Skip hints by pageblock from the page on, where they are told; `None` where no memory section is.
    pub skip: Option<(Pfn, Vec<Option<bool>>)>,
    /// Anonymous LRU pages.
    pub anon: Vec<PfnRange>,
    /// Anonymous LRU pages with more references than mappings.
    pub pinned_anon: Vec<PfnRange>,
    /// Pages of compound pages in use.
    pub compound: Vec<PfnRange>,
    /// Unevictable LRU pages.
    pub unevictable: Vec<PfnRange>,
}

/// `PCP`: the pages a CPU keeps of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PcpState {
    /// The CPU.
    pub cpu: CpuId,
    /// Pages on the lists.
    pub count: u32,
    /// At this count pages go back.
    pub high: u32,
    /// Pages moved at once.
    pub batch: u32,
    /// This CPU's part of the free pages counter.
    pub free_delta: i16,
    /// This CPU's part of the free CMA pages counter.
    pub free_cma_delta: i16,
    /// `stat_threshold`.
    pub threshold: u8,
    /// Unmovable, movable and reclaimable pages, head first.
    pub lists: [Vec<PcpPage>; MIGRATE_PCPTYPES],
}

/// `COMPACT`: where compaction left off and how it was put off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompactState {
    /// `compact_cached_free_pfn`.
    pub free_pfn: u64,
    /// `compact_cached_migrate_pfn` for asynchronous and for synchronous runs.
    pub migrate_pfn: [u64; 2],
    /// `compact_init_migrate_pfn`.
    pub init_migrate_pfn: u64,
    /// `compact_init_free_pfn`.
    pub init_free_pfn: u64,
    /// `compact_considered`.
    pub considered: u64,
    /// `compact_defer_shift`.
    pub defer_shift: u64,
    /// `compact_order_failed`.
    pub order_failed: i64,
    /// `compact_blockskip_flush`.
    pub blockskip_flush: bool,
}

impl ZoneState {
    /// Reads a `ZONE` line.
    pub(super) fn read(c: &mut Cursor<'_>) -> Read<ZoneState> {
        let node = c.node("ZONE nid=")?;
        c.expect(" idx=")?;
        let at = c.position();
        let bad_index = |c: &mut Cursor<'_>| c.back_to(at, "idx", "a zone index, 0 to 3");
        let index = c.decimal("idx")? as usize;
        let zone_type = ZoneType::from_index(index).ok_or_else(|| bad_index(c))?;
        c.expect(" name=")?;
        if !c.eat(zone_type.name()) {
            return Err(Expected { field: "name", what: "the name of the zone with this index" });
        }
        c.expect(" start=")?;
        let mut zone = ZoneState::empty(ZoneId::new(node, zone_type), c.pfn("start")?);
        zone.read_numbers(c)?;
        c.end_of_line()?;
        Ok(zone)
    }

    fn read_numbers(&mut self, c: &mut Cursor<'_>) -> Read<()> {
        let at = c.position();
        self.spanned = c.number(" spanned=")?;
        if self.start.0 + self.spanned > Pfn::LIMIT.0 {
            return Err(c.back_to(at, "spanned", "a span within 46 bits of addresses"));
        }
        self.present = c.number(" present=")?;
        self.managed = c.number(" managed=")?;
        self.watermark = [c.number(" wmin=")?, c.number(" wlow=")?, c.number(" whigh=")?];
        self.boost = c.number(" boost=")?;
        self.drift_mark = c.number(" drift=")?;
        self.highatomic = c.number(" nr_ha=")?;
        self.flags = c.hex32(" flags=")?;
        self.isolated_blocks = c.number(" isol=")?;
        self.reserve = read_row(c, " reserve=")?;
        Ok(())
    }

    /// Reads a line that follows a `ZONE` line; `kind` is its first word. `false` if it is none of these.
    pub(super) fn read_line(&mut self, kind: &str, c: &mut Cursor<'_>) -> Read<bool> {
        match kind {
            "STAT" => {
                self.free = c.signed_number("STAT free=")?;
                self.free_cma = c.signed_number(" free_cma=")?;
            }
            "LRUSTAT" => self.lru_counts = read_words(c, "LRUSTAT")?,
            "NUMA" => self.numa = read_words(c, "NUMA")?,
            "PCP" => self.pcp.push(read_pcp(c)?),
            "PL" => self.read_pcp_list(c)?,
            "FA" => {
                let order = read_order(c, "FA o=")?;
                self.nr_free[order] = c.number(" nr=")?;
            }
            "FL" => {
                let order = read_order(c, "FL o=")?;
                let migrate_type = c.migrate_type(" mt=")?;
                self.free_lists[order][migrate_type.index()] = read_list(c, |c| c.pfn("pfn"))?;
            }
            "PB" => self.pageblocks = read_pageblocks(c)?,
            "COMPACT" => self.compact = Some(read_compact(c)?),
            "SKIP" => {
                c.expect("SKIP first=")?;
                self.skip = Some((c.pfn("first")?, read_bits(c)?));
            }
            _ => return self.read_ranges(kind, c),
        }
        c.end_of_line()?;
        Ok(true)
    }

    fn read_ranges(&mut self, kind: &str, c: &mut Cursor<'_>) -> Read<bool> {
        let ranges = match kind {
            "HOLE" => &mut self.holes,
            "RESERVED" => &mut self.reserved,
            "LRU" => &mut self.lru,
            "MOVABLEPG" => &mut self.movable,
            "ANON" => &mut self.anon,
            "PINNEDANON" => &mut self.pinned_anon,
            "COMPOUND" => &mut self.compound,
            "UNEVICTABLE" => &mut self.unevictable,
            _ => return Ok(false),
        };
        c.eat(kind);
        *ranges = read_items(c, read_range)?;
        Ok(true)
    }

    fn read_pcp_list(&mut self, c: &mut Cursor<'_>) -> Read<()> {
        let cpu = c.cpu("PL cpu=")?;
        let at = c.position();
        let list = c.migrate_type(" mt=")?;
        let missing = |c: &mut Cursor<'_>| c.back_to(at, "PL", "a list 0 to 2 of a CPU with a PCP line before it");
        let pages = read_list(c, |c| read_pcp_page(c, list))?;
        let pcp = self.pcp.iter_mut().find(|pcp| pcp.cpu == cpu);
        *pcp.and_then(|pcp| pcp.lists.get_mut(list.index())).ok_or_else(|| missing(c))? = pages;
        Ok(())
    }

    fn empty(id: ZoneId, start: Pfn) -> ZoneState {
        ZoneState {
            id,
            start,
            spanned: 0,
            present: 0,
            managed: 0,
            watermark: [0; 3],
            boost: 0,
            drift_mark: 0,
            highatomic: 0,
            flags: 0,
            isolated_blocks: 0,
            reserve: [0; MAX_NR_ZONES],
            free: 0,
            free_cma: 0,
            lru_counts: [0; 5],
            numa: [0; NUMA_COUNTERS],
            pcp: Vec::new(),
            nr_free: [0; MAX_ORDER],
            free_lists: Default::default(),
            pageblocks: Pageblocks::default(),
            holes: Vec::new(),
            reserved: Vec::new(),
            lru: Vec::new(),
            movable: Vec::new(),
            compact: None,
            skip: None,
            anon: Vec::new(),
            pinned_anon: Vec::new(),
            compound: Vec::new(),
            unevictable: Vec::new(),
        }
    }

    /// The free list of an order and type, head first.
    #[must_use]
    pub fn free_list(&self, order: usize, migrate_type: MigrateType) -> &[Pfn] {
        self.free_lists.get(order).map_or(&[], |lists| &lists[migrate_type.index()])
    }
}

fn read_order(c: &mut Cursor<'_>, key: &'static str) -> Read<usize> {
    c.expect(key)?;
    let at = c.position();
    match c.decimal("order")? as usize {
        order if order < MAX_ORDER => Ok(order),
        _ => Err(c.back_to(at, "order", "an order, 0 to 10")),
    }
}

/// Exactly `N` numbers with blanks before them.
fn read_words<const N: usize>(c: &mut Cursor<'_>, word: &'static str) -> Read<[u64; N]> {
    c.expect(word)?;
    let mut row = [0; N];
    for value in &mut row {
        *value = c.number(" ")?;
    }
    Ok(row)
}

fn read_pcp(c: &mut Cursor<'_>) -> Read<PcpState> {
    Ok(PcpState {
        cpu: c.cpu("PCP cpu=")?,
        count: c.number(" count=")?,
        high: c.number(" high=")?,
        batch: c.number(" batch=")?,
        free_delta: read_delta(c, " dfree=")?,
        free_cma_delta: read_delta(c, " dcma=")?,
        threshold: c.number(" thr=")?,
        lists: Default::default(),
    })
}

fn read_delta(c: &mut Cursor<'_>, key: &'static str) -> Read<i16> {
    let at = c.position();
    i16::try_from(c.signed_number(key)?).map_err(|_| c.back_to(at, key, "a number of 16 bits"))
}

fn read_compact(c: &mut Cursor<'_>) -> Read<CompactState> {
    Ok(CompactState {
        free_pfn: c.number("COMPACT free_pfn=")?,
        migrate_pfn: [c.number(" mig_async=")?, c.number(" mig_sync=")?],
        init_migrate_pfn: c.number(" init_mig=")?,
        init_free_pfn: c.number(" init_free=")?,
        considered: c.number(" considered=")?,
        defer_shift: c.number(" shift=")?,
        order_failed: c.signed_number(" failed=")?,
        blockskip_flush: c.flag(" flush=")?,
    })
}
