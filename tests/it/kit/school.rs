//! A school: a real server in this process, its own state directory, a clock that the test sets, and the office's upstream.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use khien::clock::Clock;
use khien::config::Surroundings;
use khien::dns::{Name, RecordType, Source, Transport};
use khien::pipeline::{Accounts, Met};
use khien::server::{Compiler, Server, Setup, StartError};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::names::Names;
use super::office::Desk;
use super::question;
use super::reply::Reply;

/// A running server with everything around it.
pub struct School {
    /// Where names are looked up.
    pub upstream: Names,
    /// The time.
    pub clock: Clock,
    /// The office's side, where the configuration follows one.
    pub desk: Desk,
    directory: tempfile::TempDir,
    server: Server,
}

/// A script in the place of the compiler, among the files beside a configuration.
pub const COMPILER: &str = "compiler";

/// Where a school listens: any free port.
const LISTEN: &str = "127.0.0.1:0";

/// The lines that every configuration of a test begins with.
fn head(listen: &str, state: &Path, upstream: SocketAddr) -> String {
    format!(
        "[listen]\ndns = [\"{listen}\"]\nhttp = [\"127.0.0.1:0\"]\n[state]\ndirectory = \"{}\"\n[upstream]\nservers = [\"udp://{upstream}\"]\n",
        state.display()
    )
}

impl School {
    /// Starts a school from what stands behind the sections that the kit writes itself (`[listen]`, `[state]`, `[upstream]`), and
    /// waits until its lists are there.
    pub async fn start(config: &str) -> Self {
        Self::start_with(config, &[]).await
    }

    /// As [`School::start`], with files beside the configuration.
    pub async fn start_with(config: &str, files: &[(&str, &str)]) -> Self {
        let school = Self::try_start(config, files).await.unwrap_or_else(|error| panic!("{error}: {error:?}"));
        school.until_ready().await;
        school
    }

