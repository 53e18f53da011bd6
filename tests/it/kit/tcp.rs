//! A client's TCP connection, of which a test writes every octet.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long a reply may take on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(20);

/// The connection.
pub struct Stream {
    stream: TcpStream,
}

impl Stream {
    /// Connects from 127.0.0.1.
    pub async fn to(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).await.expect("the server listens");
        stream.set_nodelay(true).expect("an option that loopback has");
        Self { stream }
    }

    /// Writes these octets.
    pub async fn write(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).await.expect("written");
    }

    /// Writes a message with its length before it.
    pub async fn send(&mut self, packet: &[u8]) {
        self.write(&framed(packet)).await;
    }

    /// The next message; none where the server has closed.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        tokio::time::timeout(PATIENCE, self.read()).await.expect("a reply or an end comes in time")
    }

    /// Sends a packet and reads the one reply.
    pub async fn ask(&mut self, packet: &[u8]) -> Vec<u8> {
        self.send(packet).await;
        self.next().await.expect("the connection is kept")
    }

    /// Sends no more, and still listens.
    pub async fn finish(&mut self) {
        self.stream.shutdown().await.expect("half closed");
    }

    async fn read(&mut self) -> Option<Vec<u8>> {
        let length = self.stream.read_u16().await.ok()?;
        let mut reply = vec![0; usize::from(length)];
        self.stream.read_exact(&mut reply).await.expect("a whole reply");
        Some(reply)
    }
}

/// A message with its length before it (RFC 1035 section 4.2.2).
pub fn framed(packet: &[u8]) -> Vec<u8> {
    [&u16::try_from(packet.len()).expect("at most 65,535 octets").to_be_bytes(), packet].concat()
}
