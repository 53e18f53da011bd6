//! What a rate admits: never more than the rate and its burst, never less to a client that keeps to it.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

fn asking(client: IpAddr, limit: RateLimit) -> Asking {
    Asking { client, transport: Transport::Udp, group: GroupId(3), limit }
}

fn admitted(limiter: &RateLimiter, client: IpAddr, limit: RateLimit, at: &[Duration]) -> usize {
    at.iter().filter(|now| limiter.take(&asking(client, limit), **now) == Admission::Yes).count()
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
        limiter.clients.iter().chain(&limiter.strangers).map(|shard| shard.lock().map_or(0, |shard| shard.len() * WAYS)).sum()
    };
    let made = |limiter: &RateLimiter| -> usize {
        let made = |shard: &Shard| shard.lock().map_or(0, |shard| shard.iter().flatten().flat_map(|set| set.iter()).count());
        limiter.clients.iter().map(made).sum()
    };
    assert_eq!(made(&limiter), 0, "nobody has asked yet");
    let before = room(&limiter);
    let limit = RateLimit::per_second(10);
    for address in 0..50_000 {
        let client = IpAddr::V4(Ipv4Addr::from_bits(address));
        assert_eq!(limiter.take(&asking(client, limit), Duration::from_millis(u64::from(address))), Admission::Yes);
    }
    assert_eq!(room(&limiter), before);
    assert!(made(&limiter) <= before);
}

#[test]
fn every_second_query_over_the_rate_slips() {
    let limiter = RateLimiter::new(100);
    let limit = RateLimit::per_second(10);
    for client in [v4(1), v6(1)] {
        let said: Vec<Admission> = (0..56).map(|_| limiter.take(&asking(client, limit), Duration::ZERO)).collect();
        assert!(said[..50].iter().all(|said| *said == Admission::Yes));
        let (no, slip) = (Admission::No, Admission::Slip);
        assert_eq!(said[50..], [no, slip, no, slip, no, slip]);
    }
}

#[test]
fn a_forged_flood_by_udp_leaves_its_victim_all_of_tcp() {
    let limiter = RateLimiter::new(100);
    let limit = RateLimit::per_second(10);
    for client in [v4(1), v6(1)] {
        assert_eq!(admitted(&limiter, client, limit, &[Duration::ZERO; 10_000]), 50);
        let by_tcp = Asking { transport: Transport::Tcp, ..asking(client, limit) };
        assert!((0..50).all(|_| limiter.take(&by_tcp, Duration::ZERO) == Admission::Yes));
        assert_ne!(limiter.take(&by_tcp, Duration::ZERO), Admission::Yes, "which has a rate too");
    }
}

#[test]
fn who_is_not_served_is_told_so_now_and_then_a_network_at_a_time() {
    let limiter = RateLimiter::new(100);
    let told =
        |from: fn(u8) -> IpAddr, now| (0..=255).filter(|last| limiter.take_stranger(from(*last), now) == Admission::Yes).count();
    let a: fn(u8) -> IpAddr = |last| IpAddr::from([203, 0, 113, last]);
    let b: fn(u8) -> IpAddr = |last| IpAddr::from([203, 0, 114, last]);
    let c: fn(u8) -> IpAddr = |last| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, u16::from(last), 0, 0, 0, 1));
    assert_eq!(told(a, Duration::ZERO), 100, "a burst of five seconds");
    assert_eq!(told(a, Duration::from_secs(1)), 20);
    assert_eq!(told(b, Duration::from_secs(1)), 100, "another network");
    assert_eq!(told(c, Duration::from_secs(1)), 100, "256 networks of one /56 are one customer's");
    assert_eq!(limiter.noisy(Duration::from_secs(1)), [], "whose addresses they are is anyone's guess");
}

#[test]
fn a_noisy_client_is_told_of_once_a_minute_with_all_that_it_did() {
    let limiter = RateLimiter::new(100);
    let limit = RateLimit::per_second(10);
    let at = Duration::from_secs;
    admitted(&limiter, v4(1), limit, &[at(0); 250]);
    admitted(&limiter, v4(2), limit, &[at(0); 60]);
    admitted(&limiter, v4(3), limit, &[at(0); 50]);
    let told = |now| limiter.noisy(now).into_iter().map(|noisy| (noisy.who, noisy.refused)).collect::<Vec<_>>();
    assert_eq!(told(at(1)), [("10.0.0.1".to_owned(), 200), ("10.0.0.2".to_owned(), 10)], "the third kept to its rate");
    admitted(&limiter, v4(1), limit, &[at(2); 120]);
    assert_eq!(told(at(11)), []);
    admitted(&limiter, v4(1), limit, &[at(61); 51]);
    let noisy = limiter.noisy(at(61));
    let expected = Noisy { who: "10.0.0.1".to_owned(), transport: Transport::Udp, group: GroupId(3), limit, refused: 100 + 1 };
    assert_eq!(noisy, [expected]);
    for last in 0..100 {
        admitted(&limiter, v6(last), limit, &[at(70); 3]);
    }
    assert_eq!(told(at(70)), [("2001:db8:0:1::/64".to_owned(), 100)], "no address of it was over the rate by itself");
    assert_eq!(told(at(500)), [], "who has fallen silent is not told of again");
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
            yes += u32::from(limiter.take(&asking(v4(1), limit), now) == Admission::Yes);
            let most = (now - start + BURST).as_secs_f64() * f64::from(rate);
            prop_assert!(f64::from(yes) <= most + 1e-6, "{} in {:?}", yes, now - start);
        }
        for _ in 0..50 {
            now += pace;
            prop_assert_eq!(limiter.take(&asking(v4(2), limit), now), Admission::Yes);
        }
    }
}
