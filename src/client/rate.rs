//! How often one client may ask: a token bucket for each address, in bounded memory.
//!
//! # Cost
//! One lock of one shard and two short scans a query; nothing is allocated after [`RateLimiter::new`]. Guarded by
//! `benches/policy.rs`.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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

/// Whether a query may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It is within the rate.
    Yes,
    /// The client asked too often: the query is dropped or slipped, and counted by the caller.
    No,
}

/// Buckets in a set: an address has its place in one set and looks no further.
const WAYS: usize = 8;

/// One client's bucket. Instead of tokens it keeps when the bucket will be full again (the generic cell rate algorithm,
/// ITU-T I.371): one number, and idle buckets are those whose time has passed, so forgetting them loses nothing.
#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    key: Key,
    /// Nanoseconds on the caller's clock.
    full_at: u64,
}

/// Whose bucket: an address, or the /64 it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
enum Key {
    #[default]
    Nobody,
    Address(IpAddr),
    Network(u64),
}

/// A part of the buckets under a lock of its own.
type Shard = Mutex<Box<[[Bucket; WAYS]]>>;

/// The buckets of all clients.
#[derive(Debug)]
pub struct RateLimiter {
    shards: Box<[Shard]>,
    hasher: RandomState,
}

impl RateLimiter {
    /// Room for about `clients` busy clients at a time. With more, the one nearest to a full bucket is forgotten.
    pub fn new(clients: usize) -> Self {
        // Locks in proportion to threads that could ask at once, and far more than those.
        const SHARDS: usize = 64;
        let sets = clients.div_ceil(SHARDS * WAYS).next_power_of_two().max(2);
        let shard = || Mutex::new(vec![[Bucket::default(); WAYS]; sets].into_boxed_slice());
        Self { shards: std::iter::repeat_with(shard).take(SHARDS).collect(), hasher: RandomState::new() }
    }

    /// Whether `client` may ask once more at `now`, on a clock that never goes back; a yes is counted against its rate.
    pub fn take(&self, client: IpAddr, limit: RateLimit, now: Duration) -> Admission {
        let Some(rate) = limit.0 else { return Admission::Yes };
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX / 2);
        let pace = 1_000_000_000_u64.div_ceil(u64::from(rate.get()));
        let address = Key::Address(client);
        match client {
            IpAddr::V4(_) => {
                let (mut shard, hash) = self.shard(address);
                let bucket = find(&mut shard, address, hash, now);
                let Some(full_at) = pour(bucket.full_at, pace, now) else { return Admission::No };
                *bucket = Bucket { key: address, full_at };
            }
            IpAddr::V6(v6) => {
                // Both buckets stand in the /64's shard, so one lock covers them.
                let network = Key::Network((v6.to_bits() >> 64) as u64);
                let (mut shard, network_hash) = self.shard(network);
                let address_hash = self.hasher.hash_one(address);
                let network_full =
                    pour(find(&mut shard, network, network_hash, now).full_at, pace.div_ceil(NETWORK_CEILING), now);
                let address_full = pour(find(&mut shard, address, address_hash, now).full_at, pace, now);
                let (Some(network_full), Some(address_full)) = (network_full, address_full) else { return Admission::No };
                *find(&mut shard, network, network_hash, now) = Bucket { key: network, full_at: network_full };
                *find(&mut shard, address, address_hash, now) = Bucket { key: address, full_at: address_full };
            }
        }
        Admission::Yes
    }

    /// The shard that `key` leads to, locked, and the key's hash.
    fn shard(&self, key: Key) -> (MutexGuard<'_, Box<[[Bucket; WAYS]]>>, u64) {
        let hash = self.hasher.hash_one(key);
        let shard = &self.shards[(hash >> 32) as usize % self.shards.len()];
        // Every write is of a whole bucket, so what a panicking thread left is sound.
        (shard.lock().unwrap_or_else(PoisonError::into_inner), hash)
    }
}

/// The bucket of `key`, or the one in its set that is nearest to full, to be taken over.
fn find(shard: &mut [[Bucket; WAYS]], key: Key, hash: u64, now: u64) -> &mut Bucket {
    let set = hash as usize & (shard.len() - 1);
    let set = &mut shard[set];
    let way = set.iter().position(|bucket| bucket.key == key).unwrap_or_else(|| {
        let idlest = (0..WAYS).min_by_key(|&way| set[way].full_at).expect("a set has ways");
        // Full now, so that the next stranger of this query takes another way than this one.
        set[idlest] = Bucket { key, full_at: now };
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
