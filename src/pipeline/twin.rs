//! An open name that has a safe twin: what is looked up in its place, and the answer that follows.
//!
//! The rule: who opened the name does not matter, only `safe_search` and `youtube` do; and what is said of the name itself never
//! passes.

use std::borrow::Cow;

use super::{Done, Trial};
use crate::answer::{Given, twin};
use crate::dns::{Ede, Lead, Query, Rcode, RecordType, Relayed};
use crate::lists::twins::{Twin, TwinTarget};
use crate::policy::{AliasFindings, Case, Decision, Outcome, Reason, Verdict, decide_twin};

impl<'a> Trial<'a> {
    /// The twin that the name is answered as, where it is open; names of configured zones have none.
    pub fn twin(&self, decision: &Decision) -> Option<&'a Twin> {
        if self.place.is_local() {
            return None;
        }
        self.snapshot.twins.of(&self.query.name, |switch| decision.settings.turn_on(switch))
    }

    /// What is looked up: the twin's addresses, or what was asked.
    pub fn sought(&self, decision: &Decision) -> Cow<'a, Query> {
        let question = self.twin(decision).and_then(|twin| twin::question(self.query, &twin.target));
        question.map_or(Cow::Borrowed(self.query), Cow::Owned)
    }

    /// What closes a twin, with what its own aliases bring.
    pub fn closes_twin(&self, twin: &Twin, aliases: AliasFindings) -> Option<Verdict> {
        let TwinTarget::Name(name) = &twin.target else { return None };
        let listed = self.snapshot.listed(name, RecordType::A);
        let case = Case { name, listed, ..self.case(aliases) };
        decide_twin(&case, self.policy, &self.snapshot.shared, &self.now.school)
    }

    /// Answers where the name has a twin and nothing needs to be looked up for it: it is closed, or the question is for no
    /// address.
    pub fn twin_at_hand(&self, decision: &Decision, out: &mut Vec<u8>) -> Option<Done> {
        let twin = self.twin(decision)?;
        if let Some(verdict) = self.closes_twin(twin, AliasFindings::default()) {
            return Some(self.block_twin(twin, decision, verdict, None, out));
        }
        let rcode = twin::at_hand(self.query, &twin.target, self.ttl_cap(None), out)?;
        Some(self.rewritten(decision, Outcome::Rewritten, rcode))
    }

    /// Answers as the twin, of which upstreams say, or said, what is `given`.
    pub(super) fn give_twin(&self, twin: &Twin, decision: &Decision, given: &Given, out: &mut Vec<u8>) -> Done {
        let TwinTarget::Name(name) = &twin.target else {
            return self.fail(decision, Ede::OTHER, out);
        };
        let relayed: &Relayed = match given.content() {
            Ok(relayed) => relayed,
            Err(failure) => return self.fail(decision, failure.ede(), out),
        };
        // The twin's entry is shared by hosts of different protection, so that nothing is remembered there of one.
        if let Some(verdict) = self.closes_twin(twin, self.findings(relayed, None).findings) {
            let guilty = |lead: &Lead| self.closes_twin(twin, self.findings_of(lead)).is_some();
            return self.block_twin(twin, decision, verdict, relayed.leads().find(guilty), out);
        }
        // Only the twin's own answer will do: one to another question says nothing of it.
        let own = twin::question(self.query, &twin.target).is_some_and(|question| relayed.answers(&question));
        let (age, stale) = (given.age(self.now.running), given.stale());
        let rendered = own.then(|| twin::render(self.query, name, relayed, age, self.ttl_cap(stale), stale, out)).flatten();
        match rendered {
            Some(rcode) => self.rewritten(decision, Outcome::Rewritten, rcode),
            None => self.fail(decision, Ede::NETWORK_ERROR, out),
        }
    }

    /// Answers as the policy blocks: the twin, or the alias of it that is named, is closed.
    fn block_twin(&self, twin: &Twin, decision: &Decision, verdict: Verdict, alias: Option<Lead>, out: &mut Vec<u8>) -> Done {
        let TwinTarget::Name(name) = &twin.target else {
            return self.block(&Decision { verdict, ..*decision }, alias, out);
        };
        self.block(
            &Decision { verdict: Verdict { by_alias: true, ..verdict }, ..*decision },
            Some(alias.unwrap_or_else(|| Lead::Name((**name).clone()))),
            out,
        )
    }

    /// What became of a query for a name that has a twin.
    pub(super) fn rewritten(&self, decision: &Decision, outcome: Outcome, rcode: Rcode) -> Done {
        let who = Some((self.group, decision.tier));
        let category = decision.verdict.category;
        Done { outcome, reason: Reason::SafeSearch, category, who, rcode, listed: self.listed, by_alias: None, private: None }
    }
}
