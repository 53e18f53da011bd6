//! What a query costs from packet to reply, without sockets: blocked, cached, rewritten and special names, journal and counts on.

mod kit;

use std::net::SocketAddr;
use std::sync::Arc;

use khien::clock::Clock;
use khien::config::Surroundings;
use khien::dns::{Name, RecordType, Source, Transport};
use khien::office::repository::Nobody;
use khien::pipeline::{Accounts, Met};
use khien::server::{Compiler, Server, Setup};
use tokio::net::UdpSocket;

fn packet(name: &str, record_type: RecordType) -> Vec<u8> {
    let name = Name::parse(name).expect("a name");
    let mut bytes = vec![0x4b, 0x48, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1];
    bytes.extend(name.as_wire());
    bytes.extend(record_type.0.to_be_bytes());
    bytes.extend([0, 1, 0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);
    bytes
}

/// Answers every question with one address, a day long.
async fn upstream(socket: UdpSocket) {
    let mut buffer = [0; 512];
    while let Ok((length, client)) = socket.recv_from(&mut buffer).await {
        let end = 12 + buffer[12..length].iter().position(|octet| *octet == 0).expect("a question") + 5;
        let mut reply = buffer[..end].to_vec();
        reply[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
        reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 1, 0x51, 0x80, 0, 4, 192, 0, 2, 7]);
        socket.send_to(&reply, client).await.expect("loopback takes it");
    }
}

fn meet(accounts: &Accounts, what: &str, packet: &[u8]) {
    let client: SocketAddr = "127.0.0.1:4242".parse().expect("an address");
    let source = Source::new(client, client, Transport::Udp);
    let mut view = accounts.view();
    let mut out = Vec::new();
    kit::measure(what, || {
        accounts.refresh(&mut view);
        assert!(matches!(accounts.meet(&mut view, packet, source, &mut out), Met::Answered), "{what} is answered at once");
    });
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let directory = tempfile::tempdir().expect("a directory");
    let server = runtime.block_on(async {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
        let address = socket.local_addr().expect("bound");
        tokio::spawn(upstream(socket));
        let file = directory.path().join("khien.toml");
        let state = directory.path().join("state");
        let text = format!(
            "[listen]\ndns = [\"127.0.0.1:0\"]\nhttp = []\n[state]\ndirectory = {state:?}\n[upstream]\nservers = [\"udp://{address}\"]\n[clients]\nrate_limit = \"0\"\n"
        );
        std::fs::write(&file, text).expect("written");
        let surroundings = Surroundings { state, now: jiff::Timestamp::now() };
        let compiler = Compiler::at(env!("CARGO_BIN_EXE_khien").into());
        let (clock, office) = (Clock::system(), Arc::new(Nobody));
        let server = Server::start(Setup { file: Some(file), surroundings, clock, compiler, office }).await.expect("it starts");
        server.running().renew_lists().await.expect("the starter lists compile");
        let accounts = Arc::clone(server.running().accounts());
        // The cached name, and the safe twin, are looked up once.
        let client: SocketAddr = "127.0.0.1:4242".parse().expect("an address");
        let mut out = Vec::new();
        let source = Source::new(client, client, Transport::Udp);
        for name in ["www.example.com", "www.google.com"] {
            match accounts.meet(&mut accounts.view(), &packet(name, RecordType::A), source, &mut out) {
                Met::Wait(waiting) => drop(accounts.finish(&waiting).await),
                other => panic!("a name that was never asked waits, and is not {other:?}"),
            }
        }
        server
    });
    let accounts = Arc::clone(server.running().accounts());
    meet(&accounts, "blocked name", &packet("w88.com", RecordType::A));
    meet(&accounts, "cached name", &packet("www.example.com", RecordType::A));
    meet(&accounts, "name with a safe twin", &packet("www.google.com.vn", RecordType::A));
    meet(&accounts, "type without addresses", &packet("www.google.com.vn", RecordType::HTTPS));
    meet(&accounts, "special-use name", &packet("localhost", RecordType::A));
    runtime.block_on(server.stop());
}
