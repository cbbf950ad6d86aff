//! From a scenario to a machine with everything attached to it.

use crate::scenario::{CgroupSpec, Hardware, Scenario};
use crate::session::{FieldError, MachineForm};
use buddyscope_mm::Machine;
use buddyscope_mm::MemcgId;
use buddyscope_mm::config::Sysctl;
use buddyscope_mm::event::Sink;
use buddyscope_mm::io::{DeviceId, DeviceSpec, FileSpec, Storage};
use buddyscope_mm::lru::memcg::MemcgError;
use buddyscope_mm::pfn::CpuId;
use buddyscope_mm::reclaim::MemcgLimit;
use buddyscope_mm::reclaim::shrinker::{ShrinkerId, UserCache};
use buddyscope_mm::task::Task;
use buddyscope_mm::task::mm::FileId;
use std::collections::BTreeMap;

/// Pages read at once when a file is read from front to back: 128 KiB, as the kernel does (`VM_READAHEAD_PAGES`).
const READ_AHEAD: u32 = 32;

/// What tasks find by name.
#[derive(Clone, Debug, Default)]
pub(super) struct World {
    pub(super) files: BTreeMap<String, FileId>,
    pub(super) shrinkers: BTreeMap<String, (ShrinkerId, u64)>,
    pub(super) cgroups: BTreeMap<String, MemcgId>,
}

/// The machine of a scenario, before anybody does anything.
///
/// # Errors
/// [`FieldError`] naming the field that is wrong.
pub(super) fn build<S: Sink>(scenario: &Scenario, sink: S) -> Result<(Machine<S>, World), FieldError> {
    let mut machine = boot(&scenario.machine, sink)?;
    for (name, value) in &scenario.sysctls {
        let wrong =
            |error: buddyscope_mm::config::ConfigError| FieldError::new(format!("sysctl.{name}"), error.to_string());
        machine.write_sysctl(Sysctl::parse(name, value).map_err(wrong)?).map_err(wrong)?;
    }
    if let Some(thp) = &scenario.thp {
        machine.set_thp(thp.over(machine.thp()));
    }
    let mut world = World::default();
    attach(&mut machine, &scenario.hardware, &mut world);
    for spec in &scenario.hardware.cgroups {
        let id = make_cgroup(&mut machine, spec, &world)?;
        world.cgroups.insert(spec.name.clone(), id);
    }
    Ok((machine, world))
}

fn boot<S: Sink>(form: &MachineForm, sink: S) -> Result<Machine<S>, FieldError> {
    let config = form.resolve()?.config()?;
    Machine::boot(&config, sink).map_err(|error| FieldError::new("machine", error.to_string()))
}

fn attach<S: Sink>(machine: &mut Machine<S>, hardware: &Hardware, world: &mut World) {
    let devices: BTreeMap<&str, DeviceId> = hardware
        .devices
        .iter()
        .map(|spec| {
            let device = DeviceSpec { pages_per_second: spec.rate, congests: spec.congests };
            (&*spec.name, machine.add_device(device))
        })
        .collect();
    for spec in &hardware.files {
        let device = spec.device.as_deref().and_then(|name| devices.get(name)).copied().unwrap_or_default();
        let storage = if spec.tmpfs { Storage::Shmem } else { Storage::Disk(device) };
        let pages = u32::try_from(spec.pages).unwrap_or(u32::MAX);
        world.files.insert(spec.name.clone(), machine.add_file(FileSpec { pages, storage, read_ahead: READ_AHEAD }));
    }
    if let Some(swap) = &hardware.swap {
        let device = DeviceSpec { pages_per_second: swap.rate, congests: false };
        let device = if swap.rate.is_some() { machine.add_device(device) } else { DeviceId::default() };
        machine.swapon(u32::try_from(swap.pages).unwrap_or(u32::MAX), device, 0);
    }
    machine.register_huge_page_shrinkers();
    machine.register_shadow_shrinker();
    for spec in &hardware.shrinkers {
        let nodes = machine.nodes().len();
        let per_slab = u64::from(spec.objects_per_page);
        let cache = UserCache {
            objects: vec![0; nodes],
            per_slab,
            slab_order: 0,
            slabs: vec![Default::default(); nodes],
            freed: 0,
        };
        let id = machine.register_user_shrinker(&spec.name, spec.seeks, spec.batch.into(), cache);
        world.shrinkers.insert(spec.name.clone(), (id, per_slab));
    }
}

fn make_cgroup<S: Sink>(machine: &mut Machine<S>, spec: &CgroupSpec, world: &World) -> Result<MemcgId, FieldError> {
    let parent = spec.name.rsplit_once('/').and_then(|(parent, _)| world.cgroups.get(parent)).copied();
    let wrong = |error: MemcgError| FieldError::new("cgroup", error.to_string());
    let id = machine.create_memcg(parent.unwrap_or_default(), &spec.name).map_err(wrong)?;
    let mut root = Task::new(CpuId(0));
    let limits = [
        Some(MemcgLimit::Min(spec.min)),
        Some(MemcgLimit::Low(spec.low)),
        spec.high.map(MemcgLimit::High),
        spec.max.map(MemcgLimit::Max),
        spec.swap_max.map(MemcgLimit::SwapMax),
    ];
    for limit in limits.into_iter().flatten() {
        machine.set_memcg_limit(&mut root, id, limit).map_err(wrong)?;
    }
    Ok(id)
}
