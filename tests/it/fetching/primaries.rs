//! Debian's Knot and BIND as primaries: zones whole and by their changes, signed and wrongly signed, and their word of changes.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use khien::dns::{Name, RecordType, TsigAlgorithm};
use khien::fetch::{Change, Failure, News, Primary, Reason, Record, Signer, Watch};

use crate::kit::binary::Binary;
use crate::kit::daemon::{Daemon, free_address, tool, write};
use crate::kit::fetching::{ANYWHERE, Bench};
use crate::kit::udp::Client;

/// The secret of the tests, and another.
const SECRET: &str = "a2hpZW4ncyBvd24gc2VjcmV0LCBmb3IgdGVzdHMgYWxvbmU=";
const OTHER: &str = "YW5vdGhlciBzZWNyZXQgdGhhbiB0aGUgb25lIG9mIHRlc3Q=";

/// A policy zone in this version, with names beyond one message, and what a test adds.
fn zone(serial: u32, more: &str) -> String {
    let many: String =
        (0..3000).map(|number| format!("n{number}.viele.example CNAME .\n*.n{number}.viele.example CNAME .\n")).collect();
    format!(
        "$TTL 300\n@ SOA ns.example. root.example. {serial} 3600 600 604800 300\n@ NS ns.example.\nspiele.example CNAME .\n\
         *.spiele.example CNAME .\nolm.vn CNAME rpz-passthru.\nsink.example A 0.0.0.0\n{more}{many}"
    )
}

/// A list that comes from the zone at `address`, signed by this secret, if any.
fn bench(directory: &Path, address: SocketAddr, secret: Option<&str>) -> Bench {
    let signer = secret.map(|secret| Signer {
        name: Name::parse("khien").expect("a name"),
        algorithm: TsigAlgorithm::Sha256,
        secret: write(directory, "khien.key", secret),
    });
    Bench::of_zone(Primary::parse(&format!("axfr://{address}/rpz.example"), ANYWHERE, signer).expect("a zone"))
}

/// Fetches by the machine's own clock, which servers sign by.
async fn fetch(bench: &Bench) -> (News, Record) {
    let watch: Watch = std::sync::Arc::new(|_| {});
    let known = bench.fetcher.copies.record(&bench.wanted.list);
    bench.fetcher.fetch(&bench.wanted, Change::Bounded, known, Timestamp::now(), &watch).await
}

async fn failure(bench: &Bench) -> Failure {
    let (news, record) = fetch(bench).await;
    assert_eq!(news, News::Failed, "{record:?}");
    record.failure.expect("a failure has a reason")
}

/// Knot with the zone: transfers for `acl`, word of changes to `told`.
struct Knot {
    daemon: Daemon,
    directory: tempfile::TempDir,
}

impl Knot {
    async fn start(signed: bool, told: Option<SocketAddr>) -> Option<Self> {
        let directory = tempfile::tempdir().expect("a directory");
        let address = free_address();
        write(directory.path(), "rpz.zone", &zone(5, ""));
        let key = if signed { "    key: khien\n" } else { "" };
        let (remote, notify) = match told {
            None => (String::new(), ""),
            Some(told) => {
                (format!("remote:\n  - id: khien\n    address: {}@{}\n{key}", told.ip(), told.port()), "    notify: khien\n")
            }
        };
        let at = directory.path().display();
        let config = format!(
            "server:\n    listen: {}@{}\n    rundir: \"{at}\"\n    udp-workers: 1\n    tcp-workers: 1\n    background-workers: 1\n\
             log:\n  - target: stderr\n    any: info\n\
             database:\n    storage: \"{at}\"\nkey:\n  - id: khien\n    algorithm: hmac-sha256\n    secret: {SECRET}\n{remote}\
             acl:\n  - id: out\n    address: 127.0.0.1\n    action: transfer\n{key}\
             zone:\n  - domain: rpz.example\n    storage: \"{at}\"\n    file: rpz.zone\n    zonefile-load: difference\n    journal-content: changes\n    acl: out\n{notify}",
            address.ip(),
            address.port()
        );
        let path = write(directory.path(), "knot.conf", &config);
        let daemon = Daemon::start("knotd", &["-c", path.to_str().expect("a path of the kit")], address, directory.path())?;
        daemon.until("spiele.example.rpz.example", |said| said == "nodata").await;
        Some(Self { daemon, directory })
    }

