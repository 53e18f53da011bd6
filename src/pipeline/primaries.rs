//! Word from primaries that a zone has changed (RFC 1996): who may say so, and what was heard.
//!
//! The rule: only a primary of a list's own zone is answered, and what it says is no more than a reason to ask it.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::dns::{Message, Name, Rcode, RecordType, TsigKey, notified, reply_to_notify};

/// A primary, as far as its word is concerned.
#[derive(Debug, Clone)]
pub struct Known {
    /// The zone.
    pub zone: Name,
    /// Where its word may come from.
    pub addresses: Vec<IpAddr>,
    /// The key that its word is signed with, if it is signed.
    pub key: Option<TsigKey>,
}

/// All primaries, and which zones they say have changed.
#[derive(Debug, Default)]
pub struct Primaries {
    known: ArcSwap<Vec<Known>>,
    heard: Mutex<BTreeSet<Name>>,
    bell: Notify,
}

impl Primaries {
    /// Those who may say something from now on.
    pub fn introduce(&self, known: Vec<Known>) {
        self.known.store(known.into());
    }

    /// Hears word of a change from an address, and gives the reply; none for whom nobody knows, or for no such word.
    #[cold]
    pub fn hear(&self, packet: &[u8], from: IpAddr, now: Timestamp) -> Option<(Rcode, Vec<u8>)> {
        let all = self.known.load();
        let from = from.to_canonical();
        let mut there = all.iter().filter(|known| known.addresses.contains(&from)).peekable();
        // What others send is not even read.
        there.peek()?;
        let zone = notified(packet)?;
        let known = there.find(|known| known.zone == zone)?;
        let mut reply = Vec::new();
        let now = u64::try_from(now.as_second()).unwrap_or(0);
        let rcode = match signature(packet, known, now) {
            Signature::None => Rcode::NOERROR,
            Signature::Good(key, mac) => {
                reply_to_notify(packet, Rcode::NOERROR, &mut reply);
                key.sign(&mut reply, Some(&mac), now);
                Rcode::NOERROR
            }
            Signature::Bad => Rcode::NOTAUTH,
        };
        if reply.is_empty() {
            reply_to_notify(packet, rcode, &mut reply);
        }
        if rcode == Rcode::NOERROR {
            self.locked().insert(zone);
            self.bell.notify_one();
        }
        Some((rcode, reply))
    }

    /// The zones of which that was heard since this was last asked.
    pub fn heard(&self) -> BTreeSet<Name> {
        std::mem::take(&mut *self.locked())
    }

    /// Waits until something is heard.
    pub async fn rung(&self) {
        self.bell.notified().await;
    }

    fn locked(&self) -> MutexGuard<'_, BTreeSet<Name>> {
        // What stands behind the lock is whole between any two steps.
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a word is signed.
enum Signature<'k> {
    /// Not at all: the address speaks for itself (RFC 1996 section 3.10).
    None,
    /// By the zone's key; the MAC.
    Good(&'k TsigKey, Vec<u8>),
    /// By another, or wrongly.
    Bad,
}

fn signature<'k>(packet: &[u8], known: &'k Known, now: u64) -> Signature<'k> {
    let Ok(message) = Message::parse(packet) else { return Signature::Bad };
    if message.all_records().all(|record| record.record_type != RecordType::TSIG) {
        return Signature::None;
    }
    match known.key.as_ref().map(|key| (key, key.check(&message, now))) {
        Some((key, Ok(mac))) => Signature::Good(key, mac),
        Some((_, Err(_))) | None => Signature::Bad,
    }
}

#[cfg(test)]
mod tests;
