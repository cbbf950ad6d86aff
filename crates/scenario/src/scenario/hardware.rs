//! The machine of a scenario and what is attached to it.

use super::error::ScenarioError;
use super::fields::{Field, Fields};
use crate::session::{MachineForm, NodeForm, Value};
use buddyscope_mm::config::{Sysctl, Sysctls};

type Result<T> = core::result::Result<T, ScenarioError>;

/// Largest amount of memory a node may have, in MiB.
const MAX_MIB: u64 = 16 << 20;

/// `[swap]`: where anonymous pages go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwapSpec {
    /// Pages it holds.
    pub pages: u64,
    /// Pages a second it reads or writes; `None` for at once (zram).
    pub rate: Option<u64>,
}

/// `[device.NAME]`: a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceSpec {
    /// What files call it.
    pub name: String,
    /// Pages a second it reads or writes; `None` for at once.
    pub rate: Option<u64>,
    /// Whether it signals write congestion, as FUSE and NFS do.
    pub congests: bool,
}

/// `[file.NAME]`: a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSpec {
    /// What actions call it.
    pub name: String,
    /// Pages of it.
    pub pages: u64,
    /// The disk it is on; `None` for one that answers at once.
    pub device: Option<String>,
    /// Whether it lives in memory and swap (tmpfs).
    pub tmpfs: bool,
}

/// `[shrinker.NAME]`: a cache of kernel objects that can be dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShrinkerSpec {
    /// What `slab` actions call it.
    pub name: String,
    /// Cost of making an object again, in disk seeks; 0 for cheap (`seeks`).
    pub seeks: u32,
    /// Objects dropped at once (`batch`); 0 for 128.
    pub batch: u32,
    /// Objects of a page.
    pub objects_per_page: u32,
}

/// `[[cgroup]]`: a memory cgroup (v2). Limits are in pages; `None` for no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CgroupSpec {
    /// Its path, such as `/app/db`.
    pub name: String,
    /// `memory.min`.
    pub min: u64,
    /// `memory.low`.
    pub low: u64,
    /// `memory.high`.
    pub high: Option<u64>,
    /// `memory.max`.
    pub max: Option<u64>,
    /// `memory.swap.max`.
    pub swap_max: Option<u64>,
    /// `memory.oom.group`.
    pub oom_group: bool,
}

/// `[cost]`: how much virtual time work takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostSpec {
    /// Pages looked at, or slab objects visited, in a jiffy; `None` for any number.
    pub scanned_per_jiffy: Option<u64>,
    /// Pages a task without a rate touches in a jiffy.
    pub touched_per_jiffy: u64,
}

impl Default for CostSpec {
    fn default() -> CostSpec {
        CostSpec { scanned_per_jiffy: None, touched_per_jiffy: 1024 }
    }
}

/// What is attached to the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hardware {
    /// Swap.
    pub swap: Option<SwapSpec>,
    /// Disks, by name.
    pub devices: Vec<DeviceSpec>,
    /// Files, by name.
    pub files: Vec<FileSpec>,
    /// Caches, by name.
    pub shrinkers: Vec<ShrinkerSpec>,
    /// Cgroups, parents before children.
    pub cgroups: Vec<CgroupSpec>,
    /// What work costs.
    pub cost: CostSpec,
}

impl Hardware {
    pub(super) fn read(root: &mut Fields<'_>) -> Result<Hardware> {
        let devices = named(root.get("device"), device)?;
        let files = named(root.get("file"), file)?;
        if let Some((field, device)) = files.iter().find_map(|(field, spec)| {
            let device = spec.device.as_ref()?;
            devices.iter().all(|(_, known)| known.name != *device).then_some((field, device))
        }) {
            return Err(field.wrong(format!("there is no device `{device}`")));
        }
        Ok(Hardware {
            swap: root.read("swap", swap)?,
            devices: devices.into_iter().map(|named| named.1).collect(),
            files: files.into_iter().map(|named| named.1).collect(),
            shrinkers: named(root.get("shrinker"), shrinker)?.into_iter().map(|named| named.1).collect(),
            cgroups: cgroups(root)?,
            cost: root.read("cost", cost)?.unwrap_or_default(),
        })
    }
}

/// The tables of a table, each with its name.
fn named<'t, T>(
    field: Option<Field<'t>>,
    read: fn(String, &mut Fields<'t>) -> Result<T>,
) -> Result<Vec<(Field<'t>, T)>> {
    let Some(field) = field else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (name, field) in field.table()?.rest() {
        let mut fields = field.table()?;
        let value = read(name.to_owned(), &mut fields)?;
        fields.end()?;
        found.push((field, value));
    }
    Ok(found)
}

fn swap(field: &Field<'_>) -> Result<SwapSpec> {
    let mut fields = field.table()?;
    let spec = SwapSpec { pages: fields.need("size")?.pages()?, rate: fields.read("rate", Field::per_second)? };
    fields.end()?;
    Ok(spec)
}

