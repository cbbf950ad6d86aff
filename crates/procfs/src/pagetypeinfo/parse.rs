//! Reading the text back.

use super::{FreeLists, ListLength, NodeTypes, PageTypeInfo, ZoneBlockTypes};
use crate::error::LogError;
use crate::grammar::{Part, Place, Unread, Wanted, blank, end, node_zone, number, numbers, read, word};
use crate::shape::Shape;
use std::str::FromStr;
use winnow::Parser;
use winnow::ascii::{dec_uint, multispace0, space0};
use winnow::combinator::{alt, opt, preceded, repeat, terminated};

/// A line, taken apart.
#[derive(Clone)]
enum Row<'a> {
    BlockOrder(u32),
    BlockPages(u64),
    Orders(Vec<u64>),
    Types(Vec<&'a str>),
    /// Blocks with pages of several types follow, which only kernels with page_owner show.
    MixedBlocks,
    Free(Place<'a>, &'a str, Vec<ListLength>),
    Blocks(Place<'a>, Vec<u64>),
}

fn row<'a>(line: &mut &'a str) -> Part<Row<'a>> {
    let kind = preceded((", type", blank), word("migrate type"));
    alt((
        terminated(preceded(("Page block order:", space0), number("block order")), end).map(Row::BlockOrder),
        terminated(preceded(("Pages per block:", space0), number("block pages")), end).map(Row::BlockPages),
        preceded("Free pages count per migrate type at order", numbers("order")).map(Row::Orders),
        preceded("Number of blocks type", words("migrate type")).map(Row::Types),
        ("Number of mixed blocks", words("migrate type")).value(Row::MixedBlocks),
        (node_zone, kind, lengths).map(|(place, kind, counts)| Row::Free(place, kind, counts)),
        (node_zone, numbers("blocks")).map(|(place, counts)| Row::Blocks(place, counts)),
    ))
    .parse_next(line)
}

fn words<'a>(field: &'static str) -> impl Parser<&'a str, Vec<&'a str>, Unread> {
    terminated(repeat(1.., preceded(blank, word(field))), end)
}

/// Numbers with a `>` before those that may be larger.
fn lengths(input: &mut &str) -> Part<Vec<ListLength>> {
    let length =
        (opt(">"), multispace0, dec_uint).map(|(more, _, count)| ListLength { count, at_least: more.is_some() });
    let length = length.context(Wanted("free", "a number"));
    terminated(repeat(1.., preceded(blank, length)), end.context(Wanted("free", "a number"))).parse_next(input)
}

/// Reads the file of any kernel. Zones that the model does not know are kept as text.
impl FromStr for PageTypeInfo {
    type Err = LogError;

    fn from_str(text: &str) -> Result<PageTypeInfo, LogError> {
        let mut info = PageTypeInfo::default();
        let mut mixed = false;
        for (line, number) in text.lines().zip(1..) {
            if line.trim().is_empty() {
                continue;
            }
            let row = read(row, line, number)?;
            if let Row::BlockOrder(block_order) = row {
                mixed = false;
                info.nodes.push(NodeTypes { block_order, ..NodeTypes::default() });
                continue;
            }
            let Some(node) = info.nodes.last_mut() else {
                return Err(LogError::new(number, "block order", "`Page block order:` before it", line));
            };
            match row {
                Row::BlockOrder(_) => {}
                Row::BlockPages(pages) => node.block_pages = pages,
                Row::Orders(orders) => node.orders = orders.len(),
                Row::Types(types) => node.types = types.into_iter().map(str::to_owned).collect(),
                Row::MixedBlocks => mixed = true,
                Row::Free(place, kind, counts) => {
                    let lists = |id| FreeLists { id, migratetype: kind.to_owned(), counts };
                    node.free.extend(place.id().map(lists));
                }
                Row::Blocks(place, counts) if !mixed => {
                    node.blocks.extend(place.id().map(|id| ZoneBlockTypes { id, counts }));
                }
                Row::Blocks(..) => {}
            }
        }
        info.shape = Shape::of(text, &info.printed());
        Ok(info)
    }
}
