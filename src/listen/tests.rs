//! The listeners with a responder of the test's own: batches, pipelining, bounds, stopping.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::socket::System;
use super::{Limits, Listener, Responder, Return, Step, Ways};
use crate::dns::Source;

/// Echoes packets; one that begins with `w` waits until the gate lets it through, one with `s` gets silence, one with `k` keeps its
/// worker busy.
#[derive(Clone)]
struct Echo {
    gate: Arc<Semaphore>,
    held: Arc<Held>,
}

/// A worker that is held up.
#[derive(Default)]
struct Held {
    begun: AtomicBool,
    ended: AtomicBool,
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
            Some(b'k') => {
                self.held.begun.store(true, Ordering::Release);
                while !self.held.ended.load(Ordering::Acquire) {
                    std::thread::yield_now();
                }
                Step::Silence
            }
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
        tokio::spawn(async move { reply.post(&answer.await).inspect(|outbox| outbox.send()) });
    }

    fn overloaded(&self, _worker: &mut Self::Worker, _plan: Vec<u8>, out: &mut Vec<u8>) {
        out.clear();
        out.extend(b"overloaded");
    }
}

fn start(system: System, address: &str, limits: &Limits) -> (Listener, Echo) {
    let echo = Echo { gate: Arc::new(Semaphore::new(0)), held: Arc::default() };
    let address: SocketAddr = address.parse().expect("an address");
    (Listener::start_on(system, address, 2, Ways::Untold, &echo, limits).expect("a free port"), echo)
}

/// A system that does not let sockets share a port.
const PORTABLE: System = System { share_port: |_| refused(libc::ENOPROTOOPT), ..System::THIS };

fn refused(code: i32) -> io::Result<()> {
    Err(io::Error::from_raw_os_error(code))
}

/// Runs each test on the batched and on the portable loop.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod batched {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    super::$test(super::System::THIS).await;
                }
            )*
        }
        mod portable {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    super::$test(super::PORTABLE).await;
                }
            )*
        }
    };
}

on_both!(
    udp_answers_at_once_and_later,
    ipv6_is_served_beside_ipv4,
    too_many_waiting_are_told_so,
    a_second_server_cannot_share_the_port,
    stopping_ends_under_a_flood,
    tcp_answers_out_of_order_and_byte_by_byte,
    a_stalled_connection_is_closed,
    one_source_has_a_bounded_number_of_connections,
    stopping_answers_what_is_in_flight,
);

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

async fn udp_answers_at_once_and_later(system: System) {
    let (listener, echo) = start(system, "127.0.0.1:0", &Limits::default());
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
    let (listener, _) = start(System::THIS, "0.0.0.0:0", &Limits::default());
    let port = listener.address().port();
    for local in ["127.0.0.1", "127.0.0.2", "127.7.7.7"] {
        let socket = client(SocketAddr::new(local.parse().expect("an address"), port));
        socket.send(b"local?").expect("sent");
        assert_eq!(receive(&socket), local.as_bytes());
    }
    listener.stop(Duration::from_secs(5)).await;
}

async fn ipv6_is_served_beside_ipv4(system: System) {
    let Ok(probe) = UdpSocket::bind("[::1]:0") else {
        println!("skipped: no IPv6 on this machine");
        return;
    };
    drop(probe);
    for address in ["[::1]:0", "[::]:0"] {
        let (listener, echo) = start(system, address, &Limits::default());
        let socket = UdpSocket::bind("[::1]:0").expect("a free port");
        socket.set_read_timeout(Some(Duration::from_secs(5))).expect("a time-out");
        socket.connect(("::1", listener.address().port())).expect("loopback");
        socket.send(b"local?").expect("sent");
        // The portable loop knows no more than where it is bound.
        let known = if listener.refused().is_some() { listener.address().ip().to_string() } else { "::1".to_owned() };
        assert_eq!(receive(&socket), known.as_bytes());
        socket.send(b"wait").expect("sent");
        echo.gate.add_permits(1);
        assert_eq!(receive(&socket), b"wait");
        listener.stop(Duration::from_secs(5)).await;
    }
}

