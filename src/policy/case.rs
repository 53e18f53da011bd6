//! What a decision is made of: the case itself, and what all groups share.

use std::net::IpAddr;

use jiff::civil::Date;

use super::{Policy, Tiers, rules};
use crate::decisions::{Exceptions, Grants, OfficeDecisions};
use crate::dns::{Name, NameMap};
use crate::lists::{CategorySet, Listed, Protected, Protection};

/// Whether every configured list, and the office where there is one, has been loaded at least once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Readiness {
    /// All have.
    Ready,
    /// Some list has not, so that an open name might be one that it names.
    NotReady,
}

/// One name, asked by one client.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The name asked for.
    pub name: &'a Name,
    /// What the lists say of it.
    pub listed: Listed,
    /// Who asked: some grants are for one client.
    pub client: IpAddr,
    /// What an upstream's answer brought.
    pub aliases: AliasFindings,
    /// Whether the lists can be relied on.
    pub ready: Readiness,
}

/// What holds for every group alike.
#[derive(Debug, Clone)]
pub struct Shared {
    /// All tiers, and which categories are locked.
    pub tiers: Tiers,
    /// The categories that endanger the visitor: `malware` and `phishing`.
    pub threats: CategorySet,
    /// What administrators opened in the file.
    pub exceptions: Exceptions,
    /// What the school opened for a time.
    pub grants: Grants,
    /// What the office decided of single names.
    pub office: OfficeDecisions,
    /// Hosts of lists and of the office: without them nothing gets ready, so they resolve before it.
    pub essential: NameMap<()>,
}

impl Shared {
    /// Tiers and nothing decided.
    pub fn of_tiers(tiers: Tiers, threats: CategorySet) -> Self {
        Self {
            tiers,
            threats,
            exceptions: Exceptions::default(),
            grants: Grants::default(),
            office: OfficeDecisions::default(),
            essential: NameMap::default(),
        }
    }
}

/// What the names and addresses that an upstream's answer leads to bring to the asked name: categories and denies, never an
/// allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AliasFindings {
    /// What the office's lists say of any of them.
    pub office: CategorySet,
    /// What the school's lists say of any of them.
    pub school: CategorySet,
    /// Those of `school` that a rule gives which names an alias itself.
    pub school_exact: CategorySet,
    /// Whether the office locked one by a decision.
    pub office_decided: bool,
    /// Whether the group denies one.
    pub denied: bool,
    /// The lists that observe one; they close nothing.
    pub observed: u64,
}

impl AliasFindings {
    /// Adds what is known on `day` of one name that the answer for a name with the protection `asked` leads to. It is the same for
    /// every group; what one group denies, [`Self::deny`] adds.
    pub fn add_name(&mut self, alias: &Name, listed: &Listed, asked: Protection, shared: &Shared, day: Date) {
        self.add(listed, asked, shared);
        self.office_decided |= shared.office.locks(alias, day);
    }

    /// Adds what lists of networks say of one address in the answer for a name with the protection `asked`.
    ///
    /// Sites share addresses, so that no list of networks means a site by its very name: nothing of it is exact.
    pub fn add_address(&mut self, listed: &Listed, asked: Protection, shared: &Shared) {
        self.add(&Listed { school_exact: CategorySet::EMPTY, ..*listed }, asked, shared);
    }

    /// Adds the group's word on one name.
    ///
    /// An alias counts as denied where the group would deny it if it were asked for: a more specific `allow` of the group
    /// keeps its `deny` from matching there, and brings nothing else.
    pub fn deny(&mut self, alias: &Name, policy: &Policy) {
        self.denied |= rules::denies(policy, alias);
    }

    /// What a list may not take along by a protected name's own rules, it does not take by what stands behind the name either.
    fn add(&mut self, listed: &Listed, asked: Protection, shared: &Shared) {
        let Listed { mut office, mut school, school_exact: mut exact, .. } = *listed;
        if asked.has(Protected::Help) || asked.has(Protected::System) {
            (office, school, exact) = Default::default();
        }
        if asked.has(Protected::Learning) {
            // As for a name that the school opened: a shared host among threats does not darken what is behind it.
            exact = exact.and(shared.threats);
            (office, school) = (office.and(shared.threats), exact);
        }
        if asked.has(Protected::Popular) {
            let grave = shared.tiers.locked().union(shared.threats);
            (school, exact) = (school.without(grave), exact.without(grave));
        }
        self.office = self.office.union(office);
        self.school = self.school.union(school);
        self.school_exact = self.school_exact.union(exact);
        self.observed |= listed.observed;
    }

    /// Whether they decide nothing.
    pub fn is_empty(&self) -> bool {
        Self { observed: 0, ..*self } == Self::default()
    }

    /// What counts of them for a name that was opened by guarantee, grant, office or group: what the office locks, and
    /// threats that the school's lists know by the alias's very name. So an allow covers the site's aliases, and a shared host on a
    /// threat list does not darken the sites behind it.
    #[must_use]
    pub(super) fn for_opened(self, locked: CategorySet, threats: CategorySet) -> Self {
        let exact = self.exact_threats(locked, threats);
        Self { office: self.office.and(locked), school: exact, school_exact: exact, denied: false, ..self }
    }

    /// What counts of them for a name whose school's locks were taken away.
    #[must_use]
    pub(super) fn without_school_locks(self, locked: CategorySet, threats: CategorySet) -> Self {
        let exact = self.exact_threats(locked, threats);
        Self { school: self.school.without(locked).union(exact), ..self }
    }

    fn exact_threats(self, locked: CategorySet, threats: CategorySet) -> CategorySet {
        self.school_exact.and(threats).and(locked)
    }
}
