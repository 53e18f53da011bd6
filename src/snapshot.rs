//! All that a reload can change, made beside the one in force and swapped whole: one query sees one snapshot.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::answer::upstream::UpstreamStats;
use crate::answer::zones::{Place, Zones};
use crate::answer::{BlockAnswer, Edition, Rebinding, Upstreams};
use crate::client::{Clients, GroupId};
use crate::dns::{Name, NameMap, Query, RecordType};
use crate::lists::twins::Twins;
use crate::lists::{Along, Category, Effect, Index, ListAction, Listed, Protection, Registry, Verified, Why};
use crate::policy::{Calendar, Policies, Readiness, SchoolTime, Shared, TierId};
use crate::tally::{Label, Tally};

/// Everything that answers depend on, but for what upstreams say.
#[derive(Debug)]
pub struct Snapshot {
    /// Counts up with every snapshot since the state directory was made; in journal and metrics.
    pub serial: u64,
    /// Who belongs to which group.
    pub clients: Clients,
    /// What each group may.
    pub policies: Policies,
    /// What holds for all groups.
    pub shared: Shared,
    /// The school's time zone and holidays.
    pub calendar: Calendar,
    /// The categories.
    pub registry: Registry,
    /// Names that lists leave open; the index knows them too, this is for the time before there is one.
    pub protected: Arc<NameMap<Protection>>,
    /// What hosts with a safe twin are answered as.
    pub twins: Twins,
    /// What a service that they name takes along.
    pub along: Along,
    /// What the lists say.
    pub index: Arc<Index>,
    /// The serial of the publication that the office's lists are of; none where there is no office.
    pub publication: Option<u64>,
    /// Configured lists, and the office, that were never loaded; where any is missing nothing but help and system names resolves.
    pub missing_lists: Vec<String>,
    /// When the newest of the images was made: the school's clock cannot be right before it.
    pub images_made: Timestamp,
    /// What a blocked client gets.
    pub block: BlockAnswer,
    /// Where open names are looked up.
    pub upstreams: Arc<Upstreams>,
    /// Whose names are answered here, or asked of others than the upstreams.
    pub zones: Arc<Zones>,
    /// What becomes of private addresses in answers for public names.
    pub rebinding: Rebinding,
    /// The longest TTL that a client sees.
    pub max_ttl: Duration,
    /// The words that journal and metrics use for groups, tiers, categories and observing lists.
    pub words: Words,
}

impl Snapshot {
    /// Whether the lists can be relied on.
    pub const fn readiness(&self) -> Readiness {
        if self.missing_lists.is_empty() { Readiness::Ready } else { Readiness::NotReady }
    }

    /// What the lists say of `name`; before they are all there, which kind of protected name it is.
    pub fn listed(&self, name: &Name, record_type: RecordType) -> Listed {
        match self.readiness() {
            Readiness::Ready => {
                let mut listed = self.index.categories(name, record_type);
                self.along.add(name, &mut listed);
                listed
            }
            Readiness::NotReady => self.protection(name),
        }
    }

    /// As [`Snapshot::listed`], for the queries of a batch: their look-ups wait for the memory together.
    pub fn listed_of(&self, asked: &mut [(Query, Listed)]) {
        match (self.readiness(), &mut *asked) {
            // One alone needs no room for many.
            (_, [(query, listed)]) => *listed = self.listed(&query.name, query.record_type),
            (Readiness::Ready, asked) => {
                self.index.categories_of(asked.iter_mut().map(|(query, listed)| (&query.name, query.record_type, listed)));
                asked.iter_mut().for_each(|(query, listed)| self.along.add(&query.name, listed));
            }
            (Readiness::NotReady, asked) => asked.iter_mut().for_each(|(query, listed)| *listed = self.protection(&query.name)),
        }
    }

    fn protection(&self, name: &Name) -> Listed {
        let protected = self.protected.covering(name).map_or(Protection::NONE, |(_, kinds)| *kinds);
        Listed { protected, ..Listed::default() }
    }

    /// What the lists of networks say of an address; nothing before they are all there.
    pub fn listed_address(&self, address: IpAddr) -> Listed {
        match self.readiness() {
            Readiness::Ready => self.index.address(address),
            Readiness::NotReady => Listed::default(),
        }
    }

