//! The tasks of a scenario.

use super::action::{Action, actions};
use super::error::ScenarioError;
use super::fields::{Field, Fields};
use buddyscope_mm::pfn::{NodeId, NodeMask};
use buddyscope_mm::task::mempolicy::PolicyMode;

type Result<T> = core::result::Result<T, ScenarioError>;

/// Most tasks of a scenario.
const MAX_TASKS: usize = 256;

/// A memory policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicySpec {
    /// Its mode.
    pub mode: PolicyMode,
    /// Its nodes.
    pub nodes: NodeMask,
}

/// `[[task]]`: someone who does something.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskSpec {
    /// `comm`.
    pub name: String,
    /// The CPU it runs on.
    pub cpu: u16,
    /// Jiffies after which it begins.
    pub start: u64,
    /// Its cgroup; `None` for the root.
    pub cgroup: Option<String>,
    /// Nodes its cpuset allows; `None` for all.
    pub mems: Option<NodeMask>,
    /// Its memory policy.
    pub policy: Option<PolicySpec>,
    /// `oom_score_adj`, -1000..=1000.
    pub oom_score_adj: i16,
    /// Whether it has a real-time priority.
    pub realtime: bool,
    /// Whether it may have huge pages at all; otherwise `PR_SET_THP_DISABLE`.
    pub thp: bool,
    /// What it does, one after another.
    pub actions: Vec<Action>,
}

/// The tasks of a file, in their order.
pub(super) fn tasks(root: &mut Fields<'_>) -> Result<Vec<TaskSpec>> {
    let tables = root.tables("task")?;
    if tables.len() > MAX_TASKS {
        return Err(root.wrong(format!("{} tasks; at most {MAX_TASKS} are possible", tables.len())));
    }
    tables.into_iter().map(task).collect()
}

fn task(mut fields: Fields<'_>) -> Result<TaskSpec> {
    let text = |field: &Field<'_>| field.text().map(str::to_owned);
    let spec = TaskSpec {
        name: fields.need("name")?.text()?.to_owned(),
        cpu: fields.read("cpu", |field| field.number(0..=1023))?.unwrap_or(0) as u16,
        start: fields.read("start", Field::jiffies)?.unwrap_or(0),
        cgroup: fields.read("cgroup", text)?,
        mems: fields.read("mems", nodes)?,
        policy: fields.read("policy", policy)?,
        oom_score_adj: fields.read("oom_score_adj", |field| field.integer(-1000..=1000))?.unwrap_or(0) as i16,
        realtime: fields.read("realtime", Field::flag)?.unwrap_or(false),
        thp: fields.read("thp", Field::flag)?.unwrap_or(true),
        actions: actions(&fields.need("do")?)?,
    };
    fields.end()?;
    Ok(spec)
}

fn nodes(field: &Field<'_>) -> Result<NodeMask> {
    let nodes = field.numbers(0..=63)?;
    if nodes.is_empty() {
        return Err(field.wrong("at least one node is expected"));
    }
    Ok(nodes.into_iter().map(|node| NodeId(node as u8)).collect())
}

fn policy(field: &Field<'_>) -> Result<PolicySpec> {
    let mut fields = field.table()?;
    let modes = [
        ("preferred", PolicyMode::Preferred),
        ("bind", PolicyMode::Bind),
        ("interleave", PolicyMode::Interleave),
        ("local", PolicyMode::Local),
    ];
    let mode = fields.need("mode")?.one_of(&modes)?;
    let nodes = fields.read("nodes", nodes)?.unwrap_or(NodeMask(0));
    fields.end()?;
    if (mode == PolicyMode::Local) != (nodes == NodeMask(0)) {
        return Err(field.wrong("every mode but `local` needs `nodes`"));
    }
    Ok(PolicySpec { mode, nodes })
}
