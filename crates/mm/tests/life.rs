//! Pages with a life: they are faulted in, shared, swapped out and back, and given back.

mod actor;

use actor::{Actor, touch};
use buddyscope_mm::config::{Distances, MachineConfig, PcNode, PcSpec};
use buddyscope_mm::event::NullSink;
use buddyscope_mm::io::{DeviceId, DeviceSpec, FileSpec, Flusher, Storage};
use buddyscope_mm::lru::LruIndex;
use buddyscope_mm::pfn::{CpuId, NodeId};
use buddyscope_mm::task::Task;
use buddyscope_mm::task::mm::{FileId, RssKind, VmFlags, VmaId};
use buddyscope_mm::user::{FaultOutcome, Fork, MapSpec, ProcessSpec, ReadPage, WritePage};
use buddyscope_mm::vmstat::{NodeItem, VmEvent, ZoneItem};
use buddyscope_mm::wait::{Step, Wait};
use buddyscope_mm::{Machine, MemcgId};

const MIB: u64 = 1 << 20;

fn machine(mib: u64) -> Machine<NullSink> {
    let nodes = vec![PcNode { bytes: mib * MIB, cpus: 1, hotpluggable: false }];
    let distances = Distances::uniform(1, 20).expect("distances");
    let config = MachineConfig::pc(&PcSpec { nodes, distances, max_ram_below_4g: 3 << 30 }).expect("a machine");
    Machine::boot(&config, NullSink).expect("a machine that boots")
}

fn actor(machine: &mut Machine<NullSink>, comm: &str) -> Actor {
    let mut task = Task::new(CpuId(0));
    let pid = machine.start_process(ProcessSpec { comm: comm.to_owned(), ..ProcessSpec::default() }, &mut task);
    Actor { task, pid }
}

fn anon(pages: u64) -> MapSpec {
    MapSpec { pages, flags: VmFlags::WRITE, ..MapSpec::default() }
}

fn touch_all(machine: &mut Machine<NullSink>, actor: &mut Actor, vma: VmaId, pages: u64) {
    for page in 0..pages {
        assert_ne!(touch(machine, actor, vma, page, true), FaultOutcome::Killed, "page {page}");
    }
}

fn read(machine: &mut Machine<NullSink>, actor: &mut Actor, file: FileId, page: u32) -> FaultOutcome {
    let mut read = ReadPage::new(file, page);
    for _ in 0..1000 {
        if let Step::Done(outcome) = read.resume(machine, &mut actor.task) {
            return outcome;
        }
    }
    panic!("a read that does not end");
}

fn write(machine: &mut Machine<NullSink>, actor: &mut Actor, file: FileId, page: u32) {
    let mut write = WritePage::new(file, page);
    assert!((0..1000).any(|_| matches!(write.resume(machine, &mut actor.task), Step::Done(_))));
}

fn node(machine: &Machine<NullSink>, item: NodeItem) -> u64 {
    machine.nodes()[0].stat.get(item)
}

fn event(machine: &Machine<NullSink>, event: VmEvent) -> u64 {
    machine.vm_events().get(event)
}

fn free_pages(machine: &Machine<NullSink>) -> i64 {
    let zones = machine.zones();
    let pcp: u32 = zones.iter().map(|zone| machine.pcp(zone.id, CpuId(0)).count).sum();
    zones.iter().map(|zone| machine.zone_page_state_snapshot(zone, ZoneItem::FreePages)).sum::<i64>() + i64::from(pcp)
}

fn audit(machine: &Machine<NullSink>) {
    if let Err(violation) = machine.audit() {
        panic!("{violation}");
    }
}

fn disk_file(machine: &mut Machine<NullSink>, pages: u32) -> FileId {
    machine.add_file(FileSpec { pages, storage: Storage::Disk(DeviceId(0)), read_ahead: 0 })
}

