//! How often one client may ask: a token bucket for each address and transport, in bounded memory.
//!
//! UDP and TCP have buckets of their own: an address in a UDP packet may be forged, and must not cost its owner what he has by TCP.
//!
//! # Cost
//! One lock of one shard and two short scans a query; a set of eight buckets is allocated when the first of its clients comes, and
//! nothing else ever. Guarded by `benches/policy.rs`.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::GroupId;
use crate::dns::Transport;

/// How long a client may ask at once what its rate allows in that time.
const BURST: Duration = Duration::from_secs(5);

/// How many times one address's rate a whole IPv6 /64 has: privacy addresses (RFC 8981) give a laptop several at a time,
/// and without a ceiling they give a flooder 2⁶⁴.
const NETWORK_CEILING: u64 = 4;

/// Queries per second of one client, or no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RateLimit(Option<NonZeroU32>);

impl RateLimit {
    /// No limit.
    pub const OFF: Self = Self(None);

    /// So many queries a second; none for 0.
    pub const fn per_second(queries: u32) -> Self {
        Self(NonZeroU32::new(queries))
    }
}

/// The text is no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rate is a number of queries a second, as in \"1000/s\", or \"0\" for none")]
pub struct RateLimitError;

impl FromStr for RateLimit {
    type Err = RateLimitError;

    fn from_str(text: &str) -> Result<Self, RateLimitError> {
        if text == "0" {
            return Ok(Self::OFF);
        }
        let number = text.strip_suffix("/s").ok_or(RateLimitError)?.trim_end();
        number.parse().map(Self::per_second).map_err(|_| RateLimitError)
    }
}

impl std::fmt::Display for RateLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(queries) => write!(f, "{queries}/s"),
            None => f.write_str("0"),
        }
    }
}

/// A query at the door.
#[derive(Debug, Clone, Copy)]
pub struct Asking {
    /// Whose it is.
    pub client: IpAddr,
    /// How it came.
    pub transport: Transport,
    /// The client's group.
    pub group: GroupId,
    /// How often its clients may ask.
    pub limit: RateLimit,
}

/// Whether a query may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It is within the rate.
    Yes,
    /// The client asked too often, and this is one of the queries on which it learns of that.
    Slip,
    /// The client asked too often.
    No,
}

/// Of the queries over the rate each second one slips: enough for a client whose address is forged to go on by TCP with its first
/// or second try, and fewer octets out than in.
const SLIP: u32 = 2;

/// A client is told of at most once in this time.
const TOLD: Duration = Duration::from_secs(60);

/// Who is not served is told so this often, all of a network together: the address may be forged, and its owner far away.
const STRANGERS: RateLimit = RateLimit::per_second(20);

/// One that asked too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noisy {
    /// The client, or the IPv6 network whose addresses did so together.
    pub who: String,
    /// How its queries came.
    pub transport: Transport,
    /// Its group when it last did so.
    pub group: GroupId,
    /// The rate that it is held to.
    pub limit: RateLimit,
    /// How many queries were over that since it was last told of.
    pub refused: u32,
}

/// Buckets in a set: an address has its place in one set and looks no further.
const WAYS: usize = 8;

/// One client's bucket. Instead of tokens it keeps when the bucket will be full again (the generic cell rate algorithm,
/// ITU-T I.371): one number, and idle buckets are those whose time has passed, so forgetting them loses nothing.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    key: Key,
    /// Nanoseconds on the caller's clock.
    full_at: u64,
    /// Queries over the rate since they were last told of.
    refused: u32,
    group: GroupId,
    limit: RateLimit,
    /// Nanoseconds on the caller's clock; none where nothing was told yet.
    told_at: Option<u64>,
}

/// Whose bucket: an address, or the network it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Nobody,
    Address(IpAddr, Transport),
    /// The upper 64 bits of IPv6 addresses.
    Network(u64, Transport),
    /// Who is not served: the upper 24 bits of an IPv4 address, the upper 56 of an IPv6 one.
    Stranger(u64),
}

impl Bucket {
    const fn of(key: Key, full_at: u64) -> Self {
        Self { key, full_at, refused: 0, group: GroupId(0), limit: RateLimit::OFF, told_at: None }
    }

    /// Counts a query over the rate.
    fn refuse(&mut self, asking: &Asking) -> Admission {
        self.refused = self.refused.saturating_add(1);
        (self.group, self.limit) = (asking.group, asking.limit);
        if self.refused.is_multiple_of(SLIP) { Admission::Slip } else { Admission::No }
    }
}

/// A set of buckets; made when one of its clients first asks.
type Set = Option<Box<[Bucket; WAYS]>>;

/// A part of the buckets under a lock of its own.
type Shard = Mutex<Box<[Set]>>;

/// The buckets of all clients, and those of who is none.
#[derive(Debug)]
pub struct RateLimiter {
    clients: Box<[Shard]>,
    /// Apart, so that no flood of forged addresses makes room for itself among the clients.
    strangers: Box<[Shard]>,
    hasher: RandomState,
}

impl RateLimiter {
    /// Room for about `clients` busy clients at a time. With more, the one nearest to a full bucket is forgotten.
    pub fn new(clients: usize) -> Self {
        Self { clients: shards(clients), strangers: shards(clients.div_ceil(16)), hasher: RandomState::new() }
    }

