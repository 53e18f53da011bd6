//! Listeners, upstreams and the journal: what has to agree between where we answer and whom we ask.

use super::Notes;
use crate::answer::Rebinding;
use crate::answer::upstream::{AuthenticData, Server, Settings, is_own};
use crate::answer::{CacheRules, Prefetch};
use crate::config::file::{self, Allowed, At, Listen};
use crate::journal::{self, JsonSink};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// Notes listeners that are in each other's way, and such as make an open resolver.
pub(super) fn listeners(listen: &Listen, clients: &file::Clients, notes: &mut Notes<'_>) {
    let Listen { dns, http } = listen;
    let all: Vec<&At<SocketAddr>> = dns.iter().chain(http).collect();
    for (place, second) in all.iter().enumerate() {
        let other = all[..place].iter().find(|first| meet(first.value, second.value));
        if let Some(first) = other {
            let what = format!("two listeners on {}: on line {} too, as {}", second.value, first.line, first.value);
            notes.fault(second.line, what, "give one of them another port");
        }
    }
    let Some(any) = clients.allowed.iter().find(|allowed| allowed.value == Allowed::Any) else { return };
    for public in dns.iter().filter(|address| is_public(address.value.ip())) {
        let what =
            format!("listener {} together with `allowed = [\"any\"]` on line {} is an open resolver", public.value, any.line);
        notes.warn(
            public.line,
            what,
            "name the school's networks in [clients] allowed: open resolvers are used for attacks on others",
        );
    }
}

/// Whether both cannot be bound at the same time. Port 0 is any free port.
fn meet(one: SocketAddr, other: SocketAddr) -> bool {
    let same_family = one.is_ipv4() == other.is_ipv4();
    let covers = one.ip() == other.ip() || same_family && (one.ip().is_unspecified() || other.ip().is_unspecified());
    one.port() == other.port() && one.port() != 0 && covers
}

/// Whether hosts outside a school's network may reach it.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !(v4.is_loopback() || v4.is_private() || v4.is_link_local()),
        IpAddr::V6(v6) => !(v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local()),
    }
}

/// Whom to ask, and how.
pub(super) fn upstream(upstream: file::Upstream, listen: &Listen, notes: &mut Notes<'_>) -> Settings {
    let file::Upstream { servers, bootstrap: _, strategy, timeout, trust_ad, rebinding: _, private_zones: _, zones: _ } =
        upstream;
    let own: Vec<SocketAddr> = listen.dns.iter().map(|address| address.value).collect();
    self::servers(&servers, &own, notes);
    let authentic_data = if trust_ad { AuthenticData::Believed } else { AuthenticData::Dropped };
    Settings { strategy, authentic_data, timeout, own, ..Settings::new(servers.into_iter().map(|server| server.value).collect()) }
}

/// Notes servers that are named twice, and such as are our own listeners.
pub(super) fn servers(servers: &[At<Server>], own: &[SocketAddr], notes: &mut Notes<'_>) {
    for (place, server) in servers.iter().enumerate() {
        if servers[..place].iter().any(|first| first.value == server.value) {
            notes.warn(server.line, "this server is named twice", "leave one out");
        }
        match &server.value {
            Server::System => {}
            Server::At(address) if is_own(address.address, own) => {
                let what = format!("the upstream {} is this program's own listener", address.address);
                notes.fault(server.line, what, "name another server: a question must not come back to where it was asked");
            }
            Server::At(_) => {}
        }
    }
}

/// What is kept of answers, and for how long.
pub(super) fn cache(cache: &file::Cache) -> CacheRules {
    let file::Cache { size, serve_stale, prefetch, on_disk: _ } = cache;
    CacheRules {
        bytes: usize::try_from(size.value.0).unwrap_or(usize::MAX),
        serve_stale: *serve_stale,
        prefetch: if *prefetch { Prefetch::On } else { Prefetch::Off },
    }
}

/// What becomes of private addresses, and which names may have them.
pub(super) fn rebinding(upstream: &file::Upstream) -> Rebinding {
    let private_zones = upstream.private_zones.iter().map(|zone| (zone.value.clone(), ())).collect();
    Rebinding { mode: upstream.rebinding, private_zones }
}

/// What the journal keeps, and where.
pub(super) fn journal(journal: file::Journal, beside: &Path, directory: PathBuf) -> journal::Settings {
    let file::Journal { keep, client, allowed, json } = journal;
    let json = json.map(|sink| match sink {
        JsonSink::Stdout => JsonSink::Stdout,
        JsonSink::File(path) => JsonSink::File(beside.join(path)),
    });
    journal::Settings { keep, client, allowed, json, directory }
}
