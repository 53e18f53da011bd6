//! What costs no allocation: whatever is answered from what is at hand, for each group, and judged anew after the lists changed.

use allocation_counter::measure;
use khien::dns::{Name, RecordType, Source, Transport};
use khien::pipeline::Met;

use crate::cloaking::{CLIENTS, CONFIG};
use crate::kit::packet::{answer, name, record};
use crate::kit::reply::Reply;
use crate::kit::upstream::{Asked, Step};
use crate::kit::{School, question};

/// What is asked, and by how many of the clients it is not had.
const ASKED: [(&str, RecordType, usize); 18] = [
    ("threat.example", RecordType::A, 3),
    ("www.game.example", RecordType::AAAA, 1),
    ("game.example", RecordType::A, 1),
    ("open.example", RecordType::A, 0),
    ("leads-to-open.example", RecordType::A, 0),
    ("leads-to-threat.example", RecordType::A, 3),
    ("leads-to-game.example", RecordType::A, 1),
    ("leads-to-denied.example", RecordType::A, 1),
    ("placed-in-network.example", RecordType::A, 1),
    ("www.google.com", RecordType::A, 0),
    ("service-to-open.example", RecordType::HTTPS, 0),
    ("service-to-game.example", RecordType::HTTPS, 1),
    ("service-to-threat.example", RecordType::SVCB, 3),
    ("service-to-denied.example", RecordType::SVCB, 1),
    ("service-in-network.example", RecordType::HTTPS, 1),
    ("www.dname-to-open.example", RecordType::A, 0),
    ("www.dname-to-game.example", RecordType::A, 1),
    ("www.dname-to-threat.example", RecordType::A, 3),
];

/// Services and whole subtrees that lead elsewhere.
fn leads(asked: &Asked) -> Option<Vec<Step>> {
    let asked_for = asked.name();
    let service =
        |target: &str, hints: &[u8]| vec![answer(asked.record_type(), 3600, &[&[0, 1][..], &name(target), hints].concat())];
    let records = match asked_for.as_str() {
        "service-in-network.example" => service("", &[0, 4, 0, 4, 203, 0, 113, 66]),
        name if name.starts_with("service-to-") => {
            service(&format!("x.{}", &name["service-to-".len()..]), &[0, 4, 0, 4, 198, 51, 100, 7])
        }
        below if below.starts_with("www.dname-to-") => {
            let target = &below["www.dname-to-".len()..];
            let made = format!("www.{target}");
            vec![
                record(&name(&below["www.".len()..]), 39, 1, 3600, &name(target)),
                answer(5, 3600, &name(&made)),
                record(&name(&made), 1, 1, 3600, &[198, 51, 100, 7]),
            ]
        }
        _ => return None,
    };
    Some(vec![Step::Send(asked.respond(0, &records, &[]))])
}

fn source(client: &str, school: &School) -> Source {
    Source::new(format!("{client}:4242").parse().expect("an address"), school.dns(), Transport::Udp)
}

/// Asks all for all clients in turn, twice, and holds that judging and answering allocate nothing.
fn nothing_is_allocated(school: &School, when: &str) {
    let accounts = school.accounts();
    let mut view = accounts.view();
    accounts.refresh(&mut view);
    let mut out = Vec::with_capacity(4096);
    for pass in ["first", "second"] {
        for (name, record_type, closed_for) in ASKED {
            let packet = question::packet(&Name::parse(name).expect("a name"), record_type);
            let mut blocked = 0;
            for client in CLIENTS {
                let source = source(client, school);
                let mut met = None;
                let used = measure(|| met = Some(accounts.meet(&mut view, &packet, source, &mut out)));
                assert!(matches!(met, Some(Met::Answered)), "{when}, {pass}: {name} for {client} is at hand");
                let is_blocked = Reply::read(&out).is_blocked();
                assert_eq!(used.count_total, 0, "{when}, {pass}: {name} {record_type} for {client}: {used:?}");
                blocked += usize::from(is_blocked);
            }
            assert_eq!(blocked, closed_for, "{when}, {pass}: {name} {record_type}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_at_hand_is_judged_and_answered_without_allocating() {
    let files = [("threats.txt", "threat.example\n"), ("games.txt", "game.example\n"), ("networks.txt", "203.0.113.0/24\n")];
    let school = School::start_with(CONFIG, &files).await;
    for (name, target) in [
        ("leads-to-open.example", "open.example"),
        ("leads-to-threat.example", "threat.example"),
        ("leads-to-game.example", "www.game.example"),
        ("leads-to-denied.example", "denied.example"),
    ] {
        school.upstream.alias(name, target);
    }
    school.upstream.place("placed-in-network.example", "203.0.113.66");
    school.upstream.script(leads);
    for (name, record_type, _) in ASKED {
        for client in CLIENTS {
            school.ask(client, record_type, name).await;
        }
    }
    nothing_is_allocated(&school, "kept");
    // Another index: each answer that is kept is judged anew, and has to be for each group.
    school.write("games.txt", "game.example\nanother-game.example\n");
    school.reload().await.expect("it reloads");
    nothing_is_allocated(&school, "after a change of the lists");
}
