//! Why is this name blocked, or open? The pipeline's own judges, each asked aloud, with every list and line that names it.
//!
//! The rule: nothing is decided here. Each step is what serving would do with the same query at the same time.

mod decision;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::answer::zones::Place;
use crate::answer::{RebindingMode, bypass, is_private, special, twin};
use crate::client::{GroupId, How};
use crate::dns::{Lead, Name, Query, RecordType, Relayed, Source, Transport};
use crate::lists::Why;
use crate::lists::twins::Twin;
use crate::pipeline::{Now, Rooms, Trial, look};
use crate::policy::{Action, AliasFindings, Bypass, Decision, Outcome, Reason, Verdict, trace};
use crate::snapshot::Snapshot;
use std::sync::Arc;

pub use decision::DecisionSaid;

/// For whom a name is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// For the client with this address, come in by the interface of this number; 0 where none was named.
    Client(IpAddr, u32),
    /// For any client of this group.
    Group(GroupId),
}

/// The answer to "why?", for one asker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The name asked for.
    pub name: String,
    /// The type asked for.
    pub r#type: String,
    /// The client's address, where it was explained for one.
    pub client: Option<String>,
    /// The group's id.
    pub group: String,
    /// What led to the group.
    pub because: String,
    /// The id of the tier in force.
    pub tier: String,
    /// `allowed`, `blocked`, `rewritten` or `failed` (not ready, or no answer can be had), as the journal writes it; `none` where
    /// the client is refused.
    pub verdict: String,
    /// The rule that decided, as the journal writes it.
    pub reason: String,
    /// The id of the category that decided.
    pub category: Option<String>,
    /// The alias or address that decided, where not the asked name did.
    pub by_alias: Option<String>,
    /// What the name is answered as, where it is open and has a safe twin.
    #[serde(default)]
    pub twin: Option<String>,
    /// Each rule in order; the first that matched decided.
    pub rules: Vec<Rule>,
    /// Every rule of every list that names it.
    pub lists: Vec<Listing>,
    /// The names that the upstream's answer leads to.
    pub aliases: Vec<Alias>,
    /// The addresses that it leads to.
    pub addresses: Vec<Alias>,
    /// Whether aliases could be looked at, and if not, why.
    pub note: Option<String>,
}

/// One rule of the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its id.
    pub rule: String,
    /// Whether it matched.
    pub matched: bool,
    /// Whether it is the first that matched.
    pub decided: bool,
    /// `blocked` or `allowed`, where it matched.
    pub verdict: Option<String>,
    /// The category, where one matched.
    pub category: Option<String>,
    /// The name that the rule is written for, where it is written for one.
    pub name: Option<String>,
    /// The office's decision that it follows, where it follows one.
    #[serde(default)]
    pub decision: Option<DecisionSaid>,
}

/// One rule of one list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The list's id.
    pub list: String,
    /// The line in it, counted from 1.
    pub line: u32,
    /// The name or pattern there.
    pub rule: String,
    /// The list's category.
    pub category: String,
    /// Whose list it is.
    pub owner: String,
    /// The serial of the office's publication that the list is of; none for the school's own.
    #[serde(default)]
    pub publication: Option<u64>,
    /// What came of the rule.
    pub effect: String,
}

/// A name or an address that the upstream's answer leads to, and what lists say of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// The name, or the address as text.
    pub name: String,
    /// Every rule of every list that names it, or network that holds it.
    pub lists: Vec<Listing>,
}

/// How the names behind the asked one are found.
#[derive(Debug, Clone, Copy)]
pub enum Resolving<'a> {
    /// As serving does: from the cache, else from the upstreams.
    AsServing(&'a Rooms),
    /// Not at all, as without a server.
    Not,
}

