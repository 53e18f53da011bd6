//! What is noted of one query: as the threads that answer hand it over, and as the writer takes it up.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;

use crate::dns::{Lead, Name, Rcode, RecordType, Transport};
use crate::policy::{Outcome, Reason};

/// One query and what became of it, as who answers it knows it; nothing is owned or made for it.
#[derive(Debug, Clone, Copy)]
pub struct Note<'a> {
    /// When the query was answered.
    pub time: Timestamp,
    /// Who asked. The writer turns it into what [`super::ClientForm`] says; it is never written as it stands unless that says so.
    pub client: IpAddr,
    /// The group's id; `none` for a query that was never judged.
    pub group: &'a Arc<str>,
    /// The id of the tier in force.
    pub tier: &'a Arc<str>,
    /// The name asked for.
    pub name: &'a Name,
    /// The type asked for.
    pub record_type: RecordType,
    /// How the query came in.
    pub transport: Transport,
    /// What became of it.
    pub outcome: Outcome,
    /// The rule that decided.
    pub reason: Reason,
    /// The id of the category that decided, where one did.
    pub category: Option<&'a Arc<str>>,
    /// The rcode of the answer.
    pub rcode: Rcode,
    /// From the query's arrival to its answer, in microseconds.
    pub micros: u32,
    /// The serial of the lists and the configuration that judged it.
    pub snapshot: u64,
    /// Whether the name is of kind `help`: it is counted as withheld and goes into no record of names.
    pub help: bool,
    /// The name or address in the upstream's answer that brought the verdict, where not the asked name did.
    pub by_alias: Option<&'a Lead>,
}

/// One query and what became of it, as the writer takes it up: see [`Note`].
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// When the query was answered.
    pub time: Timestamp,
    /// Who asked.
    pub client: IpAddr,
    /// The group's id.
    pub group: Arc<str>,
    /// The id of the tier in force.
    pub tier: Arc<str>,
    /// The name asked for.
    pub name: Name,
    /// The type asked for.
    pub record_type: RecordType,
    /// How the query came in.
    pub transport: Transport,
    /// What became of it.
    pub outcome: Outcome,
    /// The rule that decided.
    pub reason: Reason,
    /// The id of the category that decided, where one did.
    pub category: Option<Arc<str>>,
    /// The rcode of the answer.
    pub rcode: Rcode,
    /// From the query's arrival to its answer, in microseconds.
    pub micros: u32,
    /// The serial of the lists and the configuration that judged it.
    pub snapshot: u64,
    /// The name or address in the upstream's answer that brought the verdict, where not the asked name did.
    pub by_alias: Option<Box<Lead>>,
}

/// The lists that brought a verdict and the rule in them; see [`Provenance`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// Ids of the lists.
    pub lists: Vec<String>,
    /// The name that matched, lower case and without the final dot; a pattern as it is written.
    pub rule: Option<String>,
    /// How many images were found now to take the name for another, which they list: counted, and no reason.
    pub mismatches: u64,
}

/// Says which lists and which rule brought an entry's verdict; asked on the writer's thread, for what is written only.
pub type Provenance = Box<dyn Fn(&Entry) -> Option<Source> + Send>;
