/** The scenarios that come with the page: title, what they are about, what to look for. */
export const scenarios: Record<string, string> = {
  'scenarios.stream.title': '顺序读一个大文件时，谁的页先离开？',
  'scenarios.stream.about':
    '一个比内存还大的文件被读一遍，同时另一个任务一直在用自己的堆。kswapd 在 low 水位醒来，从不活跃链表取走文件页，不动堆。',
  'scenarios.stream.look': '留意：空闲降到 low 水位，不活跃文件链表从尾部缩短，而 worker 的页留下。',
  'scenarios.hog.title': '内存用尽，又没有交换区',
  'scenarios.hog.about': '一个任务触及的内存比机器拥有的还多。回收无可给予，由 OOM 终结者来选。',
  'scenarios.hog.look': '留意：水位一个接一个被越过，两个任务的得分，以及内核日志里的报告。',
  'scenarios.network.title': '空闲内存这么多，3 阶的 GFP_ATOMIC 请求为何失败？',
  'scenarios.network.about':
    '两个内核内存的使用者轮流取页，然后其中一个全部归还：一半内存空闲，却从没有连续的八页。随后网络包一下子要 3 阶。请求不能回收，也无法把页移到一起，因为内核页不能移动。',
  'scenarios.network.look': '留意：空闲区里没有大块，以及内核日志里的“page allocation failure”。',
  'scenarios.hopeless.title': 'kswapd 为何先不停地跑，然后干脆不跑？',
  'scenarios.hopeless.about':
    '一个任务锁住了几乎全部内存。剩下的在 low 与 min 水位之间，于是每个请求都唤醒 kswapd，而 kswapd 找不到可以离开的页。徒劳 16 次之后，它放弃这个节点，不再被唤醒。',
  'scenarios.hopeless.look': '留意：kswapd 旁的失败次数，每次运行中降到 1 的优先级，以及决策里的“已放弃”。',
  'scenarios.throttle.title': '读者可以回收，为何还是停下来？',
  'scenarios.throttle.about':
    '顺序读文件的同时，成批的 GFP_ATOMIC 请求侵蚀预留。一旦空闲不及 min 水位之和的一半，要直接回收者必须先等 kswapd，好让释放内存者留有足够的内存可用。',
  'scenarios.throttle.look': '留意：等待 kswapd 的任务，以及决策里的“等待节点 0 的 kswapd”。',
  'scenarios.thrash.title': '不停换页的机器在做什么？',
  'scenarios.thrash.about':
    '工作集比内存略大。刚换出的马上又要用：距离仍在工作集之内的重新缺页，于是该页直接变为活跃，又挤走另一个要用的页。',
  'scenarios.thrash.look': '留意：链表旁的重新缺页次数、匿名页的回收代价，以及等待 I/O 的任务。',
  'scenarios.writers.title': '回收为何不动脏页？',
  'scenarios.writers.about':
    '日志写得比磁盘快。文件的脏页到了不活跃链表的末尾，但回收不逐页写它们：做上标记，移到一边，写的事留给刷写线程按顺序做。',
  'scenarios.writers.look': '留意：链表旁的脏页与回写，被激活的页，以及因拥塞而等待的 kswapd。',
  'scenarios.slab.title': '谁来收缩 dentry 缓存？',
  'scenarios.slab.about':
    '查看许多文件会留下 dentry 与 inode。内存不紧张时没人动它们；一旦紧张，每一遍回收也会询问收缩器，份额与扫描 LRU 链表的比例相当，不足一批的则推迟。',
  'scenarios.slab.look': '留意：kswapd 工作时各缓存的对象数，以及被推迟的数目。',
  'scenarios.memcg.title': '机器还有内存，为何有进程被杀？',
  'scenarios.memcg.about':
    '/app 组最多可有 32 MiB。它的读者只让组回收自己的页缓存；然后组里一个进程触及的超过上限，回收再无所得，OOM 终结者只在组内找牺牲者。',
  'scenarios.memcg.look': '留意：组的用量与上限，决策里的 CONSTRAINT_MEMCG，以及几乎不动的空闲水平。',
  'scenarios.cpuset.title': '内存才用一半，为何就 OOM？',
  'scenarios.cpuset.about':
    '任务只能用节点 0。节点 1 空着，但帮不上忙：OOM 终结者以 CONSTRAINT_CPUSET 被调用，在使用节点 0 的进程中选择。',
  'scenarios.cpuset.look': '留意：两个节点的空闲水平，以及内核日志里的 constraint。',
  'scenarios.policy.title': '另一个节点空着，绑定的任务为何换页？',
  'scenarios.policy.about':
    '内存策略把任务绑定到节点 1。节点 1 满了，只有它自己的 kswapd 为之工作，页被换出，尽管节点 0 空闲：压力是按节点算的。',
  'scenarios.policy.look': '留意：只有 kswapd1 醒着，以及写出的页。',
  'scenarios.node-reclaim.title': '谁该设置 zone_reclaim_mode？',
  'scenarios.node-reclaim.about':
    '一个任务的页缓存填满节点 0，而节点 1 空闲。vm.zone_reclaim_mode=1 时，要节点 0 的请求先在那里回收页缓存，而不去下一个节点：内存保持本地，代价是缓存。第四秒关闭该模式，页便取自节点 1。',
  'scenarios.node-reclaim.look': '留意：决策里的 NODE_RECLAIM_SUCCESS，以及之前之后节点 1 的空闲水平。',
  'scenarios.forkbomb.title': '许多小进程中，OOM 终结者选谁？',
  'scenarios.forkbomb.about':
    '服务器不断 fork 出工作进程，直到内存用尽。没有一个很大，每杀一个只给下一个腾地方，于是终结者一再被调用：得分最高的先走，把自己的得分调低 900 的数据库留下，得分相同则后来者先走。',
  'scenarios.forkbomb.look': '留意：决策里的得分，以及内核日志里的任务表。',
  'scenarios.min-free.title': '单凭 vm.min_free_kbytes 会引发 OOM 吗？',
  'scenarios.min-free.about':
    '机器运行良好，内存几乎被匿名页占满。管理员把 vm.min_free_kbytes 提高到 64 MiB：min、low、high 一齐升高，请求发现每个区域都在水位之下，没有交换区，回收无可给予。',
  'scenarios.min-free.look': '留意：水位一下跳到空闲水平之上，以及谁被杀。',
  'scenarios.thp.title': '三分之一内存空闲，为何得不到一个大页？',
  'scenarios.thp.about':
    '三分之一内存空闲，但很零散，还有一个客户机把页钉得到处都是。大页只能靠规整：它移动能移动的，几乎每个页块里都碰上钉住的页，徒劳地扫完整个区域。每次失败之后，更多的尝试被跳过。',
  'scenarios.thp.look': '留意：页图上的两个扫描器，决策里的 COMPACT_COMPLETE，以及之后的“推迟”。',
  'scenarios.cma.title': '相机如何得到连续 16 MiB，第二次又为何不行？',
  'scenarios.cma.about':
    '连续内存区借给可移动页，直到驱动要用。第一次，挡路的页都移到别处。后来有人钉住了该区里的页，下一次请求就失败：忙。',
  'scenarios.cma.look': '留意：页图里的这块区域，以及从中迁出的页。',
};
