//! What every query costs before and after its decision: reading it, writing a blocked reply, passing a kept answer on.
//!
//! Guards the budgets of `dns::Query`, `dns::Reply`, `dns::Relayed` and `answer::special`.

mod kit;

use std::hint::black_box;
use std::time::Duration;

use khien::answer::{BlockAnswer, BlockMode, Blocked, Language, bypass, special};
use khien::dns::{Query, Relayed, Source, Transport};
use khien::lists::{CategoryEntry, Words};
use khien::policy::Reason;
use kit::measure;

/// A query for `wWw.example.vn`, type A, without EDNS and with.
const PLAIN: &[u8] = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03wWw\x07example\x02vn\x00\x00\x01\x00\x01";
const EDNS: &[u8] = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01\x03wWw\x07example\x02vn\x00\x00\x01\x00\x01\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x00";

/// An upstream's answer: an alias and four addresses, names compressed, EDNS at the end.
fn answer() -> Vec<u8> {
    let mut bytes = b"\xab\xcd\x81\x80\x00\x01\x00\x05\x00\x00\x00\x01\x03wWw\x07example\x02vn\x00\x00\x01\x00\x01".to_vec();
    bytes.extend(b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x01\x2c\x00\x07\x04edge\xc0\x10");
    for last in 1..=4 {
        bytes.extend(b"\xc0\x2c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02");
        bytes.push(last);
    }
    bytes.extend(b"\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x00");
    bytes
}

fn main() {
    let address = "127.0.0.1:53".parse().expect("an address");
    let source = Source::new(address, address, Transport::Udp);
    measure("Query::parse, without EDNS", || Query::parse(black_box(PLAIN), source));
    measure("Query::parse, with EDNS", || Query::parse(black_box(EDNS), source));

    let plain = Query::parse(PLAIN, source).expect("a query");
    let edns = Query::parse(EDNS, source).expect("a query");
    let mut out = Vec::with_capacity(4096);
    measure("special::answer, for a name that is not", || special::answer(black_box(&edns), || Duration::ZERO, &mut out));
    measure("bypass::answer, for a name that is not", || bypass::answer(black_box(&edns), || Duration::ZERO, &mut out));

    let words = |vi: &str, en: &str| Words { vi: vi.into(), en: en.into() };
    let (tier, name) = (words("Tiểu học", "Primary"), words("Mạng xã hội", "Social networks"));
    let category = CategoryEntry { id: "social".into(), name, description: Words::default(), locked: false, threat: false };
    let blocked = Blocked { reason: Reason::Tier, category: Some(&category), tier: &tier, rule_labels: 2, closed: &|| true };
    for (mode, what) in [(BlockMode::Null, "null"), (BlockMode::Nxdomain, "nxdomain")] {
        let contact = "mailto:it@truong.edu.vn".into();
        let block = BlockAnswer { mode, ttl: Duration::from_secs(30), language: Language::Vietnamese, contact };
        measure(&format!("BlockAnswer::render, {what}, without EDNS"), || block.render(black_box(&plain), &blocked, &mut out));
        measure(&format!("BlockAnswer::render, {what}, with its text"), || block.render(black_box(&edns), &blocked, &mut out));
    }

    let upstream = answer();
    measure("Relayed::read, alias and four addresses", || Relayed::read(black_box(&upstream)));
    let relayed = Relayed::read(&upstream).expect("tidy");
    measure("Relayed::render, without EDNS", || relayed.render(black_box(&plain), 7, 300, None, &mut out));
    measure("Relayed::render, with EDNS", || relayed.render(black_box(&edns), 7, 300, None, &mut out));
}
