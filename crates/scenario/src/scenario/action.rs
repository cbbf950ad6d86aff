//! What tasks do: one action after another, each a table with a verb.

use super::error::ScenarioError;
use super::fields::{Field, Fields};
use super::huge::{ThpSpec, enabled};
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::parse_gfp;

type Result<T> = core::result::Result<T, ScenarioError>;

/// One action of a task. Sizes are in pages, times in jiffies, rates in pages or operations a second.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `map`: a mapping, empty at first.
    Map(MapAction),
    /// `touch`: accesses pages of a mapping.
    Touch(TouchAction),
    /// `read`: reads a file.
    Read(FileAction),
    /// `write`: writes a file.
    Write(FileAction),
    /// `alloc`: asks the allocator for blocks and frees them later.
    Alloc(AllocAction),
    /// `slab`: makes objects that a shrinker can drop.
    Slab {
        /// The shrinker.
        cache: String,
        /// Objects to make.
        objects: u64,
        /// Objects a second.
        rate: Option<u64>,
    },
    /// `unmap`, `mlock`, `munlock`, `lazyfree`, `cold`, `pageout`: something done to a whole mapping.
    Advise {
        /// The mapping.
        mapping: String,
        /// What is done.
        advice: Advice,
    },
    /// `dontneed`: pages of a mapping that are given back (`MADV_DONTNEED`).
    DontNeed {
        /// The mapping.
        mapping: String,
        /// First page.
        skip: u64,
        /// Pages from there on; `None` for all that follow.
        pages: Option<u64>,
    },
    /// `pin`: takes references that nobody explains (`get_user_pages`).
    Pin {
        /// The mapping.
        mapping: String,
        /// How many of its pages.
        pages: u64,
    },
    /// `truncate`: drops a file's pages from some page on.
    Truncate {
        /// The file.
        file: String,
        /// Pages that stay.
        pages: u64,
    },
    /// `fork`: a copy of this task begins to do something else.
    Fork {
        /// Name of the child.
        name: String,
        /// What the child does.
        actions: Vec<Action>,
    },
    /// `sleep`: does nothing for a while.
    Sleep(u64),
    /// `sysctl`: writes a file below /proc/sys/vm.
    Sysctl {
        /// The file.
        name: String,
        /// The text written.
        value: String,
    },
    /// `thp`: writes files below /sys/kernel/mm/transparent_hugepage.
    Thp(ThpSpec),
    /// `drop_caches`: 1 page cache, 2 slab objects, 3 both.
    DropCaches(u8),
    /// `compact_memory`: compacts every zone.
    CompactMemory,
    /// `cma`: takes a contiguous range from a CMA area and keeps it.
    Cma {
        /// Pages in a row.
        pages: u64,
    },
    /// `hugepages`: sets the size of the pool (`nr_hugepages`).
    Hugepages(u64),
    /// `mark`: leaves a name in the log.
    Mark(String),
    /// `repeat`: does actions several times.
    Repeat {
        /// How often.
        times: u64,
        /// What.
        actions: Vec<Action>,
    },
    /// `exit`: the task ends and gives back what it holds.
    Exit,
}

/// What is done to a whole mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Removed (`munmap`).
    Unmap,
    /// Kept in memory (`mlock`).
    Mlock,
    /// No longer kept in memory (`munlock`).
    Munlock,
    /// May be dropped (`MADV_FREE`).
    LazyFree,
    /// Not needed soon (`MADV_COLD`).
    Cold,
    /// Not needed for long (`MADV_PAGEOUT`).
    PageOut,
}

/// A mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct MapAction {
    /// What the task calls it.
    pub name: String,
    /// Pages.
    pub pages: u64,
    /// The file; `None` for anonymous memory.
    pub file: Option<String>,
    /// Whether changes reach the file (`MAP_SHARED`).
    pub shared: bool,
    /// Whether it holds program text (`VM_EXEC`).
    pub exec: bool,
    /// Whether huge pages are wanted (`MADV_HUGEPAGE`) or not (`MADV_NOHUGEPAGE`); `None` for as the machine likes.
    pub huge: Option<bool>,
}

/// In which order pages are accessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// From the first to the last, again and again.
    Sequential,
    /// Any page, all alike.
    Random,
    /// Mostly some of them.
    Hot {
        /// Thousandths of the pages that are hot.
        hot: u32,
        /// Thousandths of the accesses that go there.
        heat: u32,
    },
}

/// How long something goes on, and how fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Pages or operations a second; `None` for as fast as the machine lets it.
    pub rate: Option<u64>,
    /// Times the whole is gone through.
    pub passes: u64,
    /// Jiffies after which it ends in any case.
    pub time: Option<u64>,
}

