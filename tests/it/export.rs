//! `khien lists export`: Debian's BIND, Unbound and dnsmasq, which read its files, block what Khiên blocks and nothing else.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use khien::dns::{Name, RecordType};
use tokio::net::UdpSocket;

use crate::kit::School;
use crate::kit::daemon::{Daemon, free_address, tool, write};
use crate::kit::dice::Dice;
use crate::kit::question;
use crate::kit::reply::Reply;

const CONFIG: &str = r#"
[clients]
rate_limit = "0"
[[group]]
id = "pupils"
subnets = ["10.20.0.0/16"]
tier = "primary"
[[list]]
id = "toys"
category = "games"
source = "toys.txt"
format = "adblock"
[[list]]
id = "more-toys"
category = "video"
source = "more.txt"
format = "adblock"
optional = true
[[list]]
id = "zone"
category = "social"
source = "zone.txt"
format = "rpz"
optional = true
[[exception]]
name = "s3.com"
reason = "wrongly listed"
until = "2027-12-31"
"#;

const PUPIL: &str = "10.20.1.7";

/// How many names are compared.
const NAMES: usize = 10_000;

/// What a list may hold that the formats say differently well.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kinds {
    /// Whatever a list can say of names.
    All,
    /// No exceptions for hosts alone, and no blocks of what is below a name but not of itself.
    NoneAlone,
}

/// A name below one of a few sites, so that rules stand above, at and below one another.
fn any_name(dice: &mut Dice) -> String {
    let labels: Vec<&str> = (0..dice.roll(5)).map(|_| *dice.pick(&["a", "b", "c", "www", "x_y"])).collect();
    let site = format!("s{}.com", dice.roll(300));
    labels.into_iter().map(str::to_owned).chain([site]).collect::<Vec<_>>().join(".")
}

/// Two adblock lists and a zone, whose rules stand across one another.
fn lists(dice: &mut Dice, kinds: Kinds) -> [String; 3] {
    let mut adblock = || {
        let rule = |dice: &mut Dice| {
            let name = any_name(dice);
            match dice.roll(12) {
                0..=5 => format!("||{name}^\n"),
                6..=8 => format!("|{name}^\n"),
                9 | 10 => format!("@@||{name}^\n"),
                _ if kinds == Kinds::All => format!("@@|{name}^\n"),
                _ => String::new(),
            }
        };
        (0..1500).map(|_| rule(dice)).collect::<String>()
    };
    let [one, other] = [adblock(), adblock()];
    let zone = |dice: &mut Dice| {
        let name = any_name(dice);
        match dice.roll(4) {
            0 if kinds == Kinds::All => format!("*.{name} CNAME .\n"),
            1 if kinds == Kinds::All => format!("{name} CNAME rpz-passthru.\n"),
            2 => format!("{name} CNAME .\n*.{name} CNAME .\n"),
            _ => format!("{name} CNAME .\n"),
        }
    };
    [one, other, (0..600).map(|_| zone(dice)).collect()]
}

async fn school(kinds: Kinds, seed: u64) -> School {
    let [one, other, zone] = lists(&mut Dice(seed), kinds);
    School::start_with(CONFIG, &[("toys.txt", &one), ("more.txt", &other), ("zone.txt", &zone)]).await
}

/// Names of the lists and others around them, with those that the program ships with.
fn names(seed: u64) -> Vec<Name> {
    let mut dice = Dice(seed);
    let fixed = ["w88.com", "www.w88.com", "mask.icloud.com", "youtube.com", "google.com", "connectivitycheck.gstatic.com"];
    let mut names: BTreeSet<String> = fixed.iter().map(|name| (*name).to_owned()).collect();
    while names.len() < NAMES {
        names.insert(any_name(&mut dice));
    }
    names.into_iter().map(|name| Name::parse(&name).expect("a name")).collect()
}