    /// Whether this query may come in at `now`, on a clock that never goes back; a yes is counted against its client's rate.
    pub fn take(&self, asking: &Asking, now: Duration) -> Admission {
        let Some(rate) = asking.limit.0 else { return Admission::Yes };
        let now = nanoseconds(now);
        let pace = pace(rate);
        let address = Key::Address(asking.client, asking.transport);
        match asking.client {
            IpAddr::V4(_) => {
                let (mut shard, hash) = self.shard(&self.clients, address);
                let bucket = find(&mut shard, address, hash, now);
                let Some(full_at) = pour(bucket.full_at, pace, now) else { return bucket.refuse(asking) };
                bucket.full_at = full_at;
            }
            IpAddr::V6(v6) => {
                // Both buckets stand in the /64's shard, so one lock covers them.
                let network = Key::Network((v6.to_bits() >> 64) as u64, asking.transport);
                let (mut shard, network_hash) = self.shard(&self.clients, network);
                let address_hash = self.hasher.hash_one(address);
                let network_full =
                    pour(find(&mut shard, network, network_hash, now).full_at, pace.div_ceil(NETWORK_CEILING), now);
                let bucket = find(&mut shard, address, address_hash, now);
                let Some(address_full) = pour(bucket.full_at, pace, now) else { return bucket.refuse(asking) };
                let Some(network_full) = network_full else {
                    return find(&mut shard, network, network_hash, now).refuse(asking);
                };
                find(&mut shard, network, network_hash, now).full_at = network_full;
                find(&mut shard, address, address_hash, now).full_at = address_full;
            }
        }
        Admission::Yes
    }

    /// Whether somebody who is not served may be told so at `now`.
    pub fn take_stranger(&self, client: IpAddr, now: Duration) -> Admission {
        let key = Key::Stranger(match client {
            IpAddr::V4(v4) => u64::from(v4.to_bits() >> 8),
            // The bit tells the families apart.
            IpAddr::V6(v6) => (v6.to_bits() >> 72) as u64 | 1 << 63,
        });
        let now = nanoseconds(now);
        let (mut shard, hash) = self.shard(&self.strangers, key);
        let bucket = find(&mut shard, key, hash, now);
        let full_at = STRANGERS.0.and_then(|rate| pour(bucket.full_at, pace(rate), now));
        full_at.map_or(Admission::No, |full_at| {
            bucket.full_at = full_at;
            Admission::Yes
        })
    }

    /// Who asked too often and has not been told of for a minute, the noisiest first; from now on they have.
    pub fn noisy(&self, now: Duration) -> Vec<Noisy> {
        let now = nanoseconds(now);
        let is_due = |bucket: &Bucket| {
            bucket.refused > 0 && bucket.told_at.is_none_or(|told| now.saturating_sub(told) >= TOLD.as_nanos() as u64)
        };
        let mut noisy = Vec::new();
        for shard in &self.clients {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            for bucket in shard.iter_mut().flatten().flat_map(|set| set.iter_mut()).filter(|bucket| is_due(bucket)) {
                let (who, transport) = match bucket.key {
                    Key::Address(address, transport) => (address.to_string(), transport),
                    Key::Network(upper, transport) => (format!("{}/64", Ipv6Addr::from_bits(u128::from(upper) << 64)), transport),
                    Key::Nobody | Key::Stranger(_) => continue,
                };
                let Bucket { group, limit, refused, .. } = *bucket;
                noisy.push(Noisy { who, transport, group, limit, refused });
                (bucket.refused, bucket.told_at) = (0, Some(now));
            }
        }
        noisy.sort_unstable_by(|one, other| other.refused.cmp(&one.refused).then_with(|| one.who.cmp(&other.who)));
        noisy
    }

    /// The shard that `key` leads to, locked, and the key's hash.
    fn shard<'a>(&self, shards: &'a [Shard], key: Key) -> (MutexGuard<'a, Box<[Set]>>, u64) {
        let hash = self.hasher.hash_one(key);
        let shard = &shards[(hash >> 32) as usize % shards.len()];
        // Every field is sound by itself, whatever a panicking thread left.
        (shard.lock().unwrap_or_else(PoisonError::into_inner), hash)
    }
}

/// Room for the buckets of about so many clients.
fn shards(clients: usize) -> Box<[Shard]> {
    // Locks in proportion to threads that could ask at once, and far more than those.
    const SHARDS: usize = 64;
    let sets = clients.div_ceil(SHARDS * WAYS).next_power_of_two().max(2);
    std::iter::repeat_with(|| Mutex::new(vec![None; sets].into())).take(SHARDS).collect()
}

fn nanoseconds(now: Duration) -> u64 {
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX / 2)
}

/// The time between two queries at this rate.
fn pace(rate: NonZeroU32) -> u64 {
    1_000_000_000_u64.div_ceil(u64::from(rate.get()))
}

/// The bucket of `key`, or the one in its set that is nearest to full, to be taken over.
fn find(shard: &mut [Set], key: Key, hash: u64, now: u64) -> &mut Bucket {
    let set = hash as usize & (shard.len() - 1);
    let set = shard[set].get_or_insert_with(|| Box::new([Bucket::of(Key::Nobody, 0); WAYS]));
    let way = set.iter().position(|bucket| bucket.key == key).unwrap_or_else(|| {
        let idlest = (0..WAYS).min_by_key(|&way| set[way].full_at).expect("a set has ways");
        // Full now, so that the next stranger of this query takes another way than this one.
        set[idlest] = Bucket::of(key, now);
        idlest
    });
    &mut set[way]
}

/// When the bucket is full again after one more query at `now`; `None` where it is empty.
fn pour(full_at: u64, pace: u64, now: u64) -> Option<u64> {
    let next = full_at.max(now).saturating_add(pace);
    (next - now <= BURST.as_nanos() as u64).then_some(next)
}

#[cfg(test)]
mod tests;
