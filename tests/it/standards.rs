//! What the RFCs ask of a filtering forwarder, one test a check, at a real server from outside.
//!
//! The rule: the first line behind each test's `///` names the RFC and the section, and `docs/standards.md` names each test, so
//! that the document cannot say more than is tested.

mod caching;
mod document;
mod edns;
mod headers;
mod local;
mod names;
mod ports;
mod refusals;
mod security;
mod sizes;
mod stale;
mod streams;

use std::time::{Duration, Instant};

use crate::kit::School;
use crate::kit::udp::Client;

/// Lists and groups of a small school; every test may put lines of `[upstream]` before them.
const CONFIG: &str = r#"
[[group]]
id = "pupils"
subnets = ["127.0.1.0/24"]
tier = "primary"
[[group]]
id = "others"
subnets = ["127.0.0.0/24"]
tier = "staff"
[[list]]
id = "toys"
category = "games"
source = "toys.txt"
"#;

/// A name that is closed to pupils and open to others, and one that is closed to all.
const TOYS: &str = "spiele.example";
const LOCKED: &str = "w88.com";

/// What a pupil's device and another one are in loopback's numbers.
const PUPIL: &str = "127.0.1.7";
const OTHER: &str = "127.0.0.1";

/// The school, with these lines of `[upstream]`.
async fn school(upstream: &str) -> School {
    School::start_with(&format!("{upstream}\n{CONFIG}"), &[("toys.txt", "spiele.example\n")]).await
}

/// The school, and a client of it that no list closes more than the law does.
async fn school_and_client() -> (School, Client) {
    let school = school("").await;
    let client = Client::new(OTHER, school.dns()).await;
    (school, client)
}

/// The id, the flags and the four counts of a message.
fn header(message: &[u8]) -> [u16; 6] {
    std::array::from_fn(|word| u16::from_be_bytes([message[2 * word], message[2 * word + 1]]))
}

/// The rcode of a message, without what its OPT record adds.
fn rcode(message: &[u8]) -> u8 {
    message[3] & 0x0f
}

const NOERROR: u8 = 0;
const FORMERR: u8 = 1;
const NXDOMAIN: u8 = 3;
const NOTIMP: u8 = 4;
const REFUSED: u8 = 5;

/// The flags.
const QR: u16 = 0x8000;
const TC: u16 = 0x0200;
const RD: u16 = 0x0100;
const AD: u16 = 0x0020;
const CD: u16 = 0x0010;

/// What a packet costs that is answered on the spot: of several runs the quickest, for others use the machine too.
fn cost(school: &School, packet: &[u8]) -> Duration {
    const RUNS: u32 = 20;
    const PACKETS: u32 = 50;
    let run = || {
        let begun = Instant::now();
        for _ in 0..PACKETS {
            assert!(school.meet(packet).is_some(), "it is answered on the spot");
        }
        begun.elapsed() / PACKETS
    };
    (0..RUNS).map(|_| run()).min().expect("there are runs")
}