#[test]
fn anonymous_memory_costs_pages_and_tables_and_exit_gives_all_back() {
    let mut machine = machine(64);
    let before = free_pages(&machine);
    let mut actor = actor(&mut machine, "hog");
    let vma = machine.mmap(actor.pid, anon(1000)).expect("a mapping");
    touch_all(&mut machine, &mut actor, vma, 1000);
    let mm = machine.mm_of(actor.pid).expect("an address space");
    assert_eq!((mm.rss(RssKind::Anon), mm.total_vm()), (1000, 1000));
    // Two tables of 512 entries, one directory, one page above.
    assert_eq!(mm.pgtables_bytes(), 4 * 4096);
    assert_eq!(node(&machine, NodeItem::AnonPages), 1000);
    assert_eq!(event(&machine, VmEvent::PgFault), 1000);
    assert_eq!(free_pages(&machine), before - 1004);
    audit(&machine);
    machine.exit_process(CpuId(0), actor.pid);
    assert_eq!(free_pages(&machine), before);
    assert_eq!(node(&machine, NodeItem::AnonPages), 0);
    audit(&machine);
}

#[test]
fn reading_untouched_memory_maps_the_page_of_zeros() {
    let mut machine = machine(64);
    let mut actor = actor(&mut machine, "reader");
    let vma = machine.mmap(actor.pid, anon(10)).expect("a mapping");
    assert_eq!(touch(&mut machine, &mut actor, vma, 3, false), FaultOutcome::Minor);
    assert_eq!(machine.mm_of(actor.pid).expect("a space").total_rss(), 0);
    assert_eq!(touch(&mut machine, &mut actor, vma, 3, true), FaultOutcome::Minor);
    assert_eq!(machine.mm_of(actor.pid).expect("a space").rss(RssKind::Anon), 1);
    audit(&machine);
}

#[test]
fn a_fork_shares_pages_until_one_side_writes() {
    let mut machine = machine(64);
    let before = free_pages(&machine);
    let mut parent = actor(&mut machine, "parent");
    let vma = machine.mmap(parent.pid, anon(100)).expect("a mapping");
    touch_all(&mut machine, &mut parent, vma, 100);
    let mut fork = Fork::new(parent.pid);
    let Step::Done(Some(pid)) = fork.resume(&mut machine, &mut parent.task) else { panic!("no child") };
    let mut child = Actor { task: Task { pid, ..parent.task.fork() }, pid };
    assert_eq!(node(&machine, NodeItem::AnonPages), 100);
    assert_eq!(machine.mm_of(pid).expect("a space").rss(RssKind::Anon), 100);
    audit(&machine);
    assert!(!machine.access(parent.pid, vma, 0, true), "write protected");
    touch(&mut machine, &mut child, vma, 0, true);
    assert_eq!(node(&machine, NodeItem::AnonPages), 101);
    // The parent's page is its own again once it is out of the batch of new pages.
    let reused = event(&machine, VmEvent::PgReuse);
    machine.exit_process(CpuId(0), pid);
    touch(&mut machine, &mut parent, vma, 0, true);
    touch(&mut machine, &mut parent, vma, 1, true);
    assert_eq!(event(&machine, VmEvent::PgReuse), reused + 2);
    audit(&machine);
    machine.exit_process(CpuId(0), parent.pid);
    assert_eq!(free_pages(&machine), before);
    audit(&machine);
}

#[test]
fn a_file_is_read_once_and_found_again() {
    let mut machine = machine(64);
    let mut actor = actor(&mut machine, "reader");
    let file = disk_file(&mut machine, 100);
    assert_eq!(read(&mut machine, &mut actor, file, 7), FaultOutcome::Major);
    assert_eq!(read(&mut machine, &mut actor, file, 7), FaultOutcome::Minor);
    assert_eq!(read(&mut machine, &mut actor, file, 100), FaultOutcome::BusError);
    assert_eq!((machine.cached_pages(file), node(&machine, NodeItem::FilePages)), (1, 1));
    audit(&machine);
    machine.unlink(CpuId(0), file);
    assert_eq!((machine.cached_pages(file), node(&machine, NodeItem::FilePages)), (0, 0));
    audit(&machine);
}

