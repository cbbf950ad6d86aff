//! Plain commands and what they mean to the machine.

use super::expand::{SELF, number};
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::NodeMask;

/// The recorder's own file for orders.
const CONTROL: &str = "/proc/pgrec_ctl";
/// The recorder's own file for texts.
const LOG: &str = "/proc/pgrec_log";
/// Where sysctls of memory are.
const SYSCTL: &str = "/proc/sys/vm/";
/// Where the kernel's own trace is set up.
const TRACING: &str = "/sys/kernel/debug/tracing";

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    /// `swapon`: the swap disk is used from now on.
    Swapon,
    /// A tmpfs of so many pages is mounted.
    Tmpfs { path: String, pages: u64 },
    /// A cpuset or memory cgroup is made.
    Group { path: String, controller: Controller },
    /// A file of a group is written.
    GroupFile { path: String, file: String, value: String },
    /// The shell moves into a group; see [`Command::Within`].
    Enter(String),
    /// A command of a shell that moved into groups.
    Within { groups: Vec<String>, command: Box<Command> },
    /// A label.
    Mark(String),
    /// A frozen snapshot is taken.
    Snapshot(String),
    /// A kernel thread asks for blocks until it has so many or one is refused, and gives all back.
    Alloc { gfp: Gfp, order: u8, count: u64 },
    /// A range of a CMA area is taken and given back.
    Cma { pages: u64 },
    /// A sysctl of memory is written.
    Sysctl { name: String, value: String },
    /// The value of a sysctl is written down.
    Note { name: String },
    /// `dd`.
    Dd(Dd),
    /// `memhog`.
    Memhog(Memhog),
    /// `memfrag`.
    Memfrag(Memfrag),
    /// Nothing is done for a while, in microseconds.
    Sleep(u64),
    /// What is in the background is waited for.
    Wait,
}

/// What a hierarchy of groups is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Controller {
    Cpuset,
    Memory,
}

/// What `dd` reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// The data disk.
    Disk,
    /// Zeros, which are no pages.
    Zero,
    /// A file.
    File(String),
}

/// `dd if= of= bs= count= skip=`. Sizes are in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dd {
    pub(crate) input: Input,
    /// The file that is written; `None` for nowhere.
    pub(crate) output: Option<String>,
    pub(crate) block: u64,
    /// Blocks; `None` for all there are.
    pub(crate) count: Option<u64>,
    pub(crate) skip: u64,
    /// The CPU it is bound to (`taskset`).
    pub(crate) cpu: Option<u16>,
}

/// In which order `memhog` touches pages after the first pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// All, from the first to the last.
    Sequential,
    /// A working set: the first quarter, scattered.
    WorkingSet,
}

/// A memory policy by the numbers of `set_mempolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) mode: u8,
    pub(crate) nodes: NodeMask,
}

/// `memhog`: touches anonymous memory, each page with a read and then a write. Says `passN-done` after each pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memhog {
    pub(crate) mib: u64,
    pub(crate) passes: u32,
    pub(crate) pattern: Pattern,
    /// Microseconds of rest now and then.
    pub(crate) sleep_us: u64,
    pub(crate) cpu: Option<u16>,
    pub(crate) policy: Option<Policy>,
}

/// Part of its memory that `memhog` uses in the passes after the first, as its working set.
const WORKING_SET: u64 = 4;

impl Memhog {
    /// Pages that it touches in a pass.
    pub(crate) fn pages_of_pass(&self, pass: u32) -> u64 {
        let part = if pass > 0 && self.pattern == Pattern::WorkingSet { WORKING_SET } else { 1 };
        self.mib * 256 / part
    }
}

/// `memfrag`: touches anonymous memory, gives back a random part of it and keeps the rest for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memfrag {
    pub(crate) mib: u64,
    /// Thousandths that it keeps.
    pub(crate) keep: u32,
    /// Pages of a run that is kept or given back.
    pub(crate) run: u64,
    pub(crate) seed: u64,
}

/// What has been mounted, and where the shell is.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    groups: Vec<(String, Controller)>,
    folder: String,
}

type Result<T> = core::result::Result<T, String>;

