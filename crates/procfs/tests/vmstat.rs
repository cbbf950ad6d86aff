//! `/proc/vmstat` of a real kernel: what is read is printed again.

use buddyscope_procfs::vmstat::VmStat;

const RECORDED: &str = include_str!("vmstat.txt");

#[test]
fn the_file_is_printed_as_it_was() {
    let stat: VmStat = RECORDED.parse().expect("vmstat");
    assert_eq!(stat.to_string(), RECORDED);
    assert_eq!((stat.get("oom_kill"), stat.get("nr_zspages")), (Some(1), None));
}

#[test]
fn names_of_other_configurations_are_passed_over() {
    let more = RECORDED.replacen("nr_free_cma", "nr_zspages 5\nnr_free_cma", 1);
    assert_eq!(more.parse::<VmStat>().expect("vmstat").to_string(), RECORDED);
}

#[test]
fn errors_name_line_and_value() {
    let error = |text: &str| text.parse::<VmStat>().expect_err("bad vmstat").to_string();
    let end = RECORDED.lines().count() + 1;
    assert_eq!(
        error(&RECORDED.replacen("nr_mlock 0", "nr_mlock -1", 1)),
        "line 8, nr_mlock: expected a number, found `-1`"
    );
    assert_eq!(
        error(&RECORDED.replacen("oom_kill 1", "oom_killed 1", 1)),
        format!("line {end}, oom_kill: expected its value before it, found `the end of the text`")
    );
    assert_eq!(
        error(&format!("{RECORDED}nr_mlock 1\n")),
        format!("line {end}, nr_mlock: expected each name once, found `nr_mlock 1`")
    );
}
