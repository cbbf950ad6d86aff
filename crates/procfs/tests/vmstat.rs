//! `/proc/vmstat` of a real kernel: what is read is printed again.

use buddyscope_procfs::vmstat::{VmStat, vmstat};

const RECORDED: &str = include_str!("vmstat.txt");

#[test]
fn the_file_is_printed_as_it_was() {
    let stat: VmStat = RECORDED.parse().expect("vmstat");
    assert_eq!(stat.to_string(), RECORDED);
    assert_eq!((stat.get("oom_kill"), stat.get("nr_zspages")), (Some(1), None));
}

#[test]
fn names_of_other_kernels_are_kept() {
    let more = RECORDED.replacen("nr_free_cma", "nr_zspages 5\nnr_free_cma", 1).replacen("oom_kill ", "oom_killed ", 1);
    let stat: VmStat = more.parse().expect("vmstat");
    assert_eq!(stat.to_string(), more);
    assert_eq!((stat.get("oom_kill"), stat.get("nr_zspages")), (None, Some(5)));
}

#[test]
fn names_are_in_the_kernels_order() {
    assert_eq!(vmstat(|_| 0).items().map(|(name, _)| name.to_owned()).collect::<Vec<_>>(), recorded_names());
}

fn recorded_names() -> Vec<String> {
    let stat: VmStat = RECORDED.parse().expect("vmstat");
    stat.items().map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn errors_name_line_column_and_value() {
    let error = |text: &str| text.parse::<VmStat>().expect_err("bad vmstat").to_string();
    let end = RECORDED.lines().count() + 1;
    assert_eq!(
        error(&RECORDED.replacen("nr_mlock 0", "nr_mlock -1", 1)),
        "line 8, column 10, value: expected a number, found `-1`"
    );
    assert_eq!(
        error(&format!("{RECORDED}nr_mlock 1\n")),
        format!("line {end}, column 1, nr_mlock: expected each name once, found `nr_mlock 1`")
    );
}
