//! Following the system's resolvers: a laptop moves, a router gives out another address, and nobody reloads.
//!
//! The rule: what the operator wrote stays in force as it is; only whom `system` means may change, and where the system names
//! nobody, those of before are asked on.

use std::sync::Arc;

use crate::answer::Upstreams;

use super::Running;

impl Running {
    /// Looks once whether the system names other resolvers, and asks those from then on.
    pub(super) fn follow_resolvers(&self) {
        // A reload that is under way reads the files anyway.
        let Ok(_one) = self.reloading.try_lock() else { return };
        let (program, loaded) = {
            let in_force = self.in_force();
            (Arc::clone(&in_force.program), Arc::clone(&in_force.loaded))
        };
        let old = Arc::clone(&self.accounts.snapshot.load().upstreams);
        if !old.are_outdated(&program.upstream) {
            return;
        }
        match Upstreams::new_from(&program.upstream, [&*old]) {
            Ok(upstreams) => {
                let named: Vec<_> = upstreams.stats().into_iter().map(|stats| stats.upstream).collect();
                let snapshot = self.put_in_force(&program, &loaded, Arc::new(upstreams));
                tracing::info!(snapshot, upstreams = named.join(" "), "the system has other resolvers");
            }
            Err(error) => tracing::warn!(%error, "the system's resolvers cannot be used; those of before are asked on"),
        }
    }
}
