//! How much may be under way at once: in total, for one client and for one zone, so that none can starve the others.
//!
//! The rule: a client is an address, by IPv6 a network of 64 bits, for a host has as many addresses there as it likes. A zone
//! is what somebody can register (below a public suffix). While a zone's names find answers it may have a quarter of the
//! whole; once eight questions in a row found none, a sixty-fourth: random names under a dead zone, each of which takes its
//! whole time, then leave the room to names that have answers.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering::AcqRel, Ordering::Acquire};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::failure::FailureKind;
use super::pool::Answer;
use crate::dns::{MAX_NAME, Name, Rcode, Secret};

/// So many questions of a zone without an answer in a row make it a dead one.
const DEAD: u32 = 8;

/// The parts of the whole that a zone may have.
const ZONE: usize = 4;
const DEAD_ZONE: usize = 64;

/// The counts, and their bounds.
#[derive(Debug)]
pub(super) struct Limits {
    questions: Arc<Questions>,
    clients: Arc<Clients>,
}

/// How many of each client.
type Counts = HashMap<IpAddr, usize, Secret>;

/// Clients whose queries wait.
#[derive(Debug)]
struct Clients {
    most: usize,
    parts: [Mutex<Counts>; 16],
    spread: Secret,
}

/// Questions under way to upstreams.
#[derive(Debug)]
struct Questions {
    most: usize,
    now: AtomicUsize,
    /// By a hash of the zone's name, keyed anew in each process: two zones that share one share a bound, and nobody can seek
    /// such a pair.
    zones: Mutex<HashMap<u64, Zone, BuildHasherDefault<Hashed>>>,
    key: Secret,
}

/// The hash of what is a hash already, and a keyed one.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("only hashes are hashed here");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// A zone with questions under way.
#[derive(Debug, Default)]
struct Zone {
    under_way: usize,
    /// Questions without an answer since the last that had one.
    unanswered: u32,
}

/// Leave to put one question to upstreams; dropped when it has ended.
#[derive(Debug)]
pub(super) struct QuestionPermit {
    questions: Arc<Questions>,
    /// None once its room is given back.
    zone: Option<u64>,
}

/// Leave for one query of a client to wait; dropped when it has its answer or is given up.
#[derive(Debug)]
pub(super) struct ClientPermit {
    clients: Arc<Clients>,
    client: IpAddr,
}

impl Limits {
    pub(super) fn new(in_total: usize, per_client: usize) -> Self {
        let (now, zones, key) = (AtomicUsize::new(0), Mutex::default(), Secret::default());
        Self {
            questions: Arc::new(Questions { most: in_total, now, zones, key }),
            clients: Arc::new(Clients {
                most: per_client,
                parts: std::array::from_fn(|_| Mutex::default()),
                spread: Secret::default(),
            }),
        }
    }

    /// Room for one more question for `name`.
    ///
    /// # Errors
    /// Whose room is used up.
    pub(super) fn question(&self, name: &Name) -> Result<QuestionPermit, FailureKind> {
        let Questions { most, now, key, .. } = &*self.questions;
        let zone = key.hash_one(registered(name));
        let mut zones = self.questions.zones();
        let entry = zones.entry(zone).or_default();
        if entry.under_way >= entry.share(*most) {
            return Err(FailureKind::ZoneBusy);
        }
        let more = |count: usize| (count < *most).then(|| count + 1);
        if now.fetch_update(AcqRel, Acquire, more).is_err() {
            if entry.under_way == 0 {
                zones.remove(&zone);
            }
            return Err(FailureKind::Busy);
        }
        entry.under_way += 1;
        Ok(QuestionPermit { questions: Arc::clone(&self.questions), zone: Some(zone) })
    }

    /// Room for one more query of this client, where there is some.
    pub(super) fn client(&self, client: IpAddr) -> Option<ClientPermit> {
        let client = network(client);
        let mut part = self.clients.with(client);
        let waiting = part.entry(client).or_default();
        if *waiting >= self.clients.most {
            return None;
        }
        *waiting += 1;
        Some(ClientPermit { clients: Arc::clone(&self.clients), client })
    }

    /// How many questions are under way.
    pub(super) fn in_flight(&self) -> usize {
        self.questions.now.load(Acquire)
    }
}

impl Clients {
    fn with(&self, client: IpAddr) -> MutexGuard<'_, Counts> {
        let place = self.spread.hash_one(client) as usize % self.parts.len();
        self.parts[place].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Zone {
    fn share(&self, whole: usize) -> usize {
        let part = if self.unanswered >= DEAD { DEAD_ZONE } else { ZONE };
        (whole / part).max(1)
    }
}

impl Questions {
    fn zones(&self) -> MutexGuard<'_, HashMap<u64, Zone, BuildHasherDefault<Hashed>>> {
        self.zones.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the room of one question back; `unanswered` is what its zone's count becomes.
    fn ended(&self, zone: u64, unanswered: impl FnOnce(u32) -> u32) {
        self.now.fetch_sub(1, AcqRel);
        if let Entry::Occupied(mut entry) = self.zones().entry(zone) {
            let zone = entry.get_mut();
            zone.under_way -= 1;
            zone.unanswered = unanswered(zone.unanswered);
            if zone.under_way == 0 {
                entry.remove();
            }
        }
    }
}

impl QuestionPermit {
    /// Notes what the question came to, and gives the room back.
    pub(super) fn ended(mut self, answer: &Answer) {
        let found = answer.as_ref().is_ok_and(|relayed| relayed.rcode() != Rcode::SERVFAIL);
        if let Some(zone) = self.zone.take() {
            self.questions.ended(zone, |unanswered| if found { 0 } else { unanswered.saturating_add(1) });
        }
    }
}

impl Drop for QuestionPermit {
    fn drop(&mut self) {
        if let Some(zone) = self.zone.take() {
            self.questions.ended(zone, |unanswered| unanswered);
        }
    }
}

impl Drop for ClientPermit {
    fn drop(&mut self) {
        let mut part = self.clients.with(self.client);
        if let Some(waiting) = part.get_mut(&self.client) {
            *waiting -= 1;
            if *waiting == 0 {
                part.remove(&self.client);
            }
        }
    }
}

/// The part of a name that somebody has registered, in wire form: its public suffix and one label more.
fn registered(name: &Name) -> &[u8] {
    let (text, length) = text(name);
    let labels =
        psl::domain(&text[..length]).map_or(2, |domain| 1 + domain.as_bytes().iter().filter(|octet| **octet == b'.').count());
    let mut wire = name.as_wire();
    for _ in labels..name.label_count() {
        let (length, rest) = wire.split_first().expect("a name ends with the root");
        wire = &rest[usize::from(*length)..];
    }
    wire
}

/// The name's labels with dots between, as the list of public suffixes is searched, and its length; a dot within a label makes two
/// of it, which moves the name to another zone's share and does no harm.
fn text(name: &Name) -> ([u8; MAX_NAME], usize) {
    let (mut text, mut length) = ([0; MAX_NAME], 0);
    for label in name.labels() {
        text[length..length + label.len()].copy_from_slice(label);
        length += label.len();
        text[length] = b'.';
        length += 1;
    }
    (text, length.saturating_sub(1))
}

/// The client's network where it has many addresses in it.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests;
