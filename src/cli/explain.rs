//! `khien explain`: why a name is blocked or open, rule by rule, as the running server sees it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use hyper::{Method, StatusCode};

use super::{FINE, control};
use crate::clock::Clock;
use crate::config;
use crate::explain::{DecisionSaid, Explanation, Listing, Resolving};
use crate::server::{self, Compiler};
use crate::web::Asked;

/// How long the server may take: as long as looking a name up may.
const PATIENCE: Duration = Duration::from_secs(15);

/// Say why a name is blocked or open.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The domain name
    name: String,
    /// For the client with this address
    #[arg(long, value_name = "ADDR", env = "KHIEN_CLIENT", conflicts_with = "group")]
    client: Option<String>,
    /// For any client of this group; without client and group, for each group in a line
    #[arg(long, value_name = "ID", env = "KHIEN_GROUP")]
    group: Option<String>,
    /// At this time by the school's clock, as in 2026-11-23T09:30
    #[arg(long, value_name = "TIME", env = "KHIEN_AT")]
    at: Option<String>,
    /// The record type
    #[arg(long = "type", value_name = "TYPE", default_value = "A", env = "KHIEN_TYPE")]
    record_type: String,
    /// Print JSON
    #[arg(long, env = "KHIEN_JSON")]
    json: bool,
}

impl Explain {
    pub(super) fn run(self, file: Option<&Path>) -> Result<u8> {
        let Self { name, client, group, at, record_type, json } = self;
        let whole = client.is_some() || group.is_some();
        let asked = Asked { name, client, group, at, r#type: Some(record_type) };
        let (program, faults) = match config::load(file) {
            Ok((program, _)) => (program, Vec::new()),
            Err(faults) => bail!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
        };
        drop::<Vec<config::Fault>>(faults);
        let (said, live) = if control::is_there(&program.state) {
            (from_server(&program.state, &asked)?, true)
        } else {
            (from_images(&program, &asked)?, false)
        };
        if json {
            println!("{}", serde_json::to_string_pretty(&serde_json::json!({ "server": live, "explanations": said }))?);
            return Ok(FINE);
        }
        if !live {
            println!("(no server runs: from the compiled lists; live grants and aliases are not looked at)");
        }
        for explanation in &said {
            if whole {
                print!("{}", page(explanation));
            } else {
                println!("{:<16} {}", explanation.group, in_a_line(explanation));
            }
        }
        if !whole {
            // Beside the lines, of which there is one a group for whoever reads them by a program.
            eprintln!("(each rule and all lists, for one group: khien explain {} --group ID)", asked.name);
        }
        Ok(FINE)
    }
}

fn from_server(state: &Path, asked: &Asked) -> Result<Vec<Explanation>> {
    let Asked { name, client, group, at, r#type } = asked;
    let mut path = format!("/api/v1/explain?name={}", control::percent_encoded(name));
    for (key, value) in [("client", client), ("group", group), ("at", at), ("type", r#type)] {
        if let Some(value) = value {
            path.push_str(&format!("&{key}={}", control::percent_encoded(value)));
        }
    }
    let reply = control::ask(state, Method::GET, &path, PATIENCE)?;
    if reply.status != StatusCode::OK {
        bail!("{}", reply.body["message"].as_str().unwrap_or("the server does not say why it refused"));
    }
    serde_json::from_value(reply.body["explanations"].clone()).context("the server speaks another version")
}

/// Without a server: the images that it would start with.
fn from_images(program: &config::Program, asked: &Asked) -> Result<Vec<Explanation>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let snapshot = Arc::new(server::offline(program, Compiler::this_program()?)?);
        if !snapshot.missing_lists.is_empty() {
            eprintln!(
                "hint: run `khien lists compile` first; these lists are not compiled: {}",
                snapshot.missing_lists.join(", ")
            );
        }
        let clock = Clock::system();
        let wall = clock.wall();
        let now = crate::pipeline::Now { wall, running: clock.running(), school: snapshot.school_time(wall) };
        server::answer(&snapshot, Resolving::Not, asked, now).await.map_err(anyhow::Error::msg)
    })
}

