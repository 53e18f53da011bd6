//! Groups: who is in which, and what each of them may.

use super::Notes;
use super::held::Held;
use super::schedule::Around;
use super::tiers::Against;
use crate::client::{self, Clients, GroupId, Subnet, Via};
use crate::config::file::{self, At, Group, Target};
use crate::dns::{Name, NameMap, Source, Transport};
use crate::policy::{Origin, Policies, Policy, Scope, TierId, Tiers};
use ipnet::IpNet;
use std::collections::HashMap;
use std::net::SocketAddr;

/// The most groups: metrics keep series for each, and a school has dozens.
const MOST_GROUPS: usize = 1000;

/// Who is in which group, and each group's policy, in the order of the file.
pub(super) fn clients(
    clients: file::Clients,
    mut groups: Vec<Group>,
    against: Against<'_>,
    tiers: &Tiers,
    notes: &mut Notes<'_>,
) -> (Clients, Policies) {
    let file::Clients { allowed, default_group, trusted_forwarders, max_ttl: _, rate_limit } = clients;
    if let Some(first) = groups.get(MOST_GROUPS) {
        notes.fault(first.line, "more than 1000 groups", "clients with the same policy are one group with several subnets");
        groups.truncate(MOST_GROUPS);
    }
    ids(&groups, notes);
    let taken = subnets(&groups, notes);
    let ways = ways(&groups, notes);
    let default_id = default_group.as_ref().map(|group| group.value.as_str());
    let claims = |group: &Group| !group.subnets.is_empty() || !group.via.is_empty();
    for group in groups.iter().filter(|group| !claims(group) && default_id != Some(group.id.value.as_str())) {
        let what = format!("group `{}` has no subnets: no client is in it", group.id.value);
        notes.warn(group.line, what, "add `subnets = [\"…\"]`, or name it in [clients] default_group");
    }
    let default = default_group.and_then(|At { value: id, line }| {
        let place = groups.iter().position(|group| group.id.value == id);
        if place.is_none() {
            notes.unknown(line, "group", id.as_str(), groups.iter().map(|group| group.id.value.as_str()));
        }
        place.and_then(|place| u16::try_from(place).ok()).map(GroupId)
    });

    let mut members = Vec::with_capacity(groups.len() + 1);
    let mut policies = Vec::with_capacity(groups.len() + 1);
    for (place, group) in groups.into_iter().enumerate() {
        let id = GroupId(u16::try_from(place).expect("at most 1000 groups"));
        let subnets = group.subnets.iter().map(|subnet| Subnet::from(subnet.value));
        members.push(client::Group {
            id: group.id.value.as_str().to_owned(),
            name: group.name.clone().unwrap_or_else(|| group.id.value.as_str().to_owned()),
            // One that another group named first is left out: it was said above.
            subnets: subnets.filter(|subnet| taken.get(subnet) == Some(&place)).collect(),
            via: group.via.iter().map(|via| &via.value).filter(|via| ways.get(via) == Some(&place)).cloned().collect(),
            rate_limit: group.rate_limit.unwrap_or(rate_limit),
        });
        policies.push(policy(id, group, against, tiers, notes));
    }
    let clients = Clients::new(members, default, rate_limit, allowed_clients(&allowed))
        .expect("no prefix stands in two groups: each was left to the first");
    let clients = clients.trusting(trusted_forwarders.iter().map(|network| Subnet::from(network.value)));
    if let Some(built_in) = clients.built_in() {
        policies.push(Policy::of_tier(built_in, TierId::YOUNGEST));
    }
    for forwarder in &trusted_forwarders {
        doubt_forwarder(forwarder, &clients, &policies, tiers, notes);
    }
    (clients, Policies::new(policies))
}

/// Notes what makes trust in a forwarder a way to take another's place.
fn doubt_forwarder(forwarder: &At<IpNet>, clients: &Clients, policies: &[Policy], tiers: &Tiers, notes: &mut Notes<'_>) {
    let subnet = Subnet::from(forwarder.value);
    if subnet.net().prefix_len() < subnet.net().max_prefix_len() {
        let what = format!("trusted forwarder {subnet} is a network: every device in it can ask in any other's name");
        notes.warn(forwarder.line, what, "name the one address that forwards: \"10.0.0.1/32\"");
    }
    let address = SocketAddr::new(subnet.net().network(), 0);
    let own = &policies[clients.identify(&Source::new(address, address, Transport::Udp)).group.place()];
    let youngest = policies.iter().map(|policy| policy.tier).min().unwrap_or(own.tier);
    if own.tier > youngest {
        let (id, tier) = (&clients.group(own.group).id, &tiers.tier(own.tier).id);
        let what = format!(
            "trusted forwarder {subnet} is in group `{id}` itself: what it passes on without a client has the tier `{tier}`"
        );
        notes.warn(forwarder.line, what, format!("put \"{subnet}\" into `subnets` of the group with the youngest tier"));
    }
}

fn allowed_clients(allowed: &[At<file::Allowed>]) -> client::Allowed {
    let mut subnets = Vec::new();
    for allowed in allowed {
        match allowed.value {
            file::Allowed::Any => return client::Allowed::Any,
            file::Allowed::Private => subnets.extend(client::Allowed::private()),
            file::Allowed::Network(network) => subnets.push(Subnet::from(network)),
        }
    }
    client::Allowed::Subnets(subnets)
}

