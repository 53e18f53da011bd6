//! What a school keeps: damaged or not writable, it begins anew or says so, and never ends the program.

use super::{Dice, Office};
use crate::fetch::Reason;

#[tokio::test]
async fn a_damaged_file_of_what_is_believed_begins_anew() {
    let office = Office::new();
    let school = office.school().await;
    let path = school.state.path().join("office/trusted.json");
    let whole = std::fs::read(&path).expect("it was written");
    let mut dice = Dice(3);
    for round in 0..400 {
        let mut octets = whole.clone();
        match round % 3 {
            0 => octets.truncate(dice.below(whole.len())),
            1 => {
                let at = dice.below(whole.len());
                octets[at] ^= 1 << dice.below(8);
            }
            _ => octets.insert(dice.below(whole.len()), u8::try_from(dice.below(256)).expect("an octet")),
        }
        std::fs::write(&path, &octets).expect("written");
        assert_eq!(school.kept(office.now).await, None, "round {round}");
        if round % 20 == 0 {
            school.ask(office.now).await.expect("it begins anew");
            school.stands(1, office.now).await;
        }
    }
    // One whose digest is right, and which is something else.
    for text in ["", "{}", "null", "[]", "{\"origin\": \"\"}"] {
        std::fs::write(&path, format!("{}\n{text}", crate::office::hexadecimal(text.as_bytes()))).expect("written");
        assert_eq!(school.kept(office.now).await, None, "{text}");
    }
    school.ask(office.now).await.expect("it begins anew");
    school.stands(1, office.now).await;
}

#[tokio::test]
async fn a_state_directory_that_cannot_be_written_is_told() {
    let mut office = Office::new();
    let new = office.new_school();
    // A file where the folder would be: nobody can write below it, whoever they are.
    std::fs::write(new.state.path().join("office"), "").expect("written");
    new.refuses(office.now, Reason::Local, "the state directory cannot be written").await;
    assert_eq!(new.kept(office.now).await, None);
    let school = office.school().await;
    office.publish_later();
    let scratch = school.state.path().join("office/verifying");
    std::fs::write(&scratch, "").expect("written");
    school.keeps(1, office.now, Reason::Local, "the state directory cannot be written").await;
    std::fs::remove_file(&scratch).expect("it is there");
    school.ask(office.now).await.expect("it can be written again");
    school.stands(2, office.now).await;
}

#[tokio::test]
async fn what_a_round_worked_with_does_not_stay() {
    let mut office = Office::new();
    let school = office.school().await;
    office.publish_later();
    school.way.fault("2.snapshot.json", super::Way::Broken);
    school.keeps(1, office.now, Reason::Connect, "broke").await;
    let left: Vec<_> = std::fs::read_dir(school.state.path().join("office")).expect("it is there").collect();
    assert_eq!(left.len(), 1, "{left:?}");
}
