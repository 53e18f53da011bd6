//! What has to be looked at from time to time: who asks too much, whether one address asks for all, which interfaces there are.
//!
//! The rule: nothing here is on the way of a query, and an address stands in log and `status` only, never in a metric.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::answer::upstream::{ENOUGH_SOCKETS, UpstreamStats};
use crate::client::Noisy;
use crate::dns::{Source, Transport};
use crate::listen::interface_number;
use crate::snapshot::Snapshot;
use crate::tally::nearly_all;

use super::{Running, lock};

/// How often.
const ROUND: Duration = Duration::from_secs(10);

/// How long who asks is counted until it is looked at, and then forgotten.
const WINDOW: Duration = Duration::from_secs(15 * 60);

/// The log says at most this often that one address asks for all.
const AGAIN: Duration = Duration::from_secs(3600);

/// Noisy clients that one round names; a flood of forged addresses must not fill the disk.
const NAMED: usize = 10;

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// When the window began.
    since: Option<Duration>,
    /// Who asked nearly everything in the window before.
    single: Option<IpAddr>,
    /// When the log said so.
    warned: Option<Duration>,
    /// The interfaces that the log called absent.
    absent: Vec<String>,
}

/// Looks again and again.
pub(super) async fn keep(running: Arc<Running>) {
    loop {
        tokio::time::sleep(ROUND).await;
        running.look_out();
        running.follow_resolvers();
    }
}

impl Running {
    /// Looks once.
    pub fn look_out(&self) {
        let snapshot = self.accounts.snapshot.load_full();
        let now = self.accounts.clock.running();
        self.remembered.forget(now);
        self.look_for_interfaces(&snapshot);
        let noisy = self.accounts.rooms.limiter.noisy(now);
        for client in noisy.iter().take(NAMED) {
            let Noisy { who, transport, group, limit, refused } = client;
            let group = snapshot.clients.groups().get(group.place()).map_or("", |group| group.id.as_str());
            let transport = transport.text();
            tracing::warn!(client = %who, group, rate = %limit, transport, refused, "a client asks faster than its rate");
        }
        if let Some(more) = noisy.get(NAMED..).filter(|more| !more.is_empty()) {
            let refused: u64 = more.iter().map(|client| u64::from(client.refused)).sum();
            tracing::warn!(clients = more.len(), refused, "more clients ask faster than their rates");
        }
        self.look_for_single_source(&snapshot, now);
    }

    fn look_for_interfaces(&self, snapshot: &Snapshot) {
        let absent: Vec<String> =
            snapshot.clients.interfaces().look_up(interface_number).into_iter().map(str::to_owned).collect();
        let mut seen = lock(&self.seen);
        for interface in absent.iter().filter(|name| !seen.absent.contains(name)) {
            tracing::warn!(interface, "a group's `via` names an interface that is not there; it is looked for again and again");
        }
        for interface in seen.absent.iter().filter(|name| !absent.contains(name)) {
            tracing::info!(interface, "an interface that a group's `via` names is there now");
        }
        seen.absent = absent;
    }

    fn look_for_single_source(&self, snapshot: &Snapshot, now: Duration) {
        let mut seen = lock(&self.seen);
        let since = *seen.since.get_or_insert(self.started);
        if now.saturating_sub(since) < WINDOW {
            return;
        }
        seen.since = Some(now);
        // With one group it makes no difference who asks.
        let several = snapshot.clients.groups().iter().filter(|group| group.id != crate::client::Group::BUILT_IN).count() > 1;
        seen.single = nearly_all(&self.accounts.tally.take_leading()).filter(|_| several);
        let Some(address) = seen.single else { return };
        if seen.warned.is_none_or(|warned| now.saturating_sub(warned) >= AGAIN) {
            seen.warned = Some(now);
            tracing::warn!(%address, "{}", hint(snapshot, address));
        }
    }

    /// Who asked nearly everything in the window before, where groups are told apart.
    pub fn single_source(&self) -> Option<IpAddr> {
        lock(&self.seen).single
    }

    /// Forgets who asked: other groups are in force.
    pub(super) fn look_anew(&self) {
        self.accounts.tally.take_leading();
        let mut seen = lock(&self.seen);
        (seen.since, seen.single) = (Some(self.accounts.clock.running()), None);
    }

    /// What an administrator should know of who asks, in sentences.
    pub(super) fn doubts(&self) -> Vec<String> {
        let snapshot = self.accounts.snapshot.load();
        let single = self.single_source().map(|address| format!("{address}: {}", hint(&snapshot, address)));
        let absent = snapshot.clients.interfaces().absent();
        let absent = absent.map(|(name, group)| {
            format!("there is no interface {name}, so no client comes to group `{}` by it", snapshot.clients.group(group).id)
        });
        single.into_iter().chain(absent).chain(few_sockets(&snapshot)).chain(self.serving.lacks()).collect()
    }
}

/// Which upstreams have fewer sockets than make forged answers hopeless.
fn few_sockets(snapshot: &Snapshot) -> impl Iterator<Item = String> + use<> {
    let few = |stats: UpstreamStats| Some((stats.sockets.filter(|sockets| *sockets < ENOUGH_SOCKETS)?, stats.upstream));
    snapshot.upstream_stats().into_iter().filter_map(few).map(|(sockets, upstream)| {
        format!(
            "{upstream} is asked from {sockets} ports in place of {ENOUGH_SOCKETS}, which makes forged answers likelier; raise the \
             limit of open files (LimitNOFILE)"
        )
    })
}

/// What it means that one address asks for all, and what to do.
fn hint(snapshot: &Snapshot, address: IpAddr) -> String {
    let from = SocketAddr::new(address, 0);
    let group = &snapshot.clients.group(snapshot.clients.identify(&Source::new(from, from, Transport::Udp)).group).id;
    let remedy = if snapshot.clients.trusts(address) {
        "it is a trusted forwarder that does not pass its clients on: with dnsmasq, `add-subnet=32,128` and `strip-subnet`"
    } else {
        "if it is the router, let it hand out this server's address, or pass its clients on (`trusted_forwarders`)"
    };
    format!("this address asks nearly everything, so all devices behind it have the policy of group `{group}`; {remedy}")
}
