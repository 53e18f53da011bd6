//! `khien office status` at the desk: what was published, until when it holds, who signs, and what waits.

use anyhow::Result;

use super::desk::Desk as At;
use super::publish::at_desk;
use crate::cli::FINE;
use crate::office::desk::{Staging, described, standing};

/// Says how the desk stands.
pub(super) fn run(at: &At, json: bool) -> Result<u8> {
    at_desk(at, |desk, language| {
        let rules = &desk.folder.rules;
        let times = standing(&desk.last);
        if json {
            let publication = desk.last.publication.as_ref();
            let said = serde_json::json!({
                "name": rules.name,
                "serial": publication.map(|publication| publication.serial),
                "made": publication.map(|publication| publication.made),
                "expires": times.iter().map(|(name, until)| (name.clone(), until.to_string())).collect::<std::collections::BTreeMap<_, _>>(),
                "waiting": Staging::below(&desk.folder.root).all()?.keys().collect::<Vec<_>>(),
            });
            println!("{said:#}");
            return Ok(FINE);
        }
        println!("office     {}", language.of(&rules.name));
        match &desk.last.publication {
            None => println!("published  nothing yet"),
            Some(publication) => {
                println!("published  {} of {}", publication.serial, publication.made);
                for (role, part) in &publication.roles {
                    println!("           {role}: {} names", language.number(part.names.count));
                }
                if !publication.taken_back.is_empty() {
                    println!("           taken back, and so kept away: {} texts", publication.taken_back.len());
                }
            }
        }
        for (number, (name, until)) in times.iter().enumerate() {
            let head = if number == 0 { "signed     " } else { "           " };
            let over = if *until <= desk.now { ": OVER, schools stay at what they have; publish again" } else { "" };
            println!("{head}{name} until {until}{over}");
        }
        let signing = &rules.signing;
        if signing.people.keys.is_empty() {
            println!(
                "signers    nobody yet: khien office key new NAME, then khien office key add keys/NAME.pub, for two or three people"
            );
        } else {
            println!("signers    {} of {}", signing.people.threshold, signing.people.keys.join(", "));
        }
        for role in &rules.roles {
            println!("           {}: {} of {}", role.id, role.signers.threshold, role.signers.keys.join(", "));
        }
        let staged = Staging::below(&desk.folder.root).all()?;
        for (name, waiting) in &staged {
            println!("waiting    staged/{name}.json");
            described(waiting, &desk.keys).lines().for_each(|line| println!("           {line}"));
        }
        if staged.is_empty() {
            println!("waiting    nothing");
        }
        Ok(FINE)
    })
}
