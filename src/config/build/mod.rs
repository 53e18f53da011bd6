//! From the file's words to the program's nouns, with everything checked that takes more than one value to check.
//! Every type of the file is taken apart field by field: a key that nobody reads breaks the build.

mod clients;
mod exceptions;
mod held;
mod lists;
mod office;
mod schedule;
mod serving;
mod targets;
mod tiers;
mod zones;

use super::fault::Shown;
use super::file::{Block, File, Id, Log, Schedule, State};
use super::nearest::nearest;
use super::program::OfficeSource;
use super::{By, Conflict, Fault, Program, Source, Surroundings};
use crate::answer::{BlockAnswer, OnDisk};
use crate::fetch::Copies;
use crate::lists::{Category, Registry};
use crate::office::Shelf;
use crate::office::here::Here;
use crate::policy::Shared;
use std::path::Path;
use std::sync::Arc;

/// Notes what is wrong, for one file.
pub(super) struct Notes<'a> {
    file: &'a Path,
    incomplete: Vec<&'static str>,
    conflict: Conflict,
    faults: Vec<Fault>,
}

impl Notes<'_> {
    fn fault(&mut self, line: u32, what: impl Into<String>, hint: impl Into<String>) {
        self.faults.push(Fault::error(self.file, Some(line), what, hint));
    }

    fn warn(&mut self, line: u32, what: impl Into<String>, hint: impl Into<String>) {
        self.faults.push(Fault::warning(self.file, Some(line), what, hint));
    }

    /// Notes what the office does not let a school say.
    fn against_office(&mut self, line: u32, what: impl Into<String>, hint: impl Into<String>) {
        match self.conflict {
            Conflict::Fault => self.fault(line, what, hint),
            Conflict::Warning => self.warn(line, what, hint),
        }
    }

    /// Notes that `id`, which `line` names, is no `kind`, and names the nearest of those that are. Silent where a faulty
    /// section of that kind was left out: it may have been that one.
    fn unknown<'k>(&mut self, line: u32, kind: &'static str, id: &str, known: impl Iterator<Item = &'k str> + Clone) {
        if self.incomplete.contains(&kind) {
            return;
        }
        let hint = match nearest(id, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the known ones are {}", known.collect::<Vec<_>>().join(", ")),
        };
        self.fault(line, format!("{kind} {} is not defined", id.quoted()), hint);
    }

    /// The category of this id, where there is one.
    fn category(&mut self, registry: &Registry, line: u32, id: &Id) -> Option<Category> {
        let found = registry.find(id.as_str());
        if found.is_none() {
            self.unknown(line, "category", id.as_str(), registry.entries().iter().map(|entry| entry.id.as_str()));
        }
        found
    }
}

/// The program that `file` means, and every fault and doubt; where there is a fault the program is of no use.
pub(super) fn program(
    file: File,
    text: &str,
    path: Option<&Path>,
    surroundings: &Surroundings,
    (by, conflict): (&By, Conflict),
) -> (Program, Vec<Fault>) {
    let File {
        listen,
        state: State { directory },
        upstream,
        zones,
        cache,
        block,
        clients,
        categories,
        tiers,
        schedule: Schedule { time_zone, holidays },
        groups,
        exceptions,
        lists,
        office,
        journal,
        log: Log { level },
        incomplete,
    } = file;
    let mut notes = Notes { file: path.unwrap_or(Path::new("")), incomplete, conflict, faults: Vec::new() };
    // Paths of the file are relative to its folder, whatever folder the program was started in.
    let beside = path.and_then(Path::parent).unwrap_or(Path::new(""));
    let state = directory.map_or_else(|| surroundings.state.clone(), |directory| beside.join(directory.value));

    let office = office::office(office, beside, &mut notes);
    let tables = tables(by, office.as_ref(), &state, &mut notes);
    let registry = tiers::registry(categories, &tables.known, &mut notes);
    let held = held::Held::new(&tables.known, &registry);
    let targets = targets::Targets::new(&tables.known);
    let tiers = tiers::tiers(tiers, (&registry, &targets, &held), &mut notes);
    let calendar = schedule::calendar(&time_zone, &holidays, &mut notes);
    let mut upstream = upstream;
    let rebinding = serving::rebinding(&upstream);
    serving::listeners(&listen, &clients, &mut notes);
    let zones = zones::own(zones, beside, &mut notes);
    let upstream_zones = std::mem::take(&mut upstream.zones);
    let bootstrap = std::mem::take(&mut upstream.bootstrap);
    let upstream = serving::upstream(upstream, &listen, &mut notes);
    serving::servers(&bootstrap, &upstream.own, &mut notes);
    let bootstrap = bootstrap.into_iter().map(|server| server.value).collect();
    let forwarded = zones::forwarded(upstream_zones, &zones, &upstream, &mut notes);
    let max_ttl = clients.max_ttl;
    let (clients, policies) = clients::clients(clients, groups, (&registry, &targets, &held), &tiers, &mut notes);
    let today = calendar.zone().to_datetime(surroundings.now).date();
    let exceptions = exceptions::exceptions(exceptions, today, &mut notes);
    let lists = lists::sources(lists, beside, &Copies::below(&state), &registry, &mut notes);

    let Block { answer: mode, language, ttl, contact } = block;
    let block = BlockAnswer { mode, ttl, language, contact };

    // Without the hosts of lists and office nothing would ever get ready, so they resolve before.
    let hosts = lists.iter().filter_map(|list| list.fetched()?.host()).chain(office.as_ref().and_then(OfficeSource::host));
    let essential = hosts.map(|host| (host, ())).collect();
    let shared = Shared { exceptions, essential, ..Shared::of_tiers(tiers, registry.threats()) };
    let program = Program {
        file: path.map(Path::to_owned),
        dns: listen.dns.iter().map(|address| address.value).collect(),
        http: listen.http.iter().map(|address| address.value).collect(),
        journal: serving::journal(journal, beside, state.clone()),
        state,
        upstream,
        bootstrap,
        answers: if cache.on_disk { OnDisk::Kept } else { OnDisk::Never },
        zones,
        own_zones: Vec::new(),
        forwarded,
        rebinding,
        cache: serving::cache(&cache),
        block,
        clients,
        policies,
        shared,
        calendar,
        registry,
        tables,
        max_ttl,
        lists,
        office,
        log: level,
        source: Arc::new(Source { text: text.to_owned(), surroundings: surroundings.clone() }),
        // Every shipped default is in force.
    };
    (program, notes.faults)
}

/// The tables by which the file is read.
fn tables(by: &By, office: Option<&OfficeSource>, state: &Path, notes: &mut Notes<'_>) -> Arc<Here> {
    let Some(office) = office else { return Here::shipped() };
    match by {
        By::These(tables) => Arc::clone(tables),
        By::Kept => {
            let (tables, fault) = Here::in_force(&Shelf::below(state));
            if let Some(fault) = fault {
                notes.warn(office.url_line, fault.escaped(), "tables that were kept before hold until the office is heard again");
            }
            tables
        }
    }
}

#[cfg(test)]
mod tests;
