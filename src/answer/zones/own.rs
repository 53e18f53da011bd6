//! One of the school's own zones: what its master file says, kept by hickory's zone handler, and what follows for a question.
//!
//! The rules: which owner answers is found here, as RFC 1034 section 4.3.2 and RFC 4592 say (the handler takes a wildcard where a
//! name exists without the type, and passes by the closest encloser); the handler is asked for record sets that exist. Its future
//! is ready at once: nobody ever writes to a zone, a reload makes another.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use hickory_server::proto::op::{self, MessageType, OpCode, ResponseCode};
use hickory_server::proto::rr::{LowerName, RData, Record, RecordSet, RecordType as Kind, RrKey, rdata};
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, LookupOptions, ZoneHandler, ZoneType};

use super::master::{Line, MasterFault, Weight, folded, read, spelt};
use crate::dns::{Bailiwick, MAX_NAME, MOST_ALIASES, Name, NameMap, RecordType, Relayed, Untidy, Whose};

/// How long absence may be remembered where the file has no SOA record, in seconds.
const ABSENCE: u32 = 300;

/// A zone.
pub struct Zone {
    origin: Name,
    handler: InMemoryZoneHandler,
    /// The types at every name that exists; at a name that exists only because of those below it there are none.
    names: NameMap<Vec<RecordType>>,
    /// Names below which others answer.
    cuts: Vec<Name>,
    records: usize,
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zone").field("origin", &self.origin).field("records", &self.records).finish_non_exhaustive()
    }
}

impl Zone {
    /// Reads the zone `origin` from a master file's text; none where that has faults. Doubts come beside it.
    pub fn read(origin: &Name, text: &str) -> (Option<Self>, Vec<MasterFault>) {
        let (lines, mut faults) = read(origin, text);
        let has_faults = |faults: &[MasterFault]| faults.iter().any(|fault| fault.weight == Weight::Fault);
        disagreements(origin, &lines, &mut faults);
        if has_faults(&faults) {
            return (None, faults);
        }
        let zone = Self::of(origin, &lines);
        for line in &lines {
            if let Err(error) = zone.tried(&line.owner, RecordType(line.record.record_type().into())) {
                let hint = "shorten it, or let the alias lead to a name that has an address";
                let what = format!("the records of `{}` make no answer: {error}", line.owner);
                faults.push(MasterFault { line: line.number, what, hint: hint.to_owned(), weight: Weight::Fault });
            }
        }
        ((!has_faults(&faults)).then_some(zone), faults)
    }

    fn of(origin: &Name, lines: &[Line]) -> Self {
        let mut sets: BTreeMap<RrKey, RecordSet> = BTreeMap::new();
        let mut names: NameMap<Vec<RecordType>> = NameMap::default();
        let mut cuts = Vec::new();
        let apex = spelt(origin);
        let has_soa = lines.iter().any(|line| line.record.record_type() == Kind::SOA);
        let made_up = (!has_soa).then(|| {
            // The fields of RFC 6303 section 3, but for the time of absence.
            let soa = rdata::SOA::new(apex.clone(), "nobody.invalid.".parse().expect("a name"), 1, 3600, 1200, 604_800, ABSENCE);
            (origin, Record::from_rdata(apex.clone(), ABSENCE, RData::SOA(soa)))
        });
        let written = lines.iter().map(|line| (&line.owner, line.record.clone()));
        for (owner, record) in made_up.into_iter().chain(written) {
            let kind = record.record_type();
            if kind == Kind::NS && owner != origin {
                cuts.push(owner.clone());
            }
            for labels in origin.label_count()..owner.label_count() {
                let above = owner.ancestor(labels);
                if names.exact(&above).is_none() {
                    names.insert(&above, Vec::new());
                }
            }
            let kinds = match names.exact_mut(owner) {
                Some(kinds) => kinds,
                None => {
                    names.insert(owner, Vec::new());
                    names.exact_mut(owner).expect("put in before")
                }
            };
            if !kinds.contains(&RecordType(kind.into())) {
                kinds.push(RecordType(kind.into()));
            }
            // Equal names in one spelling: a record set has one owner.
            let mut record = record;
            record.name = spelt(owner);
            match sets.get_mut(&RrKey::new(LowerName::new(&record.name), kind)) {
                Some(set) => {
                    set.insert(record, 0);
                }
                None => {
                    sets.insert(RrKey::new(LowerName::new(&record.name), kind), RecordSet::from(record));
                }
            }
        }
        cuts.sort();
        cuts.dedup();
        let handler =
            InMemoryZoneHandler::new(apex, sets, ZoneType::Primary, AxfrPolicy::Deny).expect("the zone has its SOA record");
        Self { origin: origin.clone(), handler, names, cuts, records: lines.len() }
    }

    /// Its name.
    pub const fn origin(&self) -> &Name {
        &self.origin
    }

    /// The names at and below which others answer: those with NS records of their own.
    pub fn cuts(&self) -> &[Name] {
        &self.cuts
    }

    /// How many records its file has.
    pub const fn records(&self) -> usize {
        self.records
    }

    /// Whether the zone has an answer for `name`, of whatever type.
    pub fn exists(&self, name: &Name) -> bool {
        self.source(name).is_some()
    }

