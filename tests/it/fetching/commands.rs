//! `khien lists fetch`, as a person types it: what it says, how it ends, and what a kill or a full disk leaves behind.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::kit::binary::Binary;
use crate::kit::dice::Dice;
use crate::kit::here::{Here, said};
use crate::kit::http;
use crate::kit::names::Names;
use crate::kit::pages::{Act, Authority, Pages, list, status};

const TOYS: &str = "spiele.example\nzuschauen.example\nwuerfel.example\nkarten.example\n";

/// The copy of the list, unpacked.
fn copy(here: &Here) -> Option<String> {
    let packed = std::fs::read(here.path("state/fetched/toys.copy")).ok()?;
    Some(String::from_utf8(zstd::decode_all(packed.as_slice()).expect("it is whole")).expect("text"))
}

fn games(id: &str, source: &str) -> String {
    let accept = "accept = [\"http\", \"private-address\", \"port\"]";
    format!("[[list]]\nid = \"{id}\"\ncategory = \"games\"\nsource = \"{source}\"\n{accept}\n")
}

fn at(pages: &Pages) -> String {
    format!("http://{}/toys.txt", pages.address)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_what_came_of_each_list_and_ends_by_the_worst() {
    let (sound, broken) = (Pages::with(TOYS).await, Pages::start(|_| status("404 Not Found", "")).await);
    let here = Here::new(&(games("toys", &at(&sound)) + &games("gone", &at(&broken))));
    let (code, out, err) = here.run(&["lists", "fetch"]).await;
    assert_eq!((code, out.as_str()), (Some(1), "toys: 4 entries\n"));
    assert!(err.starts_with("gone: FAILED: http://") && err.contains("404 Not Found; there is no copy yet"), "{err}");
    let (code, out, _) = here.run(&["lists", "fetch", "toys"]).await;
    assert_eq!((code, out.as_str()), (Some(0), "toys: 4 entries, still the newest\n"));
    assert_eq!(broken.requests().len(), 1, "only the list that was named is asked for");

    sound.give("spiele.example\n");
    let (code, _, err) = here.run(&["lists", "fetch", "toys"]).await;
    assert_eq!(code, Some(2));
    assert!(err.contains("it has 1 entries and had 4") && err.contains("hint:") && err.contains("--accept-change"), "{err}");
    assert_eq!(copy(&here).as_deref(), Some(TOYS));
    let (code, out, _) = here.run(&["lists", "fetch", "toys", "--accept-change"]).await;
    assert_eq!((code, out.as_str()), (Some(0), "toys: 1 entries, taken in place of 4 because you said so\n"));

    let record = std::fs::read_to_string(here.path("state/fetched/toys.record")).expect("there");
    assert!(record.contains("\"overridden\": 4"), "it stays on record: {record}");

    let (code, _, err) = here.run(&["lists", "fetch", "tois"]).await;
    assert_eq!(code, Some(1));
    assert!(err.contains("no list `tois` is fetched\nhint: those that are: toys, gone"), "{err}");
    let (code, out, _) = Here::new("").run(&["lists", "fetch"]).await;
    assert_eq!(code, Some(0));
    assert!(out.starts_with("no list is fetched"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_fetched_is_no_fault_of_the_file() {
    let here = Here::new(&games("toys", "https://lists.example/toys.txt"));
    let (code, out, err) = here.run(&["check"]).await;
    let said = out + &err;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("list `toys` has never been fetched from `https://lists.example/toys.txt`"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_system_s_authorities_are_trusted_and_no_others() {
    let (authority, names) = (Authority::new(), Names::start().await);
    names.place("lists.example", "127.0.0.1");
    let pages = Pages::start_as("lists.example", &authority, |_| list(TOYS, "")).await;
    let source = format!("https://lists.example:{}/toys.txt", pages.address.port());
    let config = format!("[upstream]\nservers = [\"udp://192.0.2.1\"]\nbootstrap = [\"udp://{}\"]\n", names.address());
    let here = Here::new(&(config + &games("toys", &source)));
    std::fs::write(here.path("authority.pem"), authority.pem()).expect("written");
    std::fs::write(here.path("other.pem"), Authority::new().pem()).expect("written");
    for (trusted, code) in [("other.pem", 1), ("authority.pem", 0)] {
        let mut command = here.command();
        command.args(["lists", "fetch"]).env("SSL_CERT_FILE", here.path(trusted)).env_remove("SSL_CERT_DIR");
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("it runs");
        let (ended, _, err) = said(output);
        assert_eq!(ended, Some(code), "{err}");
    }
    assert_eq!(copy(&here).as_deref(), Some(TOYS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_takes_what_a_command_fetched() {
    let pages = Pages::with(TOYS).await;
    let mut binary = Binary::start(&games("toys", &at(&pages)));
    let (_, web) = binary.addresses().await;
    pages.give(&format!("{TOYS}neu.example\n"));
    let (code, out, err) = said(binary.run(&["lists", "fetch"]).await);
    assert_eq!((code, out.as_str()), (Some(0), "toys: 5 entries\n"), "{err}");
    let taken = async {
        while !http::get(web, "/metrics").await.1.contains("khien_list_entries{list=\"toys\"} 5\n") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), taken).await.expect("it is in force without a reload");
    let (_, status, _) = said(binary.run(&["status"]).await);
    assert!(status.contains("list       toys: 5 entries") && status.contains("           fetched 20"), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_a_terminal_a_bar_shows_how_far_it_has_come() {
    let program = "/usr/bin/script";
    if !Path::new(program).exists() {
        println!("skipped: {program} is not installed");
        return;
    }
    let text = large(0);
    let (head, rest) = text.split_at(text.len() / 2);
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{head}", text.len()).into_bytes();
    let rest = rest.as_bytes().to_vec();
    let slow = move |_: &str| vec![Act::Send(answer.clone()), Act::Pause(Duration::from_millis(1500)), Act::Send(rest.clone())];
    let pages = Pages::start(slow).await;
    let here = Here::new(&games("toys", &at(&pages)));
    let line = format!("{} -c {} lists fetch", env!("CARGO_BIN_EXE_khien"), here.path("khien.toml").display());
    let mut command = Command::new(program);
    command.args(["-q", "-e", "-c", &line, "/dev/null"]).env("TERM", "xterm").stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("it runs");
    let (code, shown, _) = said(output);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains(" 50 % ") && shown.contains(" KiB"), "half of it was there for a second and a half: {shown}");
    assert!(shown.contains("toys: 20000 entries"), "{shown}");

    let (_, _, quiet) = here.run(&["lists", "fetch"]).await;
    assert_eq!(quiet, "", "nothing is drawn where nobody looks");
}

/// A list that takes a while on its way, so that there are moments to be killed in.
fn large(generation: u32) -> String {
    (0..20_000).map(|number| format!("host{number}.generation{generation}.example\n")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_moment_leaves_the_old_copy_or_the_new() {
    let pages = Pages::with(&large(0)).await;
    let here = Here::new(&games("toys", &at(&pages)));
    let begun = std::time::Instant::now();
    let (code, ..) = here.run(&["lists", "fetch"]).await;
    assert_eq!(code, Some(0));
    // How long one takes here and now is found out on the way: after a kill that came too early the next may come later.
    let mut whole = usize::try_from(begun.elapsed().as_millis()).expect("not that long");
    let mut dice = Dice(20_261_123);
    let (mut last, mut seen_old, mut seen_new) = (large(0), 0, 0);
    for generation in 1..=30 {
        let next = large(generation);
        pages.give(&next);
        let mut child = here.command().args(["lists", "fetch"]).spawn().expect("it runs");
        tokio::time::sleep(Duration::from_millis(dice.roll(whole * 5 / 4) as u64)).await;
        // It may have ended already.
        child.kill().ok();
        child.wait().expect("it can be waited for");
        let copy = copy(&here).expect("there is one ever since");
        if copy == next {
            (last, seen_new) = (next, seen_new + 1);
            whole = (whole * 3 / 4).max(8);
        } else {
            assert!(copy == last, "neither the old nor the new");
            seen_old += 1;
            whole = whole * 5 / 4 + 1;
        }
    }
    assert!(seen_old > 0 && seen_new > 0, "kills came too early or too late: {seen_old} old, {seen_new} new");
    // What they left behind is gone with the next one, and what it said of the copy is believed no more than it may be.
    pages.give(&large(99));
    let (code, _, err) = here.run(&["lists", "fetch"]).await;
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(copy(&here), Some(large(99)));
    let mut files: Vec<_> = std::fs::read_dir(here.path("state/fetched"))
        .expect("there")
        .map(|entry| entry.expect("an entry").file_name().display().to_string())
        .collect();
    files.sort();
    assert_eq!(files, ["toys.copy", "toys.lock", "toys.record"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_at_any_octet_leaves_the_old_copy() {
    let pages = Pages::with(&large(0)).await;
    let here = Here::new(&games("toys", &at(&pages)));
    assert_eq!(here.run(&["lists", "fetch"]).await.0, Some(0));
    pages.give(&large(1));
    let program = env!("CARGO_BIN_EXE_khien");
    let (mut full, mut last) = (0, large(0));
    // A limit on the size of files fails a write as a full disk does, at each of these places (in blocks of 512 octets).
    for blocks in [0, 1, 2, 4, 8, 16, 64, 128, 256, 2048] {
        let line = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &line, program, "-c"]).arg(here.path("khien.toml")).args(["lists", "fetch"]);
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("it runs");
        let (code, _, err) = said(output);
        let copy = copy(&here).expect("there is one ever since");
        match code {
            Some(0) => last = large(1),
            Some(1) => full += 1,
            // The reader's own trial image has no room: the list is not believed, which is as safe.
            Some(2) => full += 1,
            other => panic!("{other:?} at {blocks} blocks: {err}"),
        }
        assert!(copy == last || copy == large(1), "at {blocks} blocks: {err}");
    }
    assert!(full >= 5, "only {full} of the limits were met");
    assert_eq!(here.run(&["lists", "fetch"]).await.0, Some(0), "with room again it heals");
    assert_eq!(copy(&here), Some(large(1)));
}
