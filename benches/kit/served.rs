//! A server in this process with the starter lists, one name in its cache, and an upstream that answers everything.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use khien::clock::Clock;
use khien::config::Surroundings;
use khien::dns::{Name, RecordType, Source, Transport};
use khien::office::repository::Nobody;
use khien::pipeline::{Accounts, Met};
use khien::server::{Compiler, Server, Setup};
use tokio::net::UdpSocket;
use tokio::runtime::Runtime;

/// The server and what it stands on.
pub(crate) struct Served {
    runtime: Runtime,
    server: Server,
    _directory: tempfile::TempDir,
}

/// A query with EDNS, as clients send it.
pub(crate) fn packet(name: &str, record_type: RecordType) -> Vec<u8> {
    let name = Name::parse(name).expect("a name");
    let mut bytes = vec![0x4b, 0x48, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1];
    bytes.extend(name.as_wire());
    bytes.extend(record_type.0.to_be_bytes());
    bytes.extend([0, 1, 0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);
    bytes
}

/// By UDP to this machine.
pub(crate) fn source(client: Ipv4Addr) -> Source {
    let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 53));
    Source::new(SocketAddr::from((client, 4242)), local, Transport::Udp)
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

impl Served {
    /// Starts it; `cached` are looked up once, and `more` stands at the end of its configuration.
    pub(crate) fn start(cached: &[&str], more: &str) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let directory = tempfile::tempdir().expect("a directory");
        let server = runtime.block_on(async {
            let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
            let address = socket.local_addr().expect("bound");
            tokio::spawn(upstream(socket));
            let file = directory.path().join("khien.toml");
            let state = directory.path().join("state");
            let text = format!(
                "[listen]\ndns = [\"127.0.0.1:0\"]\nhttp = []\n[state]\ndirectory = {state:?}\n[upstream]\nservers = [\"udp://{address}\"]\n[clients]\nrate_limit = \"0\"\n{more}"
            );
            std::fs::write(&file, text).expect("written");
            let surroundings = Surroundings { state, now: jiff::Timestamp::now() };
            let compiler = Compiler::at(env!("CARGO_BIN_EXE_khien").into());
            let (clock, office) = (Clock::system(), Arc::new(Nobody));
            let setup = Setup { file: Some(file), surroundings, clock, compiler, office };
            let server = Server::start(setup).await.expect("it starts");
            server.running().renew_lists().await.expect("the starter lists compile");
            let accounts = Arc::clone(server.running().accounts());
            let mut out = Vec::new();
            for name in cached {
                match accounts.meet(&mut accounts.view(), &packet(name, RecordType::A), source(Ipv4Addr::LOCALHOST), &mut out) {
                    Met::Wait(waiting) => drop(accounts.finish(&waiting).await),
                    other => panic!("a name that was never asked waits, and is not {other:?}"),
                }
            }
            server
        });
        Self { runtime, server, _directory: directory }
    }

    /// What answers.
    pub(crate) fn accounts(&self) -> Arc<Accounts> {
        Arc::clone(self.server.running().accounts())
    }

    /// Ends it.
    pub(crate) fn stop(self) {
        self.runtime.block_on(self.server.stop());
    }
}