    /// Starts a school and does not wait for its lists.
    pub async fn try_start(config: &str, files: &[(&str, &str)]) -> Result<Self, StartError> {
        allow_many_files();
        let directory = tempfile::tempdir().expect("a directory");
        let upstream = Names::start().await;
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).expect("written");
            if *name == COMPILER {
                let all = std::os::unix::fs::PermissionsExt::from_mode(0o755);
                std::fs::set_permissions(directory.path().join(name), all).expect("it is there");
            }
        }
        let path = directory.path().join("khien.toml");
        std::fs::write(&path, head(LISTEN, &directory.path().join("state"), upstream.address()) + config).expect("written");
        let clock = Clock::set_to(school_time("2026-11-23T09:00"));
        let desk = Desk::default();
        let server = Server::start(setup(&path, &clock, &desk)).await?;
        Ok(Self { upstream, clock, desk, directory, server })
    }

    /// Stops the server and starts another on the same files and state.
    pub async fn restart(self) -> Self {
        let school = self.restart_after(|_| {}).await;
        school.until_ready().await;
        school
    }

    /// Stops the server, does something to the files, starts another, and does not wait for its lists.
    pub async fn restart_after(self, meanwhile: impl FnOnce(&Path)) -> Self {
        let Self { upstream, clock, desk, directory, server } = self;
        server.stop().await;
        meanwhile(directory.path());
        let server = Server::start(setup(&directory.path().join("khien.toml"), &clock, &desk)).await.expect("it started before");
        Self { upstream, clock, desk, directory, server }
    }

    /// Starts another server on the same files, while this one runs.
    pub async fn start_another(&self) -> Result<Server, StartError> {
        Server::start(setup(&self.path("khien.toml"), &self.clock, &self.desk)).await
    }

    /// Waits until every list is loaded.
    pub async fn until_ready(&self) {
        let ready = async {
            while !self.accounts().snapshot.load().missing_lists.is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), ready).await.expect("the lists are compiled in time");
    }

    /// Sets the clock by the school's own.
    pub fn at(&self, time: &str) {
        self.clock.move_to(school_time(time));
    }

    /// Lets so much time pass.
    pub fn later(&self, time: Duration) {
        self.clock.move_to(self.clock.wall() + time);
    }

    /// Meets a packet without a socket, on the thread that asks; none where it is met with silence or waits for an upstream.
    pub fn meet(&self, packet: &[u8]) -> Option<Vec<u8>> {
        let source = Source::new("127.0.0.1:4242".parse().expect("an address"), self.dns(), Transport::Udp);
        let accounts = self.accounts();
        let (mut view, mut out) = (accounts.view(), Vec::new());
        matches!(accounts.meet(&mut view, packet, source, &mut out), Met::Answered).then_some(out)
    }

    /// Writes the configuration anew, without the sections that the kit writes.
    pub fn rewrite(&self, config: &str) {
        self.rewrite_listening(LISTEN, config);
    }

    /// As [`School::rewrite`], with another address for DNS.
    pub fn rewrite_listening(&self, listen: &str, config: &str) {
        let text = head(listen, &self.directory.path().join("state"), self.upstream.address()) + config;
        self.write("khien.toml", &text);
    }

    /// As [`School::rewrite`], asking another upstream.
    pub fn rewrite_asking(&self, upstream: SocketAddr, config: &str) {
        self.write("khien.toml", &(head(LISTEN, &self.directory.path().join("state"), upstream) + config));
    }

    /// The configuration as it stands.
    pub fn text(&self) -> String {
        std::fs::read_to_string(self.path("khien.toml")).expect("the kit wrote it")
    }

    /// Writes a file beside the configuration.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("written");
    }

    /// A path beside the configuration.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Reads configuration and lists again.
    pub async fn reload(&self) -> Result<String, String> {
        self.server.running().reload().await
    }

    /// The pipeline with its books.
    pub fn accounts(&self) -> &Arc<Accounts> {
        self.server.running().accounts()
    }

    /// Where the server answers DNS.
    pub fn dns(&self) -> SocketAddr {
        self.server.running().dns_addresses()[0]
    }

    /// Where the server answers HTTP.
    pub fn http(&self) -> SocketAddr {
        self.server.running().http_addresses()[0]
    }

    /// The server.
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// Asks as `client` would, from any address, without a socket: the same code as behind one.
    pub async fn ask(&self, client: &str, record_type: RecordType, name: &str) -> Reply {
        self.put(client, &question::packet(&Name::parse(name).expect("a name"), record_type)).await
    }

    /// As [`School::ask`], any packet.
    pub async fn put(&self, client: &str, packet: &[u8]) -> Reply {
        let client: IpAddr = client.parse().expect("an address");
        let local = if client.is_ipv4() { "127.0.0.1:53" } else { "[::1]:53" };
        self.put_from(Source::new(SocketAddr::new(client, 4242), local.parse().expect("an address"), Transport::Udp), packet)
            .await
    }

    /// As [`School::put`], from wherever.
    pub async fn put_from(&self, source: Source, packet: &[u8]) -> Reply {
        let accounts = self.accounts();
        let mut view = accounts.view();
        accounts.refresh(&mut view);
        let mut out = Vec::new();
        match accounts.meet(&mut view, packet, source, &mut out) {
            Met::Answered => Reply::read(&out),
            Met::Wait(waiting) => Reply::read(&accounts.finish(&waiting).await),
            Met::Silence => panic!("met with silence: {packet:02x?}"),
        }
    }

    /// Stops it, and asserts that nothing panicked.
    pub async fn close(self) {
        assert_eq!(self.accounts().tally.panics(), 0, "a query panicked");
        self.server.stop().await;
    }
}

/// As the program does when it starts: each upstream has hundreds of sockets.
fn allow_many_files() {
    static RAISED: Once = Once::new();
    RAISED.call_once(|| {
        let maximum = getrlimit(Resource::Nofile).maximum;
        setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).expect("a process may have all that it is granted");
    });
}

fn setup(path: &Path, clock: &Clock, desk: &Desk) -> Setup {
    // A test may put a compiler of its own beside the configuration, which is slow or fails.
    let own = path.with_file_name(COMPILER);
    let compiler = if own.exists() { own } else { env!("CARGO_BIN_EXE_khien").into() };
    Setup {
        office: Arc::new(desk.clone()),
        file: Some(path.to_owned()),
        surroundings: Surroundings { state: path.with_file_name("state"), now: clock.wall() },
        clock: clock.clone(),
        compiler: Compiler::at(compiler),
    }
}

/// An instant by the clock of a school in Vietnam.
pub fn school_time(text: &str) -> jiff::Timestamp {
    let civil: DateTime = text.parse().expect("a time as in 2026-11-23T09:30");
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").expect("the zone is known");
    zone.to_timestamp(civil).expect("within range")
}
