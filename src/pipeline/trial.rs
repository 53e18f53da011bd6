//! One query before its judge: who asked what and when, what is decided of it, and the answer that follows.

use std::sync::Arc;
use std::time::Duration;

use super::{Done, Now};
use crate::answer::upstream::STALE_TTL;
use crate::answer::zones::Place;
use crate::answer::{Blocked, Brought, Given, Memo, RebindingMode, is_private};
use crate::client::GroupId;
use crate::dns::{Ede, Lead, Query, Rcode, RecordType, Relayed, Reply};
use crate::lists::{Category, Listed, Protected};
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
    /// What holds for the group at this time.
    pub in_force: InForce<'a>,
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
        let policy = snapshot.policies.of(group);
        let in_force = policy.in_force(&now.school, &snapshot.shared.tiers);
        Self { query, snapshot, now, group, policy, listed, place, in_force }
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
            let at = &self.now.school;
            return decide_local_fully(&self.case(aliases), self.policy, &self.snapshot.shared, at, &self.in_force);
        }
        decide_fully(&self.case(aliases), self.policy, &self.snapshot.shared, &self.now.school, &self.in_force)
    }

    /// What the lists say of something that an answer leads to.
    pub fn listed_lead(&self, lead: &Lead) -> Listed {
        match lead {
            // A rule for CNAME records alone, or for all but them (`$dnstype`), is about names found behind others.
            Lead::Name(name) => self.snapshot.listed(name, RecordType::CNAME),
            Lead::Address(address) => self.snapshot.listed_address(*address),
        }
    }

    /// What an answer's leads bring for every group alike, recalled or looked up.
    fn brought(&self, relayed: &Relayed, memo: Option<&Memo>) -> Brought {
        let (edition, day) = (self.snapshot.edition(), self.now.school.date);
        if let Some(brought) = memo.and_then(|memo| memo.recall(edition, day)) {
            return brought;
        }
        let mut brought = Brought::default();
        for lead in relayed.leads() {
            self.add(&lead, &mut brought);
        }
        if let Some(memo) = memo {
            memo.note(edition, day, brought);
        }
        brought
    }

    fn add(&self, lead: &Lead, brought: &mut Brought) {
        let (listed, shared) = (self.listed_lead(lead), &self.snapshot.shared);
        match lead {
            Lead::Name(name) => {
                brought.findings.add_name(name, &listed, self.listed.protected, shared, self.now.school.date);
            }
            Lead::Address(address) => {
                brought.findings.add_address(&listed, self.listed.protected, shared);
                brought.private |= is_private(*address);
            }
        }
    }

    /// What an answer's leads bring for this group.
    pub fn findings(&self, relayed: &Relayed, memo: Option<&Memo>) -> Brought {
        let mut brought = self.brought(relayed, memo);
        if !self.policy.deny.is_empty() {
            relayed.aliases().for_each(|alias| brought.findings.deny(&alias, self.policy));
        }
        brought
    }

    /// Whether one lead alone closes the asked name for this group.
    pub fn is_guilty(&self, lead: &Lead) -> bool {
        self.decide(self.findings_of(lead)).verdict.action == Action::Block
    }

    /// What one lead alone brings for this group.
    pub fn findings_of(&self, lead: &Lead) -> AliasFindings {
        let mut alone = Brought::default();
        self.add(lead, &mut alone);
        if let Lead::Name(name) = lead {
            alone.findings.deny(name, self.policy);
        }
        alone.findings
    }

    /// What becomes of an answer for its private address, where it has one.
    ///
    /// Help is found wherever it is; every other name may have one only under the zones that the school serves itself.
    pub fn rebinding(&self, private: bool) -> RebindingMode {
        if private && !self.place.is_local() && !self.listed.protected.has(Protected::Help) {
            self.snapshot.rebinding.mode_for(&self.query.name)
        } else {
            RebindingMode::Off
        }
    }

    /// What became of a query that a local rule answered.
    pub fn local(&self, outcome: Outcome, reason: Reason, category: Option<Category>, rcode: Rcode) -> Done {
        let who = Some((self.group, self.in_force.tier));
        Done { outcome, reason, category, who, rcode, listed: self.listed, by_alias: None, private: None }
    }

    /// Answers as the policy blocks; `alias` brought the verdict, where not the asked name did.
    pub fn block(&self, decision: &Decision, alias: Option<Lead>, out: &mut Vec<u8>) -> Done {
        let verdict = decision.verdict;
        let done = |outcome, rcode| Done {
            outcome,
            reason: verdict.reason,
            category: verdict.category,
            who: Some((self.group, decision.tier)),
            rcode,
            listed: self.listed,
            by_alias: alias.clone(),
            private: None,
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
            rule_labels: match (&alias, decision.labels) {
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

    /// Answers as the upstream did, unless what its answer leads to is closed for this group.
    fn relay(&self, decision: Decision, relayed: &Relayed, given: &Given, out: &mut Vec<u8>) -> Done {
        if self.place.is_local()
            && let Some((decision, target)) = self.closed_behind(relayed)
        {
            return self.block(&decision, Some(target), out);
        }
        let Brought { findings, private } = self.findings(relayed, given.memo());
        let observed = self.listed.observed | findings.observed;
        let decision = if findings.is_empty() { decision } else { self.decide(findings) };
        let noted = |done: Done| Done { listed: Listed { observed, ..done.listed }, ..done };
        if decision.verdict.action == Action::Block {
            let guilty = relayed.leads().find(|lead| self.is_guilty(lead));
            return noted(self.block(&decision, guilty, out));
        }
        let mode = self.rebinding(private);
        let found = || relayed.leads().find_map(|lead| lead.address().filter(|address| is_private(*address)));
        let private = if mode == RebindingMode::Off { None } else { found() };
        if mode == RebindingMode::Block {
            let verdict = Verdict { action: Action::Block, reason: Reason::Rebinding, category: None, by_alias: true };
            let decision = Decision { verdict, labels: None, ..decision };
            return Done { private, ..noted(self.block(&decision, private.map(Lead::Address), out)) };
        }
        let stale = given.stale();
        let cap = u32::try_from(self.ttl_cap(stale).as_secs()).unwrap_or(u32::MAX);
        let rcode = relayed.render(self.query, given.age(self.now.running), cap, stale.map(|why| (why, "")), out);
        let outcome = if rcode.is_failure() { Outcome::Failed } else { Outcome::Allowed };
        Done { private, ..noted(self.ended(outcome, &decision, rcode)) }
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
    pub fn closed_behind(&self, relayed: &Relayed) -> Option<(Decision, Lead)> {
        // Those of the alias chain come first, in its order.
        let away = |lead: &Lead| matches!(lead, Lead::Name(alias) if !self.snapshot.is_local(alias));
        let mut leads = relayed.leads().skip_while(|lead| !away(lead));
        let Lead::Name(target) = leads.next()? else { return None };
        let query = self.query.towards(target.clone());
        let there = Trial::new(&query, self.snapshot, self.now, self.group);
        let mut brought = Brought::default();
        for lead in leads {
            there.add(&lead, &mut brought);
            if let Lead::Name(alias) = &lead {
                brought.findings.deny(alias, self.policy);
            }
        }
        let decision = there.decide(brought.findings);
        // What has a safe twin is answered as the twin where it is asked for by its own name, and by no other.
        let decision = match there.twin(&decision) {
            Some(_) => {
                let verdict = Verdict { action: Action::Block, reason: Reason::SafeSearch, ..decision.verdict };
                Decision { verdict, ..decision }
            }
            None => decision,
        };
        (decision.verdict.action == Action::Block).then_some((decision, Lead::Name(target)))
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
        Done {
            outcome,
            reason: verdict.reason,
            category: verdict.category,
            who,
            rcode,
            listed: self.listed,
            by_alias: None,
            private: None,
        }
    }
}
