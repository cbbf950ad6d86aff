//! A /proc/zoneinfo of the running kernel: the part that boot and sysctls decide.

use super::kswapd::{Kswapd, threshold};
use super::{Tally, Topology};
use crate::recording::RecordingError;
use buddyscope_mm::Machine;
use buddyscope_mm::event::NullSink;
use buddyscope_mm::pfn::ZoneId;
use buddyscope_procfs::zoneinfo::{ZoneDetails, ZoneInfo, ZoneRecord};

/// Compares one file with the machine.
pub(super) fn check(
    topology: &Topology,
    file: &str,
    machine: &Machine<NullSink>,
    tally: &mut Tally,
) -> Result<(), RecordingError> {
    let text = topology.text(file)?;
    let kernel: ZoneInfo = text.parse().map_err(|error: buddyscope_procfs::LogError| {
        RecordingError::in_line(
            file,
            error.line as u32,
            format!("expected {}, found `{}`", error.expected, error.found),
        )
    })?;
    let model = ZoneInfo::of(machine);
    // Printing what was read has to give the same bytes.
    tally.same(format_args!("{file} printed again"), text, kernel.to_string());
    let ids = |info: &ZoneInfo| info.zones.iter().map(|zone| zone.id).collect::<Vec<_>>();
    tally.same(format_args!("{file} zones"), ids(&kernel), ids(&model));
    for zone in &kernel.zones {
        if let Some(model) = model.zones.iter().find(|model| model.id == zone.id) {
            check_zone(file, zone, model, machine, tally);
        }
    }
    Ok(())
}

fn check_zone(file: &str, kernel: &ZoneRecord, model: &ZoneRecord, machine: &Machine<NullSink>, tally: &mut Tally) {
    let id = kernel.id;
    for (mark, name) in ["min", "low", "high"].into_iter().enumerate() {
        tally.same(format_args!("{file} {id} {name}"), kernel.marks[mark], model.marks[mark]);
    }
    tally.same(format_args!("{file} {id} spanned"), kernel.spanned, model.spanned);
    tally.same(format_args!("{file} {id} present"), kernel.present, model.present);
    tally.same(format_args!("{file} {id} managed"), kernel.managed, model.managed);
    for (highest, &reserve) in kernel.protection.iter().enumerate() {
        tally.same(format_args!("{file} {id} protection {highest}"), reserve, model.protection[highest]);
    }
    tally.same(format_args!("{file} {id} populated"), kernel.details.is_some(), model.details.is_some());
    if let (Some(kernel), Some(model)) = (&kernel.details, &model.details) {
        check_details(&format!("{file} {id}"), kernel, model, tally);
        check_thresholds(&format!("{file} {id}"), id, kernel, machine, tally);
    }
}

fn check_details(what: &str, kernel: &ZoneDetails, model: &ZoneDetails, tally: &mut Tally) {
    tally.same(format_args!("{what} start_pfn"), kernel.start_pfn, model.start_pfn);
    tally.same(format_args!("{what} CPUs"), kernel.pagesets.len(), model.pagesets.len());
    for (kernel, model) in kernel.pagesets.iter().zip(&model.pagesets) {
        let cpu = kernel.cpu;
        tally.same(format_args!("{what} cpu"), cpu, model.cpu);
        tally.same(format_args!("{what} cpu {cpu} high"), kernel.high, model.high);
        tally.same(format_args!("{what} cpu {cpu} batch"), kernel.batch, model.batch);
    }
}

fn check_thresholds(what: &str, id: ZoneId, kernel: &ZoneDetails, machine: &Machine<NullSink>, tally: &mut Tally) {
    for set in kernel.pagesets.iter().filter(|set| set.cpu.index() < machine.cpus().len()) {
        let boot = u64::from(machine.pcp(id, set.cpu).stat_threshold);
        let zone = &machine.zones()[id.index()];
        let model = threshold(set.stat_threshold, boot, zone, machine, Kswapd::Unknown);
        tally.same(format_args!("{what} cpu {} threshold", set.cpu), set.stat_threshold, model);
    }
}
