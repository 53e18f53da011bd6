//! What hides behind other names: 200 ways to lead from an open name to a closed name or address, and none may get through.
//!
//! Each is asked by three groups in changing order, fresh, from the cache, and after the lists changed; where a group is denied
//! nothing on the way, it gets the answer.

use hickory_proto::rr::RecordType as Wanted;
use khien::dns::{Name, RecordType};

use crate::kit::School;
use crate::kit::dice::Dice;
use crate::kit::reply::Reply;
use crate::kit::upstream::{Asked, Step};

/// Three groups, and lists of threats, of games by name and of games by network.
pub(crate) const CONFIG: &str = r#"
[[group]]
id = "lab"
subnets = ["10.20.1.0/24"]
tier = "primary"
[[group]]
id = "denying"
subnets = ["10.20.2.0/24"]
tier = "staff"
deny = ["denied.example"]
[[group]]
id = "staff"
subnets = ["10.20.9.0/24"]
tier = "staff"
[[list]]
id = "threats"
category = "malware"
source = "threats.txt"
[[list]]
id = "games"
category = "games"
source = "games.txt"
[[list]]
id = "hosts-of-games"
category = "games"
source = "networks.txt"
format = "networks"
"#;

/// One client of each group.
pub(crate) const CLIENTS: [&str; 3] = ["10.20.1.7", "10.20.2.7", "10.20.9.7"];

/// What is at the end of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Threat,
    Game,
    Denied,
    Network,
}

impl End {
    const fn name(self) -> &'static str {
        match self {
            Self::Threat => "threat.example",
            Self::Game => "game.example",
            Self::Denied => "denied.example",
            Self::Network => "harmless.example",
        }
    }

    /// Whether it is closed for the client, while the lists of games say so.
    fn is_closed(self, client: &str, games: bool) -> bool {
        match self {
            Self::Threat => true,
            Self::Game | Self::Network => games && client == CLIENTS[0],
            Self::Denied => client == CLIENTS[1],
        }
    }
}

const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;
const DNAME: u16 = 39;
const SVCB: u16 = 64;
const HTTPS: u16 = 65;

const CLOSED_V4: [u8; 4] = [203, 0, 113, 66];
const CLOSED_V6: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0x66, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
const OPEN_V4: [u8; 4] = [198, 51, 100, 7];

/// An answer as it goes over the wire, behind header and question.
#[derive(Debug, Clone, Default)]
struct Answer {
    counts: [u16; 3],
    octets: Vec<u8>,
}

impl Answer {
    fn put(&mut self, section: usize, owner: &str, record_type: u16, data: &[u8]) {
        self.counts[section] += 1;
        self.octets.extend(Name::parse(owner).expect("a name").as_wire());
        self.octets.extend([&record_type.to_be_bytes()[..], &[0, 1, 0, 0, 0x0e, 0x10]].concat());
        self.octets.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
        self.octets.extend(data);
    }

    fn reply(&self, asked: &Asked) -> Vec<u8> {
        let mut end = 12;
        while asked.bytes[end] != 0 {
            end += 1 + usize::from(asked.bytes[end]);
        }
        let mut bytes = [&asked.bytes[..2], &[0x81, 0x80, 0, 1]].concat();
        bytes.extend(self.counts.iter().flat_map(|count| count.to_be_bytes()));
        bytes.extend(&asked.bytes[12..end + 5]);
        bytes.extend(&self.octets);
        bytes
    }
}

/// A name in wire form, some letters of which are capitals.
fn spelt(name: &str, dice: &mut Dice) -> Vec<u8> {
    let mut wire = Name::parse(name).expect("a name").as_wire().to_vec();
    for octet in &mut wire {
        if octet.is_ascii_lowercase() && dice.roll(3) == 0 {
            octet.make_ascii_uppercase();
        }
    }
    wire
}

