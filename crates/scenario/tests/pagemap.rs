//! The page map: every page looks like what it is, before and after anything that happens.

use buddyscope_mm::PageState;
use buddyscope_mm::pfn::{PAGES_PER_SECTION, Pfn};
use buddyscope_mm::vmstat::ZoneItem;
use buddyscope_scenario::pagemap::{Kind, PageClass, Plane, TILE_EDGE, View, draw};
use buddyscope_scenario::session::{AllocForm, MachineForm, Session, Value};
use buddyscope_scenario::view::Sight;

fn aged(preset: &str, operations: u64) -> Session {
    let mut session = Session::boot(&MachineForm::preset(preset)).expect("a preset boots");
    session.age(&Value::from(3), &operations.into()).expect("a life");
    session
}

fn allocate(session: &mut Session, gfp: &str, order: u64, count: u64) {
    let form = AllocForm { gfp: gfp.into(), order: order.into(), count: count.into(), ..AllocForm::default() };
    session.allocate(form).expect("the form is right");
}

/// Compares each page's class with its record.
fn assert_exact(sight: &Sight<'_>) {
    for section in 0..sight.machine.sections() {
        let start = sight.machine.section_start(section).expect("a section").0;
        for pfn in (start..start + PAGES_PER_SECTION).map(Pfn) {
            let page = sight.machine.page_info(pfn).expect("in a section");
            let mine = sight.allocations.at(page.block.pfn).is_some();
            let class = sight.classes.of_page(sight.machine, pfn);
            let expected = match page.block.state {
                _ if page.zone.is_none() => PageClass::HOLE,
                PageState::Allocated if mine => PageClass::allocated(page.block.order, page.block.migratetype),
                _ => PageClass::of(&page.block),
            };
            assert_eq!(class.parts(), expected.parts(), "{pfn}: {page:?}");
        }
    }
}

#[test]
fn every_page_looks_like_its_record() {
    for preset in ["tiny", "board", "movable"] {
        let mut session = aged(preset, 60_000);
        allocate(&mut session, "GFP_KERNEL", 2, 50);
        allocate(&mut session, "GFP_HIGHUSER_MOVABLE", 10, 3);
        assert_exact(&session.sight());
    }
}

#[test]
fn what_events_touch_is_looked_at_again() {
    let mut session = aged("tiny", 20_000);
    assert_exact(&session.sight());
    for round in 0..20 {
        allocate(&mut session, "GFP_USER", round % 4, 30);
        let newest = session.allocations().total() as u32;
        (newest.saturating_sub(10)..=newest).for_each(|id| drop(session.free(id)));
        if round % 5 == 0 {
            session.drain(&Value::Missing).expect("every cpu");
        }
        assert_exact(&session.sight());
    }
    allocate(&mut session, "GFP_USER", 0, 8000);
    assert_exact(&session.sight());
}

#[test]
fn counts_by_class_agree_with_the_zones_counters() {
    let mut session = aged("two-node", 200_000);
    allocate(&mut session, "GFP_KERNEL", 1, 700);
    let sight = session.sight();
    for zone in sight.machine.zones().iter().filter(|zone| zone.is_populated()) {
        let pages = sight.classes.of_zone(zone.id);
        let of = |kind: Kind| -> u64 {
            (0u8..).zip(pages).filter(|(class, _)| PageClass(*class).parts().0 == kind).map(|(_, count)| count).sum()
        };
        let free = sight.machine.zone_page_state_snapshot(zone, ZoneItem::FreePages) as u64;
        assert_eq!(of(Kind::Free), free, "{}", zone.id);
        assert_eq!(pages.iter().sum::<u64>(), zone.present_pages, "{}", zone.id);
        assert_eq!(of(Kind::Reserved), zone.present_pages - zone.managed_pages, "{}", zone.id);
    }
    let areas = sight.free_areas(&Value::from(6)).expect("a zone");
    for (order, counts) in areas.counts.iter().enumerate() {
        assert_eq!(counts.iter().sum::<u64>(), areas.nr_free[order], "order {order}");
    }
}

#[test]
fn cells_lead_to_pages_and_back() {
    let mut session = aged("memoryless", 1000);
    let sight = session.sight();
    let zones = sight.machine.zones().iter().filter(|zone| zone.is_populated()).map(|zone| Some(zone.id));
    for zone in zones.chain([None]) {
        let plane = Plane::new(sight.machine, zone, 37);
        let rows = plane.tiles().div_ceil(37) * TILE_EDGE;
        for (x, y) in (0..rows).step_by(61).flat_map(|y| (0..37 * TILE_EDGE).step_by(53).map(move |x| (x, y))) {
            let Some(pfn) = plane.page_at(sight.machine, x, y) else { continue };
            assert_eq!(plane.cell_of(sight.machine, pfn), Some((x, y)), "{pfn}");
        }
        let outside = Pfn((1 << 34) - 1);
        assert_eq!(plane.cell_of(sight.machine, outside), None);
    }
}

#[test]
fn a_drawing_shows_the_sampled_pages() {
    let mut session = aged("pc", 60_000);
    allocate(&mut session, "GFP_KERNEL", 4, 30);
    let sight = session.sight();
    let colors = core::array::from_fn(|class| class as u32);
    let plane = Plane::new(sight.machine, None, 9);
    for (left, top, step) in [(0.0, 0.0, 1.0), (-20.5, -3.0, 0.37), (40.0, 100.0, 3.0), (0.0, 0.0, 13.7)] {
        let view = View { left, top, step, width: 300, height: 200 };
        let mut pixels = vec![u32::MAX; 300 * 200];
        draw(sight.classes, &plane, &view, &colors, &mut pixels);
        for (at, &pixel) in pixels.iter().enumerate() {
            let (x, y) = (left + (at % 300) as f64 * step, top + (at / 300) as f64 * step);
            let inside = x >= 0.0 && y >= 0.0;
            let page = if inside { plane.page_at(sight.machine, x as u64, y as u64) } else { None };
            let class = page.map_or(PageClass::HOLE, |pfn| sight.classes.of_page(sight.machine, pfn));
            assert_eq!(pixel, u32::from(class.0), "({x}, {y}) {page:?}");
        }
    }
}

#[test]
fn a_record_tells_the_buddy_and_why_the_two_are_not_one() {
    let mut session = Session::boot(&MachineForm::preset("pc")).expect("a preset boots");
    allocate(&mut session, "GFP_KERNEL", 3, 2);
    let pfn = session.allocations().get(1).and_then(|allocation| allocation.pfn).expect("a page").0;
    let page = session.sight().page(&(pfn + 5).into()).expect("a page frame number");
    assert_eq!((page.head, page.order, page.state, page.allocation), (pfn, 3, "allocated", Some(1)));
    let buddy = page.buddy.expect("order 3 has one");
    assert_eq!((buddy.pfn, buddy.why.as_str()), (pfn ^ 8, "this block is not free (used)"));
    session.free(1).expect("in use");
    let page = session.sight().page(&pfn.into()).expect("a page frame number");
    let buddy = page.buddy.expect("order 3 has one");
    assert_eq!(page.state, "free");
    assert!(buddy.why.contains("is in use (order 3)"), "{}", buddy.why);
    let hole = session.sight().page(&(1 << 30).into()).expect("a page frame number");
    assert_eq!((hole.state, hole.zone), ("hole", None));
}