#[test]
fn a_mapped_file_faults_in_what_is_near_and_cached() {
    let mut machine = machine(64);
    let mut actor = actor(&mut machine, "mapper");
    let file = disk_file(&mut machine, 64);
    for page in 0..10 {
        read(&mut machine, &mut actor, file, page);
    }
    let flags = VmFlags::SHARED | VmFlags::WRITE;
    let spec = MapSpec { pages: 64, file: Some((file, 0)), flags, policy: None };
    let vma = machine.mmap(actor.pid, spec).expect("a mapping");
    assert_eq!(touch(&mut machine, &mut actor, vma, 3, false), FaultOutcome::Minor);
    assert_eq!(node(&machine, NodeItem::Mapped), 10, "the 16 pages around it, as far as they are cached");
    assert_eq!(touch(&mut machine, &mut actor, vma, 20, false), FaultOutcome::Major);
    assert_eq!(event(&machine, VmEvent::PgMajFault), 1);
    assert_eq!(touch(&mut machine, &mut actor, vma, 3, true), FaultOutcome::Minor);
    assert_eq!(node(&machine, NodeItem::Dirty), 1);
    audit(&machine);
    machine.munmap(CpuId(0), actor.pid, vma);
    assert_eq!((node(&machine, NodeItem::Mapped), machine.cached_pages(file)), (0, 11));
    audit(&machine);
}

#[test]
fn writing_to_a_private_mapping_of_a_file_makes_a_copy() {
    let mut machine = machine(64);
    let mut actor = actor(&mut machine, "writer");
    let file = disk_file(&mut machine, 8);
    let spec = MapSpec { pages: 8, file: Some((file, 0)), flags: VmFlags::WRITE, policy: None };
    let vma = machine.mmap(actor.pid, spec).expect("a mapping");
    touch(&mut machine, &mut actor, vma, 0, false);
    touch(&mut machine, &mut actor, vma, 0, true);
    touch(&mut machine, &mut actor, vma, 5, true);
    let mm = machine.mm_of(actor.pid).expect("a space");
    assert_eq!((mm.rss(RssKind::Anon), mm.rss(RssKind::File)), (2, 0));
    assert_eq!((machine.cached_pages(file), node(&machine, NodeItem::Dirty)), (2, 0));
    audit(&machine);
}

#[test]
fn a_page_goes_to_swap_comes_back_and_is_recognized() {
    let mut machine = machine(64);
    machine.swapon(20_000, DeviceId(0), 0);
    let mut actor = actor(&mut machine, "hog");
    let pages = 16_000;
    let vma = machine.mmap(actor.pid, anon(pages)).expect("a mapping");
    touch_all(&mut machine, &mut actor, vma, pages);
    let out = event(&machine, VmEvent::PswpOut);
    assert!(out > 0, "more is touched than there is memory");
    let mm = machine.mm_of(actor.pid).expect("a space");
    assert_eq!(mm.rss(RssKind::Anon) + mm.swapents(), pages);
    audit(&machine);
    // The pages that were touched first are gone; they come back from swap.
    assert_eq!(touch(&mut machine, &mut actor, vma, 0, false), FaultOutcome::Major);
    assert_eq!(event(&machine, VmEvent::PswpIn), 1);
    assert_eq!(node(&machine, NodeItem::WorkingsetRefaultAnon), 1);
    audit(&machine);
    let before_exit = machine.swap_pages();
    assert!(before_exit.1 < 20_000);
    machine.exit_process(CpuId(0), actor.pid);
    assert_eq!(node(&machine, NodeItem::AnonPages), 0);
    audit(&machine);
}

