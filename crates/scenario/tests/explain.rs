//! Explanations: what they say is what happened, and what they promise is what would happen.

use buddyscope_mm::pfn::Pfn;
use buddyscope_scenario::explain::{Arg, StepKind, Why, fill, templates};
use buddyscope_scenario::session::{AllocForm, MachineForm, Session, Value};

fn running(preset: &str) -> Session {
    let mut session = Session::boot(&MachineForm::preset(preset)).expect("a preset boots");
    session.age(&Value::from(1), &Value::Missing).expect("a life");
    session
}

fn request(gfp: &str, order: u64, count: u64) -> AllocForm {
    AllocForm { gfp: gfp.into(), order: order.into(), count: count.into(), ..AllocForm::default() }
}

/// The explanation of the last request of a form.
fn why(session: &mut Session, form: AllocForm) -> Why {
    let (_, last) = session.allocate(form).expect("the form is right");
    session.why(last).expect("it was made")
}

fn keys(why: &Why) -> Vec<&'static str> {
    why.steps.iter().map(|step| step.key).collect()
}

#[test]
fn every_step_is_a_whole_sentence_with_its_kernel_function() {
    let mut session = running("two-node");
    for form in [
        request("GFP_KERNEL", 0, 200),
        request("GFP_ATOMIC|__GFP_THISNODE", 9, 20),
        AllocForm { policy: "bind:1".into(), ..request("GFP_HIGHUSER_MOVABLE", 3, 2) },
        AllocForm { task_flags: vec!["PF_MEMALLOC".into()], ..request("GFP_NOIO|__GFP_COMP", 8, 1) },
    ] {
        let why = why(&mut session, form);
        for step in &why.steps {
            assert!(!step.function.is_empty() && !step.text.contains(['{', '}']), "{step:?}");
            assert!(step.text.ends_with(['.', ':']), "{}", step.text);
            assert_eq!(step.text, fill(step.key, &step.args));
            assert!(templates().any(|(key, _)| key == &step.key), "{}", step.key);
            assert!(why.copy.contains(&step.text) && step.sum.iter().all(|line| why.copy.contains(line)));
        }
    }
}

#[test]
fn a_request_that_spills_over_tells_of_every_zone_on_its_way() {
    let mut session = running("two-node");
    let why = why(&mut session, request("GFP_KERNEL", 0, 2000));
    assert!(why.ok);
    let failed: Vec<_> = why.steps.iter().filter(|step| step.kind == StepKind::Fail).map(|step| step.zone).collect();
    assert_eq!(failed, [2, 1, 0, 2, 1, 0].map(Some), "twice over the local zones: {}", why.copy);
    assert!(keys(&why).contains(&"restart.remote"));
    let pass = why.steps.iter().find(|step| step.kind == StepKind::Pass).expect("one zone passes");
    assert_eq!(pass.zone, Some(6));
    assert_eq!(why.steps.last().map(|step| step.key), Some("pcp.take"));
}

#[test]
fn the_arithmetic_of_a_mark_adds_up() {
    let mut session = running("two-node");
    let why = why(&mut session, request("GFP_ATOMIC|__GFP_THISNODE", 9, 40));
    let number = |text: &str| -> i64 {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits.parse::<i64>().expect("a number") * if text.contains('−') { -1 } else { 1 }
    };
    let mut checked = 0;
    for line in why.steps.iter().flat_map(|step| &step.sum) {
        let Some((terms, sum)) = line.split_once(" = ") else { continue };
        let mut parts = terms.split(" − ");
        let first = number(parts.next().expect("a first term"));
        let rest: i64 = parts.map(|part| number(part.split(' ').next().expect("a number"))).sum();
        assert_eq!(first - rest, number(sum), "{line}");
        checked += 1;
    }
    assert!(checked >= 4, "{}", why.copy);
    assert!(why.copy.contains(" HIGH − ") && why.copy.contains(" HARDER = "), "{}", why.copy);
}

