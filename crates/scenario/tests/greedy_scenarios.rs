//! Scenarios that want more than there is: what a machine gives has an end, and so does what is remembered of a run.

use buddyscope_mm::event::NullSink;
use buddyscope_scenario::run::{End, News, Run};
use buddyscope_scenario::scenario::Scenario;

fn run(machine: &str, actions: &str, until: u64) -> Run<NullSink> {
    let text = format!(
        "format = 1\ntitle = \"greedy\"\nabout = \"\"\nuntil = \"1m\"\n[machine]\n{machine}\n\
         [[task]]\nname = \"greedy\"\ndo = [{actions}]\n"
    );
    let scenario = Scenario::parse(&text).expect("a scenario");
    let mut run = Run::start(&scenario, NullSink).expect("a machine");
    while run.run(until, 1 << 16) {}
    run
}

const SMALL: &str = "nodes = [{ mib = 256, cpus = 1 }]";

#[test]
fn children_that_have_ended_make_room_for_others() {
    let run = run(SMALL, "{ repeat = 1000000, do = [{ fork = \"child\", do = [] }] }", 5000);
    assert!(run.contexts().len() < 1100, "{} contexts", run.contexts().len());
    assert_eq!(run.machine().audit(), Ok(()));
}

#[test]
fn a_machine_has_no_more_processes_than_it_has_ids() {
    let fork = "{ fork = \"child\", do = [{ sleep = \"50s\" }] }";
    let run = run("preset = \"giant\"", &format!("{{ repeat = 40000, do = [{fork}] }}"), 2000);
    assert!(run.contexts().len() < 33_500, "{} contexts", run.contexts().len());
    assert!(run.news().iter().any(|(_, _, news)| matches!(news, News::Failed(why) if why.text.contains("processes"))));
}

#[test]
fn an_address_space_has_an_end_of_mappings() {
    let maps = ["{ map = \"again\", size = \"4K\" }"; 100].join(", ");
    let run = run(SMALL, &format!("{{ repeat = 700, do = [{maps}] }}"), 20_000);
    let failed = run.news().iter().filter(|(_, _, news)| matches!(news, News::Failed(_))).count();
    assert_eq!((run.ended(), failed), (Some(End::Finished), 70_000 - 65_530));
}

#[test]
fn the_last_marks_are_remembered() {
    let marks = "{ mark = \"a\" }, { mark = \"b\" }, { mark = \"c\" }";
    let run = run(SMALL, &format!("{{ repeat = 20000, do = [{marks}] }}, {{ mark = \"end\" }}"), 20_000);
    assert_eq!(run.ended(), Some(End::Finished));
    assert!((10_000..=20_000).contains(&run.news().len()));
    assert!(matches!(run.news().last(), Some((_, _, News::Mark(mark))) if mark == "end"));
}