#[test]
fn a_slot_that_two_processes_need_is_read_through_the_swap_cache() {
    let mut machine = machine(64);
    machine.swapon(20_000, DeviceId(0), 0);
    let mut parent = actor(&mut machine, "parent");
    let shared = machine.mmap(parent.pid, anon(50)).expect("a mapping");
    touch_all(&mut machine, &mut parent, shared, 50);
    let mut fork = Fork::new(parent.pid);
    let Step::Done(Some(pid)) = fork.resume(&mut machine, &mut parent.task) else { panic!("no child") };
    let mut child = Actor { task: Task { pid, ..parent.task.fork() }, pid };
    let mut hog = actor(&mut machine, "hog");
    let vma = machine.mmap(hog.pid, anon(16_000)).expect("a mapping");
    touch_all(&mut machine, &mut hog, vma, 16_000);
    assert_eq!(machine.mm_of(pid).expect("a space").swapents(), 50);
    assert_eq!(touch(&mut machine, &mut child, shared, 9, false), FaultOutcome::Major);
    assert!(machine.swap_cache_pages() > 0);
    assert_eq!(touch(&mut machine, &mut parent, shared, 9, false), FaultOutcome::Minor, "found in the swap cache");
    audit(&machine);
    for pid in [child.pid, parent.pid, hog.pid] {
        machine.exit_process(CpuId(0), pid);
        audit(&machine);
    }
    assert_eq!(machine.swap_cache_pages(), 0);
}

#[test]
fn locked_pages_are_unevictable_until_unlocked() {
    let mut machine = machine(64);
    let mut actor = actor(&mut machine, "locker");
    let vma = machine.mmap(actor.pid, anon(40)).expect("a mapping");
    touch_all(&mut machine, &mut actor, vma, 40);
    machine.mlock(CpuId(0), actor.pid, vma);
    machine.drain_lru(CpuId(0));
    assert_eq!(machine.lru_pages(MemcgId::ROOT, NodeId(0), LruIndex::Unevictable).count(), 40);
    assert_eq!(event(&machine, VmEvent::UnevictablePgsMlocked), 40);
    audit(&machine);
    machine.munlock(CpuId(0), actor.pid, vma);
    machine.drain_lru(CpuId(0));
    assert_eq!(machine.lru_pages(MemcgId::ROOT, NodeId(0), LruIndex::Unevictable).count(), 0);
    assert_eq!(event(&machine, VmEvent::UnevictablePgsMunlocked), 40);
    assert_eq!(event(&machine, VmEvent::UnevictablePgsRescued), 40);
    audit(&machine);
}

#[test]
fn lazily_freed_pages_go_to_the_file_list_and_need_no_swap() {
    let mut machine = machine(64);
    let mut actor = actor(&mut machine, "lazy");
    let vma = machine.mmap(actor.pid, anon(30)).expect("a mapping");
    touch_all(&mut machine, &mut actor, vma, 30);
    machine.madvise_free(CpuId(0), actor.pid, vma);
    assert_eq!(machine.lru_pages(MemcgId::ROOT, NodeId(0), LruIndex::InactiveFile).count(), 30);
    assert_eq!(event(&machine, VmEvent::PgLazyFree), 30);
    audit(&machine);
    let hog = actor_that_fills(&mut machine);
    assert!(event(&machine, VmEvent::PgLazyFreed) > 0);
    assert_eq!(event(&machine, VmEvent::PswpOut), 0);
    audit(&machine);
    machine.exit_process(CpuId(0), hog.pid);
    audit(&machine);
}

