//! What would have let a failed request pass: each change is tried on a copy of the machine as it was before.

use super::step::Remedy;
use crate::sentence::{Args, Sentence};
use crate::session::{AllocForm, State, Value};
use buddyscope_mm::config::Sysctl;
use buddyscope_mm::gfp::Gfp;

/// A change of the request or of the machine.
#[derive(Clone)]
struct Change {
    sentence: Sentence,
    form: AllocForm,
    sysctl: Option<Sysctl>,
}

/// Tries everything that could have helped, what helps first. Of changes that differ only in how far they go, the
/// mildest that helps is kept, or else the strongest.
pub(super) fn remedies(form: &AllocForm, before: &mut State) -> Vec<Remedy> {
    // What the copies need not have.
    before.forget_owners();
    let families = families(form, before);
    let tried: Vec<Remedy> = families.iter().filter_map(|family| mildest(family, before)).collect();
    let (helps, does_not): (Vec<Remedy>, Vec<Remedy>) = tried.into_iter().partition(|remedy| remedy.ok);
    helps.into_iter().chain(does_not).collect()
}

fn mildest(family: &[Change], before: &State) -> Option<Remedy> {
    let mut last = None;
    for change in family {
        last = attempt(change, before);
        if last.as_ref().is_some_and(|remedy| remedy.ok) {
            break;
        }
    }
    last
}

fn attempt(change: &Change, before: &State) -> Option<Remedy> {
    let mut copy = before.clone();
    if let Some(sysctl) = change.sysctl {
        copy.machine.write_sysctl(sysctl).ok()?;
    }
    let answer = copy.ask_once(&change.form)?;
    let zone = answer.pfn.and_then(|pfn| copy.machine.page_zone(pfn)).map(|zone| zone.id);
    let outcome = match (answer.pfn, zone) {
        (Some(pfn), Some(zone)) => Sentence::new("remedy.yes", Args::new().with("pfn", pfn).zone(zone)),
        _ => Sentence::new("remedy.no", Args::new()),
    };
    Some(Remedy::new(change.sentence.clone(), answer.pfn.is_some(), outcome))
}

/// The changes that make sense for this request, by family, mildest first.
fn families(form: &AllocForm, before: &State) -> Vec<Vec<Change>> {
    let Ok(request) = form.request(&before.machine) else { return Vec::new() };
    let mut families = vec![orders(form, request.order.get())];
    families.extend(flags(form, request.gfp).into_iter().map(|change| vec![change]));
    if form.policy.starts_with("bind") {
        families.push(vec![of_request("remedy.nomask", AllocForm { policy: "default".into(), ..form.clone() })]);
    }
    families.push(min_free(form, before.machine.min_free_kbytes()));
    if before.machine.sysctls().lowmem_reserve_ratio != [0; 4] {
        let sysctl = Sysctl::parse("lowmem_reserve_ratio", "0 0 0 0").ok();
        families.push(vec![Change { sysctl, ..of_request("remedy.reserveRatio", form.clone()) }]);
    }
    families
}

fn of_request(key: &'static str, form: AllocForm) -> Change {
    Change { sentence: Sentence::new(key, Args::new()), form, sysctl: None }
}

fn orders(form: &AllocForm, order: u8) -> Vec<Change> {
    let lower = |lower: u8| {
        let args = Args::new().with("order", lower).with("was", order);
        let form = AllocForm { order: Value::from(u64::from(lower)), ..form.clone() };
        Change { sentence: Sentence::new("remedy.order", args), form, sysctl: None }
    };
    (0..order).rev().map(lower).collect()
}

fn flags(form: &AllocForm, own: Gfp) -> Vec<Change> {
    let with = |key, gfp: Gfp| of_request(key, AllocForm { gfp: format!("{:#x}", gfp.bits()), ..form.clone() });
    let sleeping = Gfp::RECLAIM | Gfp::IO | Gfp::FS;
    let mut changes = Vec::new();
    if !own.contains(Gfp::DIRECT_RECLAIM) {
        changes.push(with("remedy.kernel", own.difference(Gfp::HIGH | Gfp::ATOMIC) | Gfp::GFP_KERNEL));
    }
    if !own.contains(Gfp::HIGH) {
        changes.push(with("remedy.high", own | Gfp::HIGH));
    }
    if !own.contains(Gfp::ATOMIC) {
        changes.push(with("remedy.atomic", own.difference(sleeping) | Gfp::GFP_ATOMIC));
    }
    if !own.intersects(Gfp::MOVABLE | Gfp::RECLAIMABLE | Gfp::DMA | Gfp::DMA32) {
        changes.push(with("remedy.movable", own | Gfp::HIGHMEM | Gfp::MOVABLE));
    }
    if own.contains(Gfp::THISNODE) {
        changes.push(with("remedy.thisnode", own.difference(Gfp::THISNODE)));
    }
    changes
}

fn min_free(form: &AllocForm, kbytes: u64) -> Vec<Change> {
    let less = |value: u64| {
        let args = Args::new().with("value", value).with("was", kbytes);
        let sysctl = Sysctl::parse("min_free_kbytes", &value.to_string()).ok();
        Change { sentence: Sentence::new("remedy.minFree", args), form: form.clone(), sysctl }
    };
    [kbytes / 2, kbytes / 8].into_iter().map(less).collect()
}
