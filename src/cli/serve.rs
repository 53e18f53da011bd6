//! `khien serve`: runs the resolver until it is told to stop, and says in a few lines what it does.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::{AT_FAULT, FAILED, FINE};
use crate::clock::Clock;
use crate::config::Surroundings;
use crate::config::file::LogLevel;
use crate::journal::JsonSink;
use crate::server::{Compiler, Running, Server, Setup, StartError};
use crate::web::Desk;

/// How long the banner waits for the lists to be compiled before it says that they are being compiled.
const BANNER_PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn run(file: Option<&Path>) -> Result<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let code = runtime.block_on(serve(file));
    // What still runs then has had its time; it must not keep the process.
    runtime.shutdown_timeout(Duration::from_millis(100));
    code
}

async fn serve(file: Option<&Path>) -> Result<u8> {
    // Signals are caught before anything else, so that none can end the process half started.
    let mut reload = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let set_level = log();
    allow_many_sockets();
    let setup = Setup {
        file: file.map(Path::to_owned),
        surroundings: Surroundings::of_process(),
        clock: Clock::system(),
        compiler: Compiler::this_program()?,
        office: super::office::repository(),
    };
    let server = match Server::start(setup).await {
        Ok(server) => server,
        Err(StartError::Faults(faults)) => {
            for fault in &faults {
                eprintln!("{fault}");
            }
            return Ok(AT_FAULT);
        }
        Err(error) => {
            eprintln!("khien: {error}");
            return Ok(FAILED);
        }
    };
    let running = Arc::clone(server.running());
    set_level(running.in_force().program.log);
    tell(&[NotifyState::Ready]);
    watch_over();
    // On the side: a server that waits for its lists must hear that it is to stop.
    let introducing = tokio::spawn(introduce(Arc::clone(&running)));

    loop {
        tokio::select! {
            _ = reload.recv() => {
                let running = Arc::clone(&running);
                // On the side, so that a stop need not wait for a compilation.
                tokio::spawn(async move {
                    tell(&[NotifyState::Reloading, NotifyState::monotonic_usec_now().unwrap_or(NotifyState::Status("reloading"))]);
                    // What went wrong is in the log already.
                    running.reload().await.ok();
                    tell(&[NotifyState::Ready]);
                });
            }
            () = running.reloaded() => set_level(running.in_force().program.log),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    tell(&[NotifyState::Stopping]);
    introducing.abort();
    drop(running);
    server.stop().await;
    Ok(FINE)
}

/// Lets the process hold as many sockets as the system grants it: each question that waits for an upstream has its own.
fn allow_many_sockets() {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, most) {
        tracing::warn!(%error, "the number of sockets stays limited");
    }
}

/// The level in the words of tracing.
const fn level(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    }
}

/// Changes the level of the log, as `[log] level` says; `KHIEN_LOG`, in the words of tracing, goes before it.
type Level = Box<dyn Fn(LogLevel) + Send + Sync>;

/// Sends lines to standard error from now on, before the configuration is known and so at `info`.
fn log() -> Level {
    let own = EnvFilter::try_from_env("KHIEN_LOG").ok();
    let fixed = own.is_some();
    let filter = own.unwrap_or_else(|| EnvFilter::new(level(LogLevel::Info)));
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(terminal)
        .with_writer(std::io::stderr)
        .with_env_filter(filter)
        .with_filter_reloading();
    let handle = subscriber.reload_handle();
    // Only a second call could fail, and there is one.
    subscriber.try_init().ok();
    Box::new(move |wanted| {
        if !fixed {
            // It fails only where the subscriber is gone, and then there is no log.
            handle.reload(EnvFilter::new(level(wanted))).ok();
        }
    })
}

/// Tells the service manager, where there is one.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}

/// Shows the service manager that the runtime still turns, as often as it wants to see it.
fn watch_over() {
    let Some(period) = sd_notify::watchdog_enabled() else { return };
    tokio::spawn(async move {
        loop {
            tell(&[NotifyState::Watchdog]);
            tokio::time::sleep(period / 3).await;
        }
    });
}

/// Prints the banner once the lists are there, or that they take long.
async fn introduce(running: Arc<Running>) {
    let ready = async {
        while running.unready().is_some() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    // The banner says what is missing.
    tokio::time::timeout(BANNER_PATIENCE, ready).await.ok();
    let text = banner(&running);
    // Standard output may be the journal's, an object a line; a reader who has gone must not end the server.
    let written = if running.in_force().program.journal.json == Some(JsonSink::Stdout) {
        writeln!(std::io::stderr(), "{text}")
    } else {
        writeln!(std::io::stdout(), "{text}")
    };
    if let Err(error) = written {
        tracing::warn!(%error, "the banner could not be printed");
    }
}

/// What it listens on, what it blocks, for whom, and one command to try.
fn banner(running: &Running) -> String {
    let status = running.status();
    let mut text = format!("khien {}", status.version);
    let mut line = |what: &str, value: String| {
        if !value.is_empty() {
            write!(text, "\n  {what:<10} {value}").expect("a String takes all that is written");
        }
    };
    line("DNS", format!("{} (UDP, TCP)", status.dns.join(", ")));
    for lacks in running.portable() {
        line("PORTABLE", lacks);
    }
    line("pages", status.http.iter().map(|address| format!("http://{address}/metrics")).collect::<Vec<_>>().join(", "));
    line("config", status.config.clone().unwrap_or_else(|| "built in (write a file and name it with -c)".to_owned()));
    line("upstream", status.upstreams.iter().map(|upstream| upstream.address.clone()).collect::<Vec<_>>().join(", "));
    match &status.unready {
        None => line("blocks", blocked_names(running)),
        Some(why) => line("NOT READY", format!("{why}; every name is answered SERVFAIL until then")),
    }
    for group in &status.groups {
        let subnets = if group.subnets.is_empty() { "every other client".to_owned() } else { group.subnets.join(", ") };
        line("group", format!("{} (tier {}): {subnets}", group.id, group.tier));
    }
    if let Some(address) = running.dns_addresses().first() {
        line("try", format!("dig @{} -p {} {}", address.ip(), address.port(), example(running)));
    }
    text
}

/// How many names in which categories.
fn blocked_names(running: &Running) -> String {
    let snapshot = running.accounts().snapshot.load();
    let categories: Vec<&str> =
        snapshot.index.listed_categories().iter().map(|category| snapshot.registry.entry(category).id.as_str()).collect();
    format!("{} names in {} categories: {}", snapshot.index.names(), categories.len(), categories.join(", "))
}

/// A name that this server blocks for everyone.
fn example(running: &Running) -> String {
    let snapshot = running.accounts().snapshot.load();
    let locked = snapshot.registry.locked();
    let known = ["w88.com", "fb88.com", "bong88.com", "pornhub.com"];
    let blocked = |name: &&str| {
        crate::dns::Name::parse(name)
            .is_ok_and(|name| !snapshot.listed(&name, crate::dns::RecordType::A).categories().and(locked).is_empty())
    };
    known.into_iter().find(blocked).unwrap_or("use-application-dns.net").to_owned()
}
