//! Debian's dnsmasq in front: the two lines that it needs, and what happens where the second is left out.

use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use khien::dns::{Name, RecordType};

use crate::kit::School;
use crate::kit::names::ADDRESS;
use crate::kit::question;
use crate::kit::reply::Reply;
use crate::kit::udp::{Client, ask_by_tcp};

/// Pupils and staff by addresses that this machine has; the router's own address is the pupils'.
const CONFIG: &str = r#"
[clients]
trusted_forwarders = ["127.0.0.1/32"]
[[group]]
id = "pupils"
subnets = ["127.20.0.0/16", "127.0.0.1/32"]
tier = "primary"
[[group]]
id = "staff"
subnets = ["127.40.0.0/16"]
tier = "staff"
"#;

const PUPIL: &str = "127.20.1.7";
const TEACHER: &str = "127.40.0.7";

/// What a pupil forges: the teacher's address as Client Subnet.
const FORGED: &[u8] = &[0, 1, 32, 0, 127, 40, 0, 7];

/// A running dnsmasq that asks `upstream`; dropped, it is killed.
struct Dnsmasq {
    child: Child,
    address: SocketAddr,
}

impl Dnsmasq {
    /// None where it is not installed.
    async fn start(upstream: SocketAddr, options: &[&str]) -> Option<Self> {
        let free = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port");
        let mut command = Command::new("dnsmasq");
        command.args(["--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--bind-interfaces"]);
        command.args(["--listen-address=127.0.0.1", "--pid-file=", "--user=", "--cache-size=1000", "--log-facility=-"]);
        command.arg(format!("--port={}", free.port())).arg(format!("--server={}#{}", upstream.ip(), upstream.port()));
        command.args(options).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = match command.env("PATH", "/usr/sbin:/usr/local/sbin:/usr/bin:/sbin:/bin").spawn() {
            Ok(child) => child,
            Err(_) => {
                println!("skipped: dnsmasq (Debian's dnsmasq-base) is not installed");
                return None;
            }
        };
        let dnsmasq = Self { child, address: free };
        let up = async {
            let probe = Client::new("127.20.9.9", free).await;
            while probe.try_ask(Duration::from_millis(200), RecordType::A, "localhost").await.is_none() {}
        };
        tokio::time::timeout(Duration::from_secs(30), up).await.expect("it answers in time");
        Some(dnsmasq)
    }

    /// Asks as `client`, with these options.
    async fn ask(&self, client: &str, name: &str, options: &[(u16, &[u8])]) -> Option<Reply> {
        let socket = Client::new(client, self.address).await;
        socket.send(&question::with_options(&Name::parse(name).expect("a name"), RecordType::A, options)).await;
        socket.receive_within(Duration::from_secs(3)).await
    }
}

impl Drop for Dnsmasq {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_both_lines_each_client_has_its_policy_and_no_forgery_helps() {
    let school = School::start(CONFIG).await;
    let Some(dnsmasq) = Dnsmasq::start(school.dns(), &["--add-subnet=32,128", "--strip-subnet"]).await else { return };
    let summary = async |client: &str, options: &[(u16, &[u8])]| {
        dnsmasq.ask(client, "facebook.com", options).await.expect("a reply").summary()
    };
    for _ in 0..3 {
        // Its cache hands no group's answer to the other.
        assert_eq!(summary(TEACHER, &[]).await, ADDRESS);
        assert_eq!(summary(PUPIL, &[]).await, "blocked");
        assert_eq!(summary(PUPIL, &[(8, FORGED)]).await, "blocked", "the forged subnet is replaced by the pupil's own");
        assert_eq!(summary(PUPIL, &[(8, FORGED), (8, FORGED)]).await, "blocked");
        assert_eq!(summary(PUPIL, &[(8, &[0, 1, 0, 0])]).await, "blocked");
        assert_eq!(summary(TEACHER, &[(8, &[0, 1, 32, 0, 127, 20, 1, 7])]).await, ADDRESS);
    }
    let name = Name::parse("facebook.com").expect("a name");
    for options in [&[][..], &[(8, FORGED)]] {
        let packet = question::with_options(&name, RecordType::A, options);
        assert_eq!(ask_by_tcp(PUPIL, dnsmasq.address, &packet).await.summary(), "blocked", "by TCP too");
        assert_eq!(ask_by_tcp(TEACHER, dnsmasq.address, &packet).await.summary(), ADDRESS);
    }
    drop(dnsmasq);
    school.close().await;
}

/// Without `strip-subnet` dnsmasq hands a pupil's own option on as its word. That cannot be told from the truth here; but the reply
/// repeats the teacher's address, and dnsmasq (2.90) drops a reply that is not for the address that asked.
#[tokio::test(flavor = "multi_thread")]
async fn without_strip_subnet_a_forged_question_comes_through_and_its_answer_does_not() {
    let school = School::start(CONFIG).await;
    let Some(dnsmasq) = Dnsmasq::start(school.dns(), &["--add-subnet=32,128"]).await else { return };
    let summary = async |client: &str| dnsmasq.ask(client, "facebook.com", &[]).await.expect("a reply").summary();
    assert_eq!((summary(PUPIL).await.as_str(), summary(TEACHER).await.as_str()), ("blocked", ADDRESS));
    let staff = school.accounts().tally.label("staff");
    let answered_for_staff = || {
        let sheet = school.accounts().tally.sum();
        sheet.responses.iter().filter(|((group, ..), _)| *group == Some(staff)).map(|(_, count)| count).sum::<u64>()
    };
    let before = answered_for_staff();
    let forged = dnsmasq.ask(PUPIL, "facebook.com", &[(8, FORGED)]).await;
    assert!(forged.is_none(), "dnsmasq let a reply through that is not for this client: {forged:?}");
    assert!(answered_for_staff() > before, "the forged question came through, and was answered as the teacher's");
    let packet = question::with_options(&Name::parse("facebook.com").expect("a name"), RecordType::A, &[(8, FORGED)]);
    assert_ne!(ask_by_tcp(PUPIL, dnsmasq.address, &packet).await.summary(), ADDRESS, "nor by TCP");
    let twice = dnsmasq.ask(PUPIL, "facebook.com", &[(8, FORGED), (8, FORGED)]).await.expect("a format error");
    assert_ne!(twice.summary(), ADDRESS, "two are refused");
    assert_eq!((summary(PUPIL).await.as_str(), summary(TEACHER).await.as_str()), ("blocked", ADDRESS));
    drop(dnsmasq);
    school.close().await;
}
