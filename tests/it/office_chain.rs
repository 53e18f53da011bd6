//! The whole chain: what a clerk types at the office, signed, fetched over HTTP, verified, and in force at a running school.

use jiff::{SignedDuration, Timestamp};
use khien::dns::RecordType;

use crate::kit::School;
use crate::kit::http;
use crate::kit::names::ADDRESS;
use crate::kit::pages::{list, status};
use crate::kit::repository::{Office, hand_out, path_of};

const GROUPS: &str = r#"
[clients]
rate_limit = "0"
[[group]]
id = "lab"
subnets = ["10.20.1.0/24"]
tier = "primary"
"#;

/// A school that follows the office, at the clock of the clerks, and has what was published.
async fn school(office: &Office, ring: u8) -> School {
    let config = office.section(ring) + GROUPS;
    let school = School::try_start(&config, &[("office-root.json", &office.root())]).await.expect("it starts");
    school.desk.signed();
    school.clock.move_to(Timestamp::now());
    due(&school).await;
    school.until_ready().await;
    school
}

/// A round of what the server does by itself, after so many seconds.
async fn after(school: &School, seconds: i64) {
    school.clock.move_to(school.clock.wall() + SignedDuration::from_secs(seconds));
    due(school).await;
}

async fn due(school: &School) {
    school.server().running().office_due().await;
}

async fn summary(school: &School, name: &str) -> String {
    school.ask("10.20.1.7", RecordType::A, name).await.summary()
}

