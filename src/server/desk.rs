//! What the pages and the commands learn of a running server.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::civil::DateTime;

use crate::dns::{Name, RecordType};
use crate::explain::{Asker, Explanation, Resolving, explain};
use crate::lists::text;
use crate::metrics::{self, ListReading, Reading};
use crate::pipeline::Now;
use crate::policy::Outcome;
use crate::snapshot::Snapshot;
use crate::web::{Asked, Desk, GroupStatus, Status, UpstreamStatus};

use super::Running;

impl Desk for Running {
    fn metrics(&self) -> String {
        let accounts = &self.accounts;
        let snapshot = accounts.snapshot.load();
        let in_force = self.in_force();
        let lists: Vec<ListReading> = in_force.loaded.readings(&self.fetching.records(&in_force.program));
        let since = in_force.since;
        drop(in_force);
        metrics::render(&Reading {
            sheet: accounts.tally.sum(),
            tally: &accounts.tally,
            cache: accounts.rooms.cache.counts(),
            journal: accounts.journal.tally(),
            upstreams: snapshot.upstream_stats(),
            lists,
            office: self.office_reading(),
            index_names: snapshot.index.names(),
            index_bytes: snapshot.index.bytes(),
            snapshot: snapshot.serial,
            ready: self.unready().is_none(),
            reloads: (self.succeeded.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed)),
            last_reload: Some(since),
            connections: self.serving.limits.counts.open(),
            single_source: self.single_source().is_some(),
        })
    }

    fn unready(&self) -> Option<String> {
        let snapshot = self.accounts.snapshot.load();
        let missing = &snapshot.missing_lists;
        if missing.is_empty() {
            return None;
        }
        let program = Arc::clone(&self.in_force().program);
        Some(format!("never loaded yet: {}", self.fetching.never_loaded(missing, &program)))
    }

    fn remark(&self) -> Option<String> {
        self.office_remark()
    }

    fn status(&self) -> Status {
        let accounts = &self.accounts;
        let snapshot = accounts.snapshot.load();
        let (sheet, journal) = (accounts.tally.sum(), accounts.journal.tally());
        let now = accounts.now(&snapshot);
        let blocked = sheet.responses.iter().filter(|((_, outcome, _), _)| *outcome == Outcome::Blocked).map(|(_, count)| count);
        let unready = self.unready();
        let office = self.office_status();
        let in_force = self.in_force();
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_seconds: accounts.clock.running().saturating_sub(self.started).as_secs(),
            dns: self.dns_addresses().iter().map(ToString::to_string).collect(),
            http: self.http_addresses().iter().map(ToString::to_string).collect(),
            config: in_force.program.file.as_ref().map(|file| file.display().to_string()),
            ready: unready.is_none(),
            unready,
            snapshot: snapshot.serial,
            index_names: snapshot.index.names(),
            index_bytes: snapshot.index.bytes(),
            groups: groups(&snapshot, &now),
            lists: in_force.loaded.statuses(&self.fetching.records(&in_force.program)),
            office,
            upstreams: upstreams(&snapshot),
            queries: sheet.queries.values().sum(),
            blocked: blocked.sum(),
            cache_entries: accounts.rooms.cache.counts().entries,
            journal_written: journal.written,
            journal_dropped: journal.dropped,
            last_reload_failure: in_force.failure.clone(),
            warnings: in_force.warnings.iter().map(ToString::to_string).chain(self.doubts()).collect(),
            single_source: self.single_source().map(|address| address.to_string()),
        }
    }

    async fn explain(&self, asked: Asked) -> Result<serde_json::Value, String> {
        let snapshot = self.accounts.snapshot.load_full();
        let now = self.accounts.now(&snapshot);
        let rooms = &self.accounts.rooms;
        let said = answer(&snapshot, Resolving::AsServing(rooms), &asked, now).await?;
        Ok(serde_json::json!({ "explanations": said }))
    }

    async fn reload(self: &Arc<Self>) -> Result<String, String> {
        Running::reload(self).await
    }

    async fn office_back(self: &Arc<Self>) -> Result<String, String> {
        Running::office_back(self).await
    }

    async fn office_import(self: &Arc<Self>) -> Result<String, String> {
        Running::office_import(self).await
    }
}

