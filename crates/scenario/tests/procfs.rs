//! The kernel's own /proc text of the moment a recording starts, against the text of the restored model. Recordings are
//! those of the folder that `BUDDYSCOPE_RECORDINGS` names.

use buddyscope_mm::event::NullSink;
use buddyscope_mm::vmstat::ZoneItem;
use buddyscope_procfs::buddyinfo;
use buddyscope_procfs::zoneinfo::ZoneInfo;
use buddyscope_scenario::recording::{Recording, find_folders};
use buddyscope_scenario::replay::restore_machine;
use std::path::Path;

/// Zone counters that recordings hold as /proc/zoneinfo prints them. Of LRU counters they hold the sum with what the
/// CPUs have not handed in yet, of others nothing.
const RECORDED: [ZoneItem; 2] = [ZoneItem::FreePages, ZoneItem::FreeCma];

/// Recordings with the kernel's text next to their start; none without the variable.
fn recordings() -> Vec<Recording> {
    let Some(folder) = std::env::var_os("BUDDYSCOPE_RECORDINGS") else { return Vec::new() };
    let folders = find_folders(Path::new(&folder), "start/zoneinfo.txt").expect("a folder that can be listed");
    folders.iter().map(|path| Recording::in_folder(path)).collect()
}

fn text(recording: &Recording, file: &str) -> String {
    String::from_utf8(recording.required(file).expect(file)).expect("text")
}

#[test]
fn buddyinfo_is_the_kernels_byte_for_byte() {
    for recording in recordings() {
        let machine = restore_machine(&recording.start().expect("start"), NullSink).expect("a machine");
        assert_eq!(buddyinfo(&machine), text(&recording, "start/buddyinfo.txt"), "{}", recording.name());
    }
}

#[test]
fn zoneinfo_is_the_kernels_as_far_as_recordings_tell() {
    for recording in recordings() {
        let machine = restore_machine(&recording.start().expect("start"), NullSink).expect("a machine");
        let kernel = text(&recording, "start/zoneinfo.txt");
        let parsed: ZoneInfo = kernel.parse().expect("zoneinfo");
        assert_eq!(parsed.to_string(), kernel, "{}: printed again", recording.name());
        let mut model = ZoneInfo::of(&machine);
        assert_eq!(model.zones.len(), parsed.zones.len(), "{}", recording.name());
        for (model, kernel) in model.zones.iter_mut().zip(&parsed.zones) {
            assert_eq!(model.node_stats.is_some(), kernel.node_stats.is_some(), "{}", recording.name());
            model.node_stats = kernel.node_stats;
            if let (Some(model), Some(kernel)) = (&mut model.details, &kernel.details) {
                let recorded = RECORDED.map(|item| model.stats[item as usize]);
                model.stats = kernel.stats;
                for (item, value) in RECORDED.into_iter().zip(recorded) {
                    model.stats[item as usize] = value;
                }
            }
        }
        let model = model.to_string();
        let differing = model.lines().zip(kernel.lines()).find(|(model, kernel)| model != kernel);
        assert_eq!(differing, None, "{}: the model's line and the kernel's", recording.name());
        assert_eq!(model.len(), kernel.len(), "{}", recording.name());
    }
}
