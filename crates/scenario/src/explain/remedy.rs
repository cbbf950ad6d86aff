//! What would have let a failed request pass: each change is tried on a copy of the machine as it was before.

use super::step::Remedy;
use crate::sentence::{Args, Sentence};
use crate::session::{AllocForm, Request, State};
use buddyscope_mm::config::Sysctl;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::Order;
#[cfg(feature = "reader")]
use buddyscope_mm::pfn::Pfn;
use buddyscope_mm::task::mempolicy::PolicyMode;

/// A request that differs, or a machine that does.
#[derive(Clone)]
pub(crate) struct Change {
    /// What is different.
    pub(crate) sentence: Sentence,
    /// The request that is made.
    pub(crate) request: Request,
    /// What is done before.
    pub(crate) before: Option<Ahead>,
}

/// What is done to a machine before a request.
#[derive(Clone)]
pub(crate) enum Ahead {
    /// A file of `/proc/sys/vm` is written.
    Sysctl(Sysctl),
    /// Blocks in use are freed.
    #[cfg(feature = "reader")]
    Free(Vec<(Pfn, Order)>),
}

/// Tries everything that could have helped, what helps first. Of changes that differ only in how far they go, the
/// mildest that helps is kept, or else the strongest.
pub(super) fn remedies(form: &AllocForm, before: &mut State) -> Vec<Remedy> {
    // What the copies need not have.
    before.forget_owners();
    match form.request(&before.machine) {
        Ok(request) => attempt_all(&families(&request, before), before),
        Err(_) => Vec::new(),
    }
}

/// Tries families of changes, each from the mildest on.
pub(crate) fn attempt_all(families: &[Vec<Change>], before: &State) -> Vec<Remedy> {
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
    match &change.before {
        None => {}
        Some(Ahead::Sysctl(sysctl)) => copy.machine.write_sysctl(*sysctl).ok()?,
        #[cfg(feature = "reader")]
        Some(Ahead::Free(blocks)) => {
            // A CPU that keeps no part of the counters to itself yet.
            let cpu = copy.machine.cpus().last()?.id;
            blocks.iter().try_for_each(|&(pfn, order)| copy.machine.free_pages(cpu, pfn, order)).ok()?;
            copy.machine.refresh_cpu_vm_stats(cpu);
        }
    }
    let answer = copy.ask_once(&change.request);
    let zone = answer.pfn.and_then(|pfn| copy.machine.page_zone(pfn)).map(|zone| zone.id);
    let outcome = match (answer.pfn, zone) {
        (Some(pfn), Some(zone)) => Sentence::new("remedy.yes", Args::new().with("pfn", pfn).zone(zone)),
        _ => Sentence::new("remedy.no", Args::new()),
    };
    Some(Remedy::new(change.sentence.clone(), answer.pfn.is_some(), outcome))
}

/// The changes that make sense for this request, by family, mildest first.
pub(crate) fn families(request: &Request, before: &State) -> Vec<Vec<Change>> {
    let mut families = vec![orders(request)];
    families.extend(flags(request).into_iter().map(|change| vec![change]));
    if request.task.policy.is_some_and(|policy| policy.mode() == PolicyMode::Bind) {
        let mut unbound = request.clone();
        unbound.task.policy = None;
        families.push(vec![Change::of("remedy.nomask", Args::new(), unbound)]);
    }
    families.push(min_free(request, before.machine.min_free_kbytes()));
    if before.machine.sysctls().lowmem_reserve_ratio != [0; 4] {
        let ahead = Sysctl::parse("lowmem_reserve_ratio", "0 0 0 0").ok().map(Ahead::Sysctl);
        let change = Change::of("remedy.reserveRatio", Args::new(), request.clone());
        families.push(vec![Change { before: ahead, ..change }]);
    }
    families
}

impl Change {
    /// Another request of the same machine.
    pub(crate) fn of(key: &'static str, args: Args, request: Request) -> Change {
        Change { sentence: Sentence::new(key, args), request, before: None }
    }
}

fn orders(request: &Request) -> Vec<Change> {
    let was = request.order.get();
    let lower = |lower: u8| {
        let args = Args::new().with("order", lower).with("was", was);
        let order = Order::new(lower.into()).unwrap_or_default();
        Change::of("remedy.order", args, Request { order, ..request.clone() })
    };
    (0..was).rev().map(lower).collect()
}

fn flags(request: &Request) -> Vec<Change> {
    let own = request.gfp;
    let with = |key, gfp: Gfp| Change::of(key, Args::new(), Request { gfp, ..request.clone() });
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

fn min_free(request: &Request, kbytes: u64) -> Vec<Change> {
    let less = |value: u64| {
        let args = Args::new().with("value", value).with("was", kbytes);
        let ahead = Sysctl::parse("min_free_kbytes", &value.to_string()).ok().map(Ahead::Sysctl);
        Change { before: ahead, ..Change::of("remedy.minFree", args, request.clone()) }
    };
    [kbytes / 2, kbytes / 8].into_iter().map(less).collect()
}
