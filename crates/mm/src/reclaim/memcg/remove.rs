//! Removing a group (`mem_cgroup_css_offline`, mm/memcontrol.c). It stays for as long as anything is charged to it.

use crate::event::Sink;
use crate::lru::memcg::MemcgError;
use crate::machine::Machine;
use crate::page::life::MemcgId;

impl<S: Sink> Machine<S> {
    /// Removes a group. Its pages stay on its lists, without protection, until they are freed.
    ///
    /// # Errors
    /// [`MemcgError::NoGroup`], and [`MemcgError::InUse`] for the root or a group above others.
    pub fn remove_memcg(&mut self, memcg: MemcgId) -> Result<(), MemcgError> {
        let group = self.memcgs.get(memcg).filter(|group| group.online).ok_or(MemcgError::NoGroup(memcg))?;
        let online = |&child: &MemcgId| self.memcgs.get(child).is_some_and(|child| child.online);
        if memcg == MemcgId::ROOT || group.children.iter().any(online) {
            return Err(MemcgError::InUse(memcg));
        }
        self.memcgs.set_protection(memcg, 0, 0);
        if let Some(group) = self.memcgs.get_mut(memcg) {
            group.online = false;
        }
        self.memcgs.drain_all_stock(memcg);
        self.release_memcgs();
        Ok(())
    }

    /// Forgets removed groups to which nothing is charged any more. The kernel does so soon after the last charge is
    /// gone; here it is done when a group is made or removed, or by whoever asks.
    pub fn release_memcgs(&mut self) {
        while let Some(memcg) = self.memcgs.releasable() {
            self.memcgs.release(memcg);
            self.lru.reset_memcg(memcg);
            self.shrinkers.forget_memcg(memcg);
        }
    }
}
