//! Going back to the publication before: it holds over restarts, and is told everywhere.

use std::path::Path;
use std::process::{Command, Stdio};

use khien::dns::RecordType;

use crate::kit::School;
use crate::kit::http;
use crate::kit::names::ADDRESS;
use crate::kit::office::{Role, SILENT, keep};

const OLD: Role<'_> = Role { role: "ministry", speaks_for: &["*"], names: "casino.example gambling\n", decisions: "" };
const NEW: Role<'_> =
    Role { role: "ministry", speaks_for: &["*"], names: "casino.example gambling\nfalsch.example gambling\n", decisions: "" };

async fn summary(school: &School, name: &str) -> String {
    school.ask("10.20.1.7", RecordType::A, name).await.summary()
}

/// A school with publication 7 and then 8.
async fn school() -> School {
    let school = School::try_start(SILENT, &[]).await.expect("it starts");
    let school = school
        .restart_after(|directory| {
            keep(directory, 7, &[OLD]);
            keep(directory, 8, &[NEW]);
        })
        .await;
    school.until_ready().await;
    school
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_goes_back_and_it_holds_over_a_restart() {
    let school = school().await;
    assert_eq!(summary(&school, "falsch.example").await, "blocked");
    let said = school.server().running().office_back().await.expect("there is one before");
    assert!(said.contains("lists of publication 7"), "{said}");
    assert_eq!(summary(&school, "falsch.example").await, ADDRESS);
    assert_eq!(summary(&school, "casino.example").await, "blocked");
    let (_, metrics) = http::get(school.http(), "/metrics").await;
    for line in ["khien_office_held 1", "khien_office_serial 7", "khien_office_rollbacks_total{cause=\"person\"} 1"] {
        assert!(metrics.lines().any(|own| own == line), "{line}: {metrics}");
    }
    let (_, status) = http::json(school.http(), "/api/v1/status").await;
    assert_eq!(status["office"]["held"]["lists"], 8, "{status}");
    let refused = school.server().running().office_back().await.expect_err("there is none before that");
    assert!(refused.contains("no publication before"), "{refused}");

    let school = school.restart_after(|_| {}).await;
    assert_eq!(summary(&school, "falsch.example").await, ADDRESS);
    school.server().running().renew_lists().await.expect("nothing has changed");
    assert_eq!(summary(&school, "falsch.example").await, ADDRESS);
    let (_, metrics) = http::get(school.http(), "/metrics").await;
    assert!(metrics.contains("khien_office_held 1\n"), "{metrics}");
    school.close().await;
}

/// A school's files without a server.
struct Here {
    directory: tempfile::TempDir,
}

impl Here {
    fn new(config: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let state = directory.path().join("state");
        let text = format!("[state]\ndirectory = \"{}\"\n{config}", state.display());
        std::fs::write(directory.path().join("khien.toml"), text).expect("written");
        Self { directory }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    async fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_khien"));
        command.arg("-c").arg(self.path().join("khien.toml")).args(arguments);
        command.stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("it runs");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).expect("UTF-8"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_work_without_a_server() {
    let here = Here::new(SILENT);
    let (code, said) = here.run(&["office", "status"]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("NEVER LOADED"), "{said}");
    let (code, said) = here.run(&["office", "rollback"]).await;
    assert_eq!(code, Some(2), "{said}");

    keep(here.path(), 7, &[OLD]);
    keep(here.path(), 8, &[NEW]);
    let (code, said) = here.run(&["office", "status"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("lists of publication 8, decisions of publication 8, since 2026-11-20T01:00:00Z"), "{said}");
    let (code, said) = here.run(&["office", "rollback"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("lists of publication 7"), "{said}");
    let (_, said) = here.run(&["office", "status", "--json"]).await;
    assert!(said.contains("\"serial\": 7") && said.contains("\"why\": \"a person said so\""), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_repository_is_not_imported() {
    let here = Here::new(SILENT);
    let nothing = tempfile::tempdir().expect("a directory");
    std::fs::write(nothing.path().join("letter.txt"), "no repository").expect("written");
    let (code, said) = here.run(&["office", "import", &nothing.path().display().to_string()]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("timestamp.json"), "{said}");
    let (code, said) = here.run(&["office", "import", "/nowhere.tar"]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(!here.path().join("state/import").exists(), "nothing is left behind");

    let none = Here::new("");
    let (code, said) = none.run(&["office", "import", "/nowhere.tar"]).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("follows no office"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tar_that_leads_out_of_its_folder_is_refused() {
    let here = Here::new(SILENT);
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(1);
    header.set_mode(0o644);
    // The builder itself would refuse such a path.
    let name = &mut header.as_gnu_mut().expect("it is one").name;
    name[..b"../timestamp.json".len()].copy_from_slice(b"../timestamp.json");
    header.set_cksum();
    archive.append(&header, &b"x"[..]).expect("appended");
    let path = here.path().join("out.tar");
    std::fs::write(&path, archive.into_inner().expect("whole")).expect("written");
    let (code, said) = here.run(&["office", "import", &path.display().to_string()]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("leads out of it"), "{said}");
    assert!(!here.path().join("state/timestamp.json").exists());
}
