//! What a query costs between its reading and its answer: whose it is, whether it may come in, and what is decided.
//!
//! Guards the budgets of `client::Clients`, `client::RateLimiter` and `policy::decide`.

mod kit;

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use khien::client::{Allowed, Asking, Clients, Group, GroupId, RateLimit, RateLimiter};
use khien::decisions::{Decision, OfficeDecisions, Ruling};
use khien::dns::{Name, Source, Transport};
use khien::lists::{CategoryEntry, CategorySet, Listed, Owner, Registry, Words};
use khien::policy::{
    AliasFindings, Calendar, Case, Days, Effect, MinuteOfDay, OnHolidays, Origin, Policy, Readiness, Schedule, SchoolTime,
    Settings, Shared, TierId, TierSpec, Tiers, Window, decide,
};
use kit::measure;

/// A province's worth of rooms: `subnets` /24 in groups of ten.
fn clients(subnets: u32) -> Clients {
    let subnet = |place: u32| IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::from_bits(10 << 24 | place << 8), 24));
    let groups = (0..subnets / 10).map(|group| Group {
        id: format!("group-{group}"),
        name: String::new(),
        subnets: (0..10).map(|place| subnet(group * 10 + place).into()).collect(),
        via: Vec::new(),
        rate_limit: RateLimit::OFF,
    });
    let allowed = Allowed::Subnets(Allowed::private());
    Clients::new(groups.collect(), None, RateLimit::OFF, allowed).expect("the prefixes differ")
}

fn source(client: IpAddr) -> Source {
    let local = SocketAddr::from(([10, 0, 0, 1], 53));
    Source::new(SocketAddr::new(client, 4321), local, Transport::Udp)
}

fn identify() {
    for subnets in [10, 1000, 10_000] {
        let clients = clients(subnets);
        let hit = source(IpAddr::V4(Ipv4Addr::from_bits(10 << 24 | (subnets / 2) << 8 | 7)));
        let miss = source(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 1)));
        measure(&format!("Clients::identify, {subnets} subnets"), || clients.identify(black_box(&hit)));
        measure(&format!("Clients::identify, {subnets} subnets, none"), || clients.identify(black_box(&miss)));
    }
}

fn rate() {
    let limiter = RateLimiter::new(65_536);
    let limit = RateLimit::per_second(1_000_000);
    let v4 = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));
    let v6 = IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 1, 0, 0, 0, 7));
    let mut now = Duration::ZERO;
    for (client, what) in [(v4, "IPv4"), (v6, "IPv6")] {
        measure(&format!("RateLimiter::take, {what}"), || {
            now += Duration::from_micros(1);
            limiter.take(&Asking { client: black_box(client), transport: Transport::Udp, group: GroupId(0), limit }, now)
        });
    }
}

/// Five tiers over a registry with one category each and one that is locked.
fn shared() -> Shared {
    let mut registry = Registry::default();
    let words = Words::default;
    for id in ["adult", "a", "b", "c", "d", "e"] {
        let locked = id == "adult";
        let entry = CategoryEntry { id: id.to_owned(), name: words(), description: words(), locked, threat: false };
        registry.put(entry).expect("there is room");
    }
    let spec = |(id, category): (&str, &str)| TierSpec {
        id: id.to_owned(),
        name: words(),
        blocks: registry.find(category).into_iter().collect(),
        settings: Settings::shipped(id),
        restricted: Vec::new(),
    };
    let tiers = [("preschool", "a"), ("primary", "b"), ("lower-secondary", "c"), ("upper-secondary", "d"), ("staff", "e")];
    let tiers = Tiers::new(tiers.map(spec).into(), &registry).expect("five sound tiers");
    Shared::of_tiers(tiers, CategorySet::EMPTY)
}

/// A thousand decisions of an office, on other names than those that are asked for.
fn decided() -> OfficeDecisions {
    let decision = |place: u32| {
        let name = Name::parse(&format!("decided{place}.example.vn")).expect("a name");
        let decision = Decision {
            ruling: if place.is_multiple_of(2) { Ruling::Lock(None) } else { Ruling::Allow },
            owner: Owner::Office("ministry".to_owned()),
            by: String::new(),
            reason: String::new(),
            made: jiff::civil::date(2026, 11, 20),
            until: None,
            publication: 1,
        };
        (name, decision)
    };
    (0..1000).map(decision).collect()
}

/// A group with fifty allows, fifty denies and a lunch break that opens something.
fn busy_policy() -> Policy {
    let name = |text: String| Name::parse(&text).expect("a name");
    let names = |word: &str| (0..50).map(|place| (name(format!("{word}{place}.example.vn")), Origin::Written)).collect();
    let minute = |minutes| MinuteOfDay::new(minutes).expect("in the day");
    let opens = Effect::Opens(CategorySet::from_bits(0b110));
    let lunch = Window::new(Days::ALL, minute(690), minute(780), opens, OnHolidays::Shut).expect("a window");
    Policy {
        allow: names("allow"),
        deny: names("deny"),
        schedule: Schedule::new(vec![lunch]),
        ..Policy::of_tier(GroupId(0), TierId::YOUNGEST)
    }
}

fn decisions(at: &SchoolTime) {
    let (shared, office) = (shared(), Shared { office: decided(), ..shared() });
    let (plain, busy) = (Policy::of_tier(GroupId(0), TierId::YOUNGEST), busy_policy());
    let name = Name::parse("www.cdn.example.org").expect("a name");
    let listed = Listed { school: CategorySet::from_bits(0b10), ..Listed::default() };
    let case = |listed, aliases| {
        let client = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));
        Case { name: &name, listed, client, aliases, ready: Readiness::Ready }
    };
    let alias = AliasFindings { school: listed.school, ..AliasFindings::default() };
    for (policy, what) in [(&plain, "a tier alone"), (&busy, "a hundred names")] {
        let open = case(Listed::default(), AliasFindings::default());
        let blocked = case(listed, AliasFindings::default());
        let by_alias = case(Listed::default(), alias);
        measure(&format!("decide, {what}, open"), || decide(black_box(&open), policy, &shared, at));
        measure(&format!("decide, {what}, blocked"), || decide(black_box(&blocked), policy, &shared, at));
        measure(&format!("decide, {what}, open, a thousand decisions"), || decide(black_box(&open), policy, &office, at));
        measure(&format!("decide, {what}, by an alias"), || decide(black_box(&by_alias), policy, &shared, at));
        measure(&format!("Policy::next_edge, {what}"), || policy.next_edge(black_box(at), &shared));
    }
}

fn main() {
    identify();
    rate();
    let now: Timestamp = "2026-11-23T05:00:00Z".parse().expect("an instant");
    for zone in ["Asia/Ho_Chi_Minh", "Europe/Berlin"] {
        let calendar = Calendar::new(TimeZone::get(zone).expect("the zone is known"), []);
        measure(&format!("Calendar::at, {zone}"), || calendar.at(black_box(now), Timestamp::UNIX_EPOCH));
    }
    let calendar = Calendar::new(TimeZone::get("Asia/Ho_Chi_Minh").expect("the zone is known"), []);
    decisions(&calendar.at(now, Timestamp::UNIX_EPOCH));
}
