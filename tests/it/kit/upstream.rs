//! An upstream that does what its script says: answers, delays, lies, cuts short, keeps silent, by UDP and TCP on one port.
//!
//! It stands on nothing of the program, so that unit tests use it too.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// How a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Udp,
    Tcp,
}

/// A question as the upstream saw it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub bytes: Vec<u8>,
    pub by: By,
    pub from: SocketAddr,
    /// How many questions came before it.
    pub number: usize,
}

/// What the upstream does with a question, step after step; a question with no steps is met with silence.
#[derive(Debug, Clone)]
pub enum Step {
    Wait(Duration),
    Send(Vec<u8>),
    /// Closes the TCP connection.
    Close,
}

/// The upstream; dropped, it is gone.
pub struct ScriptedUpstream {
    pub address: SocketAddr,
    seen: Seen,
    connections: Arc<AtomicUsize>,
    /// None where it listens by TCP alone.
    udp: Option<Arc<UdpSocket>>,
    tasks: JoinSet<()>,
}

/// The questions that an upstream has seen, when it is gone too.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<Vec<Asked>>>);

type Script = Arc<dyn Fn(&Asked) -> Vec<Step> + Send + Sync>;

/// What the tasks share.
#[derive(Clone)]
struct Shared {
    script: Script,
    seen: Seen,
}

impl ScriptedUpstream {
    /// Starts on a free port of 127.0.0.1.
    pub async fn start(script: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let (udp, tcp) = sockets().await;
        let address = udp.local_addr().expect("a bound socket has an address");
        Self::run(address, script, Some(udp), Some(tcp))
    }

    /// Starts at `address`, by UDP and TCP.
    pub async fn start_at(address: SocketAddr, script: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let udp = UdpSocket::bind(address).await.expect("the port is free");
        let tcp = TcpListener::bind(address).await.expect("the port is free");
        Self::run(address, script, Some(udp), Some(tcp))
    }

    /// Starts by UDP alone: whoever tries TCP is refused.
    pub async fn start_udp(script: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let (udp, _) = sockets().await;
        let address = udp.local_addr().expect("a bound socket has an address");
        Self::run(address, script, Some(udp), None)
    }

    /// Answers each A question with `ip`, each other one with no data.
    pub async fn answering(ip: Ipv4Addr) -> Self {
        Self::start(move |asked| vec![Step::Send(asked.answer(ip))]).await
    }

    /// An address at which nobody listens.
    pub async fn nobody() -> SocketAddr {
        sockets().await.0.local_addr().expect("a bound socket has an address")
    }

    /// All questions so far, in order.
    pub fn seen(&self) -> Vec<Asked> {
        self.seen.all()
    }

    /// All questions so far and from now on.
    pub fn seen_from_now(&self) -> Seen {
        self.seen.clone()
    }

    /// Goes away: when this is over its port is closed.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }

    /// Goes away, and gives the socket that holds its port from then on without ever letting it go: what is connected elsewhere hears
    /// nobody here, so that whoever asks is told that the port is closed.
    pub async fn leave(mut self) -> Arc<UdpSocket> {
        self.tasks.shutdown().await;
        let held = self.udp.take().expect("it listened by UDP");
        held.connect("127.0.0.1:9").await.expect("loopback is routed");
        held
    }

    /// How many questions came so.
    pub fn count(&self, by: By) -> usize {
        self.seen().iter().filter(|asked| asked.by == by).count()
    }

    /// How many TCP connections were opened.
    pub fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }

    fn run(
        address: SocketAddr,
        script: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static,
        udp: Option<UdpSocket>,
        tcp: Option<TcpListener>,
    ) -> Self {
        let seen = Seen::default();
        let shared = Shared { script: Arc::new(script), seen: seen.clone() };
        let connections = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        let udp = udp.map(Arc::new);
        if let Some(udp) = &udp {
            tasks.spawn(datagrams(Arc::clone(udp), shared.clone()));
        }
        if let Some(tcp) = tcp {
            tasks.spawn(streams(tcp, shared, Arc::clone(&connections)));
        }
        Self { address, seen, connections, udp, tasks }
    }
}

impl Seen {
    /// In order.
    pub fn all(&self) -> Vec<Asked> {
        self.0.lock().expect("no task panics with the lock").clone()
    }
}

impl Shared {
    fn ask(&self, bytes: &[u8], by: By, from: SocketAddr) -> Vec<Step> {
        let asked = {
            let mut seen = self.seen.0.lock().expect("no task panics with the lock");
            let asked = Asked { bytes: bytes.to_vec(), by, from, number: seen.len() };
            seen.push(asked.clone());
            asked
        };
        (self.script)(&asked)
    }
}

/// A UDP and a TCP socket on the same free port.
async fn sockets() -> (UdpSocket, TcpListener) {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
        let address = tcp.local_addr().expect("a bound socket has an address");
        if let Ok(udp) = UdpSocket::bind(address).await {
            return (udp, tcp);
        }
    }
}

async fn datagrams(socket: Arc<UdpSocket>, shared: Shared) {
    let mut tasks = JoinSet::new();
    let mut buffer = vec![0; 65_535];
    loop {
        // An ICMP error of an asker who has left is no end.
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
        let steps = shared.ask(&buffer[..length], By::Udp, from);
        let socket = Arc::clone(&socket);
        tasks.spawn(async move {
            for step in steps {
                match step {
                    Step::Wait(time) => tokio::time::sleep(time).await,
                    Step::Send(bytes) => drop(socket.send_to(&bytes, from).await),
                    Step::Close => {}
                }
            }
        });
        while tasks.try_join_next().is_some() {}
    }
}

