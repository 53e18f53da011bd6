//! Queries from packet to reply without sockets, in batches as workers receive them, from clients of all groups alike.

use std::net::Ipv4Addr;

use khien::dns::{RecordType, Source};
use khien::pipeline::{Accounts, Met, View};

use super::plot::{Plot, Scale};
use super::random::Random;
use super::rounds::{Work, measure, on_two as both};
use super::served::{Served, packet, source};

/// As many packets as a worker receives at once.
const BATCH: usize = 32;

/// So many clients ask, in as many groups as there are.
const CLIENTS: usize = 64 * BATCH;

const CACHED: &str = "www.example.com";

/// What is asked for, and how it is answered.
const QUERIES: [(&str, &str); 2] = [("blocked", "w88.com"), ("cached", CACHED)];

/// Each group has a subnet with room for all clients.
fn configuration(groups: usize) -> String {
    let group =
        |number| format!("[[group]]\nid = \"group-{number}\"\nsubnets = [\"{}/18\"]\ntier = \"primary\"\n", address(number, 0));
    (0..groups).map(group).collect()
}

/// The address of a host in a group's subnet.
fn address(group: usize, host: usize) -> Ipv4Addr {
    Ipv4Addr::from_bits(10 << 24 | u32::try_from(group << 14 | host).expect("at most a thousand groups"))
}

struct Judging<'a> {
    accounts: &'a Accounts,
    view: View,
    packet: Vec<u8>,
    sources: Vec<Source>,
    out: Vec<u8>,
}

impl<'a> Judging<'a> {
    /// That of one thread; the clients of each ask in another order.
    fn new(accounts: &'a Accounts, name: &str, groups: usize, thread: u64) -> Self {
        let client = |number| source(address(number % groups, 1 + number / groups));
        let mut sources: Vec<Source> = (0..CLIENTS).map(client).collect();
        Random::new(thread).shuffle(&mut sources);
        Self { accounts, view: accounts.view(), packet: packet(name, RecordType::A), sources, out: Vec::new() }
    }
}

impl Work for Judging<'_> {
    fn ready(&mut self) {}

    fn run(&mut self) -> usize {
        let Self { accounts, view, packet, sources, out } = self;
        for sources in sources.chunks(BATCH) {
            accounts.refresh(view);
            accounts.take_in(view, sources.iter().map(|source| (packet.as_slice(), *source)));
            for at in 0..sources.len() {
                assert!(matches!(accounts.answer(view, at, out), Met::Answered), "what is at hand is answered at once");
            }
        }
        sources.len()
    }
}

/// Queries by how many groups there are, each with a subnet.
pub(crate) fn by_groups(counts: &[usize], rounds: usize) -> Plot {
    let mut plot = Plot::new("Query by groups and subnets", "groups, each with a subnet", Scale::Logarithmic);
    println!("\n| groups and subnets | blocked, ns | cached, ns |\n|---:|---:|---:|");
    for groups in counts {
        let served = Served::start(&[CACHED], &configuration(*groups));
        let accounts = served.accounts();
        let mut cells = String::new();
        for (what, name) in QUERIES {
            let spread = measure(vec![Judging::new(&accounts, name, *groups, 0)], rounds);
            cells += &format!(" {spread} |");
            plot.add(what, *groups, spread.median);
        }
        println!("| {groups} |{cells}");
        served.stop();
    }
    plot
}

/// Queries from ten groups on one thread and on two.
pub(crate) fn on_two(rounds: usize) {
    const GROUPS: usize = 10;
    let served = Served::start(&[CACHED], &configuration(GROUPS));
    let accounts = &served.accounts();
    for (what, name) in QUERIES {
        both(&format!("packet to reply, {what}"), rounds, |thread| Judging::new(accounts, name, GROUPS, thread));
    }
    served.stop();
}
