//! Each kind of value: what is read, and what is said of what is not.

use super::{Id, Size, Target};
use crate::answer::upstream::Server;
use crate::client::RateLimit;
use crate::config::file::walk::Value;
use crate::config::nearest::nearest;
use crate::dns::Name;
use crate::policy::MinuteOfDay;
use ipnet::IpNet;
use jiff::civil::{Date, date};
use std::net::SocketAddr;
use std::time::Duration;
use toml::de::{DeTable, DeValue};

/// What `value`, as TOML writes it, is read as: nothing where the type is another, the fault's words where it is faulty.
fn read<T: Value>(value: &str) -> Result<Option<T>, String> {
    let text = format!("k = {value}");
    let table = DeTable::parse(&text).expect("TOML");
    let value: &DeValue<'_> = table.get_ref().iter().next().expect("one").1.get_ref();
    T::read(value).map_err(|wrong| format!("{}; {}", wrong.what, wrong.hint))
}

fn good<T: Value>(value: &str) -> T {
    read(value).expect("free of faults").expect("of the right type")
}

#[track_caller]
fn bad<T: Value + std::fmt::Debug>(value: &str, words: &str) {
    let wrong = read::<T>(value).expect_err(value);
    assert!(wrong.contains(words), "{wrong}");
}

#[test]
fn durations_have_a_number_and_a_unit() {
    for (text, milliseconds) in
        [("0", 0), ("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("12h", 43_200_000), ("90d", 7_776_000_000)]
    {
        assert_eq!(good::<Duration>(&format!("'{text}'")), Duration::from_millis(milliseconds), "{text}");
    }
    for text in ["", "5", "5 m", "-5m", "+5m", "5M", "1.5h", "5min", "99999999999999999999d", "999999999999999d", "m", "٣m"] {
        bad::<Duration>(&format!("'{text}'"), "is no duration");
    }
    assert_eq!(read::<Duration>("30"), Ok(None));
}

#[test]
fn sizes_have_binary_units() {
    assert_eq!(good::<Size>("'64MiB'"), Size(64 << 20));
    assert_eq!(good::<Size>("'0'"), Size(0));
    for text in ["64", "64MB", "64M", "64 MiB", "-1KiB", "18446744073709551615GiB"] {
        bad::<Size>(&format!("'{text}'"), "is no size");
    }
}

#[test]
fn rates_count_queries_a_second() {
    assert_eq!(good::<RateLimit>("'1000/s'"), RateLimit::per_second(1000));
    assert_eq!(good::<RateLimit>("'0'"), RateLimit::OFF);
    for text in ["1000", "1000/m", "-1/s", "+1/s", "1e3/s", "4294967296/s", "/s", "1000 /s"] {
        bad::<RateLimit>(&format!("'{text}'"), "is no rate");
    }
}

#[test]
fn listeners_have_an_address_and_a_port() {
    assert_eq!(good::<SocketAddr>("'[::1]:53'"), "[::1]:53".parse().expect("an address"));
    bad::<SocketAddr>("'10.0.0.1'", "add the port: \"10.0.0.1:53\"");
    bad::<SocketAddr>("'::1'", "\"[::1]:53\"");
    bad::<SocketAddr>("':53'", "\"0.0.0.0:53\"");
    bad::<SocketAddr>("'localhost:53'", "write an address and a port");
    bad::<SocketAddr>("'10.0.0.1:65536'", "is no address with a port");
}

#[test]
fn networks_have_no_bits_behind_their_prefix() {
    assert_eq!(good::<IpNet>("'10.20.1.0/24'").to_string(), "10.20.1.0/24");
    assert_eq!(good::<IpNet>("'10.20.1.7'").to_string(), "10.20.1.7/32");
    assert_eq!(good::<IpNet>("'fd00::1'").to_string(), "fd00::1/128");
    assert_eq!(good::<IpNet>("'0.0.0.0/0'").to_string(), "0.0.0.0/0");
    bad::<IpNet>("'10.20.1.7/24'", "write \"10.20.1.0/24\" for the whole network, or \"10.20.1.7\"");
    bad::<IpNet>("'fd20:1::5/64'", "write \"fd20:1::/64\"");
    bad::<IpNet>("'10.0.0.0/33'", "from 0 to 32");
    bad::<IpNet>("'fd00::/129'", "from 0 to 128");
    bad::<IpNet>("'10.20.1.0/255.255.255.0'", "\"10.20.1.0/24\"");
    bad::<IpNet>("'10.20.1'", "is no network");
    bad::<IpNet>("'::ffff:10.0.0.0/104'", "IPv4 form");
}

#[test]
fn ids_are_plain_words() {
    assert_eq!(good::<Id>("'lab-1'").as_str(), "lab-1");
    bad::<Id>("''", "is empty");
    bad::<Id>("'none'", "is taken");
    bad::<Id>("'Phòng máy'", "goes into `name`");
    bad::<Id>("'Lab'", "is no id");
    bad::<Id>(&format!("'{}'", "a".repeat(65)), "longer than 64");
}

#[test]
fn names_are_folded_and_mapped() {
    assert_eq!(good::<Name>("'OLM.vn.'"), Name::parse("olm.vn").expect("a name"));
    assert_eq!(good::<Name>("'trường.vn'"), Name::parse("xn--trng-rib8295b.vn").expect("a name"), "U+1B0 and U+1EDD are mapped");
    assert_eq!(good::<Name>("'_sip.example.com'"), Name::parse("_sip.example.com").expect("a name"));
}

#[test]
fn what_is_no_name_is_said() {
    bad::<Name>("'https://olm.vn/lop-6'", "write \"olm.vn\"");
    bad::<Name>("'olm.vn:443'", "write \"olm.vn\"");
    bad::<Name>("'*.olm.vn'", "write \"olm.vn\"");
    bad::<Name>("''", "is no domain name");
    bad::<Name>("'olm..vn'", "is no domain name");
    bad::<Name>("'olm vn'", "is no domain name");
    bad::<Name>("'10.0.0.1'", "is no domain name");
    bad::<Name>("\"../../etc\\u0000\"", "is ");
    bad::<Name>(&format!("'{}.vn'", "a".repeat(64)), "is no domain name");
}

#[test]
fn a_target_without_a_dot_is_a_service() {
    assert!(matches!(good::<Target>("'youtube'"), Target::Service(id) if id.as_str() == "youtube"));
    assert!(matches!(good::<Target>("'youtube.com'"), Target::Name(_)));
    assert!(matches!(good::<Target>("'lan.'"), Target::Name(_)));
}

#[test]
fn dates_are_read_in_quotes_and_without() {
    assert_eq!(good::<Date>("'2026-09-02'"), date(2026, 9, 2));
    assert_eq!(good::<Date>("2026-09-02"), date(2026, 9, 2));
    for text in ["2026-02-30", "2026-9-2", "02/09/2026", "2026-09-02T10:00", "20260902"] {
        bad::<Date>(&format!("'{text}'"), "is no date");
    }
}

#[test]
fn times_run_from_midnight_to_midnight() {
    for (text, minutes) in [("00:00", 0), ("07:30", 450), ("11:30", 690), ("24:00", 1440), ("11:30:00", 690)] {
        assert_eq!(good::<MinuteOfDay>(&format!("'{text}'")).minutes(), minutes, "{text}");
    }
    assert_eq!(good::<MinuteOfDay>("11:30:00").to_string(), "11:30");
    for text in ["24:01", "12:60", "1130", "11:3", "-1:00", "11h30", "11:30:30", "25:00", "7:30", ""] {
        bad::<MinuteOfDay>(&format!("'{text}'"), "is no time of day");
    }
}

#[test]
fn servers_are_named_by_address() {
    assert_eq!(good::<Server>("'system'"), Server::System);
    bad::<Server>("'tls://1.1.1.1#cloudflare-dns.com'", "is not built into this version");
    bad::<Server>("'udp://dns.google'", "names no server");
}

#[test]
fn the_nearest_word_is_a_typo_away() {
    let words = ["timeout", "strategy", "id"];
    assert_eq!(nearest("tiemout", words.into_iter()), Some("timeout"));
    assert_eq!(nearest("Strategy", words.into_iter()), Some("strategy"));
    assert_eq!(nearest("time_limit", words.into_iter()), None);
    assert_eq!(nearest("xyz", words.into_iter()), None);
}