    /// Another version of the zone.
    async fn change(&self, serial: u32, more: &str) {
        write(self.directory.path(), "rpz.zone", &zone(serial, more));
        let config = self.directory.path().join("knot.conf");
        let reload = || tool("knotc").arg("-c").arg(&config).args(["-b", "zone-reload", "rpz.example"]).output();
        let output = reload().expect("knotc comes with knotd");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("knotd.log")).expect("its log")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn knot_gives_the_zone_and_then_its_changes() {
    let Some(knot) = Knot::start(false, None).await else { return };
    let bench = bench(knot.directory.path(), knot.daemon.address, None);
    let (news, record) = fetch(&bench).await;
    assert_eq!((news, record.entries), (News::Fresh, 6004), "{record:?}");
    let version = record.marks.zone.expect("of a zone");
    assert_eq!((version.serial, version.refresh, version.retry), (5, 3600, 600));
    let text = bench.copy().expect("a copy");
    for line in ["spiele.example CNAME .", "*.spiele.example CNAME .", "olm.vn CNAME rpz-passthru.", "sink.example A 0.0.0.0"] {
        assert!(text.lines().any(|own| own == line), "{line}");
    }
    assert_eq!(fetch(&bench).await.0, News::Unchanged);
    knot.change(6, "neu.example CNAME .\n").await;
    let (news, record) = fetch(&bench).await;
    assert_eq!((news, record.entries), (News::Fresh, 6005), "{record:?}");
    assert!(bench.copy().expect("a copy").ends_with("neu.example CNAME .\n"));
    knot.change(7, "").await;
    assert_eq!(fetch(&bench).await.1.entries, 6004);
    let log = knot.log();
    assert!(log.contains("IXFR, outgoing"), "{log}");
    assert!(log.matches("AXFR, outgoing").count() <= 2, "the whole zone was sent once: {log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn knot_gives_a_zone_to_the_key_that_it_knows_and_to_no_other() {
    let Some(knot) = Knot::start(true, None).await else { return };
    let bench_of = |secret| bench(knot.directory.path(), knot.daemon.address, secret);
    let wrong = failure(&bench_of(Some(OTHER))).await;
    assert!(matches!(wrong.reason, Reason::Signature | Reason::Status), "{wrong}");
    let without = failure(&bench_of(None)).await;
    assert_eq!(without.reason, Reason::Status, "{without}");
    let right = bench_of(Some(SECRET));
    assert_eq!(fetch(&right).await.0, News::Fresh);
    knot.change(6, "neu.example CNAME .\n").await;
    assert_eq!(fetch(&right).await.1.entries, 6005, "changes are signed too");
}

#[tokio::test(flavor = "multi_thread")]
async fn bind_gives_the_zone_to_its_key_and_then_its_changes() {
    let directory = tempfile::tempdir().expect("a directory");
    let address = free_address();
    write(directory.path(), "rpz.zone", &zone(5, ""));
    let config = |serial| {
        write(directory.path(), "rpz.zone", &zone(serial, if serial > 5 { "neu.example CNAME .\n" } else { "" }));
        format!(
            "key \"khien\" {{ algorithm hmac-sha256; secret \"{SECRET}\"; }};\n\
             options {{ directory \"{}\"; listen-on port {} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; pid-file none; recursion no;\n\
             allow-transfer {{ key khien; }}; notify no; ixfr-from-differences yes; }};\ncontrols {{ }};\n\
             zone \"rpz.example\" {{ type primary; file \"rpz.zone\"; }};\n",
            directory.path().display(),
            address.port()
        )
    };
    let path = write(directory.path(), "named.conf", &config(5));
    let path = path.to_str().expect("a path of the kit");
    let arguments = ["-g", "-4", "-n", "1", "-c", path];
    let Some(daemon) = Daemon::start("named", &arguments, address, directory.path()) else { return };
    daemon.until("spiele.example.rpz.example", |said| said == "nodata").await;
    let right = bench(directory.path(), address, Some(SECRET));
    assert_eq!(fetch(&right).await.1.entries, 6004);
    // Read anew with another version, of which it keeps the differences.
    config(6);
    daemon.hang_up();
    daemon.until("neu.example.rpz.example", |said| said == "nodata").await;
    let (news, record) = fetch(&right).await;
    assert_eq!((news, record.entries), (News::Fresh, 6005), "{record:?}");
    let log = std::fs::read_to_string(directory.path().join("named.log")).expect("its log");
    assert!(log.contains("IXFR started") && log.contains("TSIG khien"), "{log}");
    let other = tempfile::tempdir().expect("a directory");
    let wrong = failure(&bench(other.path(), address, Some(OTHER))).await;
    assert!(wrong.reason == Reason::Signature && wrong.said.contains("BADSIG"), "{wrong}");
    let without = failure(&bench(other.path(), address, None)).await;
    assert!(without.reason == Reason::Status && without.said.contains("REFUSED"), "{without}");
}

/// Knot says by a signed word that its zone has changed, and the running program blocks by the change, long before the zone's time.
#[tokio::test(flavor = "multi_thread")]
async fn the_word_of_knot_brings_a_change_into_force() {
    let listen = free_address();
    let Some(knot) = Knot::start(true, Some(listen)).await else { return };
    let key = write(knot.directory.path(), "khien.key", SECRET);
    let config = format!(
        "[upstream]\nservers = [\"udp://{}\"]\n[[group]]\nid = \"all\"\nsubnets = [\"127.0.0.0/8\"]\ntier = \"primary\"\n\
         [[list]]\nid = \"toys\"\ncategory = \"games\"\nsource = \"axfr://{}/rpz.example\"\naccept = [\"private-address\", \"port\"]\n\
         tsig = {{ name = \"khien\", secret_file = \"{}\" }}\n",
        knot.daemon.address,
        knot.daemon.address,
        key.display()
    );
    let mut program = Binary::start_at(listen, &config);
    program.addresses().await;
    let client = Client::new("127.0.0.1", listen).await;
    let blocked = async |name: &str| {
        let reply = client.try_ask(Duration::from_millis(500), RecordType::A, name).await;
        reply.is_some_and(|reply| reply.is_blocked())
    };
    let in_force = async |name: &str| {
        let waiting = async {
            while !blocked(name).await {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), waiting).await.unwrap_or_else(|_| panic!("{name}: {}", knot.log()));
    };
    in_force("spiele.example").await;
    assert!(!blocked("neu.example").await);
    knot.change(6, "neu.example CNAME .\n").await;
    in_force("neu.example").await;
    let log = knot.log();
    assert!(log.contains("notify, outgoing") && !log.contains("notify, outgoing, remote 127.0.0.1@0, failed"), "{log}");
}