fn service(priority: u16, target: &[u8], hints: &[(u16, &[u8])]) -> Vec<u8> {
    let mut data = [&priority.to_be_bytes()[..], target].concat();
    for (key, value) in hints {
        data.extend(key.to_be_bytes());
        data.extend(u16::try_from(value.len()).expect("short").to_be_bytes());
        data.extend(*value);
    }
    data
}

/// One way: the name that is asked for, the type, what the upstream says, and what is at its end.
struct Way {
    asked: String,
    record_type: u16,
    answer: Answer,
    end: End,
}

const KINDS: usize = 16;

fn way(number: usize, dice: &mut Dice) -> Way {
    let kind = number % KINDS;
    let by_address = matches!(kind, 6..=11);
    let end = if by_address { End::Network } else { *dice.pick(&[End::Threat, End::Game, End::Denied]) };
    let zone = format!("way-{number}.example");
    let asked = format!("www.{zone}");
    // At or below the closed name.
    let target = if dice.roll(2) == 0 { end.name().to_owned() } else { format!("x.y.{}", end.name()) };
    let any_type = *dice.pick(&[A, AAAA, HTTPS, SVCB, CNAME, 16, 255]);
    let mut answer = Answer::default();
    let mut record_type = any_type;
    let root: &[u8] = &[0];
    match kind {
        // A chain of 1 to 16 aliases with the closed name at its end, or somewhere on the way.
        0 | 1 => {
            let depth = number / KINDS % 16 + 1;
            let closed = if kind == 0 { depth } else { dice.roll(depth) + 1 };
            let step = |at: usize| match at {
                0 => asked.clone(),
                at if at == closed => target.clone(),
                at => format!("step-{at}.{zone}"),
            };
            for at in 0..depth {
                answer.put(0, &step(at), CNAME, &spelt(&step(at + 1), dice));
            }
            answer.put(0, &step(depth), A, &OPEN_V4);
        }
        2 | 3 => {
            answer.put(0, &zone, DNAME, &spelt(&target, dice));
            if kind == 2 {
                answer.put(0, &asked, CNAME, &spelt(&format!("www.{target}"), dice));
            }
            answer.put(0, &format!("www.{target}"), A, &OPEN_V4);
        }
        4 | 5 => {
            record_type = if dice.roll(2) == 0 { HTTPS } else { SVCB };
            let priority = u16::from(kind == 5);
            let hints: &[(u16, &[u8])] = if kind == 5 { &[(1, b"\x02h3"), (4, &OPEN_V4)] } else { &[] };
            answer.put(0, &asked, record_type, &service(priority, &spelt(&target, dice), hints));
        }
        6 | 7 => {
            record_type = if dice.roll(2) == 0 { HTTPS } else { SVCB };
            let v4 = [OPEN_V4, CLOSED_V4].concat();
            let hints: &[(u16, &[u8])] = if kind == 6 { &[(4, &v4)] } else { &[(4, &OPEN_V4), (6, &CLOSED_V6)] };
            answer.put(0, &asked, record_type, &service(1, root, hints));
        }
        8 => {
            record_type = A;
            answer.put(0, &asked, A, &OPEN_V4);
            answer.put(0, &asked, A, &CLOSED_V4);
        }
        9 => {
            record_type = AAAA;
            answer.put(0, &asked, AAAA, &CLOSED_V6);
        }
        10 => {
            record_type = AAAA;
            answer.put(0, &asked, AAAA, &[&[0; 10][..], &[0xff, 0xff], &CLOSED_V4].concat());
        }
        // Addresses and aliases that are handed along for a target.
        11..=13 => {
            record_type = HTTPS;
            let pool = format!("pool.{zone}");
            answer.put(0, &asked, HTTPS, &service(1, &spelt(&pool, dice), &[]));
            match kind {
                11 => answer.put(2, &pool, A, &CLOSED_V4),
                12 => answer.put(2, &pool, CNAME, &spelt(&target, dice)),
                _ => answer.put(2, &pool, HTTPS, &service(u16::from(dice.roll(2) == 0), &spelt(&target, dice), &[])),
            }
        }
        14 => {
            record_type = HTTPS;
            let pool = format!("pool.{zone}");
            answer.put(0, &asked, CNAME, &spelt(&pool, dice));
            answer.put(0, &pool, HTTPS, &service(1, &spelt(&target, dice), &[]));
        }
        // The target ends in a pointer to the question's last label but the root, `example`.
        _ => {
            let labels = end.name().strip_suffix(".example").expect("all are below it");
            let own = Name::parse(&asked).expect("a name").as_wire().len();
            let pointer = u16::try_from(12 + own - 9).expect("near") | 0xc000;
            let mut data = spelt(labels, dice);
            data.pop();
            data.extend(pointer.to_be_bytes());
            answer.put(0, &asked, CNAME, &data);
            answer.put(0, end.name(), A, &OPEN_V4);
        }
    }
    Way { asked, record_type, answer, end }
}

