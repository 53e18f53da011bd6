//! One query before its judge: who asked what and when, what is decided of it, and the answer that follows.

use std::sync::Arc;
use std::time::Duration;

use super::{Done, Now};
use crate::answer::upstream::STALE_TTL;
use crate::answer::zones::Place;
use crate::answer::{Blocked, Given};
use crate::client::GroupId;
use crate::dns::{Ede, Name, Query, Rcode, RecordType, Relayed, Reply};
use crate::lists::{Category, Listed};
use crate::policy::{
    Action, AliasFindings, Case, Decision, InForce, Outcome, Policy, Reason, Verdict, closes_below, decide_fully,
    decide_local_fully,
};
use crate::snapshot::Snapshot;

/// A query, the snapshot that judges it, and what the lists say of its name.
#[derive(Debug)]
pub struct Trial<'a> {
    /// The query.
    pub query: &'a Query,
    /// Lists, policies and all else that a reload can change.
    pub snapshot: &'a Arc<Snapshot>,
    /// The time.
    pub now: &'a Now,
    /// Whose query it is.
    pub group: GroupId,
    /// What that group may.
    pub policy: &'a Policy,
    /// What the lists say of the asked name.
    pub listed: Listed,
    /// Where the asked name belongs.
    pub place: Place<'a>,
}

impl<'a> Trial<'a> {
    /// Looks the name up.
    pub fn new(query: &'a Query, snapshot: &'a Arc<Snapshot>, now: &'a Now, group: GroupId) -> Self {
        let listed = snapshot.listed(&query.name, query.record_type);
        Self::resumed(query, snapshot, now, group, listed)
    }

    /// A trial whose name was looked up before.
    pub fn resumed(query: &'a Query, snapshot: &'a Arc<Snapshot>, now: &'a Now, group: GroupId, listed: Listed) -> Self {
        let place = snapshot.zones.place(&query.name);
        Self { query, snapshot, now, group, policy: snapshot.policies.of(group), listed, place }
    }

