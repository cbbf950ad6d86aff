//! Which test saw which decision: events are sorted into the decisions of the tables that the model follows, and noted
//! under the name of the test whose thread they happened in. Nothing is noted unless `BUDDYSCOPE_DECISIONS` names a
//! folder.

#![allow(dead_code, reason = "each test uses its part")]

mod rows;

pub(crate) use rows::{Decision, decisions};

use buddyscope_mm::event::{Event, Sink};
use std::cell::RefCell;
use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::sync::OnceLock;

/// The folder that notes go to.
pub(crate) fn folder() -> Option<&'static PathBuf> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOLDER.get_or_init(|| std::env::var_os("BUDDYSCOPE_DECISIONS").map(PathBuf::from)).as_ref()
}

/// Notes the decisions that an event shows.
pub(crate) fn note(event: &Event) {
    thread_local! {
        static SEEN: RefCell<HashSet<Decision>> = RefCell::default();
    }
    let Some(folder) = folder() else { return };
    for decision in decisions(event) {
        if SEEN.with_borrow_mut(|seen| seen.insert(decision)) {
            write(folder, decision).expect("the folder can be written to");
        }
    }
}

fn write(folder: &PathBuf, decision: Decision) -> std::io::Result<()> {
    let exe = std::env::current_exe()?;
    let name = exe.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // The part behind the last hyphen is a hash of how the test was built.
    let binary = name.rsplit_once('-').map_or(&*name, |(binary, _)| binary);
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("main");
    std::fs::create_dir_all(folder)?;
    let mut file = OpenOptions::new().create(true).append(true).open(folder.join(binary))?;
    // In one piece: other tests write as well.
    file.write_all(format!("{test} {}\n", decision.key()).as_bytes())
}

/// Keeps events, and notes them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Noted(Vec<Event>);

impl Sink for Noted {
    fn record(&mut self, event: Event) {
        note(&event);
        self.0.push(event);
    }
}

impl Deref for Noted {
    type Target = Vec<Event>;
    fn deref(&self) -> &Vec<Event> {
        &self.0
    }
}

impl DerefMut for Noted {
    fn deref_mut(&mut self) -> &mut Vec<Event> {
        &mut self.0
    }
}
