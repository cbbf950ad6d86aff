//! The model: one CPU, one node, all frames in one Normal zone.

use crate::allocator::{Allocator, Block};
use buddyscope_mm::Machine;
use buddyscope_mm::config::{ByteRange, ConfigError, MachineConfig, MemoryRange, PcSpec};
use buddyscope_mm::event::{NullSink, RingSink, Sink};
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{CpuId, NodeId, Order, PAGE_SHIFT, Pfn};
use buddyscope_mm::task::Task;

/// Where the frames start: at 4 GiB, so that every one is in zone Normal.
const FIRST: u64 = 1 << (32 - PAGE_SHIFT);
/// Events that the ring keeps.
const RING: usize = 1 << 16;

/// A booted machine and a task that asks it for memory.
pub struct Model<S = NullSink> {
    machine: Machine<S>,
    task: Task,
    /// Whatever the requests say, the compiler must not know it.
    gfp: Gfp,
}

impl Model<NullSink> {
    /// A machine of `frames` frames that discards its events.
    #[must_use]
    pub fn new(frames: u64) -> Model {
        Model::with_sink(frames, NullSink)
    }
}

impl Model<RingSink> {
    /// A machine of `frames` frames that keeps its newest events.
    #[must_use]
    pub fn with_ring(frames: u64) -> Model<RingSink> {
        Model::with_sink(frames, RingSink::new(RING))
    }
}

impl<S: Sink> Model<S> {
    fn with_sink(frames: u64, sink: S) -> Model<S> {
        let machine = one_zone(frames).and_then(|config| Machine::boot(&config, sink));
        let machine = machine.unwrap_or_else(|error| unreachable!("a plain machine boots: {error}"));
        Model { machine, task: Task::new(CpuId(0)), gfp: core::hint::black_box(Gfp::GFP_KERNEL) }
    }
}

/// A machine whose memory is all above 4 GiB and all free.
fn one_zone(frames: u64) -> Result<MachineConfig, ConfigError> {
    let mut config = MachineConfig::pc(&PcSpec::uniform(1, 1 << 30, 4, 20)?)?;
    let range = ByteRange::new(FIRST << PAGE_SHIFT, (FIRST + frames) << PAGE_SHIFT);
    config.memory = vec![MemoryRange { range, node: NodeId(0), hotpluggable: false, mirrored: false }];
    config.reserved.clear();
    Ok(config)
}

impl<S: Sink> Allocator for Model<S> {
    #[inline]
    fn allocate(&mut self, order: u8) -> Option<Block> {
        let size = Order::new(u32::from(order))?;
        let answer = self.machine.alloc_pages_nodemask(&mut self.task, self.gfp, size, NodeId(0), None);
        answer.pfn.map(|pfn| Block::new((pfn.0 - FIRST) as u32, order))
    }

    #[inline]
    fn free(&mut self, block: Block) {
        let pfn = Pfn(FIRST + u64::from(block.frame()));
        let order = Order::new(u32::from(block.order())).unwrap_or_default();
        let freed = self.machine.free_pages(CpuId(0), pfn, order);
        assert!(freed.is_ok(), "{freed:?}");
    }

    fn bytes(&self) -> Option<u64> {
        Some(self.machine.page_state_bytes() as u64)
    }
}
