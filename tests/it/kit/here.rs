//! A school's files without a server, and commands that are typed on them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A configuration with its state directory.
pub struct Here {
    directory: tempfile::TempDir,
}

impl Here {
    /// A configuration without `[state]`, which is written here.
    pub fn new(config: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let state = directory.path().join("state");
        let text = format!("[state]\ndirectory = \"{}\"\n{config}", state.display());
        std::fs::write(directory.path().join("khien.toml"), text).expect("written");
        Self { directory }
    }

    /// The folder of the configuration.
    pub fn folder(&self) -> &Path {
        self.directory.path()
    }

    /// A file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// The program on this configuration.
    pub fn command(&self) -> Command {
        command(&self.path("khien.toml"))
    }

    /// Runs a command: its exit code, what it said, and what it said on standard error.
    pub async fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = self.command();
        command.args(arguments);
        said(tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("it runs"))
    }
}

/// The program on the configuration at `config`.
pub fn command(config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_khien"));
    command.arg("-c").arg(config).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a command came to, as [`Here::run`] gives it.
pub fn said(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}