#[test]
fn pages_paged_out_on_advice_go_to_swap_and_leave_pages_of_others_alone() {
    let mut machine = machine(64);
    machine.swapon(1000, DeviceId(0), 0);
    let mut actor = actor(&mut machine, "idle");
    let vma = machine.mmap(actor.pid, anon(600)).expect("a mapping");
    touch_all(&mut machine, &mut actor, vma, 600);
    assert_eq!(machine.madvise_pageout(&actor.task, vma), 600);
    assert_eq!(event(&machine, VmEvent::PswpOut), 600);
    assert_eq!(machine.mm_of(actor.pid).map(|mm| (mm.total_rss(), mm.swapents())), Some((0, 600)));
    audit(&machine);
    assert_eq!(touch(&mut machine, &mut actor, vma, 3, true), FaultOutcome::Major);

    let locked = machine.mmap(actor.pid, anon(10)).expect("a mapping");
    touch_all(&mut machine, &mut actor, locked, 10);
    machine.mlock(CpuId(0), actor.pid, locked);
    assert_eq!(machine.madvise_pageout(&actor.task, locked), 0);
    let mut fork = Fork::new(actor.pid);
    let Step::Done(Some(child)) = fork.resume(&mut machine, &mut actor.task) else { panic!("no child") };
    assert_eq!(machine.madvise_pageout(&actor.task, vma), 0, "what two processes map stays");
    assert_eq!(event(&machine, VmEvent::PswpOut), 600);
    machine.exit_process(CpuId(0), child);
    audit(&machine);
}

/// Touches memory until there is none left.
fn actor_that_fills(machine: &mut Machine<NullSink>) -> Actor {
    let mut hog = actor(machine, "hog");
    let vma = machine.mmap(hog.pid, anon(16_000)).expect("a mapping");
    let killed = (0..16_000).any(|page| touch(machine, &mut hog, vma, page, true) == FaultOutcome::Killed);
    assert!(killed);
    hog
}

#[test]
fn tmpfs_pages_go_to_swap_and_back() {
    let mut machine = machine(64);
    machine.swapon(20_000, DeviceId(0), 0);
    let mut actor = actor(&mut machine, "dd");
    let file = machine.add_file(FileSpec { pages: 0, storage: Storage::Shmem, read_ahead: 0 });
    for page in 0..16_000 {
        write(&mut machine, &mut actor, file, page);
    }
    let swapped = event(&machine, VmEvent::PswpOut);
    assert!(swapped > 0);
    assert_eq!(machine.file(file).expect("a file").pages(), 16_000);
    audit(&machine);
    assert_eq!(read(&mut machine, &mut actor, file, 0), FaultOutcome::Major);
    audit(&machine);
    machine.unlink(CpuId(0), file);
    assert_eq!((node(&machine, NodeItem::Shmem), machine.swap_cache_pages()), (0, 0));
    audit(&machine);
}

/// Does something while time passes for devices.
fn in_time(machine: &mut Machine<NullSink>, mut resume: impl FnMut(&mut Machine<NullSink>) -> Step<FaultOutcome>) {
    for _ in 0..1000 {
        if let Step::Done(outcome) = resume(machine) {
            assert_ne!(outcome, FaultOutcome::Killed);
            return;
        }
        machine.run_io_until(machine.jiffies() + 1);
    }
    panic!("something that does not end");
}

#[test]
fn shared_memory_comes_back_from_swap_with_the_slots_around_it() {
    let mut machine = machine(64);
    let disk = machine.add_device(DeviceSpec { pages_per_second: Some(100_000), congests: false });
    machine.swapon(30_000, disk, 0);
    let mut actor = actor(&mut machine, "dd");
    let file = machine.add_file(FileSpec { pages: 0, storage: Storage::Shmem, read_ahead: 0 });
    for page in 0..20_000 {
        let mut write = WritePage::new(file, page);
        in_time(&mut machine, |machine| write.resume(machine, &mut actor.task));
        machine.run_io_until(machine.jiffies() + 1);
    }
    for page in 0..20_000 {
        let before = event(&machine, VmEvent::PswpIn);
        let mut read = ReadPage::new(file, page);
        in_time(&mut machine, |machine| read.resume(machine, &mut actor.task));
        let came = event(&machine, VmEvent::PswpIn) - before;
        assert!(came <= 8, "page {page} came with {came}");
    }
    let (came, ahead) = (event(&machine, VmEvent::PswpIn), event(&machine, VmEvent::SwapRa));
    assert!(ahead * 10 > came * 8, "{ahead} of {came} pages came before they were asked for");
    assert!(event(&machine, VmEvent::SwapRaHit) * 10 > ahead * 9);
    audit(&machine);
}

