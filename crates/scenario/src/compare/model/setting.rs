//! What the commands of a load share: files, groups, pools, and how far the shell has come.

use super::observer::Observer;
use super::pace::Paces;
use super::speed::Speed;
use crate::compare::error::CompareError;
use crate::compare::shell::{Controller, bytes};
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::io::{DeviceId, FileSpec, Storage};
use buddyscope_mm::pfn::{CpuId, NodeMask};
use buddyscope_mm::reclaim::MemcgLimit;
use buddyscope_mm::task::Task;
use buddyscope_mm::task::cpuset::CpusetId;
use buddyscope_mm::task::mm::FileId;
use buddyscope_mm::{Machine, MemcgId};

/// Pages that are read ahead for small requests (`VM_READAHEAD_PAGES`).
const READ_AHEAD: u32 = 32;
/// Pages of the data disk at least: 2 GiB.
const DISK_PAGES: u32 = 524_288;

/// A cpuset or memory cgroup.
#[derive(Debug)]
struct Group {
    path: String,
    id: GroupId,
    /// The CPUs of a cpuset.
    cpu: Option<CpuId>,
}

#[derive(Clone, Copy, Debug)]
enum GroupId {
    Cpuset(CpusetId),
    Memory(MemcgId),
}

/// What shell and commands share.
#[derive(Debug, Default)]
pub(super) struct Setting {
    pub(super) speed: Speed,
    /// If commands pace themselves, how.
    pub(super) paces: Option<Paces>,
    /// Where a command runs that is bound to no CPU.
    pub(super) cpu: CpuId,
    /// The data disk.
    pub(super) disk: DeviceId,
    /// Pages and device of the swap disk.
    pub(super) swap: (u32, DeviceId),
    /// Steps begun.
    pub(super) at: usize,
    /// Commands running in the background.
    pub(super) running: u32,
    /// Why the load cannot go on.
    pub(super) problem: Option<CompareError>,
    groups: Vec<Group>,
    /// Where memory file systems are mounted.
    mounts: Vec<String>,
    /// Files on them, and their pages.
    files: Vec<(String, FileId, u32)>,
}

fn no(what: impl Into<String>) -> CompareError {
    CompareError::NotModeled(what.into())
}

impl Setting {
    /// Opens the data disk up to a page. Its pages are those of a block device, which cannot be moved.
    pub(super) fn open_disk(&self, machine: &mut Machine<Observer>, pages: u32) -> FileId {
        let pages = pages.max(DISK_PAGES);
        let file = machine.add_file(FileSpec { pages, storage: Storage::Disk(self.disk), read_ahead: READ_AHEAD });
        machine.mapping_set_gfp_mask(file, Gfp::GFP_USER);
        file
    }

    pub(super) fn mount(&mut self, path: &str) {
        self.mounts.push(path.to_owned());
    }

    /// Makes a file on a memory file system.
    pub(super) fn make_file(
        &mut self,
        machine: &mut Machine<Observer>,
        path: &str,
        pages: u32,
    ) -> Result<FileId, CompareError> {
        if !self.mounts.iter().any(|mount| path.starts_with(mount.as_str())) {
            return Err(no(format!("`{path}` is on no file system that is known")));
        }
        let file = machine.add_file(FileSpec { pages: 0, storage: Storage::Shmem, read_ahead: 0 });
        self.files.push((path.to_owned(), file, pages));
        Ok(file)
    }

    /// A file that was made before, and its pages.
    pub(super) fn find_file(&self, path: &str) -> Result<(FileId, u32), CompareError> {
        let known = self.files.iter().find(|file| file.0 == path);
        known.map(|file| (file.1, file.2)).ok_or_else(|| no(format!("there is no file `{path}`")))
    }

    /// Makes a group.
    pub(super) fn make_group(
        &mut self,
        machine: &mut Machine<Observer>,
        path: &str,
        controller: Controller,
    ) -> Result<(), CompareError> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let id = match controller {
            Controller::Cpuset => {
                let made = machine.cpusets_mut().create(CpusetId::ROOT, name);
                GroupId::Cpuset(made.map_err(|error| no(error.to_string()))?)
            }
            Controller::Memory => {
                let made = machine.create_memcg(MemcgId::ROOT, name);
                GroupId::Memory(made.map_err(|error| no(error.to_string()))?)
            }
        };
        self.groups.push(Group { path: path.to_owned(), id, cpu: None });
        Ok(())
    }

    /// Writes a group's file.
    pub(super) fn write_group(
        &mut self,
        machine: &mut Machine<Observer>,
        path: &str,
        file: &str,
        value: &str,
    ) -> Result<(), CompareError> {
        let unknown = || no(format!("`{value}` in `{path}/{file}`"));
        let group = self.groups.iter_mut().find(|group| group.path == path).ok_or_else(unknown)?;
        let number = || value.parse::<u16>().map_err(|_| unknown());
        match (group.id, file) {
            (GroupId::Cpuset(_), "cpuset.cpus") => group.cpu = Some(CpuId(number()?)),
            (GroupId::Cpuset(id), "cpuset.mems") => {
                let mems = NodeMask(1 << number()?);
                machine.cpusets_mut().set_mems(id, mems, []).map_err(|error| no(error.to_string()))?;
            }
            (GroupId::Memory(id), "memory.limit_in_bytes") => {
                let max = bytes(value).map_err(no)? / 4096;
                let mut shell = Task::new(CpuId(0));
                let written = machine.set_memcg_limit(&mut shell, id, MemcgLimit::Max(max));
                written.map_err(|error| no(error.to_string()))?;
            }
            _ => return Err(unknown()),
        }
        Ok(())
    }

    /// Puts a task that is to be into groups; says whether that binds it to a CPU.
    pub(super) fn enter(
        &self,
        machine: &Machine<Observer>,
        groups: &[String],
        task: &mut Task,
        memcg: &mut MemcgId,
    ) -> Result<bool, CompareError> {
        let mut bound = false;
        for path in groups {
            let group = self.groups.iter().find(|group| group.path == *path);
            let group = group.ok_or_else(|| no(format!("there is no group `{path}`")))?;
            match group.id {
                GroupId::Memory(id) => *memcg = id,
                GroupId::Cpuset(id) => {
                    machine.cpusets().attach(id, task).map_err(|error| no(error.to_string()))?;
                    task.cpu = group.cpu.unwrap_or(task.cpu);
                    bound |= group.cpu.is_some();
                }
            }
        }
        Ok(bound)
    }
}
