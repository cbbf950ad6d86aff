//! The line that names the victim (`dump_oom_summary`, mm/oom_kill.c).

use crate::line::codec::{Number, SignedId, Text};
use crate::line::places::{Nodes, NodesOrNull};
use crate::line::{FieldError, Line, Named, line, named};
use buddyscope_mm::pfn::NodeMask;
use std::fmt::{Display, Formatter, Result as FmtResult};

named! {
    /// What limits the request (`enum oom_constraint`, include/linux/oom.h).
    pub enum Constraint {
        /// Nothing: the machine is out of memory.
        None = "CONSTRAINT_NONE",
        /// The task's cpuset.
        Cpuset = "CONSTRAINT_CPUSET",
        /// A memory policy.
        MemoryPolicy = "CONSTRAINT_MEMORY_POLICY",
        /// A memory cgroup.
        Memcg = "CONSTRAINT_MEMCG",
    }
}

/// Where memory is short and who is to be killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OomSummary {
    /// What limits the request.
    pub context: OomContext,
    /// The memory cgroup that is out of memory, `None` if the machine is.
    pub oom_memcg: Option<String>,
    /// Who is to be killed.
    pub victim: OomVictim,
}

line! {
    /// What limits a request that the OOM killer is to help.
    pub struct OomContext {
        /// The kind of limit.
        "oom-kill:constraint=" constraint: Constraint = Named,
        /// Nodes of the memory policy, if that is the limit.
        ",nodemask=" nodemask: Option<NodeMask> = NodesOrNull,
        /// Name of the task's cpuset.
        ",cpuset=" cpuset: String = Text,
        /// Nodes that the cpuset allows.
        ",mems_allowed=" mems_allowed: NodeMask = Nodes,
    }
    ""
}

line! {
    /// A victim of the OOM killer.
    pub struct OomVictim {
        /// Path of its memory cgroup.
        ",task_memcg=" memcg: String = Text,
        /// Name.
        ",task=" comm: String = Text,
        /// Process id.
        ",pid=" pid: i32 = Number,
        /// User id.
        ",uid=" uid: u32 = SignedId,
    }
    ""
}

const GLOBAL: &str = ",global_oom";
const CGROUP: &str = ",oom_memcg=";

impl Line for OomSummary {
    fn read_line(text: &str) -> Result<Self, FieldError> {
        let victim_at = text.find(",task_memcg=").unwrap_or(text.len());
        let (front, victim) = text.split_at(victim_at);
        let scope_at = front.find(GLOBAL).or_else(|| front.find(CGROUP)).unwrap_or(front.len());
        let (context, scope) = front.split_at(scope_at);
        let context = OomContext::read_line(context)?;
        if scope.is_empty() {
            return Err(FieldError::new(text, victim, "oom_memcg", &format!("`{GLOBAL}` or `{CGROUP}`")));
        }
        let oom_memcg = scope.strip_prefix(CGROUP).map(str::to_owned);
        Ok(OomSummary { context, oom_memcg, victim: OomVictim::read_line(victim)? })
    }
}

impl Display for OomSummary {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        self.context.fmt(f)?;
        match &self.oom_memcg {
            Some(path) => write!(f, "{CGROUP}{path}")?,
            None => f.write_str(GLOBAL)?,
        }
        self.victim.fmt(f)
    }
}
