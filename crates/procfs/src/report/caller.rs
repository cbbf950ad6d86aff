//! Who asked, as a stack trace says it (`dump_stack_print_info`, lib/dump_stack.c).

use std::fmt::{Display, Formatter, Result};

/// What stands after the task's name in a stack trace's first line.
const AFTER_NAME: [&str; 3] = [" Kdump: loaded ", " Not tainted ", " Tainted: "];

/// The first lines of a stack trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The CPU it ran on.
    pub cpu: u32,
    /// Process id.
    pub pid: i32,
    /// The task's name.
    pub comm: String,
    /// Taint, release and build of the kernel, such as `Not tainted 5.10.35 #1`.
    pub kernel: String,
    /// The machine, if its firmware names it.
    pub hardware: Option<String>,
}

impl Caller {
    /// Takes in what a line of a stack trace says about the caller; false if it says nothing new.
    pub(super) fn take(caller: &mut Option<Caller>, line: &str) -> bool {
        match caller {
            None => {
                *caller = first_line(line);
                caller.is_some()
            }
            Some(Caller { hardware: hardware @ None, .. }) => {
                *hardware = line.strip_prefix("Hardware name: ").map(str::to_owned);
                hardware.is_some()
            }
            Some(_) => false,
        }
    }
}

fn first_line(line: &str) -> Option<Caller> {
    let (cpu, rest) = line.strip_prefix("CPU: ")?.split_once(" PID: ")?;
    // Newer kernels tell the user, too.
    let (cpu, _) = cpu.split_once(" UID: ").unwrap_or((cpu, ""));
    let (pid, rest) = rest.split_once(" Comm: ")?;
    let end = AFTER_NAME.iter().filter_map(|after| rest.find(after)).min()?;
    let (comm, kernel) = (rest[..end].to_owned(), rest[end + 1..].to_owned());
    Some(Caller { cpu: cpu.parse().ok()?, pid: pid.parse().ok()?, comm, kernel, hardware: None })
}

impl Display for Caller {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "CPU: {} PID: {} Comm: {} {}", self.cpu, self.pid, self.comm, self.kernel)?;
        match &self.hardware {
            Some(name) => writeln!(f, "Hardware name: {name}"),
            None => Ok(()),
        }
    }
}
