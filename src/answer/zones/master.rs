//! Master files (RFC 1035 section 5.1): each entry is read by hickory's parser for itself, so that a fault has its line.
//!
//! The rule: a file with faults is no zone. What a teacher leaves out has a sensible default: a TTL of five minutes, and the SOA
//! record; `$INCLUDE` and `$GENERATE` are refused, for a zone is what one file says.

use hickory_server::proto::rr::{self, DNSClass, Name as Spelt, RData, Record};
use hickory_server::proto::serialize::txt::{ParseError, Parser, parse_ttl};

use super::entries::{Entry, Slip, Word, entries};
use crate::dns::Name;

/// The TTL of records where neither the record nor `$TTL` says one.
const TTL: u32 = 300;

/// What is wrong in a master file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MasterFault {
    /// The line, the first being 1.
    pub line: u32,
    /// What is wrong, a clause without a full stop; it may repeat octets of the file.
    pub what: String,
    /// What to do about it.
    pub hint: String,
    /// Whether the zone may be used all the same.
    pub weight: Weight,
}

/// Whether a fault keeps a zone from being used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It does.
    Fault,
    /// It does not, but hardly says what was meant.
    Doubt,
}

/// A record, where it stands, and whose it is.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) number: u32,
    pub(super) owner: Name,
    pub(super) record: Record,
}

/// What the file says so far.
struct Reading {
    zone: Name,
    /// What relative names end with.
    origin: Spelt,
    /// The owner of an entry that names none.
    owner: Option<Spelt>,
    /// What `$TTL` says.
    default_ttl: Option<u32>,
    /// The TTL of the record before.
    last_ttl: Option<u32>,
    lines: Vec<Line>,
    faults: Vec<MasterFault>,
}

/// Reads the records that `text` says of `zone`, and every fault.
pub(super) fn read(zone: &Name, text: &str) -> (Vec<Line>, Vec<MasterFault>) {
    let (entries, slips) = entries(text);
    let mut reading = Reading {
        zone: zone.clone(),
        origin: spelt(zone),
        owner: None,
        default_ttl: None,
        last_ttl: None,
        lines: Vec::with_capacity(entries.len()),
        faults: slips.into_iter().map(|(line, slip)| slip.fault(line)).collect(),
    };
    for entry in entries {
        reading.entry(&entry);
    }
    (reading.lines, reading.faults)
}

impl Slip {
    fn fault(self, line: u32) -> MasterFault {
        let (what, hint) = match self {
            Self::OpenQuote => ("a quotation mark is not closed on its line", "close it, or leave it out"),
            Self::OpenParenthesis => ("a parenthesis is never closed", "close it with `)`"),
            Self::StrayParenthesis => ("a parenthesis stands where none can", "write one pair of them around several lines"),
            Self::Escape => {
                ("a backslash stands for nothing that is read here", "leave it out; a text goes into quotation marks")
            }
        };
        MasterFault { line, what: what.to_owned(), hint: hint.to_owned(), weight: Weight::Fault }
    }
}

impl Reading {
    fn note(&mut self, line: u32, weight: Weight, what: impl Into<String>, hint: impl Into<String>) {
        self.faults.push(MasterFault { line, what: what.into(), hint: hint.into(), weight });
    }

    fn fault(&mut self, line: u32, what: impl Into<String>, hint: impl Into<String>) {
        self.note(line, Weight::Fault, what, hint);
    }

    fn entry(&mut self, entry: &Entry) {
        let first = &entry.words[0];
        if !entry.continues && !first.quoted && first.text.starts_with('$') {
            self.directive(entry);
            return;
        }
        let (owner, rest) = if entry.continues {
            match &self.owner {
                Some(owner) => (owner.clone(), &entry.words[..]),
                None => {
                    let hint = "begin the line with the record's name, without a blank; `@` is the zone itself";
                    self.fault(entry.line, "a record without a name", hint);
                    return;
                }
            }
        } else {
            match self.name(first) {
                Ok(owner) => (owner, &entry.words[1..]),
                Err(error) => {
                    self.fault(
                        entry.line,
                        format!("`{}` is no name: {error}", first.text),
                        "begin the line with the record's name",
                    );
                    return;
                }
            }
        };
        self.owner = Some(owner.clone());
        match self.record(&owner, rest) {
            Ok(record) => self.keep(entry.line, record),
            Err(error) => {
                let written: Vec<&str> = entry.words.iter().map(|word| word.text.as_str()).collect();
                let (what, hint) = explain(&error);
                self.fault(entry.line, format!("`{}`: {what}", written.join(" ")), hint);
            }
        }
    }

    fn directive(&mut self, entry: &Entry) {
        let keyword = entry.words[0].text.to_ascii_uppercase();
        match (keyword.as_str(), &entry.words[1..]) {
            ("$ORIGIN", [name]) => match self.name(name) {
                Ok(origin) => self.origin = origin,
                Err(error) => {
                    self.fault(entry.line, format!("`$ORIGIN {}`: {error}", name.text), "name a zone, with a final dot")
                }
            },
            ("$TTL", [time]) => match parse_ttl(&time.text) {
                Ok(ttl) => self.default_ttl = Some(ttl),
                Err(_) => {
                    self.fault(entry.line, format!("`$TTL {}` is no time", time.text), "write seconds, or `5m`, `1h`, `1d`")
                }
            },
            ("$ORIGIN" | "$TTL", _) => {
                self.fault(entry.line, format!("`{keyword}` takes one word"), "write `$ORIGIN name.` or `$TTL 5m`");
            }
            ("$INCLUDE", _) => {
                self.fault(entry.line, "`$INCLUDE` is not read: a zone is what one file says", "copy the records into this file");
            }
            _ => self.fault(entry.line, format!("`{keyword}` is not known"), "there are `$ORIGIN` and `$TTL`"),
        }
    }

