//! What a teacher reads first: the verdict, and which line of which list led to it.

use super::*;
use crate::explain::Alias;

fn listing(list: &str, line: u32, category: &str) -> Listing {
    let text = |text: &str| text.to_owned();
    let (rule, owner, effect) = (text("w88.example"), text("school"), text("blocks"));
    Listing { list: text(list), line, rule, category: text(category), owner, publication: None, effect }
}

fn explained(by_alias: Option<&str>, lists: Vec<Listing>, aliases: Vec<Alias>) -> Explanation {
    let text = |text: &str| text.to_owned();
    Explanation {
        name: text("w88.example"),
        r#type: text("A"),
        client: None,
        group: text("lab-1"),
        because: text("the group was named"),
        tier: text("primary"),
        verdict: text("blocked"),
        reason: text("list"),
        category: Some(text("gambling")),
        by_alias: by_alias.map(text),
        twin: None,
        rules: Vec::new(),
        lists,
        aliases,
        addresses: Vec::new(),
        note: None,
    }
}

#[test]
fn the_line_names_the_lists_that_led_to_the_verdict_and_no_others() {
    let bets = |line| listing("bets", line, "gambling");
    let own = explained(None, vec![listing("toys", 3, "games"), bets(7)], Vec::new());
    assert_eq!(in_a_line(&own), "BLOCKED by list, category gambling (tier primary), list bets:7");
    let many = explained(None, vec![bets(7), bets(8), bets(9), bets(10)], Vec::new());
    assert_eq!(in_a_line(&many), "BLOCKED by list, category gambling (tier primary), list bets:7, bets:8 and 2 more");
    let alias = Alias { name: "cdn.example".to_owned(), lists: vec![bets(12)] };
    let behind = explained(Some("cdn.example"), vec![listing("old", 1, "gambling")], vec![alias]);
    let said = "BLOCKED by list, category gambling, because of cdn.example behind it (tier primary), list bets:12";
    assert_eq!(in_a_line(&behind), said);
    assert_eq!(in_a_line(&explained(None, Vec::new(), Vec::new())), "BLOCKED by list, category gambling (tier primary)");
}

#[test]
fn the_line_says_why_there_is_no_verdict() {
    let note = Some("no upstream answered".to_owned());
    let reason = "none".to_owned();
    let failed =
        Explanation { verdict: "failed".to_owned(), reason, category: None, note, ..explained(None, Vec::new(), Vec::new()) };
    assert_eq!(in_a_line(&failed), "FAILED by none (tier primary): no upstream answered");
}
