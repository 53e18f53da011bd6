//! Another resolver or server from Debian, on loopback, in a folder of its own; skipped with a line where it is not installed.

use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use khien::dns::RecordType;
use rustix::process::{Pid, Signal, kill_process};

use super::udp::Client;

/// Where Debian puts servers.
const PATH: &str = "/usr/sbin:/usr/local/sbin:/usr/bin:/sbin:/bin";

/// A running server; dropped, it is killed.
pub struct Daemon {
    child: Child,
    /// Where it answers.
    pub address: SocketAddr,
}

impl Daemon {
    /// Starts `program` with `arguments`; none where it is not installed, which a line says.
    pub fn start(program: &str, arguments: &[&str], address: SocketAddr, directory: &Path) -> Option<Self> {
        let log = std::fs::File::create(directory.join(format!("{program}.log"))).expect("a file");
        let mut command = tool(program);
        command.args(arguments).stdin(Stdio::null()).stdout(log.try_clone().expect("a handle")).stderr(log);
        match command.spawn() {
            Ok(child) => Some(Self { child, address }),
            Err(_) => {
                println!("skipped: {program} is not installed");
                None
            }
        }
    }

    /// Makes it read its files again.
    pub fn hang_up(&self) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process has an id");
        kill_process(id, Signal::HUP).expect("it is ours");
    }

    /// Waits until it answers `name` as `wanted` says.
    pub async fn until(&self, name: &str, wanted: impl Fn(&str) -> bool) {
        let up = async {
            let client = Client::new("127.0.0.1", self.address).await;
            loop {
                let reply = client.try_ask(Duration::from_millis(300), RecordType::A, name).await;
                if reply.is_some_and(|reply| wanted(&reply.summary())) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), up).await.expect("it answers in time");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A command of Debian's, found where Debian puts servers too.
pub fn tool(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("PATH", PATH);
    command
}

/// An address of loopback whose port nobody has, by UDP and TCP.
pub fn free_address() -> SocketAddr {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let address = udp.local_addr().expect("a bound socket has an address");
        if std::net::TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

/// Writes `text` into the file `name` below `directory`.
pub fn write(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    std::fs::write(&path, text).expect("written");
    path
}