    /// What holds for the group at this time.
    pub fn in_force(&self) -> InForce<'a> {
        self.policy.in_force(&self.now.school, &self.snapshot.shared.tiers)
    }

    /// The case that the policy decides.
    pub fn case(&self, aliases: AliasFindings) -> Case<'a> {
        Case {
            name: &self.query.name,
            listed: self.listed,
            client: self.query.source.client.ip(),
            aliases,
            ready: self.snapshot.readiness(),
        }
    }

    /// What the policy says, with what aliases bring. A name of a configured zone is closed by office locks and the group's deny
    /// alone.
    pub fn decide(&self, aliases: AliasFindings) -> Decision {
        if self.place.is_local() {
            return decide_local_fully(&self.case(aliases), self.policy, &self.snapshot.shared, &self.now.school);
        }
        decide_fully(&self.case(aliases), self.policy, &self.snapshot.shared, &self.now.school)
    }

    /// What the names bring that an upstream's answer leads to.
    pub fn findings(&self, aliases: &[Name]) -> AliasFindings {
        let mut findings = AliasFindings::default();
        for alias in aliases {
            // A rule for CNAME records alone, or for all but them (`$dnstype`), is about names found behind others.
            let listed = self.snapshot.listed(alias, RecordType::CNAME);
            findings.add(&listed, alias, self.policy, &self.snapshot.shared);
        }
        findings
    }

    /// What became of a query that a local rule answered.
    pub fn local(&self, outcome: Outcome, reason: Reason, category: Option<Category>, rcode: Rcode) -> Done {
        let who = Some((self.group, self.in_force().tier));
        Done { outcome, reason, category, who, rcode, listed: self.listed, by_alias: None }
    }

    /// Answers as the policy blocks; `alias` brought the verdict, where not the asked name did.
    pub fn block(&self, decision: &Decision, alias: Option<&Name>, out: &mut Vec<u8>) -> Done {
        let verdict = decision.verdict;
        let done = |outcome, rcode| Done {
            outcome,
            reason: verdict.reason,
            category: verdict.category,
            who: Some((self.group, decision.tier)),
            rcode,
            listed: self.listed,
            by_alias: alias.cloned().map(Box::new),
        };
        if verdict.reason == Reason::NotReady {
            let text = self.snapshot.block.not_ready();
            return done(Outcome::Failed, Reply::new(self.query, out).rcode(Rcode::SERVFAIL).ede(Ede::NOT_READY, text).finish());
        }
        let case = self.case(AliasFindings::default());
        let blocked = Blocked {
            reason: verdict.reason,
            category: verdict.category.map(|category| self.snapshot.registry.entry(category)),
            tier: &self.snapshot.shared.tiers.tier(decision.tier).name,
            // The deepest rule's name is not known to the policy where a list brought it.
            rule_labels: match (alias, decision.labels) {
                (Some(_), _) => self.query.name.label_count(),
                (None, Some(labels)) => labels,
                (None, None) => usize::from(self.listed.rule_labels),
            },
            closed: &|| closes_below(&case, &verdict, self.policy, &self.snapshot.shared),
        };
        done(Outcome::Blocked, self.snapshot.block.render(self.query, &blocked, out))
    }

    /// Answers what upstreams say, or said.
    pub fn give(&self, decision: Decision, given: &Given, out: &mut Vec<u8>) -> Done {
        match (self.twin(&decision), given.content()) {
            (Some(twin), _) => self.give_twin(twin, &decision, given, out),
            (None, Ok(relayed)) => self.relay(decision, relayed, given, out),
            (None, Err(failure)) => self.fail(&decision, failure.ede(), out),
        }
    }

    /// Answers as the upstream did, unless the names that its answer leads to are closed for this group.
    fn relay(&self, decision: Decision, relayed: &Relayed, given: &Given, out: &mut Vec<u8>) -> Done {
        if self.place.is_local()
            && let Some((decision, target)) = self.closed_behind(relayed.aliases())
        {
            return self.block(&decision, Some(&target), out);
        }
        let findings = self.findings(relayed.aliases());
        let decision = if findings.is_empty() { decision } else { self.decide(findings) };
        if decision.verdict.action == Action::Block {
            let guilty = |alias: &&Name| {
                let alone = self.findings(std::slice::from_ref(alias));
                self.decide(alone).verdict.action == Action::Block
            };
            return self.block(&decision, relayed.aliases().iter().find(guilty), out);
        }
        let stale = given.stale();
        let cap = u32::try_from(self.ttl_cap(stale).as_secs()).unwrap_or(u32::MAX);
        let rcode = relayed.render(self.query, given.age(self.now.running), cap, stale.map(|why| (why, "")), out);
        let outcome = if rcode.is_failure() { Outcome::Failed } else { Outcome::Allowed };
        self.ended(outcome, &decision, rcode)
    }

    /// The longest that a client may hold an answer, fresh or stale: what is open now may be closed at the next edge of a window.
    pub(super) fn ttl_cap(&self, stale: Option<Ede>) -> Duration {
        // The school's time is read once a second, so the edge may be that much nearer.
        let edge = self.policy.next_edge(&self.now.school, &self.snapshot.shared).saturating_sub(Duration::from_secs(1));
        let most = if stale.is_some() { self.snapshot.max_ttl.min(STALE_TTL) } else { self.snapshot.max_ttl };
        most.min(edge)
    }

    /// What closes the name to which the aliases of a configured zone lead out of all such zones: it is judged as if the client had
    /// asked for it.
    pub fn closed_behind(&self, aliases: &[Name]) -> Option<(Decision, Name)> {
        let away = aliases.iter().position(|alias| !self.snapshot.is_local(alias))?;
        let query = self.query.towards(aliases[away].clone());
        let there = Trial::new(&query, self.snapshot, self.now, self.group);
        let decision = there.decide(there.findings(&aliases[away + 1..]));
        // What has a safe twin is answered as the twin where it is asked for by its own name, and by no other.
        let decision = match there.twin(&decision) {
            Some(_) => {
                let verdict = Verdict { action: Action::Block, reason: Reason::SafeSearch, ..decision.verdict };
                Decision { verdict, ..decision }
            }
            None => decision,
        };
        (decision.verdict.action == Action::Block).then(|| (decision, aliases[away].clone()))
    }

    /// What became of a query that was answered without asking anyone: the name is open.
    pub fn opened(&self, decision: &Decision, rcode: Rcode) -> Done {
        self.ended(Outcome::Allowed, decision, rcode)
    }

    /// Answers SERVFAIL: the name is open, but no answer can be had, or none of its safe twin: its own is not given in the place
    /// of that.
    pub fn fail(&self, decision: &Decision, why: Ede, out: &mut Vec<u8>) -> Done {
        let rcode = Reply::new(self.query, out).rcode(Rcode::SERVFAIL).ede(why, "").finish();
        match self.twin(decision) {
            Some(_) => self.rewritten(decision, Outcome::Failed, rcode),
            None => self.ended(Outcome::Failed, decision, rcode),
        }
    }

    fn ended(&self, outcome: Outcome, decision: &Decision, rcode: Rcode) -> Done {
        let verdict = decision.verdict;
        let who = Some((self.group, decision.tier));
        Done { outcome, reason: verdict.reason, category: verdict.category, who, rcode, listed: self.listed, by_alias: None }
    }
}
