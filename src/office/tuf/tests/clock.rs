//! Time: what is held back expires, a clock that was wrong blocks nothing, and one late district does not stop a province.

use serde_json::json;

use super::{Kind, Office, days};
use crate::fetch::Reason;

#[tokio::test]
async fn a_frozen_timestamp_expires_and_the_last_good_stays() {
    let mut office = Office::new();
    let school = office.school().await;
    school.ask(days(office.now, 29)).await.expect("it holds");
    let later = days(office.now, 31);
    school.keeps(1, later, Reason::Expired, "the repository's timestamp expired at").await;
    // One that is new, and is older than the time.
    office.publish_later();
    school.keeps(1, later, Reason::Expired, "the repository's timestamp expired at").await;
    office.now = later;
    office.publish();
    school.ask(later).await.expect("there is a new timestamp");
    school.stands(3, later).await;
}

#[tokio::test]
async fn each_of_the_tops_that_expired_is_named() {
    for name in ["root", "timestamp", "snapshot", "targets", "publication"] {
        let office = Office::new();
        let school = office.school().await;
        let mut forge = office.forge();
        forge.of(name)["expires"] = json!("2026-11-26T07:59:59Z");
        forge.write();
        school.keeps(1, office.now, Reason::Expired, &format!("the repository's {name} expired at")).await;
        // And one whose second is this.
        let office = Office::new();
        let school = office.school().await;
        let mut forge = office.forge();
        forge.of(name)["expires"] = json!("2026-11-26T08:00:00Z");
        forge.write();
        school.keeps(1, office.now, Reason::Expired, &format!("the repository's {name} expired at")).await;
    }
}

#[tokio::test]
async fn a_clock_that_was_a_year_ahead_blocks_nothing_afterwards() {
    let mut office = Office::new();
    let school = office.school().await;
    let ahead = days(office.now, 365);
    school.keeps(1, ahead, Reason::Expired, "this machine's clock is ahead").await;
    let new = office.new_school();
    new.refuses(ahead, Reason::Expired, "this machine's clock is ahead").await;
    office.publish_later();
    school.keeps(1, ahead, Reason::Expired, "this machine's clock is ahead").await;
    for school in [&school, &new] {
        school.ask(office.now).await.expect("the clock is right");
        school.stands(2, office.now).await;
    }
    // One that is behind believes what is newer.
    office.publish_later();
    school.ask(days(office.now, -400)).await.expect("nothing has expired");
    school.stands(3, office.now).await;
}

#[tokio::test]
async fn a_late_district_keeps_its_last_content_while_the_province_goes_on() {
    let mut office = Office::new();
    let school = office.school().await;
    office.publish_later();
    let mut forge = office.forge();
    forge.of("district-1")["expires"] = json!("2026-11-26T08:30:00Z");
    forge.write();
    let offered = school.ask(office.now).await.expect("the province goes on");
    assert_eq!((offered.newest(), offered.lapsed.as_slice()), (2, &["district-1".to_owned()][..]));
    let text = |role: &'static str| school.text(&offered, role, Kind::Names);
    assert_eq!(text("ministry").await.expect("it is there"), Office::text("ministry", 2).0);
    assert_eq!(text("district-1").await.expect("it is there"), Office::text("district-1", 1).0);
    // As it does where it is late a second time.
    office.publish_later();
    let mut forge = office.forge();
    forge.of("district-1")["expires"] = json!("2026-11-26T08:30:00Z");
    forge.write();
    let offered = school.ask(office.now).await.expect("the province goes on");
    let text = |role: &'static str| school.text(&offered, role, Kind::Names);
    assert_eq!(text("ministry").await.expect("it is there"), Office::text("ministry", 3).0);
    assert_eq!(text("district-1").await.expect("it is there"), Office::text("district-1", 1).0);
    // It signs again.
    office.publish_later();
    let offered = school.ask(office.now).await.expect("all is new");
    assert!(offered.lapsed.is_empty());
    school.stands(4, office.now).await;
}

#[tokio::test]
async fn a_part_that_expires_where_it_lies_stays_and_is_told() {
    let office = Office::new();
    let mut forge = office.forge();
    forge.of("district-1")["expires"] = json!("2026-11-26T09:00:00Z");
    forge.write();
    let school = office.school().await;
    let later = days(office.now, 1);
    let offered = school.ask(later).await.expect("nothing is new");
    assert_eq!(offered.lapsed, ["district-1"]);
    school.stands(1, later).await;
}