impl Command {
    /// The command; `None` for one that does nothing to the machine.
    pub(super) fn of(words: &[&str], output: Option<&str>, files: &mut Files) -> Result<Option<Command>> {
        Ok(Some(match words {
            // What is to be swap has no effect before it is used.
            ["mkswap", _] => return Ok(None),
            ["swapon", _] => Command::Swapon,
            ["mkdir", "-p", _] => return Ok(None),
            ["mkdir", path] => return Ok(files.make(path)),
            ["mount", options @ .., path] => return files.mount(options, path),
            ["cd", path] => {
                files.folder = (*path).to_owned();
                return Ok(None);
            }
            ["echo", words @ ..] => return echo(words, output.unwrap_or_default(), files),
            ["cat", name] if output == Some(LOG) => match name.strip_prefix(SYSCTL) {
                Some(name) => Command::Note { name: name.to_owned() },
                None if files.folder == TRACING => return Ok(None),
                None => return Err(format!("`{name}` is a file that nothing is known of")),
            },
            // The recorder stores a text.
            ["sec", _] | ["put", _, _] => return Ok(None),
            ["sleep", seconds] => Command::Sleep(micros(seconds)?),
            ["wait", ..] => Command::Wait,
            ["exec", words @ ..] => return Command::of(words, output, files),
            ["taskset", mask, "dd", operands @ ..] => {
                let mask = u64::from_str_radix(mask, 16).map_err(|_| format!("`{mask}` is not a set of CPUs"))?;
                Command::Dd(Dd { cpu: Some(mask.trailing_zeros() as u16), ..dd(operands)? })
            }
            ["dd", operands @ ..] => Command::Dd(dd(operands)?),
            ["memhog", mib, passes, pattern, options @ ..] => Command::Memhog(memhog(mib, passes, pattern, options)?),
            ["memfrag", mib, keep, run, seed] => Command::Memfrag(Memfrag {
                mib: number(mib)?,
                keep: small(keep)?,
                run: number(run)?,
                seed: number(seed)?,
            }),
            words => return Err(format!("`{}` is not known", words.join(" "))),
        }))
    }
}

impl Files {
    /// `mkdir` below a mounted hierarchy makes a group.
    fn make(&mut self, path: &str) -> Option<Command> {
        let hierarchy = self.groups.iter().find(|(root, _)| path.starts_with(&format!("{root}/")));
        hierarchy.map(|(_, controller)| Command::Group { path: path.to_owned(), controller: *controller })
    }

    fn mount(&mut self, options: &[&str], path: &str) -> Result<Option<Command>> {
        match options {
            ["-t", "cgroup", "-o", "cpuset", _] => {
                self.groups.push((path.to_owned(), Controller::Cpuset));
                Ok(None)
            }
            ["-t", "cgroup", "-o", "memory", _] => {
                self.groups.push((path.to_owned(), Controller::Memory));
                Ok(None)
            }
            ["-t", "debugfs", _] => Ok(None),
            ["-t", "tmpfs", "-o", size, _] => {
                let size = size.strip_prefix("size=").ok_or_else(|| format!("`{size}` is not known"))?;
                Ok(Some(Command::Tmpfs { path: path.to_owned(), pages: bytes(size)? / 4096 }))
            }
            options => Err(format!("`mount {}` is not known", options.join(" "))),
        }
    }

    /// The group and file that a path names.
    fn group_file<'a>(&self, path: &'a str) -> Option<(&'a str, &'a str)> {
        let known = self.groups.iter().any(|(root, _)| path.starts_with(root.as_str()));
        path.rsplit_once('/').filter(|_| known)
    }
}

fn echo(words: &[&str], output: &str, files: &Files) -> Result<Option<Command>> {
    let value = words.join(" ");
    if output == CONTROL {
        return control(words).map_err(|()| format!("`echo {value}` is no order of the recorder that is known"));
    }
    if let Some(name) = output.strip_prefix(SYSCTL) {
        return Ok(Some(Command::Sysctl { name: name.to_owned(), value }));
    }
    if files.folder == TRACING && !output.starts_with('/') {
        return Ok(None);
    }
    match files.group_file(output) {
        Some((group, "cgroup.procs")) if value == SELF => Ok(Some(Command::Enter(group.to_owned()))),
        Some((path, file)) => Ok(Some(Command::GroupFile { path: path.to_owned(), file: file.to_owned(), value })),
        None => Err(format!("`{output}` is a file that nothing is known of")),
    }
}