/// Which of `names` a school blocks for its pupils: by its answers over the very path of a query.
async fn blocked_here(school: &School, names: &[Name]) -> Vec<bool> {
    let mut blocked = Vec::with_capacity(names.len());
    for name in names {
        let reply = school.ask(PUPIL, RecordType::A, &name.to_string()).await;
        blocked.push(is_blocked(&reply, name));
    }
    blocked
}

/// A safe twin's address is another, and as good as open. The upstream has an address for every name, so that no data are a block too:
/// dnsmasq says so of a blocked name with data of its own below.
fn is_blocked(reply: &Reply, name: &Name) -> bool {
    match reply.summary().as_str() {
        "blocked" | "nxdomain" | "nodata" | "0.0.0.0" => true,
        address if address.parse::<std::net::IpAddr>().is_ok() => false,
        other => panic!("{name}: {other}"),
    }
}

/// Which of `names` a resolver blocks. What is lost on the way is asked again.
async fn blocked_there(server: SocketAddr, names: &[Name]) -> Vec<bool> {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    socket.connect(server).await.expect("loopback is routed");
    let mut blocked: Vec<Option<bool>> = vec![None; names.len()];
    let mut buffer = [0; 4096];
    let asking = async {
        while let Some(first) = blocked.iter().position(Option::is_none) {
            let open: Vec<usize> = (first..names.len()).filter(|at| blocked[*at].is_none()).take(64).collect();
            for at in &open {
                let mut packet = question::packet(&names[*at], RecordType::A);
                packet[..2].copy_from_slice(&u16::try_from(*at).expect("few names").to_be_bytes());
                socket.send(&packet).await.expect("sent");
            }
            while open.iter().any(|at| blocked[*at].is_none()) {
                let received = tokio::time::timeout(Duration::from_secs(2), socket.recv(&mut buffer)).await;
                let Ok(Ok(length)) = received else { break };
                let at = usize::from(u16::from_be_bytes([buffer[0], buffer[1]]));
                blocked[at] = Some(is_blocked(&Reply::read(&buffer[..length]), &names[at]));
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(240), asking).await.expect("all are answered in time");
    blocked.into_iter().map(|blocked| blocked.expect("it was asked until it was")).collect()
}

/// What the command writes and what it says.
async fn export(school: &School, arguments: &[&str]) -> (String, String) {
    let mut command = tool(env!("CARGO_BIN_EXE_khien"));
    command.arg("-c").arg(school.path("khien.toml")).args(["lists", "export"]).args(arguments);
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(0), "{err}");
    (out, err)
}

#[track_caller]
fn assert_alike(names: &[Name], here: &[bool], there: &[bool], what: &str) {
    let other: Vec<String> = names
        .iter()
        .zip(here.iter().zip(there))
        .filter(|(_, (here, there))| here != there)
        .map(|(name, (here, _))| format!("{name} (here {here})"))
        .collect();
    assert!(other.is_empty(), "{what}: {} of {} differ: {:?}", other.len(), names.len(), &other[..other.len().min(20)]);
    let blocked = here.iter().filter(|blocked| **blocked).count();
    assert!(blocked > names.len() / 10 && blocked < names.len() * 9 / 10, "{blocked} of {} are blocked", names.len());
}

/// A running BIND with the policy zone in `zone`.
async fn bind(directory: &Path, upstream: SocketAddr, zone: &str) -> Option<Daemon> {
    let address = free_address();
    write(directory, "rpz.zone", zone);
    let config = format!(
        "options {{ directory \"{0}\"; listen-on port {1} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; pid-file none; recursion yes;\n\
         allow-query {{ any; }}; allow-recursion {{ any; }}; forwarders {{ 127.0.0.1 port {2}; }}; forward only; notify no;\n\
         dnssec-validation no; empty-zones-enable no; response-policy {{ zone \"rpz\"; }} qname-wait-recurse no; }};\n\
         controls {{ }};\nzone \"rpz\" {{ type primary; file \"rpz.zone\"; }};\n",
        directory.display(),
        address.port(),
        upstream.port()
    );
    let path = write(directory, "named.conf", &config);
    let path = path.to_str().expect("a path of the kit");
    let daemon = Daemon::start("named", &["-g", "-4", "-n", "1", "-c", path], address, directory)?;
    daemon.until("w88.com", |said| said == "nxdomain").await;
    Some(daemon)
}

/// A running Unbound of these modules with these lines.
async fn unbound(directory: &Path, upstream: SocketAddr, modules: &str, lines: &str) -> Option<Daemon> {
    let address = free_address();
    let included = write(directory, "tier.conf", lines);
    let config = format!(
        "server:\n interface: 127.0.0.1@{}\n directory: \"{}\"\n pidfile: \"\"\n chroot: \"\"\n username: \"\"\n use-syslog: no\n do-daemonize: no\n\
         do-ip6: no\n do-not-query-localhost: no\n module-config: \"{modules}\"\n access-control: 127.0.0.0/8 allow\n\
         include: \"{}\"\nforward-zone:\n name: \".\"\n forward-addr: 127.0.0.1@{}\nremote-control:\n control-enable: no\n",
        address.port(),
        directory.display(),
        included.display(),
        upstream.port()
    );
    let path = write(directory, "unbound.conf", &config);
    let path = path.to_str().expect("a path of the kit");
    if let Ok(checked) = tool("unbound-checkconf").arg(path).output() {
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    }
    let daemon = Daemon::start("unbound", &["-d", "-c", path], address, directory)?;
    daemon.until("w88.com", |said| said == "nxdomain" || said == "0.0.0.0").await;
    Some(daemon)
}

/// A running dnsmasq with these lines.
async fn dnsmasq(directory: &Path, upstream: SocketAddr, lines: &str) -> Option<Daemon> {
    let address = free_address();
    let path = write(directory, "tier.dnsmasq", lines);
    let port = format!("--port={}", address.port());
    let server = format!("--server=127.0.0.1#{}", upstream.port());
    let file = format!("--conf-file={}", path.display());
    let arguments = [
        "--keep-in-foreground",
        "--no-resolv",
        "--no-hosts",
        "--bind-interfaces",
        "--listen-address=127.0.0.1",
        "--pid-file=",
        "--user=",
        "--log-facility=-",
        &port,
        &server,
        &file,
    ];
    let daemon = Daemon::start("dnsmasq", &arguments, address, directory)?;
    daemon.until("w88.com", |said| said == "nxdomain" || said == "0.0.0.0").await;
    Some(daemon)
}

#[tokio::test(flavor = "multi_thread")]
async fn bind_and_unbound_with_the_policy_zone_block_what_khien_blocks() {
    let school = school(Kinds::All, 1).await;
    let names = names(2);
    let (zone, err) = export(&school, &["--format", "rpz", "--tier", "primary"]).await;
    assert!(err.contains(" lines for the tier primary") && !err.contains("not said"), "{err}");
    let directory = tempfile::tempdir().expect("a directory");
    let here = blocked_here(&school, &names).await;
    if let Some(bind) = bind(directory.path(), school.upstream.address(), &zone).await {
        assert_alike(&names, &here, &blocked_there(bind.address, &names).await, "BIND");
    }
    let lines = format!("rpz:\n name: \"rpz\"\n zonefile: \"{}\"\n", write(directory.path(), "tier.zone", &zone).display());
    if let Some(unbound) = unbound(directory.path(), school.upstream.address(), "respip iterator", &lines).await {
        assert_alike(&names, &here, &blocked_there(unbound.address, &names).await, "Unbound");
    }
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unbound_and_dnsmasq_block_what_khien_blocks() {
    let school = school(Kinds::NoneAlone, 3).await;
    let names = names(4);
    let here = blocked_here(&school, &names).await;
    let directory = tempfile::tempdir().expect("a directory");
    let (lines, err) = export(&school, &["--format", "unbound", "--tier", "primary"]).await;
    assert!(!err.contains("not said"), "{err}");
    if let Some(unbound) = unbound(directory.path(), school.upstream.address(), "iterator", &lines).await {
        assert_alike(&names, &here, &blocked_there(unbound.address, &names).await, "Unbound");
    }
    let (lines, err) = export(&school, &["--format", "dnsmasq", "--tier", "primary"]).await;
    assert!(!err.contains("not said"), "{err}");
    if let Some(dnsmasq) = dnsmasq(directory.path(), school.upstream.address(), &lines).await {
        assert_alike(&names, &here, &blocked_there(dnsmasq.address, &names).await, "dnsmasq");
    }
    school.close().await;
}

/// What hosts and domains cannot say is said, and never takes along what stays open.
#[tokio::test(flavor = "multi_thread")]
async fn bare_names_close_nothing_that_stays_open() {
    let school = school(Kinds::All, 5).await;
    let names = names(6);
    let here = blocked_here(&school, &names).await;
    let (hosts, err) = export(&school, &["--format", "hosts", "--tier", "primary"]).await;
    assert!(err.contains("not said in this format: ") && err.contains(" names are blocked alone"), "{err}");
    let listed: BTreeSet<&str> = hosts.lines().filter_map(|line| line.strip_prefix("0.0.0.0 ")).collect();
    assert!(listed.len() > 1000);
    let taken: Vec<String> = names
        .iter()
        .zip(&here)
        .map(|(name, here)| (name.to_string(), here))
        .filter(|(name, here)| !**here && listed.contains(name.as_str()))
        .map(|(name, _)| name)
        .collect();
    assert!(taken.is_empty(), "a hosts file closes {taken:?}");
    let path = school.path("tier.txt");
    let (out, err) = export(&school, &["--format", "domains", "--tier", "primary", "-o", path.to_str().expect("a path")]).await;
    assert!(out.is_empty() && err.contains(" names are not blocked, or not what is below them"), "{err}");
    let text = std::fs::read_to_string(&path).expect("written");
    let listed: BTreeSet<Name> = text.lines().skip(1).map(|line| Name::parse(line).expect("a name")).collect();
    let covered = |name: &Name| name.suffixes().any(|suffix| listed.contains(&Name::from_wire(suffix).expect("a name")));
    // Whatever the lists name and leave open stays open; what no list names may be below a name that is meant alone.
    let named = |name: &Name| {
        ["toys.txt", "more.txt", "zone.txt"].iter().any(|file| {
            let text = std::fs::read_to_string(school.path(file)).expect("it is there");
            text.lines().any(|line| line.trim_start_matches("@@").trim_matches(['|', '^']) == name.to_string())
        })
    };
    let taken: Vec<&Name> = names
        .iter()
        .zip(&here)
        .filter(|(name, here)| !**here && covered(name))
        .map(|(name, _)| name)
        .take(200)
        .filter(|name| named(name))
        .collect();
    assert!(taken.is_empty(), "domains close {taken:?}");
    assert!(names.iter().filter(|name| covered(name)).count() > 1000);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tier_that_is_not_there_and_lists_that_never_came_are_no_export() {
    let school = school(Kinds::All, 7).await;
    let run = |config: std::path::PathBuf, tier: &'static str| {
        tool(env!("CARGO_BIN_EXE_khien"))
            .arg("-c")
            .arg(config)
            .args(["lists", "export", "--format", "rpz", "--tier", tier])
            .output()
            .expect("it runs")
    };
    let output = run(school.path("khien.toml"), "kindergarten");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(err.contains("there is no tier `kindergarten`\nhint: those that are: preschool, primary"), "{err}");
    let directory = tempfile::tempdir().expect("a directory");
    let text = format!(
        "[state]\ndirectory = \"{}\"\n[[list]]\nid = \"x\"\ncategory = \"games\"\nsource = \"x.txt\"\n",
        directory.path().join("state").display()
    );
    write(directory.path(), "x.txt", "a.example\n");
    let output = run(write(directory.path(), "khien.toml", &text), "primary");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{err}");
    assert!(err.contains("not compiled, and nothing is exported without them: x\nhint: "), "{err}");
    school.close().await;
}
