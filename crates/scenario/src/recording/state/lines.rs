//! The lines of a `state.txt`, one after the other.

use super::lists::read_list;
use super::lruvec::{ListLine, LruvecState};
use super::memcg::{MemcgState, SwapState};
use super::zone::ZoneState;
use super::{Constants, NodeState, SamplerLine, StateFile, TaskState};
use crate::recording::cursor::{Cursor, Read};
use crate::recording::ops::WakeOp;
use crate::recording::vm_events::read_vm_events;
use buddyscope_mm::pfn::NodeId;
use buddyscope_mm::task::TaskFlags;

/// What has been read so far.
#[derive(Default)]
pub(super) struct StateReader {
    state: StateFile,
    has_constants: bool,
    /// Distances come before the nodes they belong to.
    distances: Vec<(NodeId, Vec<(NodeId, u8)>)>,
}

impl StateReader {
    /// Reads one line.
    pub(super) fn line(&mut self, c: &mut Cursor<'_>, line: u32) -> Read<()> {
        let word = first_word(c.rest());
        match word {
            "CONST" => {
                self.state.constants = read_constants(c)?;
                self.has_constants = true;
            }
            "CPU" => {
                let cpu = c.cpu("CPU cpu=")?;
                self.state.cpus.push((cpu, c.node(" node=")?));
            }
            "DIST" => {
                let node = c.node("DIST nid=")?;
                self.distances.push((node, read_list(c, read_distance)?));
            }
            "NODE" => self.node(c)?,
            "ZL" => self.zonelist(c)?,
            "ZONE" => self.zone(c)?,
            "TASK" => self.state.task = Some(read_task(c)?),
            "LRUVEC" => self.state.lruvecs.push(LruvecState::read(c)?),
            "LL" => self.lru_list(c)?,
            "MEMCG" => self.state.memcgs.push(MemcgState::read(c)?),
            "VMEVENTS" => self.vm_events(c)?,
            "SWAP" => self.state.swap = Some(SwapState::read(c)?),
            _ => return self.other(c, line, word),
        }
        c.end_of_line()
    }

    /// The state, or the first word of a line that is missing.
    pub(super) fn finish(mut self) -> Result<StateFile, &'static str> {
        for (id, distance) in self.distances {
            if let Some(node) = self.state.nodes.iter_mut().find(|node| node.id == id) {
                node.distance = distance;
            }
        }
        let present = [
            ("CONST", self.has_constants),
            ("CPU", !self.state.cpus.is_empty()),
            ("NODE", !self.state.nodes.is_empty()),
            ("ZONE", !self.state.zones.is_empty()),
        ];
        match present.iter().find(|(_, there)| !there) {
            Some((missing, _)) => Err(missing),
            None => Ok(self.state),
        }
    }

    fn node(&mut self, c: &mut Cursor<'_>) -> Read<()> {
        let node = read_node(c)?;
        match self.state.nodes.last() {
            Some(last) if last.id >= node.id => Err(c.back_to(0, "nid", "nodes in ascending order")),
            _ => {
                self.state.nodes.push(node);
                Ok(())
            }
        }
    }

    fn zonelist(&mut self, c: &mut Cursor<'_>) -> Read<()> {
        let id = c.node("ZL nid=")?;
        c.expect(" type=")?;
        let falls_back = c.eat("FALLBACK");
        if !falls_back {
            c.expect("NOFALLBACK")?;
        }
        let zones = read_list(c, |c| c.zone_id("zone"))?;
        match self.state.nodes.iter_mut().find(|node| node.id == id) {
            Some(node) if falls_back => node.fallback = zones,
            Some(node) => node.nofallback = zones,
            None => return Err(c.back_to(0, "nid", "a node with a NODE line before it")),
        }
        Ok(())
    }

    fn zone(&mut self, c: &mut Cursor<'_>) -> Read<()> {
        let zone = ZoneState::read(c)?;
        match self.state.zones.last() {
            Some(last) if last.id >= zone.id => Err(c.back_to(0, "zone", "zones in ascending order")),
            _ => {
                self.state.zones.push(zone);
                Ok(())
            }
        }
    }

    fn lru_list(&mut self, c: &mut Cursor<'_>) -> Read<()> {
        let line = ListLine::read(c)?;
        let mut lruvecs = self.state.lruvecs.iter_mut().rev();
        match lruvecs.find(|lruvec| (lruvec.node, lruvec.memcg) == (line.node, line.memcg)) {
            Some(lruvec) => lruvec.lists[line.list] = line.pages,
            None => return Err(c.back_to(0, "LL", "lists with an LRUVEC line before them")),
        }
        Ok(())
    }

    fn vm_events(&mut self, c: &mut Cursor<'_>) -> Read<()> {
        let text = core::str::from_utf8(c.rest()).map_err(|_| c.back_to(0, "VMEVENTS", "UTF-8 text"))?;
        c.expect("VMEVENTS")?;
        self.state.vm_events = read_vm_events(c, text)?.into_iter().map(|(name, n)| (name.to_owned(), n)).collect();
        Ok(())
    }

    /// A line of a zone, or one of a sampler that ran beside the dump, which begins with the time.
    fn other(&mut self, c: &mut Cursor<'_>, line: u32, word: &str) -> Read<()> {
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            let text = core::str::from_utf8(c.rest()).map_err(|_| c.back_to(0, "line", "UTF-8 text"))?;
            self.state.sampler.push(SamplerLine { line, text: text.trim().to_owned() });
            return Ok(());
        }
        let known = match self.state.zones.last_mut() {
            Some(zone) => zone.read_line(word, c)?,
            None => false,
        };
        if known { Ok(()) } else { Err(c.back_to(0, "line", "a known kind of line; zones' lines follow a ZONE line")) }
    }
}