/// Orders to the recorder.
fn control(words: &[&str]) -> core::result::Result<Option<Command>, ()> {
    let number = |text: &str| text.parse().map_err(|_| ());
    Ok(Some(match words {
        ["probe", _] => return Ok(None),
        ["mark", name] => Command::Mark((*name).to_owned()),
        ["snap", name] => Command::Snapshot((*name).to_owned()),
        ["cma", pages] => Command::Cma { pages: number(pages)? },
        ["alloc", gfp, order, count] => {
            let bits = gfp.strip_prefix("0x").and_then(|hex| u32::from_str_radix(hex, 16).ok()).ok_or(())?;
            let order = order.parse().map_err(|_| ())?;
            Command::Alloc { gfp: Gfp::from_bits_retain(bits), order, count: number(count)? }
        }
        _ => return Err(()),
    }))
}

fn dd(operands: &[&str]) -> Result<Dd> {
    let mut dd = Dd { input: Input::Zero, output: None, block: 512, count: None, skip: 0, cpu: None };
    for operand in operands {
        match operand.split_once('=') {
            Some(("if", "/dev/vdb")) => dd.input = Input::Disk,
            Some(("if", "/dev/zero")) => dd.input = Input::Zero,
            Some(("if", file)) => dd.input = Input::File(file.to_owned()),
            Some(("of", "/dev/null")) => dd.output = None,
            Some(("of", file)) => dd.output = Some(file.to_owned()),
            Some(("bs", size)) => dd.block = bytes(size)?,
            Some(("count", count)) => dd.count = Some(number(count)?),
            Some(("skip", skip)) => dd.skip = number(skip)?,
            _ => return Err(format!("`{operand}` is no operand of dd that is known")),
        }
    }
    Ok(dd)
}

fn memhog(mib: &str, passes: &str, pattern: &str, options: &[&str]) -> Result<Memhog> {
    let pattern = match pattern {
        "seq" => Pattern::Sequential,
        "ws" => Pattern::WorkingSet,
        _ => return Err(format!("`{pattern}` is no pattern that is known")),
    };
    let (mib, passes) = (number(mib)?, small(passes)?);
    let mut memhog = Memhog { mib, passes, pattern, sleep_us: 0, cpu: None, policy: None };
    let mut rest = options;
    while !rest.is_empty() {
        rest = match rest {
            ["sleepus", us, rest @ ..] => {
                memhog.sleep_us = number(us)?;
                rest
            }
            ["cpu", cpu, rest @ ..] => {
                memhog.cpu = Some(small(cpu)?);
                rest
            }
            ["pol", mode, mask, rest @ ..] => {
                memhog.policy = Some(Policy { mode: small(mode)?, nodes: NodeMask(number(mask)?) });
                rest
            }
            [option, ..] => return Err(format!("`{option}` is no option of memhog that is known")),
            [] => rest,
        };
    }
    Ok(memhog)
}

fn small<T: TryFrom<u64>>(text: &str) -> Result<T> {
    T::try_from(number(text)?).map_err(|_| format!("`{text}` is too large"))
}

/// A size such as `64M`.
pub(crate) fn bytes(text: &str) -> Result<u64> {
    let shift = match text.chars().last() {
        Some('k' | 'K') => 10,
        Some('M') => 20,
        Some('G') => 30,
        _ => 0,
    };
    let digits = if shift == 0 { text } else { &text[..text.len() - 1] };
    number(digits)?.checked_mul(1 << shift).ok_or_else(|| format!("`{text}` is too large"))
}

/// Seconds with or without tenths.
fn micros(seconds: &str) -> Result<u64> {
    let (whole, part) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let scale = 10u64.checked_pow(part.len() as u32).ok_or("too many digits")?;
    Ok(number(whole)? * 1_000_000 + number(part)? * 1_000_000 / scale)
}