    /// What the zone says to a question; `bailiwick` is the zone without those of others in it. Aliases are followed as far as
    /// they stay in there.
    ///
    /// # Errors
    /// [`Untidy`] where its aliases lead in a circle: a zone that was read has none, but together with others' names may.
    pub fn answer(&self, asked: &Name, record_type: RecordType, bailiwick: &Bailiwick) -> Result<Relayed, Untidy> {
        let kind = Kind::from(record_type.0);
        let mut message = op::Message::new(0, MessageType::Response, OpCode::Query);
        message.add_query(op::Query::query(spelt(asked), kind));
        let mut name = asked.clone();
        for _ in 0..=MOST_ALIASES {
            if !bailiwick.holds(&name) {
                break;
            }
            let Some((owner, kinds)) = self.source(&name) else {
                message.metadata.response_code = ResponseCode::NXDomain;
                message.authorities.extend(self.records_at(&self.origin, &self.origin, Kind::SOA));
                break;
            };
            if kinds.contains(&record_type) {
                message.answers.extend(self.records_at(&owner, &name, kind));
                break;
            }
            let alias = if kinds.contains(&RecordType::CNAME) { self.records_at(&owner, &name, Kind::CNAME) } else { Vec::new() };
            let target = alias.first().and_then(|record| match &record.data {
                RData::CNAME(target) => folded(&target.0),
                _ => None,
            });
            let Some(target) = target else {
                message.authorities.extend(self.records_at(&self.origin, &self.origin, Kind::SOA));
                break;
            };
            message.answers.extend(alias);
            name = target;
        }
        let bytes = message.to_vec().map_err(|_| Untidy::TooLong)?;
        Ok(Relayed::read_within(&bytes, bailiwick)?.with_authority())
    }

    /// Whose records answer for `name`: its own, or those of the wildcard at its closest encloser (RFC 4592 section 3.3).
    fn source(&self, name: &Name) -> Option<(Name, &[RecordType])> {
        let (labels, kinds) = self.names.covering(name)?;
        if labels == name.label_count() {
            return Some((name.clone(), kinds));
        }
        let encloser = name.ancestor(labels);
        let mut wire = [0; MAX_NAME];
        wire[..2].copy_from_slice(b"\x01*");
        wire.get_mut(2..2 + encloser.as_wire().len())?.copy_from_slice(encloser.as_wire());
        let wildcard = Name::from_wire(&wire).ok()?;
        let kinds = self.names.exact(&wildcard)?;
        Some((wildcard, kinds))
    }

    /// The records of `owner`, which has such, as those of `name`.
    fn records_at(&self, owner: &Name, name: &Name, kind: Kind) -> Vec<Record> {
        let asked = LowerName::new(&spelt(owner));
        let found = ready(self.handler.lookup(&asked, kind, None, LookupOptions::default()));
        let Some(Ok(found)) = found.and_then(|found| found.map_result()) else { return Vec::new() };
        let owner = spelt(name);
        // The handler follows aliases by itself; here each is followed for itself.
        let own = found.iter().filter(|record| record.record_type() == kind);
        let renamed = own.cloned().map(|mut record| {
            record.name = owner.clone();
            record
        });
        renamed.collect()
    }

    fn tried(&self, owner: &Name, record_type: RecordType) -> Result<Relayed, Untidy> {
        let whole = Bailiwick::of([(self.origin.clone(), Whose::Its)]);
        // An alias is tried by what it is there for.
        let record_type = if record_type == RecordType::CNAME { RecordType::A } else { record_type };
        self.answer(owner, record_type, &whole)
    }
}

/// What a future brings that never has to wait.
fn ready<T>(future: impl Future<Output = T>) -> Option<T> {
    // Within a task whose share of time is used up tokio's locks would else tell it to wait.
    let mut future = pin!(tokio::task::unconstrained(future));
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Notes records that cannot stand together.
fn disagreements(origin: &Name, lines: &[Line], faults: &mut Vec<MasterFault>) {
    let mut fault = |line: u32, what: String, hint: &str| {
        faults.push(MasterFault { line, what, hint: hint.to_owned(), weight: Weight::Fault });
    };
    let mut first: NameMap<(u32, Kind)> = NameMap::default();
    let mut soa = None;
    for line in lines {
        let kind = line.record.record_type();
        match kind {
            Kind::SOA if line.owner != *origin => {
                fault(line.number, format!("an SOA record at `{}`", line.owner), "it stands at the zone's own name, `@`");
            }
            Kind::SOA => {
                if let Some(first) = soa.replace(line.number) {
                    fault(line.number, format!("a second SOA record: line {first} has one"), "leave one of them out");
                }
            }
            Kind::ANAME => {
                fault(line.number, "ANAME records are not served".to_owned(), "write the addresses as A and AAAA records")
            }
            Kind::CNAME if line.owner == *origin => {
                let hint = "write the addresses as A and AAAA records: the zone's own name has an SOA record beside it";
                fault(line.number, "a CNAME record at the zone's own name".to_owned(), hint);
            }
            _ => {}
        }
        match first.exact(&line.owner) {
            Some((at, Kind::CNAME)) => {
                fault(
                    line.number,
                    format!("`{}` is an alias already, on line {at}", line.owner),
                    "an alias has one CNAME record and nothing else",
                );
            }
            Some((at, _)) if kind == Kind::CNAME => {
                fault(
                    line.number,
                    format!("`{}` is an alias, and has a record on line {at}", line.owner),
                    "an alias has one CNAME record and nothing else",
                );
            }
            Some(_) => {}
            None => {
                first.insert(&line.owner, (line.number, kind));
            }
        }
    }
}

#[cfg(test)]
mod tests;
