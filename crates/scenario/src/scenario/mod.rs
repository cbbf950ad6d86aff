//! Scenario files: a machine, what lives on it, and what happens over time. The format is described in
//! `docs/scenarios.md`.

mod action;
mod error;
mod fields;
mod hardware;
mod huge;
mod task;
mod units;

pub use action::{Action, Advice, AllocAction, FileAction, MapAction, Pace, Pattern, TouchAction};
pub use error::ScenarioError;
pub use hardware::{CgroupSpec, CostSpec, DeviceSpec, FileSpec, Hardware, ShrinkerSpec, SwapSpec};
pub use huge::ThpSpec;
pub use task::{PolicySpec, TaskSpec};
pub use units::{HZ, jiffies as parse_time};

use crate::session::{MAX_SEED, MachineForm};
use fields::{Field, Fields};

type Result<T> = core::result::Result<T, ScenarioError>;

/// The version of the format that this build reads.
pub const FORMAT: u64 = 1;
/// Longest file, bytes.
const MAX_BYTES: usize = 1 << 20;

/// A whole scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// What it is called.
    pub title: String,
    /// What it shows, in a sentence or two.
    pub about: String,
    /// What to look for while it runs.
    pub look: String,
    /// Seed of everything random.
    pub seed: u64,
    /// Jiffies after which it ends; `None` for when every task has ended.
    pub until: Option<u64>,
    /// The machine.
    pub machine: MachineForm,
    /// Writes to /proc/sys/vm before anything happens, in the order of their names.
    pub sysctls: Vec<(String, String)>,
    /// What is written to /sys/kernel/mm/transparent_hugepage before anything happens.
    pub thp: Option<ThpSpec>,
    /// Swap, devices, files, caches and cgroups.
    pub hardware: Hardware,
    /// Who does what.
    pub tasks: Vec<TaskSpec>,
}

impl Scenario {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ScenarioError`] with the line and field of the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Scenario> {
        if text.len() > MAX_BYTES {
            return Err(ScenarioError::new(1, "", format!("{} bytes; at most {MAX_BYTES} are read", text.len())));
        }
        let table = fields::parse(text)?;
        let mut root = Fields::root(text, &table);
        let format = root.need("format")?;
        let number = format.number(0..=u64::from(u32::MAX))?;
        if number != FORMAT {
            return Err(format.wrong(format!("format {number} is unknown; this version reads format {FORMAT}")));
        }
        let owned = |field: &Field<'_>| field.text().map(str::to_owned);
        let scenario = Scenario {
            title: root.read("title", owned)?.unwrap_or_default(),
            about: root.read("about", owned)?.unwrap_or_default(),
            look: root.read("look", owned)?.unwrap_or_default(),
            seed: root.read("seed", |field| field.number(0..=MAX_SEED))?.unwrap_or(0),
            until: root.read("until", Field::jiffies)?,
            machine: root.read("machine", hardware::machine)?.unwrap_or_else(|| MachineForm::preset("two-node")),
            sysctls: root.read("sysctl", hardware::sysctls)?.unwrap_or_default(),
            thp: root.read("thp", huge::thp)?,
            hardware: Hardware::read(&mut root)?,
            tasks: task::tasks(&mut root)?,
        };
        root.end()?;
        scenario.check_names(&mut root)?;
        Ok(scenario)
    }

    /// Whether everything that is named is there.
    fn check_names(&self, root: &mut Fields<'_>) -> Result<()> {
        for (task, mut fields) in self.tasks.iter().zip(root.tables("task")?) {
            if let Some(cgroup) = &task.cgroup
                && !self.hardware.cgroups.iter().any(|spec| spec.name == *cgroup)
            {
                return Err(fields.need("cgroup")?.wrong(format!("there is no cgroup `{cgroup}`")));
            }
            let actions = fields.need("do")?;
            self.check_actions(&task.actions, &mut Vec::new(), &actions)?;
        }
        Ok(())
    }

    fn check_actions(&self, actions: &[Action], maps: &mut Vec<String>, list: &Field<'_>) -> Result<()> {
        let no_file = |file: &str| !self.hardware.files.iter().any(|spec| spec.name == file);
        for (action, item) in actions.iter().zip(list.items()?) {
            match action {
                Action::Map(map) => {
                    if let Some(file) = map.file.as_deref().filter(|file| no_file(file)) {
                        return Err(item.wrong(format!("there is no file `{file}`")));
                    }
                    maps.push(map.name.clone());
                }
                Action::Read(FileAction { file, .. })
                | Action::Write(FileAction { file, .. })
                | Action::Truncate { file, .. }
                    if no_file(file) =>
                {
                    return Err(item.wrong(format!("there is no file `{file}`")));
                }
                Action::Touch(TouchAction { mapping, .. })
                | Action::Advise { mapping, .. }
                | Action::DontNeed { mapping, .. }
                | Action::Pin { mapping, .. }
                    if !maps.contains(mapping) =>
                {
                    return Err(item.wrong(format!("no `map` before this makes a mapping `{mapping}`")));
                }
                Action::Slab { cache, .. } if !self.hardware.shrinkers.iter().any(|spec| spec.name == *cache) => {
                    return Err(item.wrong(format!("there is no shrinker `{cache}`")));
                }
                Action::Repeat { actions, .. } => {
                    self.check_actions(actions, maps, &item.table()?.need("do")?)?;
                }
                Action::Fork { actions, .. } => {
                    self.check_actions(actions, &mut maps.clone(), &item.table()?.need("do")?)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}
