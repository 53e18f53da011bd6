//! Lists that come from zones: a scripted primary that gives, changes, errs and lies, and word of changes.

use std::time::{Duration, Instant};

use hickory_proto::rr::{Record, RecordType as Kind};
use khien::dns::{Name, RecordType, TsigAlgorithm};
use khien::fetch::{Accept, Change, News, Origin, Primary as At, Reason, Signer};

use crate::kit::School;
use crate::kit::fetching::{ANYWHERE, Bench};
use crate::kit::names::ADDRESS;
use crate::kit::primary::{Asked, Give, Primary, ZONE};
use crate::kit::transfer::{name, policy, soa};

const SOON: Duration = Duration::from_secs(10);

/// A zone of four names in this version.
fn toys(serial: u32) -> Vec<Record> {
    let names = ["spiele.example", "zuschauen.example", "wuerfel.example", "karten.example"];
    let entries = names.map(|name| policy(name, "."));
    [vec![soa(ZONE, serial)], entries.to_vec(), vec![soa(ZONE, serial)]].concat()
}

const TOYS: &str = "spiele.example CNAME .\nzuschauen.example CNAME .\nwuerfel.example CNAME .\nkarten.example CNAME .\n";

fn head(serial: u32) -> String {
    format!("; {ZONE}, as its primary gives it\n@ SOA . . {serial} 3600 600 604800 300\n")
}

fn bench(primary: &Primary) -> Bench {
    Bench::of_zone(At::parse(&primary.source(), ANYWHERE, None).expect("a zone"))
}

/// A primary that gave a sound zone once, and the zone as it was fetched then.
async fn fetched_once() -> (Primary, Bench) {
    let primary = Primary::start(|_| vec![Give::Records(toys(5))]).await;
    let bench = bench(&primary);
    let (news, record) = bench.fetch().await;
    assert_eq!((news, record.entries), (News::Fresh, 4), "{record:?}");
    assert_eq!(bench.copy(), Some(head(5) + TOYS));
    (primary, bench)
}

