//! Following the system's resolvers: a laptop moves, a router gives out another address, and nobody reloads.
//!
//! The rule: what the operator wrote stays in force as it is; only whom `system` means may change, and where the system names
//! nobody, those of before are asked on.

use std::sync::Arc;

use super::assemble::Speakers;
use super::{Change, Running};

impl Running {
    /// Looks once whether the system names other resolvers, and asks those from then on.
    pub(super) fn follow_resolvers(&self) {
        // A reload that is under way reads the files anyway.
        let Ok(_one) = self.reloading.try_lock() else { return };
        let program = Arc::clone(&self.in_force().program);
        let old = self.accounts.snapshot.load_full();
        let lent = program.forwarded.iter().zip(old.zones.forwarded());
        let is_outdated = old.upstreams.are_outdated(&program.upstream)
            || lent.into_iter().any(|(zone, before)| before.upstreams.are_outdated(&zone.settings));
        if !is_outdated {
            return;
        }
        match Speakers::new(&program, Some(&old)) {
            Ok(speakers) => {
                let snapshot = self.put_in_force(Change { speakers: Some(speakers), ..Change::default() });
                let stats = self.accounts.snapshot.load().upstream_stats();
                let named: Vec<_> = stats.into_iter().map(|stats| stats.upstream).collect();
                tracing::info!(snapshot, upstreams = named.join(" "), "the system has other resolvers");
            }
            Err(error) => tracing::warn!(%error, "the system's resolvers cannot be used; those of before are asked on"),
        }
    }
}
