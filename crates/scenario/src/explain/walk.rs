//! A request, from its flags to its page or its refusal.

use super::marks;
use super::step::WhyStep;
use super::take::Gathered;
use crate::sentence::names::{alloc_flags, nodes};
use crate::sentence::{Args, Sentence};
use crate::tell::{StepKind, answer_key, wakeup_key};
use buddyscope_mm::event::{Event, OomEvent, Restart, Skip, SlowEvent, Wakeup};
use buddyscope_mm::gfp::{AllocFlags, Gfp, gfp_migratetype};
use buddyscope_mm::pfn::{NodeId, NodeMask, ZoneId, ZoneType};

/// The steps of a request, from its events, and how it ended. `has_cma`: the machine has contiguous areas.
pub(super) fn tell(events: &[Event], has_cma: bool) -> (Vec<WhyStep>, Option<Sentence>) {
    let mut teller = Teller { has_cma, ..Teller::default() };
    for &event in events {
        teller.hear(event);
    }
    (teller.steps, teller.answer)
}

#[derive(Default)]
struct Teller {
    steps: Vec<WhyStep>,
    gathered: Gathered,
    walks: u32,
    has_cma: bool,
    answer: Option<Sentence>,
}

impl Teller {
    fn say(&mut self, kind: StepKind, key: &'static str, function: &'static str, args: Args) {
        self.steps.push(WhyStep::new(kind, key, function, args));
    }

    fn say_at(&mut self, zone: ZoneId, kind: StepKind, key: &'static str, function: &'static str, args: Args) {
        self.steps.push(WhyStep::new(kind, key, function, args.zone(zone)).at(zone));
    }

    fn hear(&mut self, event: Event) {
        let Some(event) = self.gathered.keep(event) else { return };
        self.gathered.tell(&event, &mut self.steps);
        match event {
            Event::AllocBegin { gfp, order, cpu, node, nodemask, highest_zoneidx, .. } => {
                self.request(gfp, order, cpu.0, node, nodemask, highest_zoneidx);
            }
            Event::Policy { mode, node, nodemask } => self.policy(mode, node, nodemask),
            Event::Walk { alloc_flags, preferred, .. } => self.walk(alloc_flags, preferred),
            Event::Skipped { zone, reason } => self.skip(zone, reason),
            Event::Restarted { zone: Some(zone), reason: Restart::RemoteNode } => {
                self.say_at(zone, StepKind::Info, "restart.remote", "get_page_from_freelist", Args::new());
            }
            Event::Restarted { .. } => self.say(StepKind::Info, "restart.end", "get_page_from_freelist", Args::new()),
            Event::Watermark(check) => self.steps.push(marks::step(&check, self.has_cma)),
            Event::IgnoredMark { zone } => {
                self.say_at(zone, StepKind::Pass, "mark.ignored", "get_page_from_freelist", Args::new());
            }
            Event::SlowPath { .. } => self.say(StepKind::Info, "slow", "__alloc_pages_slowpath", Args::new()),
            Event::ReserveFlags { alloc_flags: flags } => self.reserve_flags(flags),
            Event::PcpTake { zone, cpu, pfn, migratetype, left } => {
                let args = Args::new().with("pfn", pfn).with("cpu", cpu.0).with("type", migratetype).with("left", left);
                self.say_at(zone, StepKind::Take, "pcp.take", "rmqueue_pcplist", args);
            }
            Event::NothingTaken { zone, order, migratetype, nofragment } => {
                let key = if nofragment { "nothing.nofragment" } else { "nothing" };
                let args = Args::new().with("order", order).with("type", migratetype);
                self.say_at(zone, StepKind::Fail, key, "rmqueue", args);
            }
            Event::WakeKswapd { node, order, wakeup, .. } => self.wake(node, order, wakeup),
            Event::Slow(event) => self.steps.extend(slow_step(event)),
            Event::Oom(OomEvent::Disabled) => {
                self.say(StepKind::Info, "slow.oomDisabled", "out_of_memory", Args::new());
            }
            Event::AllocEnd { pfn, zone, gfp, order, outcome, .. } => {
                let compound = pfn.is_some() && order > 0 && gfp.contains(Gfp::COMP);
                if compound {
                    let args = Args::new().with("pages", 1u64 << order);
                    self.say(StepKind::Info, "prep.compound", "prep_compound_page", args);
                }
                let args = Args::new().with("pages", 1u64 << order);
                let args = pfn.map_or(args.clone(), |pfn| args.with("pfn", pfn));
                let args = zone.map_or(args.clone(), |zone| args.zone(zone));
                self.answer = Some(Sentence::new(answer_key(outcome), args));
            }
            _ => {}
        }
    }

