//! A client with a socket of its own, on any address of 127.0.0.0/8.

use std::net::SocketAddr;
use std::time::Duration;

use khien::dns::{Name, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, UdpSocket};

use super::reply::Reply;
use super::{packet, question};

/// How long a reply may take on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(20);

/// The client.
pub struct Client {
    socket: UdpSocket,
}

impl Client {
    /// A client at `address` that asks `server`.
    pub async fn new(address: &str, server: SocketAddr) -> Self {
        let socket = UdpSocket::bind((address, 0)).await.expect("a free port");
        socket.connect(server).await.expect("loopback is routed");
        Self { socket }
    }

    /// Sends a packet.
    pub async fn send(&self, packet: &[u8]) {
        self.socket.send(packet).await.expect("sent");
    }

    /// The next reply; none where it does not come.
    pub async fn receive(&self) -> Option<Reply> {
        self.receive_within(PATIENCE).await
    }

    /// The next reply that comes within `patience`.
    pub async fn receive_within(&self, patience: Duration) -> Option<Reply> {
        let mut reply = [0; 4096];
        let length = tokio::time::timeout(patience, self.socket.recv(&mut reply)).await.ok()?.ok()?;
        Some(Reply::read(&reply[..length]))
    }

    /// The next reply's octets.
    pub async fn octets(&self) -> Vec<u8> {
        let mut reply = vec![0; 65_535];
        let received = tokio::time::timeout(PATIENCE, self.socket.recv(&mut reply)).await;
        let length = received.expect("a reply comes in time").expect("the server is there");
        reply.truncate(length);
        reply
    }

    /// Sends a packet and asserts that exactly one reply comes, whose octets are returned.
    ///
    /// A query that is answered on the spot follows it: what comes before its reply came for the packet.
    pub async fn one(&self, packet: &[u8]) -> Vec<u8> {
        self.send(packet).await;
        let reply = self.octets().await;
        assert_ne!(reply[..2], packet::SENTINEL.to_be_bytes(), "no reply to {packet:02x?}");
        self.nothing_more().await;
        reply
    }

    /// Sends a packet and asserts that no reply comes.
    pub async fn silence(&self, packet: &[u8]) {
        self.send(packet).await;
        self.nothing_more().await;
    }

    /// Asserts that what was sent until now has had all its replies.
    async fn nothing_more(&self) {
        self.send(&packet::sentinel()).await;
        let reply = self.octets().await;
        assert_eq!(reply[..2], packet::SENTINEL.to_be_bytes(), "one reply too many: {reply:02x?}");
    }

    /// Sends one query, once, and waits for its reply.
    pub async fn ask(&self, record_type: RecordType, name: &str) -> Option<Reply> {
        self.send(&question::packet(&Name::parse(name).expect("a name"), record_type)).await;
        self.receive().await
    }
}

impl Client {
    /// Sends one query to a server that may not be up yet; none where it is not, and no reply within `patience`.
    pub async fn try_ask(&self, patience: Duration, record_type: RecordType, name: &str) -> Option<Reply> {
        let sent = self.socket.send(&question::packet(&Name::parse(name).expect("a name"), record_type)).await;
        let reply = if sent.is_ok() { self.receive_within(patience).await } else { None };
        if reply.is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        reply
    }
}

/// Asks by TCP from `client`.
pub async fn ask_by_tcp(client: &str, server: SocketAddr, packet: &[u8]) -> Reply {
    let exchange = async {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::new(client.parse().expect("an address"), 0)).expect("a free port");
        let mut stream = socket.connect(server).await.expect("the server listens");
        let length = u16::try_from(packet.len()).expect("a short query");
        stream.write_all(&[&length.to_be_bytes(), packet].concat()).await.expect("sent");
        let mut reply = vec![0; usize::from(stream.read_u16().await.expect("a reply"))];
        stream.read_exact(&mut reply).await.expect("a whole reply");
        Reply::read(&reply)
    };
    tokio::time::timeout(PATIENCE, exchange).await.expect("answered in time")
}
