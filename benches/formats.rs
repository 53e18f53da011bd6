//! How many lines a second the parsers of list formats read: made-up lists, and the largest real one where it is at hand.

#[path = "kit/shared.rs"]
mod shared;

use std::fs::File;
use std::hint::black_box;
use std::io::Read as _;
use std::time::Instant;

use khien::lists::format::{Format, Reading, parse};
use shared::shared;

/// How many lines a made-up list has.
const LINES: u32 = 500_000;

/// What is measured, its format, and how the format writes a name.
type Kind = (&'static str, Format, fn(&str) -> String);

fn main() {
    let kinds: [Kind; 8] = [
        ("hosts", Format::Hosts, |name| format!("0.0.0.0 {name}\n")),
        ("domains", Format::Domains, |name| format!("{name}\n")),
        ("domains, punycode", Format::Domains, |name| format!("xn--mnchen-3ya.{name}\n")),
        ("wildcard", Format::Wildcard, |name| format!("*.{name}\n")),
        ("adblock", Format::Adblock, |name| format!("||{name}^\n")),
        ("dnsmasq", Format::Dnsmasq, |name| format!("address=/{name}/#\n")),
        ("rpz", Format::Rpz, |name| format!("{name} CNAME .\n")),
        ("unbound", Format::Unbound, |name| format!("local-zone: \"{name}.\" always_null\n")),
    ];
    for (what, format, line) in kinds {
        let text: String = (0..LINES).map(|number| line(&name(number))).collect();
        measure(what, format, text.as_bytes());
    }
    let path = shared("data/lists/scale/union-4m.txt.zst");
    match File::open(&path).and_then(zstd::Decoder::new) {
        Ok(mut list) => {
            let mut text = Vec::new();
            list.read_to_end(&mut text).expect("the real list can be unpacked");
            measure("union-4m, unpacked before", Format::Domains, &text);
        }
        Err(fault) => println!("skipped: {}: {fault}", path.display()),
    }
}

/// A name as lists have them: some 20 letters, no two alike.
fn name(number: u32) -> String {
    let scattered = number.wrapping_mul(2_654_435_761);
    format!("www{}.{scattered:08x}-casino.com", number % 7)
}

fn measure(what: &str, format: Format, text: &[u8]) {
    let began = Instant::now();
    let mut labels = 0_u64;
    let reading = Reading { format: Some(format), ..Reading::default() };
    let parsed = parse(text, reading, &mut |entry| labels += black_box(entry.name).as_wire().len() as u64).expect("a list");
    let took = began.elapsed();
    let rate = f64::from(parsed.lines) / took.as_secs_f64() / 1e6;
    println!("{what:<28} {:>9} lines {:>9} entries {took:>10.1?} {rate:>6.2} M lines/s", parsed.lines, parsed.entries);
    black_box(labels);
}