fn first_word(line: &[u8]) -> &str {
    let end = line.iter().position(|&b| b == b' ').unwrap_or(line.len());
    core::str::from_utf8(&line[..end]).unwrap_or_default()
}

/// `k=v` in any order; unknown keys are passed over.
fn read_constants(c: &mut Cursor<'_>) -> Read<Constants> {
    c.expect("CONST")?;
    let mut constants = Constants::default();
    while c.eat(" ") {
        read_constant(c, &mut constants)?;
    }
    Ok(constants)
}

fn read_constant(c: &mut Cursor<'_>, into: &mut Constants) -> Read<()> {
    match c.key() {
        b"rt" => into.realtime = c.flag("=")?,
        b"nr_cpus" => into.nr_cpus = c.number("=")?,
        b"online_nodes" => into.online_nodes = c.number("=")?,
        b"group_disabled" => into.group_disabled = c.flag("=")?,
        b"min_free_kbytes" => into.min_free_kbytes = c.number("=")?,
        b"scale" => into.watermark_scale_factor = c.number("=")?,
        b"boost_factor" => into.watermark_boost_factor = c.number("=")?,
        b"node_reclaim" => into.node_reclaim = c.number("=")?,
        b"pcp_fraction" => into.pcp_fraction = c.number("=")?,
        b"totalram" => into.totalram_pages = c.number("=")?,
        b"totalreserve" => into.totalreserve_pages = c.number("=")?,
        b"hz" => into.hz = c.number("=")?,
        b"cpusets" => into.cpusets = c.flag("=")?,
        b"lowmem_ratio" => into.lowmem_reserve_ratio = read_ratios(c)?,
        _ => skip_word(c),
    }
    Ok(())
}

fn read_ratios(c: &mut Cursor<'_>) -> Read<Vec<u64>> {
    let mut ratios = vec![c.number("=")?];
    while c.eat(",") {
        ratios.push(c.decimal("lowmem_ratio")?);
    }
    Ok(ratios)
}

fn skip_word(c: &mut Cursor<'_>) {
    let rest = c.rest();
    let length = rest.iter().position(|&b| b == b' ').unwrap_or(rest.len());
    c.skip(length);
}

/// `m:d`.
fn read_distance(c: &mut Cursor<'_>) -> Read<(NodeId, u8)> {
    Ok((c.node_id("node")?, c.number(":")?))
}

fn read_node(c: &mut Cursor<'_>) -> Read<NodeState> {
    let id = c.node("NODE nid=")?;
    c.expect(" start=")?;
    let start = c.pfn("start")?;
    let present = c.number(" present=")?;
    let spanned = c.number(" spanned=")?;
    let nr_zones = c.number(" nr_zones=")?;
    let kswapd_order = c.number(" kswapd_order=")?;
    let kswapd_highest_zoneidx = c.number(" kswapd_hzi=")?;
    let kswapd_asleep = c.flag(" kswapd_wait=")?;
    let kswapd_failures = c.number(" kswapd_failures=")?;
    let wake = WakeOp {
        node: id,
        kswapd_order,
        kswapd_highest_zoneidx,
        kswapd_asleep,
        kcompactd_order: c.number(" kcompactd_order=")?,
        kcompactd_highest_zoneidx: c.number(" kcompactd_hzi=")?,
        kcompactd_asleep: c.flag(" kcompactd_wait=")?,
    };
    let (distance, fallback, nofallback) = Default::default();
    Ok(NodeState { id, start, present, spanned, nr_zones, wake, kswapd_failures, distance, fallback, nofallback })
}

fn read_task(c: &mut Cursor<'_>) -> Read<TaskState> {
    Ok(TaskState {
        kthread: c.flag("TASK kthread=")?,
        mems_allowed: c.nodes(" mems_allowed=")?,
        flags: TaskFlags::from_bits_retain(c.hex32(" flags=")?),
        il_prev: c.number(" il_prev=")?,
        swap_free: c.number(" swap_free=")?,
    })
}
