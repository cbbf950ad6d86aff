//! Memory policies against those of a real kernel: how slots are made, how they follow changed cpuset nodes, and how
//! interleaving goes on. Runs on the recordings that `BUDDYSCOPE_RECORDINGS` names; without it there is nothing to do.

use buddyscope_mm::pfn::{CpuId, NodeId, NodeMask};
use buddyscope_mm::task::Task;
use buddyscope_mm::task::mempolicy::{Mempolicy, PolicyFlags, PolicyMode};
use buddyscope_scenario::recording::{Op, OpReader, PolicyAllocOp, PolicyLine, Recording, find_recordings};
use std::error::Error;
use std::path::Path;

/// `MAX_NUMNODES - 1` of the recorded kernels: no node yet.
const NO_NODE: u8 = 15;

#[test]
fn policies_are_made_and_rebound_as_recorded() -> Result<(), Box<dyn Error>> {
    let Some(folder) = std::env::var_os("BUDDYSCOPE_RECORDINGS") else { return Ok(()) };
    for path in find_recordings(Path::new(&folder))? {
        let recording = Recording::in_folder(&path);
        let ops = recording.ops()?;
        if ops.starts_with(b"POL ") {
            check(&recording, &ops).map_err(|error| format!("{}: {error}", recording.name()))?;
        }
    }
    Ok(())
}

/// Replays the policy lines of one recording.
fn check(recording: &Recording, ops: &[u8]) -> Result<(), Box<dyn Error>> {
    let start = recording.start()?;
    let n_memory: NodeMask = start.nodes.iter().filter(|node| node.present > 0).map(|node| node.id).collect();
    let requests = requests(&recording.meta()?.script)?;
    let mut slots: Vec<Option<Mempolicy>> = Vec::new();
    let mut task = Task::new(CpuId(0));
    let mut phase = "";
    let mut reader = OpReader::new(ops, "ops.txt");
    while let Some(op) = reader.next_op() {
        match op? {
            Op::Phase(name) => phase = name,
            Op::Policy(line) if slots.len() < requests.len() => {
                let (mode, flags, user) = requests[slots.len()];
                // A refused policy leaves the slot with the default one.
                let policy = Mempolicy::new(mode, flags, user, line.mems, n_memory).unwrap_or_default();
                same(policy, &line)?;
                slots.push(policy);
            }
            Op::Policy(line) => {
                let slot = slots.get(line.slot as usize).copied().ok_or("no such slot")?;
                same(slot, &line)?;
                if phase == "pol" {
                    task.set_policy(slot);
                    assert!(line.il_prev.is_none_or(|il| il == il_prev(&task)), "{line:?}");
                }
            }
            Op::Mems(mems) => {
                slots.iter_mut().flatten().for_each(|slot| slot.rebind(mems));
                task.change_mems_allowed(mems);
            }
            Op::PolicyAlloc(op) => interleave(&mut task, &op, reader.line())?,
            _ => {}
        }
    }
    Ok(())
}

/// What a policy slot was asked to be.
type Request = (PolicyMode, PolicyFlags, NodeMask);

/// The `#pol MODE FLAGS NODES` lines of a script, in the order of slots.
fn requests(script: &[String]) -> Result<Vec<Request>, Box<dyn Error>> {
    let lines = script.iter().filter_map(|line| line.strip_prefix("#pol "));
    lines
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [mode, flags, nodes] = words[..] else { return Err(line.into()) };
            let mode = PolicyMode::from_number(mode.parse()?).ok_or(mode)?;
            let flags = PolicyFlags::from_bits_retain(u16::from_str_radix(flags, 16)?);
            Ok((mode, flags, NodeMask(u64::from_str_radix(nodes, 16)?)))
        })
        .collect()
}

fn same(policy: Option<Mempolicy>, line: &PolicyLine) -> Result<(), Box<dyn Error>> {
    if policy == line.policy { Ok(()) } else { Err(format!("{line:?}, but the model has {policy:?}").into()) }
}

/// Follows `il_prev` through one allocation.
fn interleave(task: &mut Task, op: &PolicyAllocOp<'_>, line: u32) -> Result<(), Box<dyn Error>> {
    let before = il_prev(task);
    if let Some(nodes) = task.policy_for(op.gfp).and_then(Mempolicy::interleaved) {
        task.interleave(nodes);
    }
    match (before, il_prev(task)) == (op.il_before, op.il_after) {
        true => Ok(()),
        false => Err(format!("line {line}: il_prev {before} to {}, but {op:?}", il_prev(task)).into()),
    }
}

fn il_prev(task: &Task) -> u8 {
    task.il_prev.unwrap_or(NodeId(NO_NODE)).0
}