fn device(name: String, fields: &mut Fields<'_>) -> Result<DeviceSpec> {
    Ok(DeviceSpec {
        name,
        rate: fields.read("rate", Field::per_second)?,
        congests: fields.read("congests", Field::flag)?.unwrap_or(false),
    })
}

fn file(name: String, fields: &mut Fields<'_>) -> Result<FileSpec> {
    Ok(FileSpec {
        name,
        pages: fields.need("size")?.pages()?,
        device: fields.read("device", |field| field.text().map(str::to_owned))?,
        tmpfs: fields.read("tmpfs", Field::flag)?.unwrap_or(false),
    })
}

fn shrinker(name: String, fields: &mut Fields<'_>) -> Result<ShrinkerSpec> {
    let number = |fields: &mut Fields<'_>, name, low, default| {
        Ok(fields.read(name, |field| field.number(low..=1_000_000))?.unwrap_or(default) as u32)
    };
    Ok(ShrinkerSpec {
        name,
        seeks: number(fields, "seeks", 0, 2)?,
        batch: number(fields, "batch", 0, 0)?,
        objects_per_page: number(fields, "objects_per_page", 1, 21)?,
    })
}

fn cgroups(root: &mut Fields<'_>) -> Result<Vec<CgroupSpec>> {
    let mut found: Vec<CgroupSpec> = Vec::new();
    for mut fields in root.tables("cgroup")? {
        let path = fields.need("path")?;
        let name = path.text()?.to_owned();
        let parent = name.rsplit_once('/').map(|(parent, last)| (parent, !last.is_empty()));
        match parent {
            Some((parent, true)) if parent.is_empty() || found.iter().any(|spec| spec.name == parent) => {}
            Some((parent, true)) => return Err(path.wrong(format!("its parent `{parent}` has to come before it"))),
            _ => return Err(path.wrong("a path such as `/app` is expected")),
        }
        if found.iter().any(|spec| spec.name == name) {
            return Err(path.wrong(format!("`{name}` is there already")));
        }
        let spec = CgroupSpec {
            name,
            min: fields.read("min", Field::pages)?.unwrap_or(0),
            low: fields.read("low", Field::pages)?.unwrap_or(0),
            high: fields.read("high", Field::pages)?,
            max: fields.read("max", Field::pages)?,
            swap_max: fields.read("swap_max", Field::pages)?,
            oom_group: fields.read("oom_group", Field::flag)?.unwrap_or(false),
        };
        fields.end()?;
        found.push(spec);
    }
    Ok(found)
}

fn cost(field: &Field<'_>) -> Result<CostSpec> {
    let mut fields = field.table()?;
    let number = |field: &Field<'_>| field.number(1..=1_000_000_000);
    let spec = CostSpec {
        scanned_per_jiffy: fields.read("scanned_per_jiffy", number)?,
        touched_per_jiffy: fields.read("touched_per_jiffy", number)?.unwrap_or(CostSpec::default().touched_per_jiffy),
    };
    fields.end()?;
    Ok(spec)
}

/// The machine as its form.
pub(super) fn machine(field: &Field<'_>) -> Result<MachineForm> {
    let mut fields = field.table()?;
    let mut nodes = Vec::new();
    for mut node in fields.tables("nodes")? {
        nodes.push(NodeForm {
            mib: node.need("mib")?.number(0..=MAX_MIB)?.into(),
            cpus: node.need("cpus")?.number(0..=1024)?.into(),
            hotpluggable: node.read("hotpluggable", Field::flag)?.unwrap_or(false),
        });
        node.end()?;
    }
    let row = |row: &Field<'_>| Ok(row.numbers(10..=255)?.into_iter().map(Value::from).collect());
    let text = |field: &Field<'_>| field.text().map(str::to_owned);
    let form = MachineForm {
        preset: fields.read("preset", text)?,
        nodes: (!nodes.is_empty()).then_some(nodes),
        distances: fields.read("distances", |field| field.items()?.iter().map(row).collect())?,
        low_mib: fields.read("low_mib", |field| field.number(2..=4096))?.map_or(Value::Missing, Value::from),
        cmdline: fields.read("cmdline", text)?,
        seed: Value::Missing,
    };
    fields.end()?;
    let checked = form.resolve().and_then(|form| form.config());
    checked.map_err(|error| field.wrong(error.to_string()))?;
    Ok(form)
}

/// Writes to /proc/sys/vm, each checked.
pub(super) fn sysctls(field: &Field<'_>) -> Result<Vec<(String, String)>> {
    let mut written = Vec::new();
    for (name, value) in field.table()?.rest() {
        let text = value.scalar()?;
        let change = Sysctl::parse(name, &text).map_err(|error| value.wrong(error.to_string()))?;
        Sysctls::default().apply(change).map_err(|error| value.wrong(error.to_string()))?;
        written.push((name.to_owned(), text));
    }
    Ok(written)
}
