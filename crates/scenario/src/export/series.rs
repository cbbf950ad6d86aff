//! Levels and counters over time, a row for each jiffy in which something happened.

use super::Output;
use crate::scenario::HZ;
use crate::session::Trace;
use buddyscope_mm::Machine;
use buddyscope_mm::lru::LruIndex;
use buddyscope_mm::pfn::{NodeId, ZoneId};
use buddyscope_mm::vmstat::{NodeItem, ZoneItem};
use std::io::{self, Write};

/// How rows are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Style {
    /// Values between commas, the first row their names.
    Csv,
    /// An object with `columns` and `rows`.
    Json,
}

/// What a column holds.
#[derive(Clone, Copy, Debug)]
enum Source {
    Free(ZoneId),
    Mark(ZoneId, usize),
    List(NodeId, LruIndex),
    Kswapd(NodeId),
}

/// Writes rows as they come.
pub(super) struct Series<W> {
    out: W,
    style: Style,
    sources: Vec<Source>,
    rows: u64,
    /// Jiffies from one row to the next at least, and that of the last.
    every: u64,
    last: u64,
}

impl<W: Write> Series<W> {
    pub(super) fn new(out: W, style: Style, every: u64) -> Series<W> {
        Series { out, style, sources: Vec::new(), rows: 0, every, last: 0 }
    }

    fn header(&mut self, machine: &Machine<Trace>) -> io::Result<()> {
        let mut names = vec!["ms".to_owned()];
        for zone in machine.zones().iter().filter(|zone| zone.is_managed()) {
            let place = format!("node{}.{}", zone.id.node().0, zone.id.zone_type().name());
            self.sources.push(Source::Free(zone.id));
            names.push(format!("{place}.free"));
            for (mark, name) in ["min", "low", "high"].into_iter().enumerate() {
                self.sources.push(Source::Mark(zone.id, mark));
                names.push(format!("{place}.{name}"));
            }
        }
        for node in machine.memory_nodes().iter() {
            for list in LruIndex::ALL {
                self.sources.push(Source::List(node, list));
                names.push(format!("node{}.{}", node.0, list.node_item().name()));
            }
            self.sources.push(Source::Kswapd(node));
            names.push(format!("node{}.kswapd_awake", node.0));
        }
        names.extend(counters(machine).map(|(name, _)| name.to_owned()));
        match self.style {
            Style::Csv => writeln!(self.out, "{}", names.join(",")),
            Style::Json => {
                self.out.write_all(b"{\"columns\":")?;
                serde_json::to_writer(&mut self.out, &names)?;
                self.out.write_all(b",\"rows\":[")
            }
        }
    }

    fn row(&mut self, jiffy: u64, machine: &Machine<Trace>) -> io::Result<()> {
        let levels = self.sources.iter().map(|&source| value(source, machine));
        let values = levels.chain(counters(machine).map(|(_, count)| count));
        let row: Vec<String> = [jiffy * 1000 / HZ].into_iter().chain(values).map(|value| value.to_string()).collect();
        let row = row.join(",");
        match self.style {
            Style::Csv => writeln!(self.out, "{row}"),
            Style::Json => write!(self.out, "{}\n[{row}]", if self.rows == 0 { "" } else { "," }),
        }
    }
}

impl<W: Write> Output for Series<W> {
    fn moment(&mut self, jiffy: u64, machine: &Machine<Trace>) -> io::Result<()> {
        if self.rows == 0 {
            self.header(machine)?;
        } else if jiffy < self.last + self.every {
            return Ok(());
        }
        self.row(jiffy, machine)?;
        self.rows += 1;
        self.last = jiffy;
        Ok(())
    }

    fn end(&mut self, _: &Machine<Trace>) -> io::Result<()> {
        if self.style == Style::Json {
            self.out.write_all(b"\n]}\n")?;
        }
        self.out.flush()
    }
}

fn value(source: Source, machine: &Machine<Trace>) -> u64 {
    match source {
        Source::Free(zone) => machine.zones()[zone.index()].page_state(ZoneItem::FreePages).max(0) as u64,
        Source::Mark(zone, mark) => {
            let zone = &machine.zones()[zone.index()];
            zone.watermark[mark] + zone.watermark_boost
        }
        Source::List(node, list) => machine.nodes()[node.index()].stat.get(list.node_item()),
        Source::Kswapd(node) => u64::from(!machine.nodes()[node.index()].kswapd_asleep),
    }
}

/// Counters of the machine by their names in /proc/vmstat.
fn counters(machine: &Machine<Trace>) -> impl Iterator<Item = (&'static str, u64)> {
    let total = |item| machine.nodes().iter().map(|node| node.stat.get(item)).sum();
    let nodes = NodeItem::ALL.into_iter().map(move |item| (item.name(), total(item)));
    nodes.chain(machine.vm_events().iter().map(|(event, count)| (event.name(), count)).collect::<Vec<_>>())
}