async fn standing(school: &School) -> serde_json::Value {
    http::json(school.http(), "/api/v1/status").await.1["office"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_clerks_words_to_a_blocked_name() {
    let office = Office::new(&[("gambling.txt", "casino.example\n")]).await;
    office.publish(&[]);
    let school = school(&office, 1).await;
    assert_eq!(summary(&school, "casino.example").await, "blocked");
    assert_eq!(summary(&school, "neu.example").await, ADDRESS);
    office.fine(&["add", "neu.example", "--category", "phishing", "--reason", "theo công văn 12"]);
    office.publish(&["--urgent"]);
    after(&school, 11).await;
    assert_eq!(summary(&school, "neu.example").await, "blocked");
    assert_eq!(standing(&school).await["decisions_serial"], 2);
    let told = http::json(school.http(), "/api/v1/explain?name=neu.example&client=10.20.1.7").await.1.to_string();
    for part in ["ministry", "theo công văn 12", "Nguyễn Thị Lan"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    office.fine(&["remove", "neu.example"]);
    // Somebody used the numbers between.
    let refused = office.types(&["publish", "--serial", "2000000"]);
    assert!(refused.code == 1 && refused.told.contains("name one up to 1000002"), "{}", refused.told);
    let said = office.publish(&["--urgent", "--serial", "40"]);
    assert!(said.contains("publication 40 is out"), "{said}");
    after(&school, 11).await;
    assert_eq!(summary(&school, "neu.example").await, ADDRESS);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_slip_brought_is_taken_back_at_once_in_every_ring() {
    let office = Office::new(&[("gambling.txt", "casino.example\n")]).await;
    office.publish(&[]);
    let (first, second) = (school(&office, 1).await, school(&office, 2).await);
    office.put("roles/ministry/lists/gambling.txt", "casino.example\nzu-viel.example\n");
    office.publish(&[]);
    after(&first, 11).await;
    after(&second, 11).await;
    assert_eq!(summary(&first, "zu-viel.example").await, "blocked");
    assert_eq!(summary(&second, "zu-viel.example").await, ADDRESS, "its ring waits");
    let www = office.www().display().to_string();
    let said = office.fine(&["rollback", "1", "--to", &www]);
    assert!(said.contains("publication 3 is out"), "{said}");
    for school in [&first, &second] {
        after(school, 11).await;
        assert_eq!(summary(school, "zu-viel.example").await, ADDRESS);
        assert_eq!(standing(school).await["serial"], 3);
    }
    // Days later the second ring has not taken what was taken back.
    after(&second, 3 * 86_400).await;
    assert_eq!(summary(&second, "zu-viel.example").await, ADDRESS);
    // The next decision does not bring it again, and says so.
    office.fine(&["add", "neu.example", "--category", "phishing", "--reason", "lừa đảo"]);
    let said = office.publish(&["--urgent"]);
    assert!(said.contains("ministry: what was taken back stays away"), "{said}");
    after(&first, 11).await;
    assert_eq!(summary(&first, "neu.example").await, "blocked");
    assert_eq!(summary(&first, "zu-viel.example").await, ADDRESS);
    first.close().await;
    second.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_without_news_is_one_conditional_request_and_news_are_fetched_as_a_difference() {
    let names: String = (0..20_000).map(|number| format!("name-{number}.example\n")).collect();
    let office = Office::new(&[("gambling.txt", &names)]).await;
    office.publish(&[]);
    let school = school(&office, 1).await;
    let before = office.pages.requests().len();
    after(&school, 11).await;
    after(&school, 11).await;
    let requests = office.pages.requests();
    assert_eq!(requests.len(), before + 2, "{:?}", &requests[before..]);
    assert!(requests[before..].iter().all(|request| path_of(request) == "/khien/timestamp.json"));
    assert!(requests[before..].iter().all(|request| request.to_ascii_lowercase().contains("if-none-match")));
    assert!(requests[before].len() < 400, "{}", requests[before]);
    office.put("roles/ministry/lists/gambling.txt", &(names + "neu.example\n"));
    office.publish(&[]);
    let before = office.pages.requests().len();
    after(&school, 11).await;
    assert_eq!(summary(&school, "neu.example").await, "blocked");
    let requests = office.pages.requests();
    let asked: Vec<&str> = requests[before..].iter().map(|request| path_of(request)).collect();
    assert!(asked.iter().any(|path| path.ends_with(".patch")), "{asked:?}");
    assert!(!asked.iter().any(|path| path.ends_with("names.zst")), "{asked:?}");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stands_between_brings_nothing_and_what_was_in_force_stays() {
    let office = Office::new(&[("gambling.txt", "casino.example\n")]).await;
    office.publish(&[]);
    let school = school(&office, 1).await;
    let stays = async |school: &School, said: &str| {
        after(school, 4000).await;
        let standing = standing(school).await;
        let failure = standing["failure"].as_str().unwrap_or_default().to_owned();
        assert!(failure.contains(said), "{said}: {standing}");
        assert_eq!(standing["decisions_serial"], 1);
        assert_eq!(summary(school, "casino.example").await, "blocked");
        assert_eq!(summary(school, "neu.example").await, ADDRESS);
    };
    let www = office.www();
    let elsewhere = format!("Location: http://localhost:{}/khien/timestamp.json\r\n", office.pages.address.port());
    office.pages.change(move |_| status("302 Found", &elsewhere));
    stays(&school, "another host").await;
    office.pages.change(|_| list("<html>hello</html>", ""));
    stays(&school, "refused").await;
    let folder = www.clone();
    office.fine(&["add", "neu.example", "--category", "phishing", "--reason", "lừa đảo"]);
    office.publish(&["--urgent=all"]);
    office.pages.change(move |request| match path_of(request) {
        path if path.ends_with("decisions.json") => list("{\"decisions\": []}", ""),
        _ => hand_out(&folder, request),
    });
    stays(&school, "has 17 octets of").await;
    let folder = www.clone();
    office.pages.change(move |request| hand_out(&folder, request));
    after(&school, 4000).await;
    assert_eq!(summary(&school, "neu.example").await, "blocked");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_school_without_a_link_takes_what_is_on_a_stick_and_verifies_it() {
    let office = Office::new(&[("gambling.txt", "casino.example\n")]).await;
    office.publish(&[]);
    let silent = office.section(1).replace(&office.url(), "http://127.0.0.1:9/khien/");
    let school = School::try_start(&(silent + GROUPS), &[("office-root.json", &office.root())]).await.expect("it starts");
    school.desk.signed();
    school.clock.move_to(Timestamp::now());
    due(&school).await;
    assert!(standing(&school).await["serial"].is_null());
    let staged = khien::server::stage_import(&school.path("state"), &office.www()).expect("it is a repository");
    let said = school.server().running().office_import().await.expect("it is verified");
    assert!(said.contains("lists of publication 1 and decisions of publication 1 are in force"), "{said}");
    drop(staged);
    school.until_ready().await;
    assert_eq!(summary(&school, "casino.example").await, "blocked");
    // A stick that somebody else signed.
    let other = Office::new(&[("gambling.txt", "fremd.example\n")]).await;
    other.publish(&[]);
    let staged = khien::server::stage_import(&school.path("state"), &other.www()).expect("it is a repository");
    let refused = school.server().running().office_import().await.expect_err("it is another office's");
    assert!(refused.contains("what was in force stays in force"), "{refused}");
    drop(staged);
    assert_eq!(summary(&school, "casino.example").await, "blocked");
    assert_eq!(summary(&school, "fremd.example").await, ADDRESS);
    school.close().await;
}

#[test]
fn each_person_signs_on_a_machine_of_their_own() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let office = runtime.block_on(Office::new(&[("gambling.txt", "casino.example\n")]));
    office.publish(&[]);
    // Lan's and Bình's keys go home with them.
    let homes = tempfile::tempdir().expect("a directory");
    for name in ["lan", "an", "binh"] {
        let key = format!("{name}.key");
        std::fs::rename(office.folder().join("keys").join(&key), homes.path().join(&key)).expect("it is there");
    }
    // A key is lost: An's. Chi comes.
    let home = homes.path().display().to_string();
    office.fine(&["key", "new", "chi", "--out", &home]);
    office.fine(&["key", "rotate", "an", &format!("{home}/chi.pub")]);
    let said = office.publish(&[]);
    assert!(said.contains("staged/root.json waits for 2 of"), "{said}");
    for name in ["lan", "binh"] {
        let key = format!("{home}/{name}.key");
        for what in ["root", "targets"].into_iter().filter(|what| office.folder().join(format!("staged/{what}.json")).exists()) {
            let said = office.fine(&["sign", &format!("staged/{what}.json"), "--key", &key]);
            assert!(said.contains("your signature"), "{said}");
            office.fine(&["merge", &format!("staged/{what}.{name}.sig")]);
        }
    }
    let said = office.publish(&[]);
    assert!(!said.contains("waits for"), "{said}");
    assert!(office.www().join("2.root.json").exists());
    let first = office.www().join("1.root.json").display().to_string();
    let www = office.www().display().to_string();
    assert!(office.fine(&["verify", &www, "--root", &first]).contains("whole and signed"));
    // A file that is not what was signed is found.
    let names = std::fs::read_dir(office.www().join("targets/ministry")).expect("it is there").flatten();
    let names = names.map(|entry| entry.path()).find(|path| path.to_string_lossy().ends_with(".names.zst")).expect("a list");
    let mut octets = std::fs::read(&names).expect("read");
    octets[5] ^= 1;
    std::fs::write(&names, octets).expect("written");
    let refused = office.types(&["verify", &www]);
    assert!(refused.code == 1 && refused.told.contains("schools would refuse it"), "{}", refused.told);
}

#[tokio::test(flavor = "multi_thread")]
async fn categories_masks_and_what_schools_may_change_come_with_a_publication() {
    let office = Office::new(&[("gambling.txt", "casino.example\n"), ("games.txt", "toys.example\n")]).await;
    office.publish(&[]);
    let school = school(&office, 1).await;
    assert_eq!(summary(&school, "toys.example").await, "blocked");
    let categories = include_str!("../../blocklists/categories.toml");
    let loans = "[[category]]\nid = \"loans\"\nname = { vi = \"Vay nặng lãi\", en = \"Loan sharks\" }\n\
                 description = { vi = \"Cho vay nặng lãi\", en = \"Loan sharks\" }\n\n[[category]]\nid = \"games\"\n";
    let changed = categories.replacen("[[category]]\nid = \"games\"\n", loans, 1);
    let mask = "blocks = [\"ai\", \"shopping\", \"manga\", \"celebrity\"]";
    let changed = changed.replacen(mask, "blocks = [\"ai\", \"shopping\", \"manga\", \"celebrity\", \"loans\"]", 1);
    let changed = changed.replacen("\n    \"games\", \"search-unsafe\",", "\n    \"search-unsafe\",", 1);
    assert!(changed.matches("loans").count() == 2 && !changed.contains("\"games\", \"search"), "{changed}");
    office.put("categories.toml", &changed);
    office.put("roles/ministry/lists/loans.txt", "loans.example\n");
    let said = office.publish(&[]);
    assert!(!said.contains("waits for"), "{said}");
    after(&school, 11).await;
    assert_eq!(standing(&school).await["serial"], 2, "{}", standing(&school).await);
    assert_eq!(summary(&school, "loans.example").await, "blocked");
    assert_eq!(summary(&school, "toys.example").await, ADDRESS, "the office took games out of the masks");
    assert_eq!(summary(&school, "casino.example").await, "blocked");
    let told = http::json(school.http(), "/api/v1/explain?name=loans.example&client=10.20.1.7").await.1.to_string();
    assert!(told.contains("\"loans\""), "{told}");
    // A school that comes later takes both steps at once; one that waits for its ring has the tables of its own lists.
    let later = self::school(&office, 2).await;
    assert_eq!(summary(&later, "loans.example").await, ADDRESS);
    assert_eq!(summary(&later, "toys.example").await, "blocked");
    later.close().await;
    assert!(office.fine(&["verify", &office.www().display().to_string()]).contains("whole and signed"));
    school.server().running().office_back().await.expect("there is one before");
    assert_eq!(summary(&school, "loans.example").await, ADDRESS);
    assert_eq!(summary(&school, "toys.example").await, "blocked");
    // What the law locks no office unlocks.
    office.put("categories.toml", &changed.replacen("id = \"gambling\"\nlocked = true", "id = \"gambling\"", 1));
    let refused = office.types(&["publish", "--to", &office.www().display().to_string()]);
    assert!(refused.code != 0 && refused.told.contains("locked by law"), "{}{}", refused.said, refused.told);
    school.close().await;
}
