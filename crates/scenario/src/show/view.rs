//! Where a run is.

use super::{JIFFY_MS, Show};
use crate::run::{Actor, End, News, wait_name};
use crate::sentence::{Args, Sentence};
use crate::session::Trace;
use buddyscope_mm::Machine;
use buddyscope_mm::daemon::Daemon;
use buddyscope_mm::lru::LruIndex;
use buddyscope_mm::lru::memcg::{Counted, NO_LIMIT};
use buddyscope_mm::sched::{Activity, Context};
use buddyscope_mm::vmstat::NodeItem;
use serde::{Serialize, Serializer};

/// Where a run is: `RunView` of `web/worker/model-run.ts`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in web/worker/model-run.ts")]
pub struct RunView {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'static str>,
    pub title: String,
    pub about: String,
    pub look: String,
    pub ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<u64>,
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Sentence>,
    pub contexts: Vec<ContextView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ran: Option<u32>,
    pub nodes: Vec<NodeRunView>,
    ladder: Vec<PassView>,
    shrinkers: Vec<ShrinkerView>,
    memcgs: Vec<MemcgView>,
    compaction: Vec<CompactionView>,
    #[serde(serialize_with = "as_object")]
    counters: Vec<(&'static str, u64)>,
    pub decisions: u64,
}

/// Somebody who takes turns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "described in web/worker/model-run.ts")]
pub struct ContextView {
    pub id: u32,
    pub name: String,
    pub kind: &'static str,
    pub activity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rss: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swapped: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<u8>,
}

/// Reclaim on one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "described in web/worker/model-run.ts")]
pub struct NodeRunView {
    pub id: u8,
    kswapd: KswapdView,
    kcompactd: KcompactdView,
    pub lru: [u64; 5],
    pub isolated: [u64; 2],
    pub costs: [u64; 2],
    pub refaults: [u64; 2],
    pub dirty: u64,
    pub writeback: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct KswapdView {
    asleep: bool,
    order: u8,
    highest_zone: u8,
    failures: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<i8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct KcompactdView {
    asleep: bool,
    order: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct PassView {
    node: u8,
    who: String,
    priority: i8,
    scanned: u64,
    reclaimed: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct ShrinkerView {
    name: String,
    objects: u64,
    deferred: i64,
    freed: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct MemcgView {
    id: u16,
    path: String,
    usage: u64,
    min: u64,
    low: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct CompactionView {
    zone: usize,
    migrate_pfn: u64,
    free_pfn: u64,
    shift: u8,
    considered: u32,
}

/// Pairs as the fields of an object.
fn as_object<S: Serializer>(pairs: &[(&'static str, u64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

/// Contexts that a view has at most.
const MOST_CONTEXTS: usize = 256;

pub(super) fn of(show: &Show) -> RunView {
    let machine = show.machine();
    let contexts = show.run.contexts();
    let name = |id: usize| contexts.get(id).map(context_name).unwrap_or_default();
    RunView {
        name: show.name,
        title: show.scenario.title.clone(),
        about: show.scenario.about.clone(),
        look: show.scenario.look.clone(),
        ms: show.run.now() * JIFFY_MS,
        until_ms: show.scenario.until.map(|until| until * JIFFY_MS),
        state: match show.run.ended() {
            None => "going",
            Some(End::Finished | End::Time) => "ended",
            Some(End::Stuck | End::Livelock) => "stuck",
            Some(End::Panicked) => "panicked",
        },
        note: note(show),
        contexts: shown(contexts).map(|(context, id)| context_view(machine, context, id)).collect(),
        ran: show.ran.map(|id| id.0),
        nodes: nodes(show),
        ladder: show
            .log
            .passes()
            .map(|pass| PassView {
                node: pass.node,
                who: name(pass.who.0 as usize),
                priority: pass.priority,
                scanned: pass.scanned,
                reclaimed: pass.reclaimed,
            })
            .collect(),
        shrinkers: machine
            .shrinker_states()
            .map(|state| ShrinkerView {
                name: state.name.to_owned(),
                objects: state.objects,
                deferred: state.deferred,
                freed: state.freed,
            })
            .collect(),
        memcgs: memcgs(machine),
        compaction: compaction(show),
        counters: counters(machine),
        decisions: show.shown,
    }
}

/// The last mark or failure, or why it is over.
fn note(show: &Show) -> Option<Sentence> {
    let over = |key| Some(Sentence::new(key, Args::new()));
    match show.run.ended() {
        Some(End::Finished) => over("run.finished"),
        Some(End::Time) => over("run.time"),
        Some(End::Stuck) => over("run.stuck"),
        Some(End::Livelock) => over("run.livelock"),
        Some(End::Panicked) => over("run.panicked"),
        None => show.run.news().last().map(|(_, _, news)| match news {
            News::Mark(mark) => Sentence::verbatim(mark),
            News::Failed(what) => what.clone(),
        }),
    }
}

fn context_name(context: &Context<Actor>) -> String {
    match &context.program {
        Actor::Task(task) => task.name().to_owned(),
        Actor::Daemon(daemon) => daemon.name(),
    }
}

/// Contexts with their numbers, at most [`MOST_CONTEXTS`] of them: those that ended are left out first, then the latest.
fn shown(contexts: &[Context<Actor>]) -> impl Iterator<Item = (&Context<Actor>, u32)> {
    let ended = |context: &Context<Actor>| context.activity == Activity::Ended;
    let alive = contexts.iter().filter(|context| !ended(context)).count();
    let (mut alive_left, mut ended_left) = (MOST_CONTEXTS, MOST_CONTEXTS.saturating_sub(alive));
    contexts.iter().zip(0..).filter(move |(context, _)| {
        let left = if ended(context) { &mut ended_left } else { &mut alive_left };
        let fits = *left > 0;
        *left = left.saturating_sub(1);
        fits
    })
}

fn context_view(machine: &Machine<Trace>, context: &Context<Actor>, id: u32) -> ContextView {
    let (activity, wait) = match context.activity {
        Activity::Runnable { at } if at > machine.jiffies() => ("waiting", Some("sleep")),
        Activity::Runnable { .. } => ("runnable", None),
        Activity::Waiting { wait } => ("waiting", Some(wait_name(wait))),
        Activity::Ended => ("ended", None),
    };
    let mm = match &context.program {
        Actor::Task(task) => machine.mm_of(task.pid()),
        Actor::Daemon(_) => None,
    };
    let lives = matches!(context.program, Actor::Task(_)) && context.activity != Activity::Ended;
    ContextView {
        id,
        name: context_name(context),
        kind: match &context.program {
            Actor::Task(_) => "task",
            Actor::Daemon(daemon) => daemon_kind(daemon),
        },
        activity,
        wait,
        rss: lives.then(|| mm.map_or(0, |mm| mm.total_rss())),
        swapped: lives.then(|| mm.map_or(0, |mm| mm.swapents())),
        node: match &context.program {
            Actor::Daemon(daemon) => daemon.node().map(|node| node.0),
            Actor::Task(_) => None,
        },
    }
}

fn daemon_kind(daemon: &Daemon) -> &'static str {
    match daemon {
        Daemon::Kswapd(_) => "kswapd",
        Daemon::Kcompactd(_) => "kcompactd",
        Daemon::Reaper(_) => "reaper",
        Daemon::Flusher(_) => "flusher",
        Daemon::Vmstat(_) | Daemon::Memcg(_) => "worker",
    }
}

fn nodes(show: &Show) -> Vec<NodeRunView> {
    let machine = show.machine();
    let priority = |id: u8| {
        let last = show.log.passes().filter(|pass| pass.node == id).last()?;
        (!machine.nodes()[usize::from(id)].kswapd_asleep).then_some(last.priority)
    };
    let online = machine.nodes().iter().filter(|node| node.present_pages != 0);
    online
        .map(|node| {
            let root = machine.lruvec(buddyscope_mm::MemcgId::ROOT, node.id);
            NodeRunView {
                id: node.id.0,
                kswapd: KswapdView {
                    asleep: node.kswapd_asleep,
                    order: node.kswapd_order,
                    highest_zone: node.kswapd_highest_zoneidx,
                    failures: node.kswapd_failures,
                    priority: priority(node.id.0),
                },
                kcompactd: KcompactdView { asleep: node.kcompactd_asleep, order: node.kcompactd_max_order },
                lru: LruIndex::ALL.map(|list| node.stat.get(list.node_item())),
                isolated: [NodeItem::IsolatedAnon, NodeItem::IsolatedFile].map(|item| node.stat.get(item)),
                costs: root.map_or([0; 2], |lruvec| [lruvec.anon_cost, lruvec.file_cost]),
                refaults: [NodeItem::WorkingsetRefaultAnon, NodeItem::WorkingsetRefaultFile]
                    .map(|item| node.stat.get(item)),
                dirty: node.stat.get(NodeItem::Dirty),
                writeback: node.stat.get(NodeItem::Writeback),
            }
        })
        .collect()
}

fn memcgs(machine: &Machine<Trace>) -> Vec<MemcgView> {
    let limit = |pages: u64| (pages < NO_LIMIT).then_some(pages);
    machine
        .memcg_ids()
        .filter_map(|id| Some((id, machine.memcg(id)?)))
        .map(|(id, group)| {
            let memory = group.counter(Counted::Memory);
            MemcgView {
                id: id.0,
                path: group.name.clone(),
                usage: memory.usage,
                min: memory.min,
                low: memory.low,
                high: limit(memory.high),
                max: limit(memory.max),
            }
        })
        .collect()
}

fn compaction(show: &Show) -> Vec<CompactionView> {
    let shown = show.scanners.at(show.run.now());
    shown
        .map(|(zone, pair)| {
            let state = &show.machine().zones()[zone.index()].compact;
            CompactionView {
                zone: zone.index(),
                migrate_pfn: pair.migrate.0,
                free_pfn: pair.free.0,
                shift: state.defer_shift,
                considered: state.considered,
            }
        })
        .collect()
}

/// Counters of the machine by their names in /proc/vmstat.
fn counters(machine: &Machine<Trace>) -> Vec<(&'static str, u64)> {
    let nodes = NodeItem::ALL.map(|item| (item.name(), machine.nodes().iter().map(|node| node.stat.get(item)).sum()));
    let events = machine.vm_events().iter().map(|(event, count)| (event.name(), count));
    nodes.into_iter().chain(events).collect()
}
