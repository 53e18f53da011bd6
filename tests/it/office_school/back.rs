//! Going back to the publication before: it holds over restarts, and is told everywhere.

use khien::dns::RecordType;

use crate::kit::School;
use crate::kit::here::Here;
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

/// Runs a command of the office: its exit code, and all that it said.
async fn run(here: &Here, arguments: &[&str]) -> (Option<i32>, String) {
    let (code, out, err) = here.run(arguments).await;
    (code, out + &err)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_work_without_a_server() {
    let here = Here::new(SILENT);
    let (code, said) = run(&here, &["office", "status"]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("NEVER LOADED"), "{said}");
    let (code, said) = run(&here, &["office", "rollback"]).await;
    assert_eq!(code, Some(2), "{said}");

    keep(here.folder(), 7, &[OLD]);
    keep(here.folder(), 8, &[NEW]);
    let (code, said) = run(&here, &["office", "status"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("lists of publication 8, decisions of publication 8, since 2026-11-20T01:00:00Z"), "{said}");
    let (code, said) = run(&here, &["office", "rollback"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("lists of publication 7"), "{said}");
    let (_, said) = run(&here, &["office", "status", "--json"]).await;
    assert!(said.contains("\"serial\": 7") && said.contains("\"why\": \"a person said so\""), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_repository_is_not_imported() {
    let here = Here::new(SILENT);
    let nothing = tempfile::tempdir().expect("a directory");
    std::fs::write(nothing.path().join("letter.txt"), "no repository").expect("written");
    let (code, said) = run(&here, &["office", "import", &nothing.path().display().to_string()]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("timestamp.json"), "{said}");
    let (code, said) = run(&here, &["office", "import", "/nowhere.tar"]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(!here.folder().join("state/import").exists(), "nothing is left behind");

    let none = Here::new("");
    let (code, said) = run(&none, &["office", "import", "/nowhere.tar"]).await;
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
    let path = here.folder().join("out.tar");
    std::fs::write(&path, archive.into_inner().expect("whole")).expect("written");
    let (code, said) = run(&here, &["office", "import", &path.display().to_string()]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("leads out of it"), "{said}");
    assert!(!here.folder().join("state/timestamp.json").exists());
}
