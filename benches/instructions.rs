//! What `benches/instructions.sh` counts: one case, called so often that what surrounds it does not count.
//!
//! No clock is read of it, so it says the same on a busy machine.

#[path = "kit/served.rs"]
mod served;

use std::hint::black_box;
use std::net::Ipv4Addr;

use khien::dns::{Name, RecordType};
use khien::pipeline::{Accounts, Met, View};
use served::{Served, packet, source};

/// How often the case runs.
const TIMES: usize = 1_000;

/// What is called.
enum Case {
    /// A packet, and whether it is answered at once.
    Packet(Vec<u8>, fn(&Met) -> bool),
    /// A name that the index is asked for.
    LookUp(Box<Name>),
}

/// Everything that runs in here is counted, and nothing else.
#[inline(never)]
fn counted(accounts: &Accounts, view: &mut View, case: &Case, out: &mut Vec<u8>) -> bool {
    match case {
        Case::Packet(packet, is_so) => is_so(&accounts.meet(view, packet, source(Ipv4Addr::LOCALHOST), out)),
        Case::LookUp(name) => !view.snapshot().index.categories(name, RecordType::A).school.is_empty(),
    }
}

fn main() {
    // `cargo test --benches` runs it without a name: all of them.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let served = Served::start(&["www.example.com"], "");
    let accounts = served.accounts();
    let (mut view, mut out) = (accounts.view(), Vec::with_capacity(4096));
    accounts.refresh(&mut view);
    let asked = |name: &str| packet(name, RecordType::A);
    let cases = [
        ("blocked", Case::Packet(asked("www.w88.com"), |met| matches!(met, Met::Answered))),
        ("cached", Case::Packet(asked("www.example.com"), |met| matches!(met, Met::Answered))),
        ("clean", Case::Packet(asked("www.school.example"), |met| matches!(met, Met::Wait(_)))),
        ("look-up", Case::LookUp(Box::new(Name::parse("www.w88.com").expect("a name")))),
    ];
    for (name, case) in cases.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name)) {
        for _ in 0..TIMES {
            assert!(black_box(counted(&accounts, &mut view, case, &mut out)), "{name} goes another way");
        }
        println!("{name}: {TIMES} times");
    }
    served.stop();
}
