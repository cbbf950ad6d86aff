//! The sentences about machines that were rebuilt from texts, and about what these texts report, in English.

/// Key and English template of each sentence.
pub(super) const TEMPLATES: &[(&str, &str)] = &[
    // What is not told.
    ("assume.layout", "Where zones begin is not told: they lie as on a PC, node after node."),
    ("assume.places", "Which page frames are free is not told: free blocks lie where they could not have merged."),
    (
        "assume.types",
        "Letters tell which types have free blocks of an order, not how many of each: one of each, contiguous areas as far as their free pages go, all others movable.",
    ),
    (
        "assume.cpus",
        "How many CPUs there are is not told: {cpus}, dealt out to the nodes in turn. The request came from CPU {cpu}, so from node {node}.",
    ),
    ("assume.distances", "Distances between nodes are not told: 10 to itself, 20 to all others."),
    ("assume.slabs", "Slab pages and the page cache are told of the whole machine: all are counted on the first node."),
    (
        "assume.sysctls",
        "Settings are not told: the marks follow from about min_free_kbytes {kbytes} and watermark_scale_factor {factor}; the rest is as at boot.",
    ),
    (
        "assume.leftOut",
        "node {node} {zone}: {pages#free page} would not fit between the pages in use, and are left out.",
    ),
    (
        "assume.counter",
        "node {node} {zone}: the counter says {free} free pages, the free blocks hold {listed}. CPUs keep the difference to themselves.",
    ),
    (
        "assume.lists",
        "node {node} {zone}: the counter says {free} free pages, the free blocks hold {listed}. That cannot both be; the blocks count.",
    ),
    (
        "assume.highmem",
        "This machine has a HighMem zone, which the model does not have: in its picture DMA32 stands for Normal, and Normal for HighMem.",
    ),
    (
        "assume.highatomic",
        "node {node} {zone}: pageblocks kept for high-order atomic requests are taken to be {pages#page}: those that have free blocks of theirs, or as many as there is room for.",
    ),
    (
        "assume.pageSize",
        "Pages of this machine are of {kb} KiB, those of the model of 4: it has as many pages, and all counts and checks are in pages.",
    ),
    ("assume.noTypes", "Of which type free blocks are is not told: all are taken for movable."),
    ("assume.noBlocks", "How large free blocks are is not told: as large as their pages allow, all movable."),
    ("assume.cpuNodes", "Which CPU is on which node is not told: {cpus} CPUs, dealt out to the nodes in turn."),
    // The state of a machine.
    ("state.title", "A machine of {nodes#node}, {zones#populated zone} and {pages#page}."),
    ("verdict.allWell", "Every zone is above its low mark: nothing asks for memory to be got back."),
    ("verdict.someLow", "{count#zone} below the low mark, where kswapd is woken."),
    ("verdict.someMin", "{count#zone} below the min mark, where ordinary requests get nothing without reclaim."),
    ("state.aboveHigh", "node {node} {zone}: {free#free page}, not below the high mark {high}."),
    ("state.belowHigh", "node {node} {zone}: {free#free page}, between the low mark {low} and the high mark {high}."),
    (
        "state.belowLow",
        "node {node} {zone}: {free#free page}, below the low mark {low}: a request that comes by wakes kswapd.",
    ),
    ("state.belowMin", "node {node} {zone}: {free#free page}, below the min mark {min}: only reserves are left."),
    ("state.kswapdSleeps", "kswapd{node}: a zone is at its high mark, so for order 0 it may sleep."),
    ("state.kswapdWorks", "kswapd{node}: no zone is at its high mark; once woken it does not sleep before one is."),
    ("state.kswapdWoken", "kswapd{node}: every zone is below its low mark, so the next request wakes it."),
    ("state.kswapdGaveUp", "kswapd{node} has given up: 16 runs in a row got nothing back (node_unreclaimable)."),
    // What was asked for.
    ("failure.title", "{comm} asked for order {order} ({pages#page}), {gfp}, and got nothing."),
    ("kill.title", "{comm} asked for order {order} ({pages#page}), {gfp}, and the OOM killer was called."),
    (
        "kill.headless",
        "The OOM killer at work. The beginning of its report is missing, so whose request it was cannot be told.",
    ),
    ("kill.sysrq", "The OOM killer was called by the magic SysRq key."),
    (
        "stall.title",
        "{comm} has been asking for order {order} ({pages#page}), {gfp}, for {ms} ms, and goes on: the request is slow, it has not failed.",
    ),
    ("addresses.title", "{comm} asked vmalloc for {bytes#byte}, {gfp}, and got nothing."),
    ("area.title", "A contiguous area (CMA) was asked for {pages#page} side by side, and gave nothing."),
    ("area.map", "{free} of its {total#page} have not been given away, at most {longest} side by side."),
    ("report.vmalloc", "vmalloc made the request, for some of the pages that it maps side by side."),
    ("report.noMemInfo", "The report has no Mem-Info part, so which check failed cannot be told."),
    (
        "report.cut",
        "{count#line} of the report cannot be read to the end, or the next one is missing: {lines}. What is left counts; sizes that are lost are shared out by the min marks, free blocks taken as large as the free pages allow.",
    ),
    (
        "report.noBlocks",
        "How large the free blocks are is missing, so whether one of order {order} was among them cannot be told.",
    ),
    ("report.noMachine", "No machine can be made of these numbers: {why}."),
    // Traces.
    ("trace.title", "A trace of page allocation."),
    (
        "trace.counts",
        "A trace of page allocation: {requests#request} and {frees#free}, made again on a machine that has just booted.",
    ),
    ("trace.served", "{zones} of {requests} requests got a page of the same zone here, {pages} the very same page."),
    ("trace.parts", "They part at line {line}: {trace} in the trace, {model} here."),
    ("trace.stolen", "Blocks stolen from another type: {trace} in the trace, {model} here."),
    ("trace.unknown", "{frees#free} of pages from before the trace, which are free here, were left out."),
    ("trace.noMachine", "Its pages or CPUs are beyond any machine that the model can make."),
    (
        "assume.booted",
        "What was free before the trace is not told: the machine has {mib} MiB, {cpus#CPU} and one node, and has just booted. Pages therefore differ; zones and steals can agree.",
    ),
    // How far such a request goes.
    (
        "course.atomic",
        "GFP_ATOMIC may not sleep: it wakes kswapd and tries once more below the min mark, and that is all. No reclaim, no compaction, no OOM killer.",
    ),
    (
        "course.noWait",
        "The request may not sleep and has no claim on the reserves: it tries again at the min mark, and that is all.",
    ),
    ("course.noFail", "__GFP_NOFAIL: the kernel goes on trying and only says that it takes long."),
    (
        "course.noRetry",
        "__GFP_NORETRY: one round of reclaim and compaction, no OOM killer. Whoever asks this way has something else in mind for a failure.",
    ),
    (
        "course.costly",
        "Orders above 3 are costly: one round of compaction and reclaim, then the request is given up. The OOM killer is never called for them.",
    ),
    (
        "course.costlyMayFail",
        "Orders above 3 with __GFP_RETRY_MAYFAIL: rounds go on while they make progress; the OOM killer is never called.",
    ),
    ("course.mayFail", "__GFP_RETRY_MAYFAIL: rounds go on while they make progress; the OOM killer is not called."),
    (
        "course.noFs",
        "Without __GFP_FS reclaim may not enter file systems and the OOM killer stays away; such a request usually goes round until somebody else frees memory.",
    ),
    (
        "course.kernel",
        "Order {order} may sleep: it goes round reclaim, compaction and the OOM killer, and fails only if its task is a victim itself or uses reserves as PF_MEMALLOC.",
    ),
    // A zone's part.
    ("lack.nothing", "node {node} {zone}: would serve it as reported; what it had was freed after the request failed."),
    (
        "lack.pages",
        "node {node} {zone}: too few free pages. {usable} usable, {min} is the mark and {reserve} the reserve: {missing#page} short.",
    ),
    (
        "lack.reserves",
        "node {node} {zone}: even the reserves are used up. {usable} usable, {min} is the lowered mark and {reserve} the reserve: {missing#page} short.",
    ),
    (
        "lack.outsideCma",
        "node {node} {zone}: {cma#free page} lie in contiguous areas, which only movable requests may use; {usable} are left, {missing#page} short.",
    ),
    (
        "lack.outsideHighatomic",
        "node {node} {zone}: {highatomic#page} are kept for high-order atomic requests; {usable} are left, {missing#page} short.",
    ),
    (
        "lack.unprotected",
        "node {node} {zone}: kept for requests that cannot go higher (lowmem_reserve). {usable} usable exceed the mark {min}, not the reserve {reserve} as well.",
    ),
    (
        "lack.block",
        "node {node} {zone}: enough free pages ({usable} usable), but no block of order {order} or larger: the largest is of order {largest}. Memory is fragmented.",
    ),
    (
        "lack.usableBlock",
        "node {node} {zone}: enough free pages, and blocks of order {order}, but only in contiguous areas or the high-order atomic reserve; else the largest is of order {largest}.",
    ),
    (
        "lack.onlyReserved",
        "node {node} {zone}: enough free pages for its mark, but all in contiguous areas or the high-order atomic reserve, where this request takes none.",
    ),
    ("lack.cpuset", "node {node} {zone}: outside the task's cpuset."),
    // The kind of failure.
    (
        "verdict.passes",
        "As reported, the machine would serve order {order}: memory was freed between the failure and the report.",
    ),
    ("verdict.tooLarge", "Order {order} is larger than any block: such a request can never be served."),
    (
        "verdict.oldRule",
        "Kernels before 4.4 asked more of larger orders: without its smaller blocks a zone had to hold half of its mark, for each order half of that. No zone did for order {order}, not even node {node} {zone}; 5.10 would serve it.",
    ),
    (
        "verdict.tooEarly",
        "Too early: the request came while the kernel was starting, before memory was handed over to the allocator.",
    ),
    (
        "verdict.addresses",
        "Not memory but address space is used up: where vmalloc may put it, no range of {bytes#byte} was left.",
    ),
    ("verdict.noBytes", "Nothing was asked for: a size of 0 is an error of the caller, and memory has no part in it."),
    ("verdict.moreThanMemory", "{bytes#byte} are more than the machine has: such a request can never be served."),
    (
        "verdict.areaBusy",
        "The area has a range of {pages#page} that nobody was given, but pages in it are lent to others and could not be moved away (-EBUSY), such as pinned ones.",
    ),
    ("verdict.areaFull", "The area has given away so much that no range of {pages#page} is left in it (-ENOMEM)."),
    (
        "verdict.areaAlignment",
        "The area has {pages#page} side by side, but not from where the alignment of the request would have them begin (-ENOMEM).",
    ),
    ("verdict.noZone", "No zone was open to this request."),
    ("verdict.pages", "Out of free pages: node {node} {zone} is {missing#page} short of its mark."),
    (
        "verdict.reserves",
        "The reserves are used up: node {node} {zone} is {missing#page} short even of the lowered mark that the request may go down to.",
    ),
    (
        "verdict.outsideCma",
        "Only contiguous areas (CMA) have free pages, and this request may not use them: node {node} {zone} is {missing#page} short without.",
    ),
    (
        "verdict.outsideHighatomic",
        "What is free is kept for high-order atomic requests: node {node} {zone} is {missing#page} short without.",
    ),
    ("verdict.unprotected", "Free pages are left in node {node} {zone} alone, and its lowmem_reserve keeps them."),
    ("verdict.block", "Fragmentation: node {node} {zone} has free pages enough, but no block of order {order}."),
    (
        "verdict.usableBlock",
        "Fragmentation: node {node} {zone} has blocks of order {order} only where this request may not take them.",
    ),
    (
        "verdict.onlyReserved",
        "All that node {node} {zone} has free lies in contiguous areas or in the high-order atomic reserve, and this request may not take it there.",
    ),
    (
        "verdict.cpuset",
        "The cpuset is the limit: it allows nodes {nodes}; without it node {node} {zone} would serve order {order}.",
    ),
    ("verdict.policy", "The memory policy is the limit: without it node {node} {zone} would serve order {order}."),
    ("verdict.thisnode", "__GFP_THISNODE is the limit: node {node} {zone} would serve order {order}."),
    ("verdict.zone", "{flag} is the limit: without it node {node} {zone} would serve order {order}."),
    (
        "verdict.group",
        "The memory cgroup {group} is full: {counter} usage {usage#page} of {limit}, and {failcnt#charge} failed before. The machine itself need not be short of memory.",
    ),
    (
        "verdict.oomPasses",
        "As reported, the machine would serve order {order}: memory came free while the killer was called, or the fault was refused elsewhere.",
    ),
    (
        "verdict.oomCostly",
        "Order {order} is costly; the OOM killer is called for it only by a request that must not fail.",
    ),
    // The OOM killer.
    ("kill.constraintNone", "The whole machine is out of memory (CONSTRAINT_NONE)."),
    ("kill.constraintCpuset", "The cpuset {cpuset} with nodes {nodes} is out of memory (CONSTRAINT_CPUSET)."),
    ("kill.constraintPolicy", "The nodes {nodes} of a memory policy are out of memory (CONSTRAINT_MEMORY_POLICY)."),
    ("kill.constraintMemcg", "The memory cgroup {group} is out of memory (CONSTRAINT_MEMCG)."),
    ("kill.groupStat", "In it: {anon#anonymous page}, {file#file page}."),
    (
        "kill.left",
        "Still on the lists: {anon#anonymous page}, {file#file page}, {dirty} of them dirty or being written; {unevictable} unevictable, {shmem} shared, {slab} in slab caches that cannot shrink.",
    ),
    ("kill.noSwap", "There is no swap, so anonymous pages can go nowhere."),
    ("kill.swapFull", "Swap is full: {total#page}."),
    ("kill.swapFree", "Swap has {free} of {total#page} free."),
    ("kill.hopeless", "kswapd has given up on a node (all_unreclaimable)."),
    ("kill.chosen", "Killed: {comm} ({pid}), which has the highest score, {points} pages."),
    (
        "kill.chosenOther",
        "Killed: {comm} ({pid}). By the table the highest score is that of {first} ({firstPid}), {points} pages; the table leaves out threads, tasks that are dying already, and oom_kill_allocating_task.",
    ),
    ("kill.total", "oom_score_adj counts in thousandths of {total#page}."),
    ("kill.noTotal", "How much memory there is is not told, so the scores lack what oom_score_adj adds."),
    // Changes.
    ("remedy.freeMore", "With {missing#more free page} in node {node} {zone}"),
    (
        "remedy.freeMoreAndBlock",
        "With {missing#more free page} in node {node} {zone}, a block of order {order} among them",
    ),
    ("remedy.freeBlock", "With one more free block of order {order} in node {node} {zone}"),
];
