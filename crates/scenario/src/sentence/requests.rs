//! The sentences about single requests and frees, in English. Other languages have the same keys.
//!
//! `{name}` stands for an argument; `{name#noun}` for a number and a noun, in the plural where the number is not 1.

/// Key and English template of each sentence.
pub(super) const TEMPLATES: &[(&str, &str)] = &[
    // How it ended.
    ("answer.fast", "pfn {pfn} from node {node} {zone}, {pages#page}, on the first attempt."),
    ("answer.minMark", "pfn {pfn} from node {node} {zone}, {pages#page}, above the min mark."),
    (
        "answer.earlyCompaction",
        "pfn {pfn} from node {node} {zone}, {pages#page}, made by compaction before any reclaim.",
    ),
    ("answer.retry", "pfn {pfn} from node {node} {zone}, {pages#page}, at a further attempt."),
    ("answer.reclaim", "pfn {pfn} from node {node} {zone}, {pages#page}, after direct reclaim."),
    ("answer.compaction", "pfn {pfn} from node {node} {zone}, {pages#page}, after direct compaction."),
    ("answer.lastTry", "pfn {pfn} from node {node} {zone}, {pages#page}, at the last attempt before the OOM killer."),
    (
        "answer.noFail",
        "pfn {pfn} from node {node} {zone}, {pages#page}, from the reserves, because the request must not fail.",
    ),
    ("answer.noZone", "No page: no zone of the zonelist is open to this request."),
    (
        "answer.needsReclaim",
        "No page yet: here the kernel would compact and reclaim. Nobody runs on this machine whose pages could go; scenarios show it.",
    ),
    ("answer.cannotReclaim", "No page: no zone had enough, and the request may not reclaim."),
    ("answer.wouldRecurse", "No page: the task is itself reclaiming (PF_MEMALLOC) and must not begin again."),
    (
        "answer.compactionHopeless",
        "No page: a block this large is only worth compaction here (__GFP_NORETRY), and that was skipped or deferred.",
    ),
    (
        "answer.noRetry",
        "No page: one round of reclaim and compaction was not enough, and the request wants no other (__GFP_NORETRY).",
    ),
    ("answer.costly", "No page: one round of reclaim and compaction was not enough, and orders above 3 get no other."),
    ("answer.oomRefused", "No page: reclaim leads nowhere, and the OOM killer may not or did not help."),
    (
        "answer.oomVictim",
        "No page: the task itself was chosen by the OOM killer and has used its share of the reserves.",
    ),
    ("answer.noFailCannotReclaim", "No page: the request must not fail (__GFP_NOFAIL) but may not reclaim either."),
    (
        "answer.livelock",
        "No page: the kernel would try for ever. The model stops, because nobody else runs who could change anything.",
    ),
    ("answer.notCharged", "No page: one was found, but the task's memory cgroup may hold no more."),
    ("answer.injected", "No page: fault injection refused the request."),
    ("answer.orderTooLarge", "No page: no block is larger than order 10."),
    ("answer.freed", "pfn {pfn}, order {order}, was freed and is part of a free block of order {into}."),
    ("answer.freedToPcp", "pfn {pfn} was freed to CPU {cpu}'s {type} list."),
    // The request.
    (
        "request",
        "{gfp}, order {order} ({pages#page}), on CPU {cpu}: up to zone {zone}, as {type}, from the zonelist of node {node}.",
    ),
    (
        "request.nodes",
        "{gfp}, order {order} ({pages#page}), on CPU {cpu}: up to zone {zone}, as {type}, from the zonelist of node {node}, only on nodes {nodes}.",
    ),
    ("request.thisnode", "__GFP_THISNODE: only zones of node {node} are in the list."),
    ("policy.bind", "The policy binds the task to nodes {nodes}; it begins at node {node}."),
    ("policy.preferred", "The policy prefers node {node}."),
    ("policy.interleave", "It is node {node}'s turn in the task's interleave policy."),
    ("policy.unbound", "The policy binds only requests for higher zones; this one begins at node {node}."),
    // Walks.
    ("walk.first", "First attempt: from node {node} {zone} on, every zone against its low mark."),
    ("walk.min", "Again, from node {node} {zone} on, against the min mark."),
    ("walk.reserves", "Again, from node {node} {zone} on, whatever the marks say."),
    ("walk.oom", "Again, from node {node} {zone} on, with half of the min reserve open to an OOM victim."),
    ("walk.none", "No zone of the zonelist fits: nothing to walk."),
    ("walk.nofragment", "It would rather take a lower zone than mix types in a pageblock (ALLOC_NOFRAGMENT)."),
    (
        "restart.remote",
        "Before going to node {node} {zone} it drops ALLOC_NOFRAGMENT and looks at the local zones again.",
    ),
    ("restart.end", "The list is at its end: it drops ALLOC_NOFRAGMENT and starts over."),
    ("slow", "The first attempt failed: the slow path begins."),
    ("slow.reserves", "The request may use the reserves ({why}): {flags} replaces all earlier flags."),
    ("slow.cpuset", "The nodes the task may use changed, or the nodemask does not meet them: the request starts over."),
    ("slow.oomDisabled", "The OOM killer is switched off."),
    // One zone.
    ("skip.cpuset", "node {node} {zone}: outside the task's cpuset, skipped."),
    ("skip.dirty", "node {node} {zone}: the node has its share of dirty pages already, skipped (__GFP_WRITE)."),
    ("skip.far", "node {node} is too far away for node reclaim: {zone} is skipped."),
    ("skip.noscan", "node {node} {zone}: node reclaim did not run, skipped."),
    ("skip.full", "node {node} {zone}: node reclaim found too little page cache to bother, skipped."),
    ("mark.pass", "node {node} {zone}: {usable#usable page} exceed the {mark} mark {min} and the reserve {reserve}."),
    (
        "mark.negative",
        "node {node} {zone}: {usable#usable page}, a negative number that 5.10.35 compares as unsigned, so it passes.",
    ),
    (
        "mark.unboosted",
        "node {node} {zone}: {usable#usable page} exceed the {mark} mark {min} without its boost, which __GFP_ATOMIC may ignore.",
    ),
    (
        "mark.below",
        "node {node} {zone}: {usable#usable page} do not exceed the {mark} mark {min} and the reserve {reserve}.",
    ),
    (
        "mark.noBlock",
        "node {node} {zone}: {usable#usable page} are enough, but no free block of order {order} or more is open to it.",
    ),
    ("mark.ignored", "node {node} {zone}: ALLOC_NO_WATERMARKS lets the request try all the same."),
    ("nothing", "node {node} {zone}: no free list could serve order {order} as {type}."),
    (
        "nothing.nofragment",
        "node {node} {zone}: no {type} block of order {order}, and none of order 9 or more to take over whole.",
    ),
    // Taking.
    ("pcp.take", "pfn {pfn} comes off CPU {cpu}'s {type} list; {left#page} left on its lists."),
    (
        "pcp.refill",
        "CPU {cpu}'s {type} list was empty: {got} of {asked} pages came from the free lists, {blocks#block}, {splits#split}.",
    ),
    ("block.exact", "pfn {pfn}: a free block of just order {order} from the {list} list."),
    ("block.split", "pfn {pfn}: a free block of order {found} from the {list} list, split down to order {order}."),
    ("block.cma", "pfn {pfn}: a free block of order {found} from the CMA list, lent to a movable request."),
    (
        "block.highatomic",
        "pfn {pfn}: a free block of order {found} from the high-atomic reserve, open to ALLOC_HARDER.",
    ),
    ("split.line", "{half} (order {order})"),
    (
        "steal.one",
        "No {start} block was left: the order-{order} block at pfn {pfn} moves over from {fallback}; its pageblock stays {fallback}.",
    ),
    (
        "steal.some",
        "No {start} block was left: {moved#free page} of the pageblock at pfn {pfn} move over from {fallback}; the pageblock keeps its type.",
    ),
    (
        "steal.claim",
        "No {start} block was left: {moved#free page} around pfn {pfn} move over from {fallback}, and the pageblock becomes {start}.",
    ),
    (
        "steal.owned",
        "No {start} block was left: the order-{order} block at pfn {pfn} moves over from {fallback}, and the pageblock becomes {start}.",
    ),
    (
        "steal.whole",
        "No {start} block was left: the whole order-{order} block at pfn {pfn} moves over from {fallback} with its pageblocks.",
    ),
    (
        "boost",
        "Mixing types raises node {node} {zone}'s marks by {boost#page} (at most {max}), so that kswapd makes room.",
    ),
    (
        "highatomic.reserve",
        "The pageblock at pfn {pfn} is now reserved for high-order atomic requests; node {node} {zone} reserves {reserved#page}.",
    ),
    ("bad", "pfn {pfn} failed a check and is lost (bad page)."),
    // Daemons.
    ("kswapd.woken", "kswapd of node {node} wakes for order {order}."),
    ("kswapd.awake", "kswapd of node {node} runs already; order {order} is noted."),
    ("kswapd.balanced", "kswapd of node {node} stays asleep: some zone is above its high mark."),
    (
        "kswapd.kcompactd",
        "kswapd of node {node} stays asleep: some zone is above its high mark. kcompactd is asked for order {order}.",
    ),
    ("kswapd.hopeless", "kswapd of node {node} has given up after 16 fruitless runs."),
    (
        "kswapd.hopelessKcompactd",
        "kswapd of node {node} has given up after 16 fruitless runs. kcompactd is asked for order {order}.",
    ),
    // Made ready.
    ("prep.compound", "Its {pages#page} become one compound page."),
    (
        "prep.pfmemalloc",
        "The pages are marked as coming from the reserves: only those who free memory should use them.",
    ),
    // Freeing.
    ("free", "The last reference to pfn {pfn}, order {order}, is dropped on CPU {cpu}."),
    ("free.pcp", "One page: it goes to the head of CPU {cpu}'s {type} list, {count#page} on its lists now."),
    (
        "free.drain",
        "CPU {cpu}'s lists are full: {pages#page}, the coldest first, go back to the free lists, with {merges#merge}.",
    ),
    ("free.merge", "Its buddy at pfn {buddy} is free and of order {order} too: together they are order {into}."),
    ("free.list", "The block of order {order} at pfn {pfn} goes to the head of the {type} list, to be used soon."),
    (
        "free.listTail",
        "The block of order {order} at pfn {pfn} goes to the tail of the {type} list: its larger buddy is free, and it may merge soon.",
    ),
    ("free.stop", "It merges no further: buddy pfn {buddy}: {why}."),
    ("free.top", "No block is larger than order 10."),
    // What would have helped.
    ("remedy.order", "order {order} instead of {was}"),
    ("remedy.kernel", "GFP_KERNEL instead: the request may reclaim"),
    ("remedy.high", "with __GFP_HIGH: half of the min reserve is open"),
    ("remedy.atomic", "GFP_ATOMIC instead: most of the min reserve is open"),
    ("remedy.movable", "GFP_HIGHUSER_MOVABLE instead: CMA pages and the Movable zone are open"),
    ("remedy.thisnode", "without __GFP_THISNODE: other nodes are open"),
    ("remedy.nomask", "without the policy's limit: all nodes are open"),
    ("remedy.minFree", "vm.min_free_kbytes={value} instead of {was}"),
    ("remedy.reserveRatio", "vm.lowmem_reserve_ratio=0 0 0 0: no reserve for lower zones"),
    ("remedy.yes", "would have got pfn {pfn} from node {node} {zone}"),
    ("remedy.no", "would have failed too"),
];
