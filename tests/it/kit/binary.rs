//! The program itself, run as a school runs it: a process with a configuration file, signals and commands.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::mpsc;

/// How long the program may take for what it does at once.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `khien serve`; dropped, it is killed.
pub struct Binary {
    child: Child,
    banner: mpsc::UnboundedReceiver<String>,
    directory: tempfile::TempDir,
    listen: SocketAddr,
}

impl Binary {
    /// Starts it on a configuration without `[listen]` and `[state]`, which are written here; it may still be getting ready.
    pub fn start(config: &str) -> Self {
        Self::start_at("127.0.0.1:0".parse().expect("an address"), config)
    }

    /// As [`Binary::start`], answering DNS at this address.
    pub fn start_at(listen: SocketAddr, config: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("khien.toml");
        std::fs::write(&path, Self::text(listen, &directory, config)).expect("written");
        let mut child =
            command(&path).arg("serve").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program runs");
        let said = BufReader::new(child.stdout.take().expect("piped"));
        let (lines, banner) = mpsc::unbounded_channel();
        std::thread::spawn(move || said.lines().map_while(Result::ok).try_for_each(|line| lines.send(line)));
        Self { child, banner, directory, listen }
    }

    fn text(listen: SocketAddr, directory: &tempfile::TempDir, config: &str) -> String {
        let state = directory.path().join("state");
        let head = format!("[listen]\ndns = [\"{listen}\"]\nhttp = [\"127.0.0.1:0\"]\n");
        format!("{head}[state]\ndirectory = \"{}\"\n{config}", state.display())
    }

    /// Writes another configuration.
    pub fn rewrite(&self, config: &str) {
        std::fs::write(self.config(), Self::text(self.listen, &self.directory, config)).expect("written");
    }

    fn config(&self) -> PathBuf {
        self.directory.path().join("khien.toml")
    }

    /// Where it answers DNS and where HTTP, as its banner says.
    pub async fn addresses(&mut self) -> (SocketAddr, SocketAddr) {
        let said = async {
            let (mut dns, mut http) = (None, None);
            while let Some(line) = self.banner.recv().await {
                let words: Vec<&str> = line.split_whitespace().collect();
                match words.as_slice() {
                    ["DNS", address, ..] => dns = address.parse().ok(),
                    ["pages", page, ..] => {
                        http = page.trim_start_matches("http://").trim_end_matches("/metrics").parse().ok();
                    }
                    ["try", ..] => break,
                    _ => {}
                }
            }
            (dns.expect("the banner names DNS"), http.expect("the banner names the pages"))
        };
        tokio::time::timeout(PATIENCE, said).await.expect("it is up in time")
    }

    /// Waits until its control socket stands: signals are caught and names answered then.
    pub async fn until_up(&self) {
        let socket = self.directory.path().join("state/control.sock");
        let up = async {
            while !socket.exists() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, up).await.expect("it is up in time");
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process has an id");
        kill_process(id, signal).expect("it is ours");
    }

    /// Waits for its end; the exit code.
    pub async fn ended(&mut self) -> Option<i32> {
        let ended = async {
            loop {
                if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                    return status.code();
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, ended).await.expect("it ends in time")
    }

    /// Runs a command on the same configuration.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = command(&self.config());
        command.args(arguments);
        let running = tokio::task::spawn_blocking(move || command.output());
        let output = tokio::time::timeout(PATIENCE, running).await.expect("it ends in time").expect("no panic");
        output.expect("the program runs")
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn command(config: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_khien"));
    command.arg("-c").arg(config).stdin(Stdio::null()).env_remove("NOTIFY_SOCKET");
    command
}