/// Whether a reply holds anything of what is closed.
fn leaks(reply: &Reply, end: End) -> bool {
    let text = format!("{:?}", reply.message).to_lowercase();
    let own = end != End::Network && text.contains(end.name().split('.').next().expect("a label"));
    own || text.contains("203.0.113.66") || text.contains("2001:db8:66:")
}

async fn ask_all(school: &School, ways: &[Way], dice: &mut Dice, games: bool) {
    for (number, way) in ways.iter().enumerate() {
        let first = dice.roll(3);
        for turn in 0..6 {
            let client = CLIENTS[(first + turn) % 3];
            let reply = school.ask(client, RecordType(way.record_type), &way.asked).await;
            let told =
                || format!("way {number} ({:?}), {client}, type {}: {:?}", way.end, Wanted::from(way.record_type), reply.message);
            if way.end.is_closed(client, games) {
                assert!(!leaks(&reply, way.end), "leaked: {}", told());
                assert!(way.record_type == 255 || reply.is_blocked(), "not blocked: {}", told());
            } else {
                assert!(!reply.is_blocked(), "blocked: {}", told());
                assert!(way.record_type == 255 || !reply.message.answers.is_empty(), "no answer: {}", told());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_ways_to_hide_and_none_gets_through() {
    let mut dice = Dice(0x4b68_6965_6e00_0003);
    let ways: Vec<Way> = (0..224).map(|number| way(number, &mut dice)).collect();
    // ANY has an answer that says nothing, whoever asks; the others are what is counted.
    assert!(ways.iter().filter(|way| way.record_type != 255).count() >= 200);
    let games = "203.0.113.64/26\n2001:db8:66::/48\n";
    let files = [("threats.txt", "threat.example\n"), ("games.txt", "game.example\n"), ("networks.txt", games)];
    let school = School::start_with(CONFIG, &files).await;
    let answers: std::collections::HashMap<Vec<u8>, Answer> = ways
        .iter()
        .map(|way| {
            let name = Name::parse(&way.asked).expect("a name").as_wire().to_vec();
            (name, way.answer.clone())
        })
        .collect();
    school.upstream.script(move |asked| {
        let name = Name::from_wire(asked.bytes.get(12..)?).ok()?;
        let answer = answers.get(name.as_wire())?;
        Some(vec![Step::Send(answer.reply(asked))])
    });
    ask_all(&school, &ways, &mut dice, true).await;
    let asked = school.upstream.asked();

    // Other lists, the same cache: what was closed by them is open, and closed again.
    for open in [true, false] {
        school.write("games.txt", if open { "other.example\n" } else { "game.example\n" });
        school.write("networks.txt", if open { "198.18.0.0/24\n" } else { games });
        school.reload().await.expect("the lists are sound");
        school.until_ready().await;
        ask_all(&school, &ways, &mut dice, !open).await;
    }
    let anew = school.upstream.asked() - asked;
    assert!(anew < ways.len() * 12 / 4, "most of it was in the cache, but {anew} were looked up again");
    school.close().await;
}