/// Explains `name` for `asker` at `now`.
pub async fn explain(
    snapshot: &Arc<Snapshot>,
    resolving: Resolving<'_>,
    name: &Name,
    record_type: RecordType,
    asker: Asker,
    now: &Now,
) -> Explanation {
    let (client, group, because, allowed) = match asker {
        Asker::Client(client, interface) => {
            let found = snapshot.clients.identify(&source(client).by(interface));
            let because = match found.how {
                How::Subnet(subnet) => format!("subnet {subnet}"),
                How::Via(address) => format!("asked {address}"),
                How::Interface(place) => format!("came in by {}", snapshot.clients.interfaces().name(place)),
                How::Default if snapshot.clients.any_via() => {
                    "no subnet holds this address, unless it comes in by a group's `via`: then it is in that group".to_owned()
                }
                How::Default => "no subnet holds this address".to_owned(),
            };
            (client, found.group, because, found.allowed)
        }
        Asker::Group(group) => (IpAddr::V4(Ipv4Addr::UNSPECIFIED), group, "the group was named".to_owned(), true),
    };
    let query = Query::new(name.clone(), record_type, source(client));
    let trial = Trial::new(&query, snapshot, now, group);
    let said = Said { trial: &trial, asker, because };

    let mut before = vec![rule("served", !allowed, None)];
    if !allowed {
        return said.of_local(before, Outcome::None, Reason::None, None);
    }
    let mut unsent = Vec::new();
    let is_local = trial.place.is_local();
    let step = match trial.place {
        Place::Own(..) | Place::Elsewhere => "zone",
        Place::Forwarded(_) => "upstream-zone",
    };
    let zone = trial.place.zone().map(Name::to_string);
    let local = if is_local { trial.decide(AliasFindings::default()).verdict } else { OPEN };
    let category = |verdict: &Verdict| verdict.category.map(|category| snapshot.registry.entry(category).id.clone());
    let lock = Some(local.reason).filter(|reason| *reason == Reason::Locked);
    let lock = lock.and_then(|_| snapshot.shared.office.word(name, now.school.date).lock);
    let decision = lock.map(|lock| DecisionSaid::of(lock.decision));
    before.push(Rule { name: zone, category: category(&local), decision, ..rule(step, is_local, Some(outcome(&local))) });
    if is_local {
        return said.of_zone(before, local, resolving, now).await;
    }
    let is_special = special::answer(&query, || Duration::ZERO, &mut unsent).is_some();
    before.push(rule("special-use", is_special, Some(Outcome::Allowed)));
    if is_special {
        return said.of_local(before, Outcome::Allowed, Reason::Local, None);
    }
    let closed = trial.in_force.settings.bypass == Bypass::Block;
    let goes_round = closed && bypass::answer(&query, || Duration::ZERO, &mut unsent).is_some();
    before.push(rule("bypass", goes_round, Some(Outcome::Blocked)));
    if goes_round {
        let category = snapshot.registry.find("bypass").map(|category| snapshot.registry.entry(category).id.clone());
        return said.of_local(before, Outcome::Blocked, Reason::Bypass, category);
    }

    let mut decision = trial.decide(AliasFindings::default());
    if decision.verdict.action == Action::Block {
        return said.of_decision(before, &decision, AliasFindings::default(), &[], None);
    }
    if let Some(twin) = trial.twin(&decision) {
        return as_twin(said, before, &decision, twin, resolving, now.running).await;
    }
    let behind = resolve(resolving, snapshot, &query, &query.name, now.running).await;
    let brought = behind.relayed.as_ref().map(|relayed| trial.findings(relayed, None)).unwrap_or_default();
    let leads = behind.leads();
    decision = trial.decide(brought.findings);
    let explanation = said.of_decision(before, &decision, brought.findings, &leads, behind.note);
    if decision.verdict.action == Action::Block {
        return explanation;
    }
    if !behind.answered {
        return Explanation { verdict: Outcome::Failed.text().to_owned(), ..explanation };
    }
    with_rebinding(explanation, trial.rebinding(brought.private), &leads)
}

/// Explains an open name that has a safe twin: what is looked at is the twin, and only a lock closes it.
async fn as_twin(
    said: Said<'_>,
    before: Vec<Rule>,
    decision: &Decision,
    twin: &Twin,
    resolving: Resolving<'_>,
    running: Duration,
) -> Explanation {
    let trial = said.trial;
    let sought = trial.sought(decision);
    let mut behind = Behind { relayed: None, note: None, answered: true };
    let mut closed = trial.closes_twin(twin, AliasFindings::default());
    let at_hand = twin::at_hand(trial.query, &twin.target, Duration::ZERO, &mut Vec::new()).is_some();
    if closed.is_none() && !at_hand {
        behind = resolve(resolving, trial.snapshot, &sought, &trial.query.name, running).await;
        let brought = behind.relayed.as_ref().map(|relayed| trial.findings(relayed, None)).unwrap_or_default();
        closed = trial.closes_twin(twin, brought.findings);
    }
    let leads = behind.leads();
    let outcome = match (closed, behind.answered) {
        (Some(_), _) => Outcome::Blocked,
        (None, true) => Outcome::Rewritten,
        (None, false) => Outcome::Failed,
    };
    let by_alias = closed.map(|_| {
        let guilty = |lead: &&Lead| trial.closes_twin(twin, trial.findings_of(lead)).is_some();
        leads.iter().find(guilty).map_or_else(|| twin.target.to_string(), Lead::to_string)
    });
    let category = closed.map_or(decision.verdict.category, |verdict| verdict.category);
    let category = category.map(|category| trial.snapshot.registry.entry(category).id.clone());
    let mut explanation = said.of_decision(before, decision, AliasFindings::default(), &leads, behind.note);
    explanation.rules.push(rule("safe-search", true, Some(outcome)));
    Explanation {
        verdict: outcome.text().to_owned(),
        reason: closed.map_or(Reason::SafeSearch, |verdict| verdict.reason).text().to_owned(),
        category,
        by_alias,
        twin: closed.is_none().then(|| twin.target.to_string()),
        ..explanation
    }
}