#[test]
fn an_explanation_is_the_same_when_its_events_are_long_gone() {
    let mut session = running("pc");
    let (first, _) = session.allocate(request("GFP_KERNEL", 3, 3)).expect("the form is right");
    let fresh = session.why(first + 1).expect("it was made").copy;
    session.free(first).expect("in use");
    let freed = session.why_free(first).expect("freed").copy;
    session.allocate(request("GFP_USER", 0, 20_000)).expect("the form is right");
    assert_eq!(session.why(first + 1).expect("it was made").copy, fresh);
    assert_eq!(session.why_free(first).expect("freed").copy, freed);
}

#[test]
fn a_remedy_that_is_promised_works_and_one_that_is_not_does_not() {
    let failing = request("GFP_NOWAIT|__GFP_THISNODE", 10, 2000);
    let mut session = running("two-node");
    let why = why(&mut session, failing.clone());
    assert!(!why.ok && why.answer.key == "answer.cannotReclaim", "{}", why.copy);
    let helps: Vec<&str> = why.remedies.iter().filter(|remedy| remedy.ok).map(|remedy| remedy.key).collect();
    assert!(helps.contains(&"remedy.order") && helps.contains(&"remedy.thisnode"), "{}", why.copy);
    assert!(why.remedies.windows(2).all(|pair| pair[0].ok || !pair[1].ok), "what helps comes first");

    let order = why.remedies.iter().find(|remedy| remedy.key == "remedy.order").expect("it was tried");
    let promised = why_arg(&order.outcome.args, "pfn");
    let smaller =
        AllocForm { order: (why_arg(&order.args, "order") as u64).into(), count: 1.into(), ..failing.clone() };
    let (id, _) = session.allocate(smaller).expect("the form is right");
    let got = session.allocations().get(id).and_then(|allocation| allocation.pfn);
    assert_eq!(got, Some(Pfn(promised as u64)), "the failed request changed nothing that matters here");

    let kernel = why.remedies.iter().find(|remedy| remedy.key == "remedy.kernel").expect("it was tried");
    assert!(!kernel.ok && kernel.outcome.key == "remedy.no", "there is nothing to reclaim");
}

fn why_arg(args: &buddyscope_scenario::explain::Args, name: &str) -> i64 {
    match args.get(name) {
        Some(Arg::Number(number)) => *number,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn cma_pages_that_only_movable_requests_get_are_named_and_offered() {
    let mut session = Session::boot(&MachineForm::preset("board")).expect("a preset boots");
    session.allocate(request("GFP_NOWAIT|__GFP_NOWARN", 0, 100_000)).expect("the form is right");
    let why = why(&mut session, request("GFP_ATOMIC", 10, 100));
    assert!(!why.ok && why.copy.contains("CMA"), "{}", why.copy);
    let movable = why.remedies.iter().find(|remedy| remedy.key == "remedy.movable").expect("it was tried");
    assert!(movable.ok, "{}", why.copy);
}

#[test]
fn a_split_names_the_halves_it_left_and_a_refill_what_it_took() {
    let mut session = Session::boot(&MachineForm::preset("tiny")).expect("a preset boots");
    let split = why(&mut session, request("GFP_KERNEL", 2, 1));
    let step = split.steps.iter().find(|step| step.key == "block.split").expect("a fresh machine has large blocks");
    assert!(!step.sum.is_empty() && step.sum.iter().all(|half| half.contains("order")), "{:?}", step.sum);
    let refill = why(&mut session, request("GFP_USER", 0, 1));
    assert!(keys(&refill).ends_with(&["pcp.refill", "pcp.take"]), "{}", refill.copy);
}

#[test]
fn a_free_tells_its_merges_and_why_they_stopped() {
    let mut session = Session::boot(&MachineForm::preset("pc")).expect("a preset boots");
    let (first, last) = session.allocate(request("GFP_KERNEL", 3, 4)).expect("the form is right");
    for id in first..=last {
        session.free(id).expect("in use");
    }
    let back = session.why_free(last).expect("freed");
    assert!(keys(&back).contains(&"free.merge"), "{}", back.copy);
    assert!(keys(&back).iter().any(|key| *key == "free.stop" || *key == "free.top"), "{}", back.copy);
    assert!(session.why_free(last + 1).is_err());
    let (page, _) = session.allocate(request("GFP_KERNEL", 0, 1)).expect("the form is right");
    session.free(page).expect("in use");
    let why = session.why_free(page).expect("freed");
    assert_eq!(why.answer.key, "answer.freedToPcp");
}