async fn streams(listener: TcpListener, shared: Shared, connections: Arc<AtomicUsize>) {
    let mut tasks = JoinSet::new();
    loop {
        let (stream, from) = listener.accept().await.expect("a listener accepts");
        connections.fetch_add(1, SeqCst);
        tasks.spawn(stream_of(stream, from, shared.clone()));
    }
}

/// One connection: each question's steps run beside the others', so answers leave in the order of their delays.
async fn stream_of(stream: TcpStream, from: SocketAddr, shared: Shared) {
    let (mut incoming, mut outgoing) = stream.into_split();
    let (sender, mut replies) = mpsc::unbounded_channel::<Step>();
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            length = incoming.read_u16() => {
                let Ok(length) = length else { return };
                let mut bytes = vec![0; usize::from(length)];
                if incoming.read_exact(&mut bytes).await.is_err() {
                    return;
                }
                let steps = shared.ask(&bytes, By::Tcp, from);
                let sender = sender.clone();
                tasks.spawn(async move {
                    for step in steps {
                        match step {
                            Step::Wait(time) => tokio::time::sleep(time).await,
                            Step::Send(_) | Step::Close => drop(sender.send(step)),
                        }
                    }
                });
            }
            Some(step) = replies.recv() => match step {
                Step::Send(bytes) => {
                    let length = u16::try_from(bytes.len()).expect("a message has at most 65,535 octets");
                    if outgoing.write_all(&[&length.to_be_bytes(), &bytes[..]].concat()).await.is_err() {
                        return;
                    }
                }
                Step::Close => return,
                Step::Wait(_) => {}
            },
        }
    }
}

impl Asked {
    /// The message id.
    pub fn id(&self) -> u16 {
        u16::from_be_bytes([self.bytes[0], self.bytes[1]])
    }

    /// The name in wire form as it was spelt.
    pub fn spelling(&self) -> &[u8] {
        let end = self.question_end();
        &self.bytes[12..end - 4]
    }

    /// The name in lower case, as people write it.
    pub fn name(&self) -> String {
        let mut labels = Vec::new();
        let mut rest = self.spelling();
        while rest[0] > 0 {
            let (label, next) = rest[1..].split_at(usize::from(rest[0]));
            labels.push(String::from_utf8_lossy(label).to_ascii_lowercase());
            rest = next;
        }
        labels.join(".")
    }

    /// The type asked for, as a number.
    pub fn record_type(&self) -> u16 {
        let end = self.question_end();
        u16::from_be_bytes([self.bytes[end - 4], self.bytes[end - 3]])
    }

    /// Whether the question carries EDNS.
    pub fn has_edns(&self) -> bool {
        self.bytes[10..12] != [0, 0]
    }

    /// An answer of one A record, TTL 300; no data where another type is asked for.
    pub fn answer(&self, ip: Ipv4Addr) -> Vec<u8> {
        self.answer_for(ip, 300)
    }

    /// An answer of one A record with this TTL; no data where another type is asked for.
    pub fn answer_for(&self, ip: Ipv4Addr, ttl: u32) -> Vec<u8> {
        let mut reply = self.reply(0x8180);
        if self.record_type() == 1 {
            reply[7] = 1;
            reply.extend([0xc0, 12, 0, 1, 0, 1]);
            reply.extend(ttl.to_be_bytes());
            reply.extend([0, 4]);
            reply.extend(ip.octets());
        }
        reply
    }

    /// A reply without records and with this rcode.
    pub fn rcode(&self, rcode: u8) -> Vec<u8> {
        self.reply(0x8180 | u16::from(rcode))
    }

    /// A reply with this rcode and, in the authority section, an SOA record of the root with this TTL and minimum.
    pub fn negative(&self, rcode: u8, ttl: u32, minimum: u32) -> Vec<u8> {
        let mut reply = self.rcode(rcode);
        reply[9] = 1;
        reply.extend([0, 0, 6, 0, 1]);
        reply.extend(ttl.to_be_bytes());
        reply.extend([0, 22, 0, 0]);
        for number in [1, 3600, 1200, 604_800, minimum] {
            reply.extend(u32::to_be_bytes(number));
        }
        reply
    }

    /// A reply without records, with this rcode and extended error.
    pub fn extended_error(&self, rcode: u8, code: u16, text: &str) -> Vec<u8> {
        let mut reply = self.rcode(rcode);
        reply[11] = 1;
        let length = u16::try_from(text.len()).expect("a short text");
        reply.extend([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0]);
        for word in [length + 6, 15, length + 2, code] {
            reply.extend(word.to_be_bytes());
        }
        reply.extend(text.as_bytes());
        reply
    }

    /// A reply that is cut short: TC is set, there are no records.
    pub fn truncated(&self) -> Vec<u8> {
        self.reply(0x8380)
    }

    /// Header with these flags, and the question as it came.
    pub fn reply(&self, flags: u16) -> Vec<u8> {
        let mut reply = self.bytes[..self.question_end()].to_vec();
        reply[2..4].copy_from_slice(&flags.to_be_bytes());
        reply[6..12].fill(0);
        reply
    }

    fn question_end(&self) -> usize {
        let mut end = 12;
        while self.bytes[end] > 0 {
            end += 1 + usize::from(self.bytes[end]);
        }
        end + 5
    }
}
