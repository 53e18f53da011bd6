//! The office's desk as its clerks meet it: the binary on a copy of the project's sample folder, word by word (`snapshots/`).

mod check;
mod decide;
mod hold;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A copy of the project's own sample, and what was typed in it.
struct Desk {
    root: TempDir,
    said: String,
}

impl Desk {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a directory");
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("blocklists");
        for part in ["office.toml", "roles"] {
            copy(&sample.join(part), &root.path().join(part));
        }
        Self { root, said: String::new() }
    }

    /// What a file of the folder says.
    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.root.path().join(file)).expect("a file")
    }

    /// Adds text to a file of the folder.
    fn append(&self, file: &str, text: &str) {
        let path = self.root.path().join(file);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("a directory");
        let before = fs::read_to_string(&path).unwrap_or_default();
        fs::write(path, before + text).expect("a file");
    }

    /// Types a command of the office as the clerk Lan does; gives the exit code and notes what is said.
    fn types(&mut self, arguments: &[&str]) -> i32 {
        self.types_with(&[("KHIEN_BY", "Nguyễn Thị Lan")], arguments)
    }

    /// As [`Desk::types`], with this in the environment.
    fn types_with(&mut self, environment: &[(&str, &str)], arguments: &[&str]) -> i32 {
        let output = Command::new(env!("CARGO_BIN_EXE_khien"))
            .arg("office")
            .args(arguments)
            .current_dir(self.root.path())
            .env_clear()
            .env("TZ", "UTC")
            .envs(environment.iter().copied())
            .output()
            .expect("the binary runs");
        let code = output.status.code().expect("not ended by a signal");
        let words: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
        writeln!(self.said, "$ khien office {}", words.join(" ")).expect("memory");
        for (stream, bytes) in [("", &output.stdout), ("(standard error)\n", &output.stderr)] {
            let text = std::str::from_utf8(bytes).expect("UTF-8");
            if !text.is_empty() {
                writeln!(self.said, "{stream}{}", text.trim_end()).expect("memory");
            }
        }
        writeln!(self.said, "(exit code {code})\n").expect("memory");
        code
    }

    /// Shows a file among what is said.
    fn shows(&mut self, file: &str) {
        let text = self.text(file);
        writeln!(self.said, "--- {file}\n{}\n---\n", text.trim_end()).expect("memory");
    }

    /// What was said, without the day of the test.
    fn heard(&self) -> String {
        let today = jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        let forms = [today.to_string(), today.strftime("%d/%m/%Y").to_string()];
        forms.iter().fold(self.said.clone(), |said, form| said.replace(form, "TODAY"))
    }
}

fn quoted(word: &str) -> String {
    if word.contains([' ', ';', '&']) { format!("\"{word}\"") } else { word.to_owned() }
}

fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs::create_dir_all(to.parent().expect("below a directory")).expect("a directory");
        fs::copy(from, to).expect("a file");
        return;
    }
    for entry in fs::read_dir(from).expect("a directory") {
        let path = entry.expect("an entry").path();
        copy(&path, &to.join(path.file_name().expect("a name")));
    }
}
