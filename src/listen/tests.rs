//! The listeners with a responder of the test's own: batches, pipelining, bounds, stopping.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::{Limits, Listener, Responder, Return, Step, Ways};
use crate::dns::Source;

/// Echoes packets; one that begins with `w` waits until the gate lets it through, one with `s` gets silence.
#[derive(Clone)]
struct Echo {
    gate: Arc<Semaphore>,
}

impl Responder for Echo {
    type Worker = Vec<(Vec<u8>, Source)>;
    type Plan = Vec<u8>;

    fn worker(&self) -> Self::Worker {
        Vec::new()
    }

    fn refresh(&self, _worker: &mut Self::Worker) {}

    fn take_in<'p>(&self, worker: &mut Self::Worker, packets: impl Iterator<Item = (&'p [u8], Source)>) {
        *worker = packets.map(|(packet, source)| (packet.to_vec(), source)).collect();
    }

    fn judge(&self, worker: &mut Self::Worker, at: usize, out: &mut Vec<u8>) -> Step<Vec<u8>> {
        let (packet, source) = &worker[at];
        match packet.first() {
            Some(b's') => Step::Silence,
            Some(b'w') => Step::Forward(packet.to_vec()),
            Some(b'l') => {
                out.clear();
                out.extend(source.local.ip().to_string().bytes());
                Step::Answered
            }
            _ => {
                out.clear();
                out.extend_from_slice(packet);
                Step::Answered
            }
        }
    }

    fn client(_plan: &Vec<u8>) -> IpAddr {
        IpAddr::from([127, 0, 0, 1])
    }

    fn resolve(&self, plan: Vec<u8>) -> impl Future<Output = Vec<u8>> + Send + 'static {
        let gate = Arc::clone(&self.gate);
        async move {
            gate.acquire().await.expect("the gate is never closed").forget();
            plan
        }
    }

    fn forward(&self, plan: Vec<u8>, reply: Return) {
        let answer = self.resolve(plan);
        tokio::spawn(async move { reply.send(&answer.await) });
    }

    fn overloaded(&self, _worker: &mut Self::Worker, _plan: Vec<u8>, out: &mut Vec<u8>) {
        out.clear();
        out.extend(b"overloaded");
    }
}

fn start(address: &str, limits: &Limits) -> (Listener, Echo) {
    let echo = Echo { gate: Arc::new(Semaphore::new(0)) };
    let address: SocketAddr = address.parse().expect("an address");
    (Listener::start(address, 2, Ways::Untold, &echo, limits).expect("a free port"), echo)
}

fn client(server: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.connect(server).expect("loopback");
    socket.set_read_timeout(Some(Duration::from_secs(5))).expect("a time-out");
    socket
}

fn receive(socket: &UdpSocket) -> Vec<u8> {
    let mut buffer = [0; 4096];
    let length = socket.recv(&mut buffer).expect("a reply");
    buffer[..length].to_vec()
}

fn frame(body: &[u8]) -> Vec<u8> {
    [&u16::try_from(body.len()).expect("short").to_be_bytes(), body].concat()
}

fn read_frame(stream: &mut TcpStream) -> Vec<u8> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).expect("a length");
    let mut body = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut body).expect("a body");
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn udp_answers_at_once_and_later() {
    let (listener, echo) = start("127.0.0.1:0", &Limits::default());
    let socket = client(listener.address());
    for text in [&b"one"[..], b"silent: never answered", b"wait", b"two"] {
        socket.send(text).expect("sent");
    }
    assert_eq!(receive(&socket), b"one");
    assert_eq!(receive(&socket), b"two");
    echo.gate.add_permits(1);
    assert_eq!(receive(&socket), b"wait");
    listener.stop(Duration::from_secs(5)).await;
}

