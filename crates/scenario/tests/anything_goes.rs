//! Whatever is asked of a session, it answers or refuses: no request breaks it, and every answer can be explained.
//!
//! `BUDDYSCOPE_COMMANDS` sets how many commands each machine gets.

use buddyscope_mm::rng::Rng;
use buddyscope_scenario::session::{AllocForm, MachineForm, Session, Value};

/// One of several things.
fn pick<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.below(of.len() as u64) as usize]
}

fn form(rng: &mut Rng) -> AllocForm {
    const POLICIES: [&str; 10] = [
        "",
        "default",
        "local",
        "preferred:1",
        "bind:0",
        "bind=static:0,1",
        "interleave:0-3",
        "interleave=relative:0,2",
        "node:1",
        "node:63",
    ];
    const FLAGS: [&str; 7] =
        ["PF_MEMALLOC", "PF_MEMALLOC_NOCMA", "PF_MEMALLOC_NOFS", "PF_EXITING", "rt", "oom_victim", "PF_WHATEVER"];
    const CONTEXTS: [&str; 6] = ["task", "bh_disabled", "softirq", "hardirq", "nmi", "elsewhere"];
    let common = ["GFP_KERNEL", "GFP_ATOMIC", "GFP_HIGHUSER_MOVABLE", "GFP_NOWAIT|__GFP_RECLAIMABLE", "GFP_DMA32"];
    let gfp = match rng.below(3) {
        0 => format!("{:#x}", rng.next_u32() & 0xff_ffff),
        1 => format!("{}|{:#x}", pick(rng, &common), 1u32 << rng.below(24)),
        _ => pick(rng, &common).to_owned(),
    };
    AllocForm {
        gfp,
        order: Value::from(rng.below(13).min(rng.below(13))),
        cpu: Value::from(rng.below(5)),
        policy: pick(rng, &POLICIES).to_owned(),
        count: Value::from(1 + rng.below(200)),
        context: (rng.below(4) == 0).then(|| pick(rng, &CONTEXTS).to_owned()),
        task_flags: if rng.below(4) == 0 { vec![pick(rng, &FLAGS).to_owned()] } else { Vec::new() },
        lru: rng.below(3) == 0,
    }
}

/// One thing a person could try; whether it was done does not matter.
fn command(session: &mut Session, rng: &mut Rng) {
    let total = session.allocations().total() as u64;
    let _ = match rng.below(40) {
        0 => session.drain(&Value::from(rng.below(6))),
        1 => session.fold(&Value::Missing),
        2 => session.set_sysctl("min_free_kbytes", &rng.below(60_000).to_string()),
        3 => session.set_sysctl("watermark_scale_factor", &rng.below(1100).to_string()),
        4 => session.set_sysctl("lowmem_reserve_ratio", &format!("{} {} 8 0", rng.below(300), rng.below(300))),
        5 => session.set_sysctl("percpu_pagelist_fraction", &rng.below(20).to_string()),
        6 => session.set_sysctl("watermark_boost_factor", &rng.below(20_000).to_string()),
        7 => session.set_sysctl("zone_reclaim_mode", &rng.below(8).to_string()),
        8 => session.free_pfn(&Value::from(rng.below(1 << 19)), &Value::from(rng.below(12))),
        9..28 => session.free(1 + rng.below(total + 1) as u32),
        _ => {
            let form = form(rng);
            session.allocate(form).map(drop)
        }
    };
}

fn explain_some(session: &mut Session, rng: &mut Rng) {
    let total = session.allocations().total() as u64;
    if total == 0 {
        return;
    }
    let id = 1 + (total - 1 - rng.below(total.min(50))) as u32;
    let why = session.why(id).expect("every request can be explained");
    assert!(!why.answer.text.is_empty() && !why.copy.contains('{'), "{}", why.copy);
    assert_eq!(why.ok, session.allocations().get(id).is_some_and(|allocation| allocation.pfn.is_some()));
    if session.allocations().get(id).is_some_and(|allocation| allocation.freed.is_some()) {
        assert!(session.why_free(id).is_ok());
    }
}

#[test]
fn nothing_that_is_asked_breaks_a_machine() {
    let commands: u64 = std::env::var("BUDDYSCOPE_COMMANDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1500);
    for (seed, preset) in ["tiny", "board", "movable", "memoryless"].into_iter().enumerate() {
        let mut session = Session::boot(&MachineForm::preset(preset)).expect("a preset boots");
        let mut rng = Rng::new(seed as u64);
        session.age(&Value::from(seed as u64), &Value::from(30_000)).expect("a life");
        for at in 0..commands {
            command(&mut session, &mut rng);
            if at % 64 == 0 {
                explain_some(&mut session, &mut rng);
                let _ = session.sight().machine_view();
            }
            if at % 500 == 0 {
                assert_eq!(session.machine().audit(), Ok(()), "{preset}, command {at}");
            }
        }
        assert_eq!(session.machine().audit(), Ok(()), "{preset}");
        let again = Session::restore(session.form().expect("booted"), session.log().to_vec())
            .expect("what ran once runs again");
        assert_eq!(again.machine().state_hash(), session.machine().state_hash(), "{preset}");
    }
}
