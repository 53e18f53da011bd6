//! What a list's server, or who stands before it, can do: each has its clear refusal, and the copy stays.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hickory_proto::op::ResponseCode;
use khien::dns::Transport;
use khien::fetch::{Accept, Bootstrap, Change, News, Origin, Page, Reason, Trust};

use crate::kit::fetching::{ANYWHERE, Bench};
use crate::kit::names::Names;
use crate::kit::pages::{Act, Authority, Pages, list, status};

const TOYS: &str = "spiele.example\nzuschauen.example\nwuerfel.example\nkarten.example\n";

/// A server that gave a sound list once, and the list as it was fetched then.
async fn fetched_once() -> (Pages, Bench) {
    let pages = Pages::with(TOYS).await;
    let bench = Bench::new(&format!("http://{}/toys.txt", pages.address), ANYWHERE);
    assert_eq!(bench.fetch().await.0, News::Fresh);
    assert_eq!(bench.copy().as_deref(), Some(TOYS));
    (pages, bench)
}

/// Does what `script` says, and asserts that it is refused for `reason` within `patience` and changes nothing.
#[track_caller]
fn refused(
    reason: Reason,
    patience: Duration,
    script: impl Fn(&str) -> Vec<Act> + Send + Sync + 'static,
) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    async move {
        let (pages, bench) = fetched_once().await;
        pages.change(script);
        let begun = Instant::now();
        let failure = bench.failure().await;
        assert_eq!(failure.reason, reason, "{place}: {failure}");
        assert!(begun.elapsed() < patience, "{place}: it took {:?}", begun.elapsed());
        assert_eq!(bench.copy().as_deref(), Some(TOYS), "{place}");
        assert_eq!(bench.leftovers(), Vec::<String>::new(), "{place}");
    }
}