    /// Every list, line and rule that names `name`, or the service that takes it along.
    pub fn why(&self, name: &Name, record_type: RecordType) -> Vec<Why> {
        let mut all = self.index.why(name, record_type);
        all.extend(self.why_along(name, record_type));
        all
    }

    /// As [`Snapshot::why`], and finds the images that take the name for another.
    pub fn verify(&self, name: &Name, record_type: RecordType) -> Verified {
        let mut verified = self.index.verify(name, record_type);
        verified.why.extend(self.why_along(name, record_type));
        verified
    }

    /// By what it can be told whether the lists still say what they said.
    pub fn edition(&self) -> Edition {
        Edition { serial: self.serial, mistaken: self.index.mistaken() }
    }

    /// What closes the service that takes `name` along.
    fn why_along(&self, name: &Name, record_type: RecordType) -> impl Iterator<Item = Why> {
        let rules = self.along.with(name).map(|host| self.index.why(host, record_type)).unwrap_or_default();
        rules.into_iter().filter(|why| why.effect == Effect::Applied)
    }

    /// Whether `name` belongs to a zone of the configuration.
    pub fn is_local(&self, name: &Name) -> bool {
        self.zones.place(name).is_local()
    }

    /// Who is asked for `name`, where no own zone has it.
    pub fn speaker(&self, name: &Name) -> &Arc<Upstreams> {
        match self.zones.place(name) {
            Place::Forwarded(zone) => &zone.upstreams,
            Place::Own(..) | Place::Elsewhere => &self.upstreams,
        }
    }

    /// The counters of all who are asked; those of a forwarded zone have its name before their own.
    pub fn upstream_stats(&self) -> Vec<UpstreamStats> {
        let mut all = self.upstreams.stats();
        for zone in self.zones.forwarded() {
            let named = |stats: UpstreamStats| UpstreamStats { upstream: format!("{} {}", zone.name, stats.upstream), ..stats };
            all.extend(zone.upstreams.stats().into_iter().map(named));
        }
        all
    }

    /// The school's time at an instant.
    pub fn school_time(&self, wall: Timestamp) -> SchoolTime {
        self.calendar.at(wall, self.images_made)
    }
}

/// The lists that only observe, each at its bit of [`Listed::observed`].
fn observers(index: &Index) -> Vec<String> {
    let mut lists = Vec::new();
    for list in index.images().iter().flat_map(|image| image.lists()) {
        if let ListAction::Observe(bit) = list.action {
            let place = usize::from(bit);
            lists.resize(lists.len().max(place + 1), String::new());
            lists[place].clone_from(&list.id.0);
        }
    }
    lists
}

/// A word with its label.
#[derive(Debug, Clone)]
pub struct Word {
    /// As journal and people read it.
    pub text: Arc<str>,
    /// As it is counted.
    pub label: Label,
}

impl Word {
    fn new(text: &str, tally: &Tally) -> Self {
        Self { text: text.into(), label: tally.label(text) }
    }
}

/// The words of a snapshot, by their places.
#[derive(Debug)]
pub struct Words {
    groups: Vec<Word>,
    tiers: Vec<Word>,
    categories: Vec<Word>,
    observers: Vec<Word>,
}

impl Words {
    /// Gives each word its label.
    pub fn new(clients: &Clients, shared: &Shared, registry: &Registry, index: &Index, tally: &Tally) -> Self {
        Self {
            groups: clients.groups().iter().map(|group| Word::new(&group.id, tally)).collect(),
            tiers: shared.tiers.all().iter().map(|tier| Word::new(&tier.id, tally)).collect(),
            categories: registry.entries().iter().map(|entry| Word::new(&entry.id, tally)).collect(),
            observers: observers(index).into_iter().map(|list| Word::new(&list, tally)).collect(),
        }
    }

    /// The word of a group.
    pub fn group(&self, group: GroupId) -> &Word {
        &self.groups[group.place()]
    }

    /// The word of a tier.
    pub fn tier(&self, tier: TierId) -> &Word {
        &self.tiers[tier.place()]
    }

    /// The word of a category.
    pub fn category(&self, category: Category) -> &Word {
        &self.categories[category.place()]
    }

    /// The lists whose bits are set in `observed`.
    pub fn observers(&self, observed: u64) -> impl Iterator<Item = &Word> {
        self.observers.iter().enumerate().filter(move |(bit, _)| observed >> bit & 1 == 1).map(|(_, word)| word)
    }
}
