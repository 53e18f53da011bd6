//! What a query costs from packet to reply, without sockets: blocked, cached, rewritten and special names, journal and counts on.

mod kit;
#[path = "kit/served.rs"]
mod served;

use std::net::Ipv4Addr;

use khien::dns::RecordType;
use khien::pipeline::{Accounts, Met};
use served::{Served, packet, source};

fn meet(accounts: &Accounts, what: &str, packet: &[u8]) {
    let mut view = accounts.view();
    let mut out = Vec::new();
    kit::measure(what, || {
        accounts.refresh(&mut view);
        assert!(
            matches!(accounts.meet(&mut view, packet, source(Ipv4Addr::LOCALHOST), &mut out), Met::Answered),
            "{what} is answered at once"
        );
    });
}

fn main() {
    // The cached name, and the safe twin, are looked up once.
    let served = Served::start(&["www.example.com", "www.google.com"], "");
    let accounts = served.accounts();
    meet(&accounts, "blocked name", &packet("w88.com", RecordType::A));
    meet(&accounts, "cached name", &packet("www.example.com", RecordType::A));
    meet(&accounts, "name with a safe twin", &packet("www.google.com.vn", RecordType::A));
    meet(&accounts, "type without addresses", &packet("www.google.com.vn", RecordType::HTTPS));
    meet(&accounts, "special-use name", &packet("localhost", RecordType::A));
    served.stop();
}