/// The verdict in a sentence.
fn sentence(explanation: &Explanation) -> String {
    let Explanation { verdict, reason, category, by_alias, twin, tier, .. } = explanation;
    let category = category.as_ref().map(|category| format!(", category {category}")).unwrap_or_default();
    let alias = by_alias.as_ref().map(|alias| format!(", because of {alias} behind it")).unwrap_or_default();
    let twin = twin.as_ref().map(|twin| format!(", answered as {twin}")).unwrap_or_default();
    format!("{} by {reason}{category}{alias}{twin} (tier {tier})", verdict.to_uppercase())
}

/// So many lines of lists stand in one line.
const NAMED: usize = 2;

/// The verdict in a line, with the first lines of lists that led to it, or why there is none.
fn in_a_line(explanation: &Explanation) -> String {
    let Explanation { verdict, category, by_alias, lists, aliases, addresses, note, .. } = explanation;
    let behind = aliases.iter().chain(addresses).filter(|alias| Some(&alias.name) == by_alias.as_ref());
    let said = lists.iter().filter(|_| by_alias.is_none()).chain(behind.flat_map(|alias| &alias.lists));
    let led: Vec<_> = said.filter(|listing| Some(&listing.category) == category.as_ref()).collect();
    let mut line = sentence(explanation);
    for (place, Listing { list, line: number, .. }) in led.iter().take(NAMED).enumerate() {
        line += &format!("{} {list}:{number}", if place == 0 { ", list" } else { "," });
    }
    if led.len() > NAMED {
        line += &format!(" and {} more", led.len() - NAMED);
    }
    match note {
        Some(note) if verdict == "failed" => line + ": " + note,
        Some(_) | None => line,
    }
}

fn page(explanation: &Explanation) -> String {
    let Explanation { name, r#type, client, group, because, rules, lists, aliases, addresses, note, .. } = explanation;
    let mut lines = vec![format!("{name} {}", sentence(explanation))];
    let client = client.as_ref().map(|client| format!("client {client}, ")).unwrap_or_default();
    lines.push(format!("  asked: type {type}, {client}group {group} ({because})", type = r#type));
    lines.push("  rules, the first that matches decides:".to_owned());
    for rule in rules {
        let mark = if rule.decided { "=>" } else { "  " };
        let said = match (&rule.verdict, rule.matched) {
            (Some(verdict), _) => verdict.clone(),
            (None, true) => "matches".to_owned(),
            (None, false) => "-".to_owned(),
        };
        let category = rule.category.as_ref().map(|category| format!(" {category}")).unwrap_or_default();
        let at = rule.name.as_ref().map(|name| format!(" (written for {name})")).unwrap_or_default();
        lines.push(format!("   {mark} {:<13} {said}{category}{at}", rule.rule));
        lines.extend(rule.decision.as_ref().map(decision));
    }
    listings(&mut lines, "  lists that name it:", lists);
    for alias in aliases.iter().chain(addresses) {
        listings(&mut lines, &format!("  leads to {}:", alias.name), &alias.lists);
    }
    if let Some(note) = note {
        lines.push(format!("  note: {note}"));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Who decided it, why, when, until when, and which publication brought it.
fn decision(decision: &DecisionSaid) -> String {
    let DecisionSaid { owner, by, reason, made, until, publication } = decision;
    let until = until.as_ref().map(|until| format!(" until {until}")).unwrap_or_default();
    format!("        {owner} ({by}) decided on {made}{until}, publication {publication}: {reason}")
}

fn listings(lines: &mut Vec<String>, title: &str, lists: &[Listing]) {
    if lists.is_empty() {
        lines.push(format!("{title} none"));
        return;
    }
    lines.push(title.to_owned());
    for Listing { list, line, rule, category, owner, publication, effect } in lists {
        let publication = publication.map(|serial| format!(", publication {serial}")).unwrap_or_default();
        lines.push(format!("      {list}:{line} {rule} ({category}, {owner}{publication}): {effect}"));
    }
}

#[cfg(test)]
mod tests;