    /// Reads a name; relative ones end with the origin.
    fn name(&self, word: &Word) -> Result<Spelt, String> {
        if word.quoted {
            return Err("it stands in quotation marks".to_owned());
        }
        if word.text == "@" {
            return Ok(self.origin.clone());
        }
        let mut name = Spelt::parse(&word.text, Some(&self.origin)).map_err(|error| error.to_string())?;
        name.set_fqdn(true);
        Ok(name)
    }

    /// Has hickory read one record.
    fn record(&self, owner: &Spelt, words: &[Word]) -> Result<Record, ParseError> {
        let origin = self.origin.to_ascii();
        let mut text = format!("$TTL {}\n{}", self.default_ttl.or(self.last_ttl).unwrap_or(TTL), owner.to_ascii());
        for word in words {
            text.push(' ');
            match (word.quoted, word.text.as_str()) {
                (true, quoted) => text.extend(["\"", quoted, "\""]),
                (false, "@") => text.push_str(&origin),
                (false, plain) => text.push_str(plain),
            }
        }
        text.push('\n');
        let (_, records) = Parser::new(text, None, Some(self.origin.clone())).parse()?;
        let record = records.into_values().next().and_then(|set| set.records_without_rrsigs().next().cloned());
        record.ok_or(ParseError::Message("type or value is missing"))
    }

    /// Takes a record into the zone, where it belongs there.
    fn keep(&mut self, line: u32, record: Record) {
        self.last_ttl = Some(record.ttl);
        let Some(owner) = folded(&record.name) else {
            self.fault(line, format!("`{}` is no name", record.name), "names have labels of at most 63 letters");
            return;
        };
        if record.dns_class != DNSClass::IN {
            self.fault(line, format!("class {} is not served", record.dns_class), "write `IN`, or leave the class out");
        } else if !owner.is_at_or_below(&self.zone) {
            let hint = format!("names of this file end with `{}.`, and relative ones have no final dot", self.zone);
            self.fault(line, format!("`{owner}` is not in the zone `{}`", self.zone), hint);
        } else {
            self.doubt_dots(line, &owner, &record);
            self.lines.push(Line { number: line, owner, record });
        }
    }

    /// Notes names to which the origin was added although they were whole: a final dot was forgotten.
    fn doubt_dots(&mut self, line: u32, owner: &Name, record: &Record) {
        let target = match &record.data {
            RData::CNAME(alias) => Some(&alias.0),
            RData::NS(server) => Some(&server.0),
            RData::PTR(pointer) => Some(&pointer.0),
            RData::MX(mail) => Some(&mail.exchange),
            RData::SRV(service) => Some(&service.target),
            _ => None,
        };
        let is_pointer = matches!(record.data, RData::PTR(_));
        for name in std::iter::once(owner.clone()).chain(target.and_then(folded)) {
            let doubled = twice(&name, &self.zone) || is_pointer && name != *owner && name.labels().last() == Some(b"arpa");
            if doubled {
                let hint = "a name that is written whole ends with a dot";
                self.note(line, Weight::Doubt, format!("this means `{name}`: the zone's name was added to it"), hint);
            }
        }
    }
}

/// Whether a name ends with the zone's name, and once more before that.
fn twice(name: &Name, zone: &Name) -> bool {
    let inner = &zone.as_wire()[..zone.as_wire().len() - 1];
    let Some(front) = name.as_wire().strip_suffix(zone.as_wire()) else { return false };
    !inner.is_empty() && name.is_at_or_below(zone) && front.ends_with(inner)
}

/// A name as hickory spells it.
pub(super) fn spelt(name: &Name) -> Spelt {
    let mut spelt = Spelt::from_labels(name.labels()).expect("a name's labels and length are sound");
    spelt.set_fqdn(true);
    spelt
}

/// A name as we spell it; none where it is longer than a name can be.
pub(super) fn folded(spelt: &rr::Name) -> Option<Name> {
    let mut wire = Vec::new();
    for label in spelt.iter() {
        wire.push(u8::try_from(label.len()).ok()?);
        wire.extend_from_slice(label);
    }
    wire.push(0);
    Name::from_wire(&wire).ok()
}

/// What hickory's parser says, and what to do.
fn explain(error: &ParseError) -> (String, &'static str) {
    let what = error.to_string();
    match error {
        ParseError::AddrParse(_) => {
            (what, "an A record has an IPv4 address such as 10.0.0.5, an AAAA record an IPv6 address such as fd00::5")
        }
        ParseError::UnsupportedRecordType(_) | ParseError::UnknownRecordType(_) => {
            (what, "A, AAAA, CNAME, MX, NS, PTR, SRV, TXT, CAA, HTTPS, SVCB and a few others can be written here")
        }
        ParseError::UnexpectedToken(_) => ("this is no record".to_owned(), WRITTEN),
        _ => (what, WRITTEN),
    }
}

const WRITTEN: &str = "a record is written NAME TYPE VALUE, such as `www A 10.0.0.5` or `@ MX 10 mail`";

#[cfg(test)]
mod tests;