const SOON: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_without_end_ends_at_the_bound() {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let mut chunk = b"10000\r\n".to_vec();
    chunk.extend(b"endlos.example\r\n\n".iter().cycle().take(0x10000));
    chunk.extend_from_slice(b"\r\n");
    refused(Reason::TooLarge, SOON, move |_| vec![Act::Send(head.clone()), Act::Repeat(chunk.clone(), Duration::ZERO)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_size_beyond_the_bound_is_not_even_begun() {
    refused(Reason::TooLarge, SOON, |_| {
        vec![Act::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".to_vec()), Act::Hold]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_octet_at_a_time_is_too_slow() {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 1 << 20).into_bytes();
    refused(Reason::Timeout, SOON, move |_| vec![Act::Send(head.clone()), Act::Repeat(b"a".to_vec(), Duration::from_millis(50))])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_never_ends_is_not_waited_for() {
    refused(Reason::Timeout, SOON, |_| vec![Act::Hold]).await;
    refused(Reason::Timeout, SOON, |_| vec![Act::Repeat(b"H".to_vec(), Duration::from_millis(400))]).await;
    // A head that only grows finds an end too.
    let line = format!("X: {}\r\n", "y".repeat(8000)).into_bytes();
    refused(Reason::Connect, SOON, move |_| {
        vec![Act::Send(b"HTTP/1.1 200 OK\r\n".to_vec()), Act::Repeat(line.clone(), Duration::ZERO)]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_packed_to_burst_is_refused() {
    let zeros = vec![b'a'; 64 << 20];
    let zstandard = zstd::encode_all(zeros.as_slice(), 3).expect("packed");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut gzip, &zeros).expect("written");
    let gzip = gzip.finish().expect("packed");
    for (packed, head) in [
        (zstandard.clone(), "Content-Encoding: zstd\r\n"),
        (zstandard, ""),
        (gzip.clone(), "Content-Encoding: gzip\r\n"),
        (gzip, ""),
    ] {
        refused(Reason::TooLarge, SOON, move |_| list(&packed, head)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_breaks_off_is_no_list() {
    let (pages, bench) = fetched_once().await;
    let whole = format!("{TOYS}{TOYS}neu.example\n");
    for place in (0..50).map(|place| place * (whole.len() - 1) / 49) {
        let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", whole.len()).into_bytes();
        answer.extend_from_slice(&whole.as_bytes()[..place]);
        pages.change(move |_| vec![Act::Send(answer.clone())]);
        let failure = bench.failure().await;
        assert_eq!(failure.reason, Reason::Truncated, "cut at {place}: {failure}");
    }
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nspiele.example\n\n\r\n".to_vec();
    pages.change(move |_| vec![Act::Send(chunked.clone())]);
    assert_eq!(bench.failure().await.reason, Reason::Truncated, "the last chunk is missing");
    pages.change(|_| vec![Act::Send(format!("HTTP/1.0 200 OK\r\n\r\n{TOYS}").into_bytes())]);
    assert_eq!(bench.failure().await.reason, Reason::Truncated, "nothing says where it ends");
    assert_eq!((bench.copy().as_deref(), bench.leftovers()), (Some(TOYS), Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_no_list_are_named() {
    refused(Reason::Status, SOON, |_| status("500 Internal Server Error", "")).await;
    refused(Reason::Status, SOON, |_| status("204 No Content", "")).await;
    // Nothing was asked by, so nothing can be unchanged.
    refused(Reason::Status, SOON, |_| status("304 Not Modified", "")).await;
    refused(Reason::Unpack, SOON, |_| list(TOYS, "Content-Encoding: br\r\n")).await;
    refused(Reason::Unpack, SOON, |_| list(TOYS, "Content-Encoding: gzip\r\n")).await;
    refused(Reason::Connect, SOON, |_| vec![Act::Send(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())]).await;
    refused(Reason::Connect, SOON, |_| vec![]).await;
    refused(Reason::Redirect, SOON, |_| status("302 Found", "")).await;
    refused(Reason::Redirect, SOON, |_| status("302 Found", "Location: /toys.txt\r\n")).await;
    refused(Reason::WebPage, SOON, |_| list("<html><title>Đăng nhập</title></html>", "Content-Type: text/plain\r\n")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_at_the_address_is_said() {
    let nobody = crate::kit::upstream::ScriptedUpstream::nobody().await;
    let bench = Bench::new(&format!("http://{nobody}/toys.txt"), ANYWHERE);
    let failure = bench.failure().await;
    assert_eq!(failure.reason, Reason::Connect, "{failure}");
    assert_eq!(bench.copy(), None);
}

/// Where private networks, this machine and nothing at all are: none of them is a list's server.
const INSIDE: [&str; 24] = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "169.254.169.254",
    "169.254.0.1",
    "0.0.0.0",
    "0.1.2.3",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.254",
    "255.255.255.255",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_inside_is_not_followed() {
    let canary = Pages::with(TOYS).await;
    let names = Names::start().await;
    let accept = Accept { http: true, port: true, private_address: false };
    let mut bench = Bench::new(&format!("http://lists.example:{}/toys.txt", canary.address.port()), accept);
    bench.fetcher.bootstrap = Bootstrap { servers: vec![(Transport::Udp, names.address())] };
    for address in INSIDE {
        names.place("lists.example", address);
        let failure = bench.failure().await;
        assert_eq!(failure.reason, Reason::Forbidden, "{address}: {failure}");
    }
    assert_eq!(canary.connections(), 0, "nobody knocked at this machine");
    // The same name is followed where the operator says so.
    names.place("lists.example", "127.0.0.1");
    bench.wanted.origin = Origin::Page(Page::parse(&bench.wanted.origin.to_string(), ANYWHERE).expect("a page"));
    assert_eq!(bench.fetch().await.0, News::Fresh);
    assert_eq!(canary.connections(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_one_server_knows_no_address_the_next_is_asked() {
    let pages = Pages::with(TOYS).await;
    let (failing, lost, sound) = (Names::start().await, Names::start().await, Names::start().await);
    failing.fail("lists.example", ResponseCode::ServFail);
    lost.fail("lists.example", ResponseCode::NXDomain);
    sound.place("lists.example", "127.0.0.1");
    let mut bench = Bench::new(&format!("http://lists.example:{}/toys.txt", pages.address.port()), ANYWHERE);
    let servers =
        |all: &[&Names], transport| Bootstrap { servers: all.iter().map(|names| (transport, names.address())).collect() };
    for transport in [Transport::Udp, Transport::Tcp] {
        bench.fetcher.bootstrap = servers(&[&failing, &lost], transport);
        let failure = bench.failure().await;
        assert_eq!(failure.reason, Reason::Resolve, "{failure}");
        bench.fetcher.bootstrap = servers(&[&failing, &lost, &sound], transport);
        assert_ne!(bench.fetch().await.0, News::Failed, "{transport:?}");
    }
    bench.fetcher.bootstrap = Bootstrap::default();
    let failure = bench.failure().await;
    assert_eq!(failure.reason, Reason::Resolve);
    assert!(failure.said.contains("[upstream] bootstrap"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_leads_nowhere_that_the_address_could_not() {
    let canary = Pages::with(TOYS).await;
    let (pages, bench) = fetched_once().await;
    let port = canary.address.port();
    // With a page at a loopback address this much is allowed; the rest is refused all the same.
    for to in [
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://0.0.0.0/".to_owned(),
        format!("http://[::ffff:169.254.169.254]:{port}/"),
        format!("http://user@127.0.0.1:{port}/"),
        format!("ftp://127.0.0.1:{port}/"),
        "file:///etc/passwd".to_owned(),
        "gopher://127.0.0.1/".to_owned(),
    ] {
        let location = format!("Location: {to}\r\n");
        pages.change(move |_| status("301 Moved Permanently", &location));
        let failure = bench.failure().await;
        assert_eq!(failure.reason, Reason::Forbidden, "{to}: {failure}");
    }
    assert_eq!(canary.connections(), 0);
    let location = format!("Location: http://{}/elsewhere.txt\r\n", canary.address);
    pages.change(move |_| status("307 Temporary Redirect", &location));
    assert_eq!(bench.fetch().await.0, News::Unchanged, "it is the same list");
    assert!(canary.requests()[0].starts_with("GET /elsewhere.txt HTTP/1.1"));
    assert_eq!(bench.copy().as_deref(), Some(TOYS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_has_to_prove_who_it_is() {
    let (trusted, other) = (Authority::new(), Authority::new());
    let names = Names::start().await;
    names.place("lists.example", "127.0.0.1");
    let accept = Accept { http: false, ..ANYWHERE };
    let bench = |pages: &Pages| {
        let mut bench = Bench::new(&format!("https://lists.example:{}/toys.txt", pages.address.port()), accept);
        bench.fetcher.bootstrap = Bootstrap { servers: vec![(Transport::Udp, names.address())] };
        bench.fetcher.trust = Trust::Only(trusted.roots());
        bench
    };
    let sound = Pages::start_as("lists.example", &trusted, |_| list(TOYS, "")).await;
    let bench_of_sound = bench(&sound);
    assert_eq!(bench_of_sound.fetch().await.0, News::Fresh);
    assert_eq!(bench_of_sound.copy().as_deref(), Some(TOYS));
    // With TLS the end of the connection is an end that nobody else can make.
    sound.change(|_| vec![Act::Send(format!("HTTP/1.0 200 OK\r\n\r\n{TOYS}").into_bytes())]);
    assert_eq!(bench_of_sound.fetch().await.0, News::Unchanged);
    sound.change(|_| status("301 Moved Permanently", "Location: http://lists.example/toys.txt\r\n"));
    assert_eq!(bench_of_sound.failure().await.reason, Reason::Forbidden, "no way leads from TLS to none");

    let forged = Pages::start_as("lists.example", &other, |_| list(TOYS, "")).await;
    let named = Pages::start_as("lists.example.org", &trusted, |_| list(TOYS, "")).await;
    for pages in [&forged, &named] {
        let bench = bench(pages);
        let failure = bench.failure().await;
        assert_eq!(failure.reason, Reason::Tls, "{failure}");
        assert_eq!(bench.copy(), None);
        assert_eq!(pages.requests(), Vec::<String>::new(), "nothing was asked of it");
    }
    let silent = Pages::with(TOYS).await;
    assert_eq!(bench(&silent).failure().await.reason, Reason::Timeout, "it waits for a request that nobody sends without TLS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_s_word_takes_what_is_much_shorter() {
    let (pages, bench) = fetched_once().await;
    pages.give("spiele.example\n");
    assert_eq!(bench.failure().await.reason, Reason::Shrunk);
    let (news, record) = bench.fetch_with(Change::Any).await;
    assert_eq!((news, record.entries, record.in_a_row), (News::Fresh, 1, 0));
    assert_eq!(bench.copy().as_deref(), Some("spiele.example\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_page_owes_the_one_before_nothing() {
    let (_pages, mut bench) = fetched_once().await;
    let other = Pages::start(|request| match request.contains("if-none-match") {
        true => status("304 Not Modified", ""),
        false => list("ganz-anders.example\n", "ETag: \"1\"\r\n"),
    })
    .await;
    bench.wanted.origin = Origin::Page(Page::parse(&format!("http://{}/b.txt", other.address), ANYWHERE).expect("a page"));
    let (news, record) = bench.fetch().await;
    assert_eq!((news, record.entries), (News::Fresh, 1));
    assert_eq!(bench.fetch().await.0, News::Unchanged);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_fetch_the_same_list_do_not_meet() {
    let pages = Pages::start(|_| {
        let mut acts = vec![Act::Pause(Duration::from_millis(300))];
        acts.extend(list(TOYS, ""));
        acts
    })
    .await;
    let bench = Arc::new(Bench::new(&format!("http://{}/toys.txt", pages.address), ANYWHERE));
    let both: Vec<_> = (0..2)
        .map(|_| {
            let bench = Arc::clone(&bench);
            tokio::spawn(async move { bench.fetch().await.0 })
        })
        .collect();
    let mut news = Vec::new();
    for one in both {
        news.push(one.await.expect("no panic"));
    }
    assert!(news.contains(&News::Fresh) && news.contains(&News::Busy), "{news:?}");
    assert_eq!((pages.connections(), bench.copy().as_deref()), (1, Some(TOYS)));
}