/// A socket bound to any address answers from the one that was asked, or a client that connected its socket hears nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_wildcard_socket_answers_from_the_address_asked() {
    let (listener, _) = start("0.0.0.0:0", &Limits::default());
    let port = listener.address().port();
    for local in ["127.0.0.1", "127.0.0.2", "127.7.7.7"] {
        let socket = client(SocketAddr::new(local.parse().expect("an address"), port));
        socket.send(b"local?").expect("sent");
        assert_eq!(receive(&socket), local.as_bytes());
    }
    listener.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ipv6_is_served_beside_ipv4() {
    let Ok(probe) = UdpSocket::bind("[::1]:0") else {
        println!("skipped: no IPv6 on this machine");
        return;
    };
    drop(probe);
    let (listener, _) = start("[::]:0", &Limits::default());
    let socket = UdpSocket::bind("[::1]:0").expect("a free port");
    socket.set_read_timeout(Some(Duration::from_secs(5))).expect("a time-out");
    socket.connect(("::1", listener.address().port())).expect("loopback");
    socket.send(b"local?").expect("sent");
    assert_eq!(receive(&socket), b"::1");
    listener.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_waiting_are_told_so() {
    let limits = Limits { waiting: 3, ..Limits::default() };
    let (listener, echo) = start("127.0.0.1:0", &limits);
    let socket = client(listener.address());
    for _ in 0..5 {
        socket.send(b"wait").expect("sent");
    }
    assert_eq!(receive(&socket), b"overloaded");
    assert_eq!(receive(&socket), b"overloaded");
    echo.gate.add_permits(3);
    for _ in 0..3 {
        assert_eq!(receive(&socket), b"wait");
    }
    listener.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_cannot_share_the_port() {
    let (listener, echo) = start("127.0.0.1:0", &Limits::default());
    assert!(Listener::start(listener.address(), 1, Ways::Untold, &echo, &Limits::default()).is_err());
    listener.stop(Duration::from_secs(5)).await;
}

/// A flood that never lets a socket run empty must not keep the workers from ending.
#[tokio::test(flavor = "multi_thread")]
async fn stopping_ends_under_a_flood() {
    let (listener, _) = start("127.0.0.1:0", &Limits::default());
    let address = listener.address();
    let flooding = Arc::new(AtomicBool::new(true));
    let floods: Vec<_> = (0..8)
        .map(|_| {
            let (socket, flooding) = (client(address), Arc::clone(&flooding));
            std::thread::spawn(move || {
                while flooding.load(Ordering::Relaxed) {
                    // After the end nobody listens there any more, which the system may say.
                    socket.send(b"silent").ok();
                }
            })
        })
        .collect();
    let stopped = tokio::time::timeout(Duration::from_secs(20), listener.stop(Duration::from_secs(1))).await;
    flooding.store(false, Ordering::Relaxed);
    for flood in floods {
        flood.join().expect("no panic");
    }
    stopped.expect("the workers end");
}

/// RFC 7766 section 6.2.1.1: replies go out as they come ready.
#[tokio::test(flavor = "multi_thread")]
async fn tcp_answers_out_of_order_and_byte_by_byte() {
    let (listener, echo) = start("127.0.0.1:0", &Limits::default());
    let address = listener.address();
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a time-out");
        stream.write_all(&frame(b"wait")).expect("sent");
        for byte in frame(b"quick") {
            stream.write_all(&[byte]).expect("sent");
        }
        assert_eq!(read_frame(&mut stream), b"quick");
        stream.shutdown(std::net::Shutdown::Write).expect("half closed");
        echo.gate.add_permits(1);
        assert_eq!(read_frame(&mut stream), b"wait");
        assert_eq!(stream.read(&mut [0; 1]).expect("the end"), 0);
    })
    .await
    .expect("no panic");
    listener.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_connection_is_closed() {
    let limits = Limits { idle: Duration::from_millis(50), ..Limits::default() };
    let (listener, _) = start("127.0.0.1:0", &limits);
    let address = listener.address();
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a time-out");
        stream.write_all(&[0, 9, b'x']).expect("sent");
        assert_eq!(stream.read(&mut [0; 1]).expect("the end"), 0);
    })
    .await
    .expect("no panic");
    listener.stop(Duration::from_secs(5)).await;
    assert_eq!(limits.counts.open(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_source_has_a_bounded_number_of_connections() {
    let limits = Limits { connections_per_source: 2, ..Limits::default() };
    let (listener, _) = start("127.0.0.1:0", &limits);
    let address = listener.address();
    tokio::task::spawn_blocking(move || {
        let connect = || {
            let stream = TcpStream::connect(address).expect("a connection");
            stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a time-out");
            stream
        };
        let (mut first, mut second) = (connect(), connect());
        for stream in [&mut first, &mut second] {
            stream.write_all(&frame(b"hello")).expect("sent");
            assert_eq!(read_frame(stream), b"hello");
        }
        assert_eq!(connect().read(&mut [0; 1]).expect("the end"), 0);
    })
    .await
    .expect("no panic");
    assert_eq!(limits.counts.refused(), 1);
    listener.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_answers_what_is_in_flight() {
    let (listener, echo) = start("127.0.0.1:0", &Limits::default());
    let socket = client(listener.address());
    socket.send(b"wait").expect("sent");
    socket.send(b"taken in").expect("sent");
    // The reply shows that the query before it has been taken in.
    assert_eq!(receive(&socket), b"taken in");
    echo.gate.add_permits(1);
    listener.stop(Duration::from_secs(5)).await;
    assert_eq!(receive(&socket), b"wait");
}
