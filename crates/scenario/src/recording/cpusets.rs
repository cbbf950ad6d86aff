//! The cpuset hierarchy of a recording (`cpuset.txt`): one line for each file, `PATH FILE VALUE`.

use super::error::RecordingError;
use buddyscope_mm::pfn::{MAX_NUMNODES, NodeId, NodeMask};
use buddyscope_mm::task::cpuset::{CpusetError, CpusetId, CpusetTree};

/// The files of one cpuset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CpusetFiles {
    /// `cpuset.mems`.
    pub mems: NodeMask,
    /// `cpuset.mem_exclusive`.
    pub mem_exclusive: bool,
    /// `cpuset.mem_hardwall`.
    pub mem_hardwall: bool,
    /// `cpuset.memory_spread_page`.
    pub memory_spread_page: bool,
}

/// A whole `cpuset.txt`: cpusets by path, the mount point (which is the root) first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CpusetFile {
    /// Cpusets with their paths, such as `/cs/a`, in the order of the file.
    pub sets: Vec<(String, CpusetFiles)>,
}

impl CpusetFile {
    /// Reads a file; `file` is the name that errors give. Cpuset files that do not concern memory are passed over.
    ///
    /// # Errors
    /// [`RecordingError`] with line and field for a line without three words, a bad node list or a bad flag.
    pub fn read(bytes: &[u8], file: &str) -> Result<CpusetFile, RecordingError> {
        let mut all = CpusetFile::default();
        for (line, text) in (1u32..).zip(bytes.split(|&b| b == b'\n')) {
            let bad = |problem: String| RecordingError::in_line(file, line, problem);
            let text = core::str::from_utf8(text).map_err(|_| bad("UTF-8 text expected".into()))?;
            if !text.trim().is_empty() {
                all.read_line(text).map_err(bad)?;
            }
        }
        Ok(all)
    }

    fn read_line(&mut self, text: &str) -> Result<(), String> {
        let mut words = text.split_whitespace();
        let (Some(path), Some(name)) = (words.next(), words.next()) else {
            return Err(format!("`PATH FILE VALUE` expected, found `{}`", shortened(text)));
        };
        // A cpuset without nodes has an empty file.
        let value = words.next().unwrap_or_default();
        let set = self.set_mut(path);
        match name {
            "cpuset.mems" => set.mems = read_nodes(value)?,
            "cpuset.mem_exclusive" => set.mem_exclusive = read_flag(value)?,
            "cpuset.mem_hardwall" => set.mem_hardwall = read_flag(value)?,
            "cpuset.memory_spread_page" => set.memory_spread_page = read_flag(value)?,
            _ => {}
        }
        Ok(())
    }

    fn set_mut(&mut self, path: &str) -> &mut CpusetFiles {
        let at = self.sets.iter().position(|set| set.0 == path).unwrap_or_else(|| {
            self.sets.push((path.to_owned(), CpusetFiles::default()));
            self.sets.len() - 1
        });
        &mut self.sets[at].1
    }

    /// Builds the hierarchy on a machine, and finds the cpuset a path names. The shortest path is the mount point,
    /// that is the root; `task_path` is relative to it, as `/proc/self/cpuset` prints it.
    ///
    /// # Errors
    /// [`CpusetError`] if the kernel would refuse such a hierarchy, also for a path that is not in it.
    pub fn build(&self, n_memory: NodeMask, task_path: &str) -> Result<(CpusetTree, CpusetId), CpusetError> {
        let mut tree = CpusetTree::new(n_memory, false);
        let mut paths: Vec<&String> = self.sets.iter().map(|set| &set.0).collect();
        paths.sort_by_key(|path| (path.matches('/').count(), path.as_str()));
        let root = paths.first().map_or("", |path| path.as_str());
        let mut ids: Vec<(&str, CpusetId)> = vec![(root, CpusetId::ROOT)];
        let id_of = |ids: &[(&str, CpusetId)], path: &str| ids.iter().find(|id| id.0 == path).map(|id| id.1);
        for path in paths.iter().skip(1) {
            let (above, name) = path.rsplit_once('/').unwrap_or((root, path));
            let parent = id_of(&ids, above).ok_or_else(|| CpusetError::NoSuchName(above.to_owned()))?;
            ids.push((path, self.add(&mut tree, parent, path, name)?));
        }
        let wanted = format!("{root}{}", task_path.trim().trim_end_matches('/'));
        match id_of(&ids, &wanted) {
            Some(id) => Ok((tree, id)),
            None => Err(CpusetError::NoSuchName(wanted)),
        }
    }

    fn add(&self, tree: &mut CpusetTree, parent: CpusetId, path: &str, name: &str) -> Result<CpusetId, CpusetError> {
        let id = tree.create(parent, name)?;
        if let Some((_, set)) = self.sets.iter().find(|set| set.0 == path) {
            tree.set_mems(id, set.mems, [])?;
            tree.set_walls(id, set.mem_exclusive, set.mem_hardwall)?;
            tree.set_spread_page(id, set.memory_spread_page)?;
        }
        Ok(id)
    }
}

/// Reads a list such as `0,2-3`.
fn read_nodes(text: &str) -> Result<NodeMask, String> {
    let bad = || format!("a list of nodes below 64 such as 0,2-3 expected, found `{}`", shortened(text));
    let mut mask = NodeMask::EMPTY;
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let first: u8 = first.parse().map_err(|_| bad())?;
        let last: u8 = last.parse().map_err(|_| bad())?;
        if first > last || usize::from(last) >= MAX_NUMNODES {
            return Err(bad());
        }
        mask = (first..=last).map(NodeId).map(NodeMask::of).fold(mask, |all, node| all | node);
    }
    Ok(mask)
}

fn read_flag(text: &str) -> Result<bool, String> {
    match text {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err(format!("0 or 1 expected, found `{}`", shortened(text))),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "/cs cpuset.mems 0-3\n/cs cpuset.mem_exclusive 1\n/cs/a cpuset.mems 0,2-3\n\
                        /cs/a cpuset.cpus 0-3\n/cs/a/b cpuset.mems 0,2\n/cs/a/b cpuset.mem_hardwall 0\n";

    #[test]
    fn the_mount_point_is_the_root() {
        let Ok(file) = CpusetFile::read(TEXT.as_bytes(), "cpuset.txt") else { panic!("refused") };
        let Ok((tree, id)) = file.build(NodeMask(0xf), "/a/b\n") else { panic!("refused") };
        assert_eq!(tree.iter().count(), 3);
        assert_eq!(tree.online_mems(id), NodeMask(0b0101));
        assert!(file.build(NodeMask(0xf), "/a/c").is_err());
        assert_eq!(file.build(NodeMask(0xf), "/").map(|built| built.1), Ok(CpusetId::ROOT));
    }

    #[test]
    fn bad_lines_are_errors_with_their_number() {
        for bad in ["/cs\n", "/cs cpuset.mems 3-1\n", "/cs cpuset.mems 64\n", "/cs cpuset.mem_exclusive 2\n", "\u{e9}"]
        {
            let text = format!("/cs cpuset.cpus 0\n{bad}");
            let Err(error) = CpusetFile::read(text.as_bytes(), "cpuset.txt") else { panic!("{bad}") };
            assert_eq!(error.line, Some(2), "{bad}");
        }
        assert!(CpusetFile::read(b"\xff", "cpuset.txt").is_err());
    }
}
