//! A request that can pause where the kernel can sleep, for callers that let others run meanwhile.

use super::fast::FirstAttempt;
use super::slow::SlowPath;
use crate::alloc::{AllocContext, Answer};
use crate::event::{Outcome, Sink};
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::pfn::{Frame, NodeId, NodeMask, Order};
use crate::task::Task;
use crate::wait::Step;

/// A request that has begun.
#[derive(Clone, Debug)]
pub struct Alloc {
    state: State,
    /// The node that interleaving chose, until a page from there is counted.
    interleaved: Option<NodeId>,
}

#[derive(Clone, Debug)]
enum State {
    Done(Answer),
    Slow(Box<SlowRequest>),
}

#[derive(Clone, Debug)]
struct SlowRequest {
    path: SlowPath,
    gfp: Gfp,
    ac: AllocContext,
}

impl Alloc {
    fn done(answer: Answer) -> Alloc {
        Alloc { state: State::Done(answer), interleaved: None }
    }

    #[cold]
    fn slow(gfp: Gfp, ac: &AllocContext) -> Alloc {
        let request = SlowRequest { path: SlowPath::new(gfp, *ac), gfp, ac: *ac };
        Alloc { state: State::Slow(Box::new(request)), interleaved: None }
    }

    /// The same, with a page from that node counted as a hit of interleaving.
    fn interleaved(self, node: NodeId) -> Alloc {
        Alloc { interleaved: Some(node), ..self }
    }

    /// Goes on; done with the answer, which then stays the same.
    pub fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<Answer> {
        let answer = match &mut self.state {
            State::Done(answer) => *answer,
            State::Slow(slow) => match slow.path.resume(machine, task) {
                Step::Wait(wait) => return Step::Wait(wait),
                Step::Done((frame, outcome)) => machine.finish(task, frame, slow.gfp, &slow.ac, outcome),
            },
        };
        self.state = State::Done(answer);
        if let Some(node) = self.interleaved.take() {
            machine.count_interleave_hit(task, answer, node);
        }
        Step::Done(answer)
    }
}

impl<S: Sink> Machine<S> {
    /// Begins a request as [`Machine::alloc_pages_nodemask`] does it whole. The same task goes with every call of
    /// [`Alloc::resume`].
    pub fn begin_alloc(
        &mut self,
        task: &mut Task,
        gfp: Gfp,
        order: Order,
        node: NodeId,
        nodemask: Option<NodeMask>,
    ) -> Alloc {
        let begun = self.alloc_at_once(task, gfp, order, node, nodemask);
        self.begun(begun)
    }

    /// The block, if the first attempt gets one, as it nearly always does; else what is to be resumed for it.
    #[inline(never)]
    pub(crate) fn alloc_at_once(
        &mut self,
        task: &mut Task,
        gfp: Gfp,
        order: Order,
        node: NodeId,
        nodemask: Option<NodeMask>,
    ) -> Result<Frame, Alloc> {
        match self.first_attempt(task, gfp, order, node, nodemask) {
            FirstAttempt::Ended(Some(frame), _) => Ok(frame),
            FirstAttempt::Ended(None, outcome) => Err(Alloc::done(Answer { pfn: None, outcome })),
            FirstAttempt::Failed(gfp, ac) => Err(Alloc::slow(gfp, &ac)),
        }
    }

    /// What the one who asked is told.
    #[inline]
    pub(super) fn answer(&self, frame: Option<Frame>, outcome: Outcome) -> Answer {
        Answer { pfn: frame.map(|frame| self.mem.pfn(frame)), outcome }
    }

    /// A request that has begun as one that can be resumed, whatever came of it.
    pub(super) fn begun(&self, begun: Result<Frame, Alloc>) -> Alloc {
        begun.map_or_else(|alloc| alloc, |frame| Alloc::done(self.answer(Some(frame), Outcome::Fast)))
    }

    /// The same with a node that interleaving chose. A page from there is counted.
    #[cold]
    pub(super) fn interleave_at_once(
        &mut self,
        task: &mut Task,
        gfp: Gfp,
        order: Order,
        node: NodeId,
    ) -> Result<Frame, Alloc> {
        match self.alloc_at_once(task, gfp, order, node, None) {
            Ok(frame) => {
                let answer = self.answer(Some(frame), Outcome::Fast);
                self.count_interleave_hit(task, answer, node);
                Ok(frame)
            }
            Err(alloc) => Err(alloc.interleaved(node)),
        }
    }

    /// The slow path in one go: waits pass at once. While nobody else runs some requests would go round for good; they
    /// end with [`Outcome::Livelock`].
    #[cold]
    #[inline(never)]
    pub(crate) fn alloc_pages_slowpath(
        &mut self,
        task: &mut Task,
        gfp: Gfp,
        ac: &AllocContext,
    ) -> (Option<Frame>, Outcome) {
        let mut path = SlowPath::new(gfp, *ac).alone();
        loop {
            if let Step::Done(done) = path.resume(self, task) {
                return done;
            }
        }
    }
}
