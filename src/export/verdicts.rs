//! What a tier makes of each name that lists or people name: blocked or open, itself and below.
//!
//! Each is decided by the rules of `policy` themselves, so that no export says other than the server does.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use super::{ExportError, Wanted};
use crate::answer::bypass;
use crate::client::GroupId;
use crate::decisions::Grants;
use crate::dns::{Name, RecordType};
use crate::lists::{CategorySet, Listed, Stop, Tour};
use crate::policy::{self, Action, AliasFindings, Bypass, Case, InForce, Policy, Readiness, Reason, Shared, decide_fully};
use crate::snapshot::Snapshot;

/// Blocked or open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// It is blocked.
    Blocked,
    /// It is looked up.
    Open,
}

/// One name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passed<'n> {
    /// Its place among all that are passed.
    pub(super) place: u64,
    pub(super) name: &'n Name,
    /// What becomes of the name's neighbours: of those below the name above it that are not passed themselves.
    pub(super) inherited: Side,
    /// What becomes of this very name.
    pub(super) own: Side,
    /// What becomes of the names below it that are not passed themselves.
    pub(super) below: Side,
    /// Whether the name itself is to stay open: it is protected, somebody decided so, or a list says so of it.
    pub(super) kept: bool,
    /// Whether it is blocked for some record types and not for others.
    pub(super) typed: bool,
}

/// All names with what becomes of them.
pub(super) struct Verdicts<'s> {
    snapshot: &'s Snapshot,
    shared: Shared,
    policy: Policy,
    at: policy::SchoolTime,
    tour: Tour<'s>,
    bypass: Vec<Name>,
}

/// Types whose answers a rule for some record types may be meant for.
const OTHER_TYPES: [RecordType; 4] = [RecordType::AAAA, RecordType::HTTPS, RecordType::TXT, RecordType::CNAME];

impl<'s> Verdicts<'s> {
    pub(super) fn new(wanted: &Wanted<'s>) -> Result<Self, ExportError> {
        let Wanted { snapshot, tier, at, .. } = *wanted;
        // A grant is for a group or a client, and lasts a lesson.
        let shared = Shared { grants: Grants::default(), ..snapshot.shared.clone() };
        let policy = Policy::of_tier(GroupId(0), tier);
        let bypass = match policy.in_force(&at, &shared.tiers).settings.bypass {
            Bypass::Block => bypass::names().to_vec(),
            Bypass::Allow => Vec::new(),
        };
        let mut others = bypass.clone();
        let office = &shared.office;
        others.extend(office.iter().map(|(name, _)| name));
        others.extend(shared.exceptions.iter().map(|(name, _)| name));
        others.extend(shared.tiers.tier(tier).restricted.names());
        others.extend(snapshot.along.names());
        let tour = snapshot.index.tour(RecordType::A, others)?;
        Ok(Self { snapshot, shared, policy, at, tour, bypass })
    }

    /// The categories that the tier blocks.
    pub(super) fn mask(&self) -> CategorySet {
        self.policy.in_force(&self.at, &self.shared.tiers).mask
    }

    /// Passes every name, in canonical order.
    pub(super) fn each<E: From<ExportError>>(self, each: &mut dyn FnMut(&Passed<'_>) -> Result<(), E>) -> Result<(), E> {
        let Self { snapshot, shared, policy, at, tour, bypass } = self;
        let judge =
            Judge { snapshot, shared: &shared, policy: &policy, at: &at, in_force: policy.in_force(&at, &shared.tiers), bypass };
        let mut way: Vec<(Name, Side)> = Vec::new();
        for (place, stop) in (0..).zip(tour) {
            let stop = stop.map_err(ExportError::from)?;
            while way.pop_if(|(above, _)| !stop.name.is_at_or_below(above)).is_some() {}
            let inherited = way.last().map_or(Side::Open, |(_, side)| *side);
            let passed = judge.pass(place, inherited, &stop);
            each(&passed)?;
            if passed.below != inherited {
                way.push((stop.name.clone(), passed.below));
            }
        }
        Ok(())
    }
}

struct Judge<'j> {
    snapshot: &'j Snapshot,
    shared: &'j Shared,
    policy: &'j Policy,
    at: &'j policy::SchoolTime,
    in_force: InForce<'j>,
    bypass: Vec<Name>,
}

impl Judge<'_> {
    fn pass<'n>(&self, place: u64, inherited: Side, stop: &'n Stop) -> Passed<'n> {
        let name = &stop.name;
        let (own, kept) = self.side(name, stop.own);
        // Whatever is decided of a name holds for what is below it: only the lists tell the two apart.
        let (below, _) = self.side(name, stop.below);
        let differs = |other: &RecordType| self.side(name, self.snapshot.index.categories(name, *other)).0 != own;
        let typed = stop.typed && OTHER_TYPES.iter().any(differs);
        Passed { place, name, inherited, own, below, kept: kept || stop.excepted && own == Side::Open, typed }
    }

    /// What becomes of a name of which the lists say `listed`, and whether it is to stay open.
    fn side(&self, name: &Name, mut listed: Listed) -> (Side, bool) {
        if self.bypass.iter().any(|asked| name.is_at_or_below(asked)) {
            return (Side::Blocked, false);
        }
        self.snapshot.along.add(name, &mut listed);
        let case = Case {
            name,
            listed,
            client: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            aliases: AliasFindings::default(),
            ready: Readiness::Ready,
        };
        let verdict = decide_fully(&case, self.policy, self.shared, self.at, &self.in_force).verdict;
        match verdict.action {
            Action::Block => (Side::Blocked, false),
            Action::Open => (Side::Open, !listed.protected.is_empty() || verdict.reason != Reason::None),
        }
    }
}

/// The places of the names at or below which something is open that a block of the whole would take along.
pub(super) fn opened_below(verdicts: Verdicts<'_>, tell: &mut dyn FnMut()) -> Result<BTreeSet<u64>, ExportError> {
    /// A name on the way, and whether it is among them already.
    struct Above {
        name: Name,
        place: u64,
        found: bool,
    }
    let mut found = BTreeSet::new();
    let mut way: Vec<Above> = Vec::new();
    verdicts.each(&mut |passed| {
        tell();
        while way.pop_if(|above| !passed.name.is_at_or_below(&above.name)).is_some() {}
        // What is open below an open name was opened by nobody, unless it is kept.
        let opened = passed.inherited == Side::Blocked && (passed.own == Side::Open || passed.below == Side::Open);
        if opened || passed.kept {
            // Those further up were found with the first that is found on the way.
            for above in way.iter_mut().rev().take_while(|above| !above.found) {
                above.found = true;
                found.insert(above.place);
            }
        }
        way.push(Above { name: passed.name.clone(), place: passed.place, found: false });
        Ok::<(), ExportError>(())
    })?;
    Ok(found)
}