fn source(client: IpAddr) -> Source {
    let local = match client {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED),
    };
    Source::new(SocketAddr::new(client, 0), SocketAddr::new(local, 0), Transport::Udp)
}

/// The explanation of an open name with what is made of a private address behind it.
fn with_rebinding(mut explanation: Explanation, mode: RebindingMode, leads: &[Lead]) -> Explanation {
    let outcome = match mode {
        RebindingMode::Off => None,
        RebindingMode::Log => Some(Outcome::Allowed),
        RebindingMode::Block => Some(Outcome::Blocked),
    };
    explanation.rules.push(rule("rebinding", outcome.is_some(), outcome));
    if mode != RebindingMode::Block {
        return explanation;
    }
    for rule in &mut explanation.rules {
        rule.decided = rule.rule == "rebinding";
    }
    let private = leads.iter().find(|lead| lead.address().is_some_and(is_private));
    Explanation {
        verdict: Outcome::Blocked.text().to_owned(),
        reason: Reason::Rebinding.text().to_owned(),
        category: None,
        by_alias: private.map(Lead::to_string),
        ..explanation
    }
}

/// What stands behind an open name.
#[derive(Debug)]
struct Behind {
    /// The answer, where there is one.
    relayed: Option<Relayed>,
    /// Why there may be more of them, or no answer.
    note: Option<String>,
    /// Whether a client would get an answer; taken for granted where nobody was asked.
    answered: bool,
}

impl Behind {
    /// What the answer leads to.
    fn leads(&self) -> Vec<Lead> {
        self.relayed.iter().flat_map(|relayed| relayed.leads()).collect()
    }
}

/// Looks behind an open name, as serving does where it may.
async fn resolve(resolving: Resolving<'_>, snapshot: &Snapshot, query: &Query, asked: &Name, running: Duration) -> Behind {
    let Resolving::AsServing(rooms) = resolving else {
        let note = "without a running server the names behind this one are not looked at".to_owned();
        return Behind { relayed: None, note: Some(note), answered: true };
    };
    let given = look(query, snapshot, rooms, running).await;
    match given.content() {
        Ok(relayed) => {
            // Of a twin's name nothing but its addresses will do.
            let is_twin = query.name != *asked;
            let answered = if is_twin { twin::is_answer(relayed) } else { !relayed.rcode().is_failure() };
            let failed = (!answered).then(|| format!("the upstreams answer {}", relayed.rcode().text()));
            let stale = given.stale().map(|_| "no upstream answers: clients get what was kept of the last answer".to_owned());
            let note = failed.or(stale);
            Behind { relayed: Some(relayed.clone()), note, answered }
        }
        Err(failure) => {
            let note = format!("the name could not be looked up: {failure}");
            Behind { relayed: None, note: Some(note), answered: false }
        }
    }
}

/// What all explanations of one trial have in common.
struct Said<'a> {
    trial: &'a Trial<'a>,
    asker: Asker,
    because: String,
}