/// Accesses to a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct TouchAction {
    /// The mapping.
    pub mapping: String,
    /// In which order.
    pub pattern: Pattern,
    /// Whether pages are changed.
    pub write: bool,
    /// How long and how fast.
    pub pace: Pace,
}

/// Reading or writing a file.
#[derive(Clone, Debug, PartialEq)]
pub struct FileAction {
    /// The file.
    pub file: String,
    /// In which order.
    pub pattern: Pattern,
    /// First page.
    pub skip: u64,
    /// Pages from there on; `None` for all that follow.
    pub pages: Option<u64>,
    /// How long and how fast.
    pub pace: Pace,
}

/// Requests to the allocator itself, such as a network card makes.
#[derive(Clone, Debug, PartialEq)]
pub struct AllocAction {
    /// Flags of the requests.
    pub gfp: Gfp,
    /// Orders, taken in turn.
    pub orders: Vec<u8>,
    /// Blocks of one burst.
    pub count: u64,
    /// Bursts.
    pub bursts: u64,
    /// Jiffies from one burst to the next.
    pub every: u64,
    /// Jiffies a block is kept; `None` for ever.
    pub hold: Option<u64>,
    /// Whether they are made in a softirq, as on receiving packets.
    pub softirq: bool,
}

/// Verbs, and what reads the rest of their tables.
const VERBS: [&str; 26] = [
    "map",
    "touch",
    "read",
    "write",
    "alloc",
    "slab",
    "unmap",
    "mlock",
    "munlock",
    "lazyfree",
    "cold",
    "pageout",
    "dontneed",
    "pin",
    "truncate",
    "fork",
    "sleep",
    "sysctl",
    "thp",
    "drop_caches",
    "compact_memory",
    "cma",
    "hugepages",
    "mark",
    "repeat",
    "exit",
];

/// Deepest nesting of `repeat` and `fork`.
const MAX_DEPTH: u32 = 8;
/// Most actions of a list.
const MAX_ACTIONS: usize = 1000;

/// The actions of a `do` list.
pub(super) fn actions(field: &Field<'_>) -> Result<Vec<Action>> {
    list(field, 0)
}

fn list(field: &Field<'_>, depth: u32) -> Result<Vec<Action>> {
    if depth > MAX_DEPTH {
        return Err(field.wrong(format!("actions nested more than {MAX_DEPTH} deep")));
    }
    let items = field.items()?;
    if items.len() > MAX_ACTIONS {
        return Err(field.wrong(format!("{} actions; at most {MAX_ACTIONS} are possible", items.len())));
    }
    items.iter().map(|item| action(item.table()?, depth)).collect()
}