/// Explains what was asked: for the client or the group that was named, else for each group.
///
/// # Errors
/// A sentence that says what is wrong with the question.
pub async fn answer(
    snapshot: &Arc<Snapshot>,
    resolving: Resolving<'_>,
    asked: &Asked,
    now: Now,
) -> Result<Vec<Explanation>, String> {
    let Asked { name, client, group, at, r#type } = asked;
    let name: Name = text::normalise(name).map_err(|error| format!("`{name}` is no domain name: {error}"))?;
    let record_type = match r#type {
        None => RecordType::A,
        Some(text) => RecordType::parse(text)
            .ok_or_else(|| format!("`{text}` is no record type\nhint: A, AAAA, HTTPS, MX, TXT or TYPE123"))?,
    };
    let now = match at {
        None => now,
        Some(text) => {
            let civil: DateTime = text
                .parse()
                .map_err(|_| format!("`{text}` is no time\nhint: write it by the school's clock, as in 2026-11-23T09:30"))?;
            let wall = snapshot.calendar.zone().to_timestamp(civil).map_err(|error| error.to_string())?;
            Now { wall, school: snapshot.school_time(wall), running: now.running }
        }
    };
    let askers = match (client, group) {
        (Some(_), Some(_)) => return Err("name a client or a group, not both".to_owned()),
        (Some(client), None) => {
            let (address, interface) = client.split_once('%').map_or((client.as_str(), None), |(a, b)| (a, Some(b)));
            let address: IpAddr = address.parse().map_err(|_| {
                format!("`{client}` is no address\nhint: as in 10.20.1.7, fd20:1::7 or, come in by eth1, fe80::7%eth1")
            })?;
            let interface = interface.map_or(Ok(0), |name| {
                let unknown = || format!("no group's `via` names the interface `{name}`, or it is not there");
                snapshot.clients.interfaces().number(name).map(std::num::NonZeroU32::get).ok_or_else(unknown)
            })?;
            vec![Asker::Client(address.to_canonical(), interface)]
        }
        (None, Some(id)) => {
            let known = || snapshot.clients.groups().iter().map(|group| group.id.as_str()).collect::<Vec<_>>().join(", ");
            let found =
                snapshot.clients.find(id).ok_or_else(|| format!("there is no group `{id}`\nhint: the groups are {}", known()))?;
            vec![Asker::Group(found)]
        }
        (None, None) => {
            snapshot.clients.groups().iter().filter_map(|group| snapshot.clients.find(&group.id)).map(Asker::Group).collect()
        }
    };
    let mut said = Vec::new();
    for asker in askers {
        said.push(explain(snapshot, resolving, &name, record_type, asker, &now).await);
    }
    Ok(said)
}

fn groups(snapshot: &Snapshot, now: &Now) -> Vec<GroupStatus> {
    let clients = &snapshot.clients;
    let status = |group: &crate::client::Group| {
        let id = clients.find(&group.id)?;
        let tier = snapshot.policies.of(id).in_force(&now.school, &snapshot.shared.tiers).tier;
        Some(GroupStatus {
            id: group.id.clone(),
            name: group.name.clone(),
            tier: snapshot.words.tier(tier).text.to_string(),
            subnets: group.subnets.iter().map(ToString::to_string).collect(),
        })
    };
    clients.groups().iter().filter_map(status).collect()
}

fn upstreams(snapshot: &Snapshot) -> Vec<UpstreamStatus> {
    let status = |stats: crate::answer::upstream::UpstreamStats| UpstreamStatus {
        failures: stats.failures.iter().map(|(_, count)| count).sum(),
        address: stats.upstream,
        up: stats.up,
        requests: stats.requests,
    };
    snapshot.upstream_stats().into_iter().map(status).collect()
}
