//! The program itself, run as a school runs it: a process with a configuration file, signals and commands.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::mpsc;

use super::http;

/// Any free port.
const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// How long the program may take for what it does at once.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `khien serve`; dropped, it is killed.
pub struct Binary {
    child: Running,
    banner: mpsc::UnboundedReceiver<String>,
    directory: tempfile::TempDir,
    listen: SocketAddr,
}

impl Binary {
    /// Starts it on a configuration without `[listen]` and `[state]`, which are written here; it may still be getting ready.
    pub fn start(config: &str) -> Self {
        Self::start_at(ANY, config)
    }

    /// As [`Binary::start`], answering DNS at this address.
    pub fn start_at(listen: SocketAddr, config: &str) -> Self {
        Self::run_as(Command::new(env!("CARGO_BIN_EXE_khien")), listen, config)
    }

    /// As [`Binary::start`], on a system that grants so many open files, and as many as `most` to who asks for more.
    pub fn start_granted(files: u32, most: u32, config: &str) -> Self {
        let mut shell = Command::new("sh");
        let limited = format!("ulimit -S -n {files} && ulimit -H -n {most} && exec \"$0\" \"$@\"");
        shell.args(["-c", &limited, env!("CARGO_BIN_EXE_khien")]);
        Self::run_as(shell, ANY, config)
    }

    fn run_as(program: Command, listen: SocketAddr, config: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("khien.toml"), Self::text(listen, &directory, config)).expect("written");
        Self::run_in(program, listen, directory)
    }

    /// Starts it anew on the files of this one, which has ended.
    pub fn again(self) -> Self {
        let Self { directory, listen, .. } = self;
        Self::run_in(Command::new(env!("CARGO_BIN_EXE_khien")), listen, directory)
    }

    fn run_in(program: Command, listen: SocketAddr, directory: tempfile::TempDir) -> Self {
        let path = directory.path().join("khien.toml");
        let log = std::fs::File::create(directory.path().join("log")).expect("written");
        let mut child =
            on_config(program, &path).arg("serve").stdout(Stdio::piped()).stderr(log).spawn().expect("the program runs");
        let said = BufReader::new(child.stdout.take().expect("piped"));
        let (lines, banner) = mpsc::unbounded_channel();
        std::thread::spawn(move || said.lines().map_while(Result::ok).try_for_each(|line| lines.send(line)));
        Self { child: Running(child), banner, directory, listen }
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

    /// Waits until its lists are there, as its pages at `http` say.
    pub async fn until_ready(&self, http: SocketAddr) {
        let ready = async {
            while http::get(http, "/readyz").await.0 != 200 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, ready).await.expect("it is ready in time");
    }

    /// The lines of its log so far that hold `part`.
    pub fn log_with(&self, part: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.directory.path().join("log")).expect("the log is text");
        text.lines().filter(|line| line.contains(part)).map(str::to_owned).collect()
    }

    /// What lies in its state directory under this name, if anything.
    pub fn state_file(&self, name: &str) -> PathBuf {
        self.directory.path().join("state").join(name)
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
        let id = i32::try_from(self.child.0.id()).ok().and_then(Pid::from_raw).expect("a process has an id");
        kill_process(id, signal).expect("it is ours");
    }

    /// Waits for its end; the exit code.
    pub async fn ended(&mut self) -> Option<i32> {
        let ended = async {
            loop {
                if let Some(status) = self.child.0.try_wait().expect("it can be waited for") {
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

/// The process; dropped, it is killed.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn command(config: &Path) -> Command {
    on_config(Command::new(env!("CARGO_BIN_EXE_khien")), config)
}

fn on_config(mut command: Command, config: &Path) -> Command {
    command.arg("-c").arg(config).stdin(Stdio::null()).env_remove("NOTIFY_SOCKET");
    command
}