#[test]
fn a_slow_device_makes_readers_wait() {
    let mut machine = machine(64);
    let disk = machine.add_device(DeviceSpec { pages_per_second: Some(250), congests: false });
    let file = machine.add_file(FileSpec { pages: 10, storage: Storage::Disk(disk), read_ahead: 4 });
    let mut actor = actor(&mut machine, "reader");
    let mut read = ReadPage::new(file, 0);
    assert!(matches!(read.resume(&mut machine, &mut actor.task), Step::Wait(_)));
    assert_eq!(machine.cached_pages(file), 2, "read ahead");
    audit(&machine);
}

/// Completes everything that devices have been asked for, jiffy by jiffy, with the flusher of a device at work.
fn flush(machine: &mut Machine<NullSink>, flusher: &mut Flusher, turns: u32) {
    for _ in 0..turns {
        let _ = flusher.resume(machine);
        if let Some(due) = machine.next_io() {
            machine.run_io_until(due);
        }
    }
}

#[test]
fn dirty_pages_are_written_once_there_are_too_many() {
    let mut machine = machine(64);
    let disk = machine.add_device(DeviceSpec { pages_per_second: Some(2500), congests: false });
    let file = machine.add_file(FileSpec { pages: 0, storage: Storage::Disk(disk), read_ahead: 0 });
    let mut actor = actor(&mut machine, "writer");
    let limits = machine.dirty_limits();
    assert!(limits.background < limits.free_run() && limits.free_run() < limits.limit);
    let mut flusher = Flusher::new(disk, CpuId(0));
    assert!(matches!(flusher.resume(&mut machine), Step::Wait(Wait::Flusher { timeout: Some(1250), .. })));
    let mut pauses = 0;
    for page in 0..limits.free_run() as u32 + 200 {
        let mut write = WritePage::new(file, page);
        while let Step::Wait(wait) = write.resume(&mut machine, &mut actor.task) {
            pauses += u32::from(matches!(wait, Wait::Sleep(1..=50)));
        }
    }
    assert!(pauses > 0, "a writer is slowed down");
    assert!(node(&machine, NodeItem::Dirty) > limits.background);
    audit(&machine);
    flush(&mut machine, &mut flusher, 5000);
    let left = node(&machine, NodeItem::Dirty);
    assert!(left <= limits.background, "{left} dirty pages are left, {} may be", limits.background);
    assert_eq!(node(&machine, NodeItem::Writeback), 0);
    assert!(node(&machine, NodeItem::Written) > 0);
    audit(&machine);
}

#[test]
fn what_cannot_be_dropped_is_to_go_soon() {
    let mut machine = machine(64);
    let mut user = actor(&mut machine, "user");
    let file = machine.add_file(FileSpec { pages: 4, storage: Storage::Disk(DeviceId::default()), read_ahead: 0 });
    write(&mut machine, &mut user, file, 0);
    machine.drain_lru(CpuId(0));
    for _ in 0..3 {
        read(&mut machine, &mut user, file, 0);
    }
    machine.drain_lru(CpuId(0));
    assert_eq!(node(&machine, NodeItem::ActiveFile), 1);
    machine.drop_caches(&user.task, 1);
    machine.drain_lru(CpuId(0));
    assert_eq!((node(&machine, NodeItem::ActiveFile), node(&machine, NodeItem::InactiveFile)), (0, 1));
    assert_eq!((machine.cached_pages(file), event(&machine, VmEvent::PgDeactivate)), (1, 1));
}
