//! An office's working folder, kept by the commands that its clerks type, and a web server that hands out what is published of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use khien::office::hexadecimal;

use super::pages::{Act, Pages, list, status};

/// An office.
pub struct Office {
    directory: tempfile::TempDir,
    /// Where schools fetch.
    pub pages: Pages,
}

/// What a command came to.
pub struct Typed {
    /// Its exit code.
    pub code: i32,
    /// What it said.
    pub said: String,
    /// What it said on standard error.
    pub told: String,
}

impl Office {
    /// Begins one with three persons' keys on one machine, two of whom must sign, and the lists of the role `ministry`.
    pub async fn new(lists: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let www = directory.path().join("www");
        let pages = Pages::start(move |request| hand_out(&www, request)).await;
        let office = Self { directory, pages };
        let url = office.url();
        office.fine(&["init", "--folder", ".", "--name", "Sở", "--url", &url, "--people", "lan,an,binh"]);
        for (file, text) in lists {
            office.put(&format!("roles/ministry/lists/{file}"), text);
        }
        office
    }

    /// Where schools fetch.
    pub fn url(&self) -> String {
        format!("http://{}/khien/", self.pages.address)
    }

    /// The working folder.
    pub fn folder(&self) -> PathBuf {
        self.directory.path().join("office")
    }

    /// The folder that is handed out.
    pub fn www(&self) -> PathBuf {
        self.directory.path().join("www")
    }

    /// Writes a file of the working folder.
    pub fn put(&self, file: &str, text: &str) {
        let path = self.folder().join(file);
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("a directory");
        std::fs::write(path, text).expect("written");
    }

    /// Types `khien office …` in the working folder.
    pub fn types(&self, arguments: &[&str]) -> Typed {
        std::fs::create_dir_all(self.folder()).expect("a directory");
        let output = Command::new(env!("CARGO_BIN_EXE_khien"))
            .arg("office")
            .args(arguments)
            .current_dir(self.folder())
            .env_clear()
            .envs([("KHIEN_BY", "Nguyễn Thị Lan"), ("TZ", "UTC")])
            .output()
            .expect("the program runs");
        let text = |octets| String::from_utf8(octets).expect("UTF-8");
        Typed { code: output.status.code().expect("no signal"), said: text(output.stdout), told: text(output.stderr) }
    }

    /// As [`Office::types`], which goes well; what it says.
    #[track_caller]
    pub fn fine(&self, arguments: &[&str]) -> String {
        let Typed { code, said, told } = self.types(arguments);
        assert_eq!(code, 0, "{arguments:?}: {said}{told}");
        said
    }

    /// Publishes to where schools fetch; what the command says.
    #[track_caller]
    pub fn publish(&self, more: &[&str]) -> String {
        let www = self.www().display().to_string();
        self.fine(&[&["publish", "--to", &www], more].concat())
    }

    /// The root file, to be installed at schools.
    pub fn root(&self) -> String {
        std::fs::read_to_string(self.www().join("1.root.json")).expect("it is published")
    }

    /// `[office]` of a school that follows this one.
    pub fn section(&self, ring: u8) -> String {
        format!(
            "[office]\nurl = \"{}\"\nroot = \"office-root.json\"\nring = {ring}\nrefresh = \"10s\"\naccept = [\"http\", \"port\", \"private-address\"]\n",
            self.url()
        )
    }
}

/// The path that a request asks for.
pub fn path_of(request: &str) -> &str {
    request.split(' ').nth(1).unwrap_or("/")
}

/// Hands out a folder as web servers do: whole files, and nothing where the tag that the asker has still holds.
pub fn hand_out(www: &Path, request: &str) -> Vec<Act> {
    let path = path_of(request).trim_start_matches("/khien/");
    let Ok(octets) = std::fs::read(www.join(path)) else { return status("404 Not Found", "") };
    let tag = format!("\"{}\"", &hexadecimal(&octets)[..16]);
    if request.to_ascii_lowercase().contains(&format!("if-none-match: {tag}")) {
        return status("304 Not Modified", &format!("ETag: {tag}\r\n"));
    }
    list(octets, &format!("ETag: {tag}\r\n"))
}
