//! What a question costs that an upstream answers at once: put, sent, heard, judged, kept and told, 64 of them under way.
//!
//! The upstream is a thread of this process that only turns questions into answers; its share of the time is shown beside.

mod kit;

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use khien::answer::upstream::{Asker, Server, Settings, UpstreamAddress};
use khien::answer::{Answer, Cache, CacheRules, Upstreams};
use khien::dns::{Name, Query, RecordType, Source, Transport};

/// So many questions are under way at once.
const UNDER_WAY: usize = 64;

/// Counts what it is told.
#[derive(Debug)]
struct Counting(Sender<bool>);

impl Asker for Counting {
    fn told(self: Box<Self>, answer: Answer) {
        self.0.send(answer.is_ok()).expect("the bench listens");
    }

    fn delayed(self: Box<Self>) {
        self.0.send(false).expect("the bench listens");
    }
}

/// A server that answers every question with one address.
fn upstream() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = socket.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        let mut message = [0; 512];
        while let Ok((length, asker)) = socket.recv_from(&mut message) {
            // Without the OPT record, which takes the last eleven octets.
            let mut answer = message[..length - 11].to_vec();
            answer[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
            answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0x0e, 0x10, 0, 4, 192, 0, 2, 1]);
            socket.send_to(&answer, asker).expect("loopback sends");
        }
    });
    address
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let _runtime = runtime.enter();
    let address = upstream();
    let settings = Settings::new(vec![Server::At(UpstreamAddress::new(Transport::Udp, address))]);
    let (upstreams, cache) = (Upstreams::new(&settings).expect("upstreams"), Arc::new(Cache::new(CacheRules::of_size(64 << 20))));
    let source = Source::new(([127, 0, 0, 1], 4000).into(), ([127, 0, 0, 1], 53).into(), Transport::Udp);
    let (sender, told) = channel();
    let mut number = 0_u64;
    let mut lost = 0_usize;
    kit::measure("64 questions of unique names by UDP", || {
        for _ in 0..UNDER_WAY {
            number += 1;
            let name = Name::parse(&format!("n{number:x}.school{:x}.example", number % 4096)).expect("a name");
            let putting = upstreams.putting(&cache, &Query::new(name, RecordType::A, source), Duration::from_secs(1));
            putting.asked_by(Box::new(Counting(sender.clone())));
        }
        lost += (0..UNDER_WAY).filter(|_| !told.recv().expect("each is told")).count();
    });
    println!("{number} questions, {lost} of them not answered in time");

    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.connect(address).expect("loopback");
    let question = [0; 60];
    kit::measure("64 datagrams to it and back, without more", || {
        let mut answer = [0; 512];
        for _ in 0..UNDER_WAY {
            socket.send(&question).expect("loopback sends");
        }
        for _ in 0..UNDER_WAY {
            socket.recv(&mut answer).expect("an answer to each");
        }
    });
}
