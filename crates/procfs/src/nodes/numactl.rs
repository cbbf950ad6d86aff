//! `numactl --hardware`.

use super::IdList;
use crate::error::LogError;
use crate::grammar::{Part, Wanted, end, number, numbers, read};
use crate::shape::Shape;
use std::fmt::{Display, Formatter, Result as FmtResult};
use std::str::FromStr;
use winnow::Parser;
use winnow::ascii::{space0, space1};
use winnow::combinator::{alt, delimited, opt, preceded, terminated};
use winnow::token::{rest, take_while};

/// All of its output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hardware {
    /// How many nodes there are.
    pub available: u32,
    /// Which.
    pub ids: IdList,
    /// The nodes.
    pub nodes: Vec<HardwareNode>,
    /// Nodes in the order of the table's columns.
    pub columns: Vec<u32>,
    /// The table of distances: a node and its distance to each node of the columns.
    pub distances: Vec<(u32, Vec<u32>)>,
    /// What the text has besides.
    pub shape: Shape,
}

/// A node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HardwareNode {
    /// Its number.
    pub id: u32,
    /// Its CPUs.
    pub cpus: Vec<u32>,
    /// All memory in MB, if it is told.
    pub size_mb: Option<u64>,
    /// Free memory in MB, if it is told.
    pub free_mb: Option<u64>,
}

/// A line, taken apart.
#[derive(Clone)]
enum Row {
    Available(u32, String),
    Cpus(u32, Vec<u32>),
    Size(u32, Option<u64>),
    Free(u32, Option<u64>),
    TableStarts,
    Columns(Vec<u32>),
    Distances(u32, Vec<u32>),
}

fn row(line: &mut &str) -> Part<Row> {
    let ids =
        delimited("(", take_while(0.., |c: char| c != ')'), ")").context(Wanted("nodes", "a list in parentheses"));
    let available = (preceded(("available:", space1), number("available")), " nodes ", ids, end);
    let megabytes = |what: &'static str, field| {
        let amount = alt((terminated(number::<u64>(field), " MB").map(Some), "<not available>".value(None)));
        (preceded(("node", space1), number("node")), space1, what, space1, amount, end)
    };
    alt((
        available.map(|(count, _, ids, _)| Row::Available(count, ids.to_owned())),
        ("node distances:", end).value(Row::TableStarts),
        (preceded(("node", space1), number("node")), " cpus:", numbers("cpu")).map(|(id, _, cpus)| Row::Cpus(id, cpus)),
        megabytes("size:", "size").map(|(id, _, _, _, size, _)| Row::Size(id, size)),
        megabytes("free:", "free").map(|(id, _, _, _, free, _)| Row::Free(id, free)),
        preceded("node", numbers("node")).map(Row::Columns),
        (preceded(space0, number("node")), ":", numbers("distance")).map(|(id, _, to)| Row::Distances(id, to)),
    ))
    .parse_next(line)
}

impl Hardware {
    fn take(&mut self, row: Row) -> Result<(), LogError> {
        match row {
            Row::Available(count, ids) => {
                self.available = count;
                self.ids = ids.parse()?;
            }
            Row::Cpus(id, cpus) => self.node(id).cpus = cpus,
            Row::Size(id, size) => self.node(id).size_mb = size,
            Row::Free(id, free) => self.node(id).free_mb = free,
            Row::TableStarts => {}
            Row::Columns(ids) => self.columns = ids,
            Row::Distances(id, to) => self.distances.push((id, to)),
        }
        Ok(())
    }

    /// The node of this number. Its lines follow each other.
    fn node(&mut self, id: u32) -> &mut HardwareNode {
        if self.nodes.last().is_none_or(|last| last.id != id) {
            self.nodes.push(HardwareNode { id, ..HardwareNode::default() });
        }
        let last = self.nodes.len() - 1;
        &mut self.nodes[last]
    }

    fn printed(&self) -> String {
        let ids = self.ids.to_string();
        let mut text = format!("available: {} nodes ({})\n", self.available, ids.trim_end());
        for HardwareNode { id, cpus, size_mb, free_mb } in &self.nodes {
            let cpus: String = cpus.iter().map(|cpu| format!(" {cpu}")).collect();
            let amount = |mb: &Option<u64>| mb.map_or("<not available>".to_owned(), |mb| format!("{mb} MB"));
            text += &format!("node {id} cpus:{cpus}\nnode {id} size: {}\n", amount(size_mb));
            text += &format!("node {id} free: {}\n", amount(free_mb));
        }
        if self.distances.is_empty() {
            return text;
        }
        let row = |numbers: &[u32]| numbers.iter().map(|number| format!("{number:>3} ")).collect::<String>();
        text += &format!("node distances:\nnode {}\n", row(&self.columns));
        for (id, to) in &self.distances {
            text += &format!("{id:>3}: {}\n", row(to));
        }
        text
    }
}

impl Display for Hardware {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        self.shape.write(&self.printed(), f)
    }
}

impl FromStr for Hardware {
    type Err = LogError;

    fn from_str(text: &str) -> Result<Hardware, LogError> {
        let mut hardware = Hardware::default();
        for (line, number) in text.lines().zip(1..) {
            // Machines whose firmware tells no distances have a sentence here.
            if line.trim().is_empty() || read(opt_sentence, line, number).is_ok() {
                continue;
            }
            let row = read(row, line, number)?;
            hardware.take(row).map_err(|error| LogError { line: number, ..error })?;
        }
        hardware.shape = Shape::of(text, &hardware.printed());
        Ok(hardware)
    }
}

fn opt_sentence(line: &mut &str) -> Part<()> {
    (opt("No distance information available").verify(Option::is_some), rest).void().parse_next(line)
}
