//! `/proc/meminfo` and a node's `meminfo` (`meminfo_proc_show`, fs/proc/meminfo.c; `node_read_meminfo`,
//! drivers/base/node.c).

use crate::error::LogError;
use crate::grammar::{Part, Wanted, blank, end, number, read};
use crate::shape::Shape;
use buddyscope_mm::pfn::{MAX_NUMNODES, NodeId};
use std::fmt::{Display, Formatter, Result as FmtResult};
use std::str::FromStr;
use winnow::Parser;
use winnow::ascii::space0;
use winnow::combinator::{delimited, opt, preceded, terminated};
use winnow::token::take_while;

/// Columns of a name and its colon, if it is not longer.
const LABEL: usize = 16;
/// The column in which numbers end, if they are not longer.
const WIDTH: usize = 24;
/// The same for a node's numbers of huge pages.
const NARROW: usize = 22;

/// All of such a file. Kernels differ in what they list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryCounters {
    /// The node whose file it is, `None` for the machine's.
    pub node: Option<NodeId>,
    /// The lines.
    pub items: Vec<MemoryCounter>,
    /// What the text has besides.
    pub shape: Shape,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryCounter {
    /// What is counted, without its colon.
    pub name: String,
    /// How much: kB, or huge pages where `is_kb` is false.
    pub value: u64,
    /// Whether it is kB.
    pub is_kb: bool,
}

impl MemoryCounters {
    /// The value of this name, in its unit.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<u64> {
        self.items.iter().find(|item| item.name == name).map(|item| item.value)
    }

    fn printed(&self) -> String {
        self.items.iter().map(|item| item.line(self.node)).collect()
    }
}

impl MemoryCounter {
    fn line(&self, node: Option<NodeId>) -> String {
        let MemoryCounter { name, value, is_kb } = self;
        let before = node.map(|node| format!("Node {node} ")).unwrap_or_default();
        let end = if node.is_some() && !is_kb { NARROW } else { WIDTH };
        let name = format!("{:<LABEL$}", format!("{name}:"));
        let width = end.saturating_sub(name.len());
        format!("{before}{name}{value:>width$}{}\n", if *is_kb { " kB" } else { "" })
    }
}

impl Display for MemoryCounters {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        self.shape.write(&self.printed(), f)
    }
}

/// A line's node and counter.
fn grammar(input: &mut &str) -> Part<(Option<NodeId>, MemoryCounter)> {
    let node = number::<u8>("node").verify(|&node| usize::from(node) < MAX_NUMNODES).map(NodeId);
    let node = opt(delimited(("Node", blank), node.context(Wanted("node", "a node's number below 64")), blank));
    let name = take_while(1.., |c: char| !c.is_whitespace() && c != ':').context(Wanted("name", "a name and a colon"));
    let name = terminated(name, ":".context(Wanted("name", "a name and a colon")));
    let unit = opt(preceded(blank, "kB"));
    let (node, name, _, value, unit, _) = (node, name, space0, number("value"), unit, end).parse_next(input)?;
    Ok((node, MemoryCounter { name: name.to_owned(), value, is_kb: unit.is_some() }))
}

impl FromStr for MemoryCounters {
    type Err = LogError;

    fn from_str(text: &str) -> Result<MemoryCounters, LogError> {
        let mut counters = MemoryCounters::default();
        for (line, number) in text.lines().zip(1..) {
            if line.trim().is_empty() {
                continue;
            }
            let (node, item) = read(grammar, line, number)?;
            if counters.items.is_empty() {
                counters.node = node;
            } else if counters.node != node {
                return Err(LogError::new(number, "node", "a line of the same node", line));
            }
            counters.items.push(item);
        }
        counters.shape = Shape::of(text, &counters.printed());
        Ok(counters)
    }
}