/// Does what `script` says, and asserts that it is refused for `reason` in time and changes nothing.
#[track_caller]
fn refused(reason: Reason, script: impl Fn(&Asked) -> Vec<Give> + Send + Sync + 'static) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    async move {
        let (primary, bench) = fetched_once().await;
        primary.change(script);
        let begun = Instant::now();
        let failure = bench.failure().await;
        assert_eq!(failure.reason, reason, "{place}: {failure}");
        assert!(begun.elapsed() < SOON, "{place}: it took {:?}", begun.elapsed());
        assert_eq!(bench.copy(), Some(head(5) + TOYS), "{place}");
        assert_eq!(bench.leftovers(), Vec::<String>::new(), "{place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_changed_is_not_sent_again_and_what_has_is_sent_alone() {
    let (primary, bench) = fetched_once().await;
    primary.change(|_| vec![Give::Records(vec![soa(ZONE, 5)])]);
    assert_eq!(bench.fetch().await.0, News::Unchanged);
    let changes =
        vec![soa(ZONE, 6), soa(ZONE, 5), policy("wuerfel.example", "."), soa(ZONE, 6), policy("neu.example", "."), soa(ZONE, 6)];
    primary.change(move |_| vec![Give::Records(changes.clone())]);
    let (news, record) = bench.fetch().await;
    assert_eq!((news, record.entries), (News::Fresh, 4), "{record:?}");
    let expected = head(6) + "spiele.example CNAME .\nzuschauen.example CNAME .\nkarten.example CNAME .\nneu.example CNAME .\n";
    assert_eq!(bench.copy(), Some(expected));
    let whole = Asked { record_type: Kind::AXFR, serial: None, signed: false };
    let since = Asked { record_type: Kind::IXFR, serial: Some(5), signed: false };
    assert_eq!(primary.asked(), [whole, since.clone(), since]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_without_changes_or_with_wrong_ones_gives_the_whole_zone() {
    let misfit = vec![soa(ZONE, 6), soa(ZONE, 5), policy("nie.example", "."), soa(ZONE, 6), soa(ZONE, 6)];
    let mut refusal = vec![0; 12];
    refusal[2..4].copy_from_slice(&[0x80, 4]);
    let gives = [
        Give::Records(toys(6)),
        Give::Records(misfit),
        Give::Records(vec![soa(ZONE, 6), soa(ZONE, 4), soa(ZONE, 6), soa(ZONE, 6)]),
        Give::Message(refusal),
        Give::Octets(Vec::new()),
    ];
    for give in gives {
        let (primary, bench) = fetched_once().await;
        let incremental = give.clone();
        primary.change(move |asked| match asked.record_type {
            Kind::IXFR => vec![incremental.clone()],
            _ => vec![Give::Records(toys(6))],
        });
        assert_eq!(bench.fetch().await.0, News::Fresh, "{give:?}");
        assert_eq!(bench.copy(), Some(head(6) + TOYS), "{give:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_takes_a_zone_whatever_its_serial() {
    let (primary, bench) = fetched_once().await;
    let mut short = toys(3);
    short.drain(2..5);
    primary.change(move |_| vec![Give::Records(short.clone())]);
    assert_eq!(bench.fetch().await.0, News::Unchanged, "an older version is none");
    let (news, record) = bench.fetch_with(Change::Any).await;
    assert_eq!((news, record.entries, record.overridden), (News::Fresh, 1, Some(4)));
    assert_eq!(bench.copy(), Some(head(3) + "spiele.example CNAME .\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_shrank_keeps_its_last_good_copy() {
    refused(Reason::Shrunk, |_| {
        let gone = ["wuerfel.example", "karten.example", "spiele.example"].map(|name| policy(name, "."));
        vec![Give::Records([vec![soa(ZONE, 6), soa(ZONE, 5)], gone.to_vec(), vec![soa(ZONE, 6), soa(ZONE, 6)]].concat())]
    })
    .await;
}

/// Records of a zone without end.
fn endless() -> Vec<Give> {
    let many = (0..500).map(|number| policy(&format!("n{number}.endlos.example"), ".")).collect();
    vec![Give::Records(vec![soa(ZONE, 6)]), Give::Again(many, Duration::ZERO)]
}

/// Changes without end, which are held until it comes.
fn endless_changes() -> Vec<Give> {
    let begins = Give::Records(vec![soa(ZONE, 6), soa(ZONE, 5), soa(ZONE, 6)]);
    let batch = |batch| {
        let owner = |number| format!("b{batch}.n{number}.endlos.example");
        Give::Records((0..500).map(|number| policy(&owner(number), ".")).collect())
    };
    std::iter::once(begins).chain((0..400).map(batch)).chain([Give::Hold]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_without_end_ends_at_the_bound() {
    refused(Reason::TooLarge, |_| endless()).await;
    refused(Reason::TooLarge, |asked| if asked.record_type == Kind::IXFR { endless_changes() } else { endless() }).await;
    let (primary, bench) = fetched_once().await;
    primary.change(|asked| if asked.record_type == Kind::IXFR { endless_changes() } else { vec![Give::Records(toys(6))] });
    assert_eq!((bench.fetch().await.0, bench.copy()), (News::Fresh, Some(head(6) + TOYS)), "whole, it has room");
}

#[tokio::test(flavor = "multi_thread")]
async fn slowness_and_silence_are_not_waited_for() {
    refused(Reason::Timeout, |_| vec![Give::Hold]).await;
    refused(Reason::Timeout, |_| {
        vec![Give::Records(vec![soa(ZONE, 6)]), Give::Again(vec![policy("a.example", ".")], Duration::from_millis(100))]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_is_missing_is_missed() {
    refused(Reason::Truncated, |_| vec![Give::Records(toys(6)[..4].to_vec())]).await;
    refused(Reason::Truncated, |_| vec![Give::Octets(vec![0x10, 0, 1, 2, 3])]).await;
    refused(Reason::Truncated, |_| Vec::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_transfer_of_the_zone_is_refused() {
    let of_another = [vec![soa("other.example", 6)], vec![soa("other.example", 6)]].concat();
    refused(Reason::Unparsable, move |_| vec![Give::Records(of_another.clone())]).await;
    let mut outside = toys(6);
    outside[2].name = name("www.bank.example");
    refused(Reason::Unparsable, move |_| vec![Give::Records(outside.clone())]).await;
    refused(Reason::Unparsable, |_| vec![Give::Records([toys(6), vec![policy("a.example", ".")]].concat())]).await;
    refused(Reason::Unparsable, |_| vec![Give::Message(vec![0; 40])]).await;
    refused(Reason::Shrunk, |_| vec![Give::Records(vec![soa(ZONE, 6), soa(ZONE, 6)])]).await;
    let mut denial = vec![0; 12];
    denial[2..4].copy_from_slice(&[0x80, 5]);
    // Another id than the question's: nobody knows whose answer it is.
    refused(Reason::Unparsable, move |_| vec![Give::Message(denial.clone())]).await;
}

/// What comes without a signature is nothing where a key was agreed on, and the zone is not asked for without one either.
#[tokio::test(flavor = "multi_thread")]
async fn a_zone_without_a_signature_is_none_where_there_is_a_key() {
    let (primary, mut bench) = fetched_once().await;
    let secret = bench.directory.path().join("khien.key");
    std::fs::write(&secret, "YSBzZWNyZXQ=").expect("written");
    let signer = Signer { name: Name::parse("khien").expect("a name"), algorithm: TsigAlgorithm::Sha256, secret };
    bench.wanted.origin = Origin::Zone(Box::new(At::parse(&primary.source(), ANYWHERE, Some(signer)).expect("a zone")));
    primary.change(|_| vec![Give::Records(toys(6))]);
    let failure = bench.failure().await;
    assert!(failure.reason == Reason::Signature && failure.said.contains("it is not signed"), "{failure}");
    let asked = primary.asked();
    assert!(asked.len() == 2 && asked[1].signed, "{asked:?}");
    assert_eq!(bench.copy(), Some(head(5) + TOYS));
}

#[tokio::test(flavor = "multi_thread")]
async fn random_octets_in_a_transfer_harm_nothing() {
    let (mut primary, mut bench) = fetched_once().await;
    let sound = crate::kit::transfer::message(0, ZONE, Kind::AXFR, &toys(6));
    let mut dice = crate::kit::dice::Dice(11);
    let mut guessed = 0;
    for _ in 0..60 {
        let mut octets = sound.clone();
        for _ in 0..1 + dice.roll(4) {
            let at = dice.roll(octets.len());
            octets[at] = u8::try_from(dice.roll(256)).expect("an octet");
        }
        primary.change(move |_| vec![Give::Message(octets.clone())]);
        let (news, _) = bench.fetch().await;
        if news == News::Fresh {
            // One id in 65,536 is the question's own.
            guessed += 1;
            assert!(guessed < 2, "its id is another");
            (primary, bench) = fetched_once().await;
            continue;
        }
        assert_eq!(bench.copy(), Some(head(5) + TOYS));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_zone_leads_inside_by_a_name() {
    let names = crate::kit::names::Names::start().await;
    names.place("intern.example", "127.0.0.1");
    let mut bench = Bench::of_zone(At::parse("axfr://intern.example/rpz.example", Accept::default(), None).expect("a zone"));
    bench.fetcher.bootstrap.servers.push((khien::dns::Transport::Udp, names.address()));
    let failure = bench.failure().await;
    assert!(failure.reason == Reason::Forbidden && failure.said.contains("leads into a private network: 127.0.0.1"), "{failure}");
}

fn config(primary: &Primary) -> String {
    let accept = "accept = [\"private-address\", \"port\"]";
    format!("[[list]]\nid = \"toys\"\ncategory = \"games\"\nsource = \"{}\"\n{accept}\n", primary.source())
}

/// Word of a change of the zone, as a primary sends it from `client`; the reply's octets, where one comes.
async fn word(school: &School, client: &str, zone: &str) -> Vec<u8> {
    let mut packet = vec![0xab, 0xcd, 0x24, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    packet.extend(khien::dns::Name::parse(zone).expect("a name").as_wire());
    packet.extend([0, 6, 0, 1]);
    let socket = crate::kit::udp::Client::new(client, school.dns()).await;
    socket.send(&packet).await;
    socket.octets().await
}

/// The zone's primary says that it changed, and pupils are blocked by what changed; nobody else is heard.
#[tokio::test(flavor = "multi_thread")]
async fn word_of_a_change_brings_it_into_force() {
    let primary = Primary::start(|_| vec![Give::Records(toys(5))]).await;
    let school = School::start(&config(&primary)).await;
    assert_eq!(school.ask("10.20.1.7", RecordType::A, "spiele.example").await.summary(), "blocked");
    assert_eq!(school.ask("10.20.1.7", RecordType::A, "neu.example").await.summary(), ADDRESS);
    primary.change(|asked| match asked.serial {
        Some(5) => {
            vec![Give::Records(vec![soa(ZONE, 6), soa(ZONE, 5), soa(ZONE, 6), policy("neu.example", "."), soa(ZONE, 6)])]
        }
        _ => vec![Give::Records(vec![soa(ZONE, asked.serial.unwrap_or(6))])],
    });
    let notimp = 4;
    assert_eq!(word(&school, "127.0.0.2", ZONE).await[3] & 0x0f, notimp, "of another address");
    assert_eq!(word(&school, "127.0.0.1", "other.example").await[3] & 0x0f, notimp, "of another zone");
    assert_eq!(primary.asked().len(), 1, "nobody was heard");
    // The server introduces its primaries to itself when it starts; until then their word is none.
    let heard = async {
        while word(&school, "127.0.0.1", ZONE).await[2..4] != [0xa4, 0] {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        while primary.asked().len() < 2 {
            school.later(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        while school.ask("10.20.1.7", RecordType::A, "neu.example").await.summary() != "blocked" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), heard).await.expect("it is in force in time");
    assert_eq!(primary.asked()[1].serial, Some(5));
    school.close().await;
}

/// Whoever says again and again that the zone has changed, its primary or who writes its address on packets, has it asked for once in
/// five seconds.
#[tokio::test(flavor = "multi_thread")]
async fn word_without_end_is_a_question_now_and_then() {
    let primary = Primary::start(|asked| match asked.serial {
        None => vec![Give::Records(toys(5))],
        Some(serial) => vec![Give::Records(vec![soa(ZONE, serial)])],
    })
    .await;
    let school = School::start(&config(&primary)).await;
    let said = async {
        while word(&school, "127.0.0.1", ZONE).await[2..4] != [0xa4, 0] {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for questions in 2..5 {
            school.later(Duration::from_secs(5));
            while primary.asked().len() < questions {
                for _ in 0..50 {
                    assert_eq!(word(&school, "127.0.0.1", ZONE).await[2..4], [0xa4, 0], "heard");
                }
            }
            assert_eq!(primary.asked().len(), questions, "the school's clock stands still");
        }
    };
    tokio::time::timeout(Duration::from_secs(60), said).await.expect("it is asked in time");
    school.close().await;
}

/// The zone's own refresh time counts as far as it is shorter than the list's.
#[tokio::test(flavor = "multi_thread")]
async fn a_zone_is_asked_for_again_when_its_own_time_is_over() {
    let primary = Primary::start(|asked| match asked.serial {
        None => vec![Give::Records(toys(5))],
        Some(serial) => vec![Give::Records(vec![soa(ZONE, serial)])],
    })
    .await;
    let school = School::start(&config(&primary)).await;
    let running = school.server().running();
    school.later(Duration::from_secs(3000));
    running.fetch_due().await.expect("in force");
    assert_eq!(primary.asked().len(), 1, "its 3600 seconds are not over, nor nine tenths of them");
    school.later(Duration::from_secs(601));
    running.fetch_due().await.expect("in force");
    assert_eq!(primary.asked().len(), 2, "they are, though the list's own day is not");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_a_zone_are_told_with_their_line() {
    let check = |config: &str| {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("khien.toml");
        std::fs::write(&path, format!("[state]\ndirectory = \"{}\"\n{config}", directory.path().display())).expect("written");
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_khien")).arg("-c").arg(&path).arg("check").output();
        String::from_utf8(output.expect("it runs").stderr).expect("UTF-8")
    };
    let list = |rest: &str| check(&format!("[[list]]\nid = \"z\"\ncategory = \"games\"\n{rest}"));
    for (rest, what) in [
        ("source = \"axfr://ns.example\"\n", "names no zone at a server"),
        ("source = \"axfr://10.0.0.1/rpz\"\n", "leads into a private network: 10.0.0.1"),
        ("source = \"axfr://9.9.9.9:5353/rpz\"\n", "has the port 5353"),
        ("source = \"ftp://9.9.9.9/rpz\"\n", "is neither a file nor a page nor a zone"),
        ("source = \"axfr://9.9.9.9/rpz\"\nformat = \"hosts\"\n", "a zone by transfer with another `format`"),
        ("source = \"axfr://9.9.9.9/rpz\"\ntsig = { name = \"k\" }\n", "without `secret_file`"),
        ("source = \"axfr://9.9.9.9/rpz\"\ntsig = { name = \"k\", secret_file = \"k\", algorithm = \"md5\" }\n", "is not known"),
        ("source = \"axfr://9.9.9.9/rpz\"\ntsig = { name = \"k\", secret_file = \"gone.key\" }\n", "gone.key cannot be read"),
        ("source = \"https://ns.example/x\"\ntsig = { name = \"k\", secret_file = \"k\" }\n", "`tsig` signs transfers of zones"),
    ] {
        let said = list(rest);
        assert!(said.contains(what) && said.contains("khien.toml:") && said.contains("hint: "), "{rest}: {said}");
    }
}