    fn request(&mut self, gfp: Gfp, order: u8, cpu: u16, node: NodeId, nodemask: Option<NodeMask>, highest: u8) {
        let zone = ZoneType::from_index(highest.into()).unwrap_or(ZoneType::Normal);
        let args = Args::new()
            .with("gfp", gfp.to_string())
            .with("order", order)
            .with("pages", 1u64 << order)
            .with("cpu", cpu)
            .with("zone", zone.name())
            .with("type", gfp_migratetype(gfp))
            .with("node", node.0);
        match nodemask {
            None => self.say(StepKind::Info, "request", "__alloc_pages_nodemask", args),
            Some(mask) => {
                let args = args.with("nodes", nodes(mask));
                self.say(StepKind::Info, "request.nodes", "__alloc_pages_nodemask", args);
            }
        }
        if gfp.contains(Gfp::THISNODE) {
            self.say(StepKind::Info, "request.thisnode", "node_zonelist", Args::new().with("node", node.0));
        }
    }

    /// `mode` counts as `enum mpol_mode`: 1 preferred, 2 bind, 3 interleave.
    fn policy(&mut self, mode: u8, node: NodeId, nodemask: Option<NodeMask>) {
        let args = Args::new().with("node", node.0);
        match (mode, nodemask) {
            (2, Some(mask)) => {
                self.say(StepKind::Info, "policy.bind", "policy_nodemask", args.with("nodes", nodes(mask)))
            }
            (2, None) => self.say(StepKind::Info, "policy.unbound", "apply_policy_zone", args),
            (3, _) => self.say(StepKind::Info, "policy.interleave", "interleave_nodes", args),
            _ => self.say(StepKind::Info, "policy.preferred", "policy_node", args),
        }
    }

    fn walk(&mut self, flags: AllocFlags, preferred: Option<ZoneId>) {
        self.walks += 1;
        let Some(zone) = preferred else {
            return self.say(StepKind::Fail, "walk.none", "first_zones_zonelist", Args::new());
        };
        let key = match flags {
            _ if flags.contains(AllocFlags::NO_WATERMARKS) => "walk.reserves",
            _ if flags.contains(AllocFlags::OOM) => "walk.oom",
            _ if self.walks == 1 => "walk.first",
            _ => "walk.min",
        };
        self.say_at(zone, StepKind::Info, key, "get_page_from_freelist", Args::new());
        if let Some(step) = self.steps.last_mut() {
            step.sum.push(format!("alloc_flags {}", alloc_flags(flags)));
        }
        if flags.contains(AllocFlags::NOFRAGMENT) {
            self.say(StepKind::Info, "walk.nofragment", "alloc_flags_nofragment", Args::new());
        }
    }

    fn skip(&mut self, zone: ZoneId, reason: Skip) {
        let (key, function) = match reason {
            Skip::Cpuset => ("skip.cpuset", "__cpuset_zone_allowed"),
            Skip::DirtyNode => ("skip.dirty", "node_dirty_ok"),
            Skip::TooFarToReclaim => ("skip.far", "zone_allows_reclaim"),
            Skip::ReclaimNoScan => ("skip.noscan", "node_reclaim"),
            Skip::ReclaimFull => ("skip.full", "node_reclaim"),
        };
        self.say_at(zone, StepKind::Fail, key, function, Args::new());
    }

    fn reserve_flags(&mut self, flags: AllocFlags) {
        let why = if flags.contains(AllocFlags::OOM) { "OOM victim" } else { "PF_MEMALLOC or __GFP_MEMALLOC" };
        let args = Args::new().with("why", why).with("flags", alloc_flags(flags));
        self.say(StepKind::Info, "slow.reserves", "__gfp_pfmemalloc_flags", args);
    }

    fn wake(&mut self, node: NodeId, order: u8, wakeup: Wakeup) {
        let args = Args::new().with("node", node.0).with("order", order);
        self.say(StepKind::Info, wakeup_key(wakeup), "wakeup_kswapd", args);
    }
}

/// The step that a decision of the slow path makes, if it is worth telling: not what the zone's own step says, nor what
/// the answer says.
#[cfg(feature = "reclaim")]
fn slow_step(event: SlowEvent) -> Option<WhyStep> {
    use SlowEvent as E;
    if matches!(event, E::ReclaimRetry { .. } | E::NodeReclaim { .. } | E::NodeReclaimBegin { .. } | E::Warn { .. }) {
        return None;
    }
    let told = crate::tell::tell_slow(event)?;
    let step = WhyStep::new(told.kind, told.key, told.function, told.args);
    Some(WhyStep { zone: told.zone.map(ZoneId::index), ..step })
}

#[cfg(not(feature = "reclaim"))]
fn slow_step(_: SlowEvent) -> Option<WhyStep> {
    None
}
