//! What a rate admits: never more than the rate and its burst, never less to a client that keeps to it.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

fn admitted(limiter: &RateLimiter, client: IpAddr, limit: RateLimit, at: &[Duration]) -> usize {
    at.iter().filter(|now| limiter.take(client, limit, **now) == Admission::Yes).count()
}

fn v4(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, last))
}

fn v6(last: u16) -> IpAddr {
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last))
}

#[test]
fn a_rate_is_read_as_it_is_written() {
    assert_eq!("1000/s".parse(), Ok(RateLimit::per_second(1000)));
    assert_eq!("0".parse(), Ok(RateLimit::OFF));
    assert_eq!(RateLimit::per_second(0), RateLimit::OFF);
    assert_eq!(RateLimit::per_second(1000).to_string(), "1000/s");
    for wrong in ["1000", "1000/m", "-1/s", "/s", "", "99999999999/s"] {
        assert_eq!(wrong.parse::<RateLimit>(), Err(RateLimitError), "{wrong}");
    }
}

#[test]
fn a_burst_is_five_seconds_of_the_rate_and_then_the_rate_holds() {
    let limiter = RateLimiter::new(100);
    let limit = RateLimit::per_second(100);
    assert_eq!(admitted(&limiter, v4(1), limit, &[Duration::ZERO; 2000]), 500);
    assert_eq!(admitted(&limiter, v4(1), limit, &[Duration::from_secs(1); 2000]), 100);
    assert_eq!(admitted(&limiter, v4(1), limit, &[Duration::from_secs(60); 2000]), 500);
    assert_eq!(admitted(&limiter, v4(2), limit, &[Duration::from_secs(60); 2000]), 500, "each client has its own");
    assert_eq!(admitted(&limiter, v4(3), RateLimit::OFF, &[Duration::ZERO; 2000]), 2000);
}

#[test]
fn a_network_of_ipv6_addresses_has_four_times_the_rate_of_one() {
    let limiter = RateLimiter::new(1000);
    let limit = RateLimit::per_second(10);
    let yes: usize = (0..100).map(|last| admitted(&limiter, v6(last), limit, &[Duration::ZERO; 60])).sum();
    assert_eq!(yes, 200);
    assert_eq!(admitted(&limiter, v6(0), limit, &[Duration::from_secs(100); 60]), 50, "one address keeps to its own rate");
    let other = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 2, 0, 0, 0, 1));
    assert_eq!(admitted(&limiter, other, limit, &[Duration::ZERO; 60]), 50);
}

#[test]
fn a_flood_of_addresses_takes_no_more_memory_and_starves_nobody() {
    let limiter = RateLimiter::new(64);
    let room = |limiter: &RateLimiter| -> usize {
        limiter.shards.iter().map(|shard| shard.lock().map_or(0, |shard| shard.len() * WAYS)).sum()
    };
    let before = room(&limiter);
    let limit = RateLimit::per_second(10);
    for address in 0..50_000 {
        let client = IpAddr::V4(Ipv4Addr::from_bits(address));
        assert_eq!(limiter.take(client, limit, Duration::from_millis(u64::from(address))), Admission::Yes);
    }
    assert_eq!(room(&limiter), before);
}

proptest! {
    #[test]
    fn never_more_than_the_rate_and_its_burst_and_never_less_than_what_keeps_to_it(
        rate in 1_u32..200,
        pauses in prop::collection::vec(0_u64..50_000_000, 1..400),
    ) {
        let limiter = RateLimiter::new(16);
        let limit = RateLimit::per_second(rate);
        let pace = Duration::from_nanos(1_000_000_000_u64.div_ceil(u64::from(rate)));
        let mut now = Duration::from_secs(1000);
        let (start, mut yes) = (now, 0_u32);
        for pause in pauses {
            now += Duration::from_nanos(pause);
            yes += u32::from(limiter.take(v4(1), limit, now) == Admission::Yes);
            let most = (now - start + BURST).as_secs_f64() * f64::from(rate);
            prop_assert!(f64::from(yes) <= most + 1e-6, "{} in {:?}", yes, now - start);
        }
        for _ in 0..50 {
            now += pace;
            prop_assert_eq!(limiter.take(v4(2), limit, now), Admission::Yes);
        }
    }
}