/// Notes ids that stand twice, or that the program uses itself.
fn ids(groups: &[Group], notes: &mut Notes<'_>) {
    let mut first = HashMap::new();
    for group in groups {
        let id = group.id.value.as_str();
        if id == client::Group::BUILT_IN {
            let what = format!("the id `{id}` is that of the built-in group of clients that no subnet covers");
            notes.fault(group.id.line, what, "choose another id, and name it in [clients] default_group");
        }
        match first.get(id) {
            Some(line) => {
                notes.fault(group.id.line, format!("group `{id}` stands twice: on line {line} too"), "choose another id")
            }
            None => {
                first.insert(id, group.id.line);
            }
        }
    }
}

/// Which group each prefix belongs to; notes prefixes that stand twice or identify nobody.
fn subnets(groups: &[Group], notes: &mut Notes<'_>) -> HashMap<Subnet, usize> {
    let mut taken: HashMap<Subnet, usize> = HashMap::new();
    for (place, group) in groups.iter().enumerate() {
        for At { value, line } in &group.subnets {
            let subnet = Subnet::from(*value);
            match taken.get(&subnet) {
                Some(first) if *first == place => {
                    notes.warn(*line, format!("subnet {subnet} stands twice in group `{}`", group.id.value), "leave one out");
                }
                Some(first) => {
                    let what =
                        format!("subnet {subnet} of group `{}` is in group `{}` too", group.id.value, groups[*first].id.value);
                    notes.fault(*line, what, "leave it to one of them; a longer prefix inside it may be another group's");
                }
                None => {
                    taken.insert(subnet, place);
                }
            }
            if subnet.is_link_local() {
                let what = format!("subnet {subnet} is link-local: every link has the same addresses, so it identifies nobody");
                notes.warn(*line, what, "name the subnet that the clients' other addresses are in");
            }
        }
    }
    taken
}

/// Which group each way in belongs to; notes those that stand twice.
fn ways(groups: &[Group], notes: &mut Notes<'_>) -> HashMap<Via, usize> {
    let mut taken: HashMap<Via, usize> = HashMap::new();
    for (place, group) in groups.iter().enumerate() {
        for At { value: via, line } in &group.via {
            match taken.get(via) {
                Some(first) if *first == place => {
                    notes.warn(*line, format!("via {via} stands twice in group `{}`", group.id.value), "leave one out");
                }
                Some(first) => {
                    let what = format!("via {via} of group `{}` is in group `{}` too", group.id.value, groups[*first].id.value);
                    notes.fault(*line, what, "leave it to one of them");
                }
                None => {
                    taken.insert(via.clone(), place);
                }
            }
        }
    }
    taken
}

fn policy(id: GroupId, group: Group, against: Against<'_>, tiers: &Tiers, notes: &mut Notes<'_>) -> Policy {
    let (registry, targets, held) = against;
    let Group {
        line: _,
        id: word,
        name: _,
        subnets: _,
        via: _,
        tier,
        allow,
        deny,
        safe_search,
        youtube,
        allow_only,
        rate_limit: _,
        schedule,
    } = group;
    let word = word.value.as_str();
    let tier = tiers.find(tier.value.as_str()).unwrap_or_else(|| {
        notes.unknown(tier.line, "tier", tier.value.as_str(), tiers.all().iter().map(|tier| tier.id.as_str()));
        TierId::YOUNGEST
    });
    if allow_only.value && allow.is_empty() {
        let what = format!("group `{word}` is always in an exam, and its `allow` leaves nothing open");
        notes.fault(allow_only.line, what, "name what stays open: `allow = [\"thi.truong.edu.vn\"]`");
    }
    let around = Around { group: word, tier, allows_nothing: allow.is_empty(), registry, tiers, targets, held };
    let schedule = around.schedule(schedule, notes);
    let allow = named(&allow, |target| targets.opened(target, notes));
    let deny = named(&deny, |target| {
        let closed = targets.closed(target, notes);
        for (name, _) in closed.iter().filter(|(name, _)| allow.exact(name).is_some_and(|origin| *origin == Origin::Written)) {
            let what = format!("group `{word}` both allows and denies `{name}`");
            notes.warn(target.line, what, "allow wins; leave one of them out");
        }
        closed
    });
    let scope = if allow_only.value { Scope::AllowOnly } else { Scope::Everything };
    Policy {
        group: id,
        tier,
        schedule,
        allow,
        deny,
        scope,
        safe_search: safe_search_of(safe_search, word, &tiers.tier(tier).id, held, notes),
        youtube: youtube.map(|wanted| wanted.value),
    }
}

/// What a group says of safe search, as far as the office lets it.
fn safe_search_of(said: Option<At<bool>>, group: &str, tier: &str, held: &Held, notes: &mut Notes<'_>) -> Option<bool> {
    let At { value, line } = said?;
    if !value && held.safe_search(tier) {
        let what = format!("group `{group}` turns safe search off, and the office does not let schools do that");
        notes.against_office(line, what, "leave `safe_search` out; the office's word holds");
        return None;
    }
    Some(value)
}

/// The names of all targets; what is written keeps its origin where a service brings the same name.
fn named(targets: &[At<Target>], mut names: impl FnMut(&At<Target>) -> Vec<(Name, Origin)>) -> NameMap<Origin> {
    let mut all = NameMap::default();
    for (name, origin) in targets.iter().flat_map(&mut names) {
        match (all.exact(&name), &origin) {
            (Some(_), Origin::Service(_)) => {}
            (None, Origin::Service(_)) | (None | Some(_), Origin::Written) => {
                all.insert(&name, origin);
            }
        }
    }
    all
}