async fn too_many_waiting_are_told_so(system: System) {
    let limits = Limits { waiting: 3, ..Limits::default() };
    let (listener, echo) = start(system, "127.0.0.1:0", &limits);
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

async fn a_second_server_cannot_share_the_port(system: System) {
    let (listener, echo) = start(system, "127.0.0.1:0", &Limits::default());
    assert!(Listener::start_on(system, listener.address(), 1, Ways::Untold, &echo, &Limits::default()).is_err());
    listener.stop(Duration::from_secs(5)).await;
}

/// A flood that never lets a socket run empty must not keep the workers from ending.
async fn stopping_ends_under_a_flood(system: System) {
    let (listener, _) = start(system, "127.0.0.1:0", &Limits::default());
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
async fn tcp_answers_out_of_order_and_byte_by_byte(system: System) {
    let (listener, echo) = start(system, "127.0.0.1:0", &Limits::default());
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

async fn a_stalled_connection_is_closed(system: System) {
    let limits = Limits { idle: Duration::from_millis(50), ..Limits::default() };
    let (listener, _) = start(system, "127.0.0.1:0", &limits);
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

async fn one_source_has_a_bounded_number_of_connections(system: System) {
    let limits = Limits { connections_per_source: 2, ..Limits::default() };
    let (listener, _) = start(system, "127.0.0.1:0", &limits);
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

async fn stopping_answers_what_is_in_flight(system: System) {
    let (listener, echo) = start(system, "127.0.0.1:0", &Limits::default());
    let socket = client(listener.address());
    socket.send(b"wait").expect("sent");
    socket.send(b"taken in").expect("sent");
    // The reply shows that the query before it has been taken in.
    assert_eq!(receive(&socket), b"taken in");
    echo.gate.add_permits(1);
    listener.stop(Duration::from_secs(5)).await;
    assert_eq!(receive(&socket), b"wait");
}

/// A worker that is busy does not keep the others, which share its socket, from answering.
#[tokio::test(flavor = "multi_thread")]
async fn the_portable_loop_answers_in_parallel() {
    let (listener, echo) = start(PORTABLE, "127.0.0.1:0", &Limits::default());
    let socket = client(listener.address());
    socket.send(b"keep busy").expect("sent");
    while !echo.held.begun.load(Ordering::Acquire) {
        tokio::task::yield_now().await;
    }
    for _ in 0..100 {
        socket.send(b"quick").expect("sent");
        assert_eq!(receive(&socket), b"quick");
    }
    echo.held.ended.store(true, Ordering::Release);
    listener.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_system_does_not_grant_is_said_and_the_portable_loop_serves() {
    let refusing = [
        (System { share_port: |_| refused(libc::EPERM), ..System::THIS }, "sockets that share a port: "),
        (System { tell_arrivals: |_, _| refused(libc::ENOPROTOOPT), ..System::THIS }, "word of where packets come in: "),
        (System { tell_arrivals: |_, _| refused(libc::EINVAL), ..System::THIS }, "word of where packets come in: "),
        (System { try_batches: |_| refused(libc::ENOSYS), ..System::THIS }, "packets in batches: "),
    ];
    for (system, what) in refusing {
        let (listener, _) = start(system, "0.0.0.0:0", &Limits::default());
        let said = listener.refused().map(ToString::to_string).expect("the portable loop");
        assert!(said.starts_with(what), "{said}");
        let socket = client(SocketAddr::from(([127, 0, 0, 1], listener.address().port())));
        socket.send(b"local?").expect("sent");
        assert_eq!(receive(&socket), b"0.0.0.0", "which address was asked is not made up");
        assert!(listener.tell_ways().is_err());
        listener.stop(Duration::from_secs(5)).await;
    }
    let (listener, _) = start(System::THIS, "0.0.0.0:0", &Limits::default());
    assert!(listener.refused().is_none());
    listener.stop(Duration::from_secs(5)).await;
}

/// What fails for another reason is no reason to serve with less.
#[tokio::test(flavor = "multi_thread")]
async fn other_failures_are_failures() {
    let echo = Echo { gate: Arc::new(Semaphore::new(0)), held: Arc::default() };
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    for system in [
        System { share_port: |_| refused(libc::ENOBUFS), ..System::THIS },
        System { try_batches: |_| refused(libc::EBADF), ..System::THIS },
    ] {
        assert!(Listener::start_on(system, address, 1, Ways::Untold, &echo, &Limits::default()).is_err());
    }
}