impl Said<'_> {
    fn of_local(self, rules: Vec<Rule>, outcome: Outcome, reason: Reason, category: Option<String>) -> Explanation {
        let lists = self.listings(self.trial.snapshot.why(&self.trial.query.name, self.trial.query.record_type));
        let tier = self.trial.in_force.tier;
        Explanation {
            name: self.trial.query.name.to_string(),
            r#type: self.trial.query.record_type.to_string(),
            client: self.client(),
            group: self.trial.snapshot.words.group(self.trial.group).text.to_string(),
            tier: self.trial.snapshot.words.tier(tier).text.to_string(),
            verdict: outcome.text().to_owned(),
            reason: reason.text().to_owned(),
            category,
            by_alias: None,
            twin: None,
            rules: decided(rules),
            lists,
            aliases: Vec::new(),
            addresses: Vec::new(),
            note: None,
            because: self.because,
        }
    }

    /// A name of a configured zone, and the one behind it that belongs to none.
    async fn of_zone(self, rules: Vec<Rule>, verdict: Verdict, resolving: Resolving<'_>, now: &Now) -> Explanation {
        let Trial { snapshot, query, .. } = self.trial;
        let category = |verdict: &Verdict| verdict.category.map(|category| snapshot.registry.entry(category).id.clone());
        if verdict.action == Action::Block {
            return self.of_local(rules, outcome(&verdict), verdict.reason, category(&verdict));
        }
        let behind = resolve(resolving, snapshot, query, &query.name, now.running).await;
        let (aliases, addresses) = self.seen(&behind.leads());
        match behind.relayed.as_ref().and_then(|relayed| self.trial.closed_behind(relayed)) {
            Some((Decision { verdict, .. }, target)) => {
                let by_alias = Some(target.to_string());
                let said = self.of_local(rules, outcome(&verdict), verdict.reason, category(&verdict));
                Explanation { by_alias, aliases, addresses, note: behind.note, ..said }
            }
            None => {
                let outcome = if behind.answered { Outcome::Allowed } else { Outcome::Failed };
                Explanation { aliases, addresses, note: behind.note, ..self.of_local(rules, outcome, verdict.reason, None) }
            }
        }
    }

    fn of_decision(
        self,
        mut rules: Vec<Rule>,
        decision: &Decision,
        findings: AliasFindings,
        leads: &[Lead],
        note: Option<String>,
    ) -> Explanation {
        let Trial { snapshot, policy, now, .. } = self.trial;
        let category = |verdict: &Verdict| verdict.category.map(|category| snapshot.registry.entry(category).id.clone());
        for step in trace(&self.trial.case(findings), policy, &snapshot.shared, &now.school) {
            rules.push(Rule {
                rule: step.rule.text().to_owned(),
                matched: step.verdict.is_some(),
                decided: false,
                verdict: step.verdict.map(|verdict| outcome(&verdict).text().to_owned()),
                category: step.verdict.as_ref().and_then(category),
                name: step.name.map(|name| name.to_string()),
                decision: step.decision.as_ref().map(DecisionSaid::of),
            });
        }
        let verdict = decision.verdict;
        let guilty = || leads.iter().find(|lead| self.trial.is_guilty(lead)).map(Lead::to_string);
        let by_alias = verdict.by_alias.then(guilty).flatten();
        let (aliases, addresses) = self.seen(leads);
        let reason = verdict.reason;
        Explanation { by_alias, aliases, addresses, note, ..self.of_local(rules, outcome(&verdict), reason, category(&verdict)) }
    }

    /// What the lists say of the names and of the addresses that an answer leads to.
    fn seen(&self, leads: &[Lead]) -> (Vec<Alias>, Vec<Alias>) {
        let (mut aliases, mut addresses) = (Vec::new(), Vec::new());
        for lead in leads {
            let name = lead.to_string();
            match lead {
                Lead::Name(alias) => {
                    let why = self.trial.snapshot.why(alias, RecordType::CNAME);
                    aliases.push(Alias { name, lists: self.listings(why) });
                }
                Lead::Address(address) => {
                    let why = self.trial.snapshot.index.why_address(*address);
                    addresses.push(Alias { name, lists: self.listings(why) });
                }
            }
        }
        (aliases, addresses)
    }

    fn client(&self) -> Option<String> {
        match self.asker {
            Asker::Client(client, _) => Some(client.to_string()),
            Asker::Group(_) => None,
        }
    }

    fn listings(&self, why: Vec<Why>) -> Vec<Listing> {
        let registry = &self.trial.snapshot.registry;
        let listing = |why: Why| Listing {
            list: why.list.0,
            line: why.line,
            rule: why.rule,
            category: registry.entry(why.category).id.clone(),
            publication: self.trial.snapshot.publication.filter(|_| why.owner.is_office()),
            owner: why.owner.text(),
            effect: why.effect.text().to_owned(),
        };
        why.into_iter().map(listing).collect()
    }
}

/// What holds of a name before anybody judged it.
const OPEN: Verdict = Verdict { action: Action::Open, reason: Reason::None, category: None, by_alias: false };

fn outcome(verdict: &Verdict) -> Outcome {
    match (verdict.action, verdict.reason) {
        (Action::Block, Reason::NotReady) => Outcome::Failed,
        (Action::Block, _) => Outcome::Blocked,
        (Action::Open, _) => Outcome::Allowed,
    }
}

fn rule(id: &str, matched: bool, outcome: Option<Outcome>) -> Rule {
    let verdict = outcome.filter(|_| matched).map(|outcome| outcome.text().to_owned());
    Rule { rule: id.to_owned(), matched, decided: false, verdict, category: None, name: None, decision: None }
}

/// Marks the first rule that matched.
fn decided(mut rules: Vec<Rule>) -> Vec<Rule> {
    if let Some(first) = rules.iter_mut().find(|rule| rule.matched) {
        first.decided = true;
    }
    rules
}
