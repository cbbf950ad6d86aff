//! Files of /proc.
#![no_main]

use buddyscope_procfs::vmstat::VmStat;
use buddyscope_procfs::zoneinfo::ZoneInfo;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let _ = text.parse::<ZoneInfo>().map(|info| info.to_string());
    let _ = text.parse::<VmStat>().map(|stat| stat.to_string());
});