fn action(mut fields: Fields<'_>, depth: u32) -> Result<Action> {
    let mut verbs: Vec<(&str, Field<'_>)> =
        VERBS.iter().filter_map(|verb| fields.get(verb).map(|field| (*verb, field))).collect();
    if verbs.iter().any(|verb| verb.0 == "touch") {
        // There it says how pages are accessed.
        verbs.retain(|verb| verb.0 != "write");
    }
    let [(verb, object)] = &verbs[..] else {
        let names: Vec<&str> = verbs.iter().map(|verb| verb.0).collect();
        return Err(fields.wrong(match names.len() {
            0 => format!("no verb; one of {} is expected", VERBS.join(", ")),
            _ => format!("an action has one verb, not several: {}", names.join(", ")),
        }));
    };
    let action = read_action(verb, object, &mut fields, depth)?;
    fields.end()?;
    Ok(action)
}

fn read_action(verb: &str, object: &Field<'_>, fields: &mut Fields<'_>, depth: u32) -> Result<Action> {
    let name = || object.text().map(str::to_owned);
    let advise = |advice| Ok(Action::Advise { mapping: name()?, advice });
    match verb {
        "map" => map(name()?, fields),
        "touch" => {
            let write = fields.read("write", Field::flag)?.unwrap_or(true);
            Ok(Action::Touch(TouchAction { mapping: name()?, pattern: pattern(fields)?, write, pace: pace(fields)? }))
        }
        "read" => Ok(Action::Read(file_action(name()?, fields)?)),
        "write" => Ok(Action::Write(file_action(name()?, fields)?)),
        "alloc" => alloc(object, fields),
        "slab" => Ok(Action::Slab {
            cache: name()?,
            objects: fields.need("objects")?.number(1..=1_000_000_000)?,
            rate: fields.read("rate", Field::per_second)?,
        }),
        "unmap" => advise(Advice::Unmap),
        "mlock" => advise(Advice::Mlock),
        "munlock" => advise(Advice::Munlock),
        "lazyfree" => advise(Advice::LazyFree),
        "cold" => advise(Advice::Cold),
        "pageout" => advise(Advice::PageOut),
        "dontneed" => {
            let skip = fields.read("skip", Field::pages)?.unwrap_or(0);
            Ok(Action::DontNeed { mapping: name()?, skip, pages: fields.read("size", Field::pages)? })
        }
        "pin" => Ok(Action::Pin { mapping: name()?, pages: fields.need("size")?.pages()? }),
        "truncate" => Ok(Action::Truncate { file: name()?, pages: fields.read("size", Field::pages)?.unwrap_or(0) }),
        "fork" => Ok(Action::Fork { name: name()?, actions: list(&fields.need("do")?, depth + 1)? }),
        "sleep" => Ok(Action::Sleep(object.jiffies()?)),
        "sysctl" => Ok(Action::Sysctl { name: name()?, value: fields.need("value")?.scalar()? }),
        "thp" => ThpSpec::rest(Some(enabled(object)?), fields).map(Action::Thp),
        "drop_caches" => Ok(Action::DropCaches(object.number(1..=3)? as u8)),
        "compact_memory" => object.flag().map(|_| Action::CompactMemory),
        "cma" => Ok(Action::Cma { pages: object.pages()? }),
        "hugepages" => Ok(Action::Hugepages(object.number(0..=1 << 23)?)),
        "mark" => Ok(Action::Mark(name()?)),
        "repeat" => {
            Ok(Action::Repeat { times: object.number(1..=1_000_000)?, actions: list(&fields.need("do")?, depth + 1)? })
        }
        _ => object.flag().map(|_| Action::Exit),
    }
}

fn map(name: String, fields: &mut Fields<'_>) -> Result<Action> {
    let file = fields.read("file", |field| field.text().map(str::to_owned))?;
    let pages = fields.need("size")?.pages()?;
    let shared = fields.read("shared", Field::flag)?.unwrap_or(file.is_some());
    let exec = fields.read("exec", Field::flag)?.unwrap_or(false);
    let huge = fields.read("huge", Field::flag)?;
    Ok(Action::Map(MapAction { name, pages, file, shared, exec, huge }))
}

fn pattern(fields: &mut Fields<'_>) -> Result<Pattern> {
    let hot = fields.read("hot", Field::permille)?;
    let heat = fields.read("heat", Field::permille)?;
    let random = fields.read("order", |field| field.one_of(&[("sequential", false), ("random", true)]))?;
    match (random, hot) {
        (None, Some(hot)) => Ok(Pattern::Hot { hot, heat: heat.unwrap_or(900) }),
        (Some(_), Some(_)) => Err(fields.wrong("`order` and `hot` exclude each other")),
        (_, None) if heat.is_some() => Err(fields.wrong("`heat` needs `hot`")),
        (Some(true), None) => Ok(Pattern::Random),
        (_, None) => Ok(Pattern::Sequential),
    }
}

fn pace(fields: &mut Fields<'_>) -> Result<Pace> {
    let rate = fields.read("rate", Field::per_second)?;
    let time = fields.read("for", Field::jiffies)?;
    let passes = fields.read("passes", |field| field.number(1..=1_000_000_000))?;
    let passes = passes.unwrap_or(if time.is_some() { u64::MAX } else { 1 });
    Ok(Pace { rate, passes, time })
}

fn file_action(file: String, fields: &mut Fields<'_>) -> Result<FileAction> {
    let skip = fields.read("skip", Field::pages)?.unwrap_or(0);
    let pages = fields.read("size", Field::pages)?;
    Ok(FileAction { file, pattern: pattern(fields)?, skip, pages, pace: pace(fields)? })
}

fn alloc(object: &Field<'_>, fields: &mut Fields<'_>) -> Result<Action> {
    let gfp = parse_gfp(object.text()?).map_err(|error| object.wrong(error.to_string()))?.gfp;
    let order = fields.read("order", |field| field.number(0..=10))?;
    let orders = fields.read("orders", |field| field.numbers(0..=10))?;
    let orders = match (order, orders) {
        (Some(_), Some(_)) => return Err(fields.wrong("`order` and `orders` exclude each other")),
        (None, Some(orders)) if orders.is_empty() => return Err(fields.wrong("`orders` is empty")),
        (None, Some(orders)) => orders,
        (order, None) => vec![order.unwrap_or(0)],
    };
    Ok(Action::Alloc(AllocAction {
        gfp,
        orders: orders.into_iter().map(|order| order as u8).collect(),
        count: fields.read("count", |field| field.number(1..=10_000_000))?.unwrap_or(1),
        bursts: fields.read("bursts", |field| field.number(1..=10_000_000))?.unwrap_or(1),
        every: fields.read("every", Field::jiffies)?.unwrap_or(0),
        hold: fields.read("hold", Field::jiffies)?,
        softirq: fields.read("softirq", Field::flag)?.unwrap_or(false),
    }))
}
