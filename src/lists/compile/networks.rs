//! The networks of all lists of an owner, cut into stretches without overlap: for each what the lists together say.
//!
//! All categories of the networks around an address are united; a list that allows takes its category out wherever one of its
//! networks lies.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::report::Guarded;
use crate::lists::guard::{NetKind, net_kind};
use crate::lists::image::{NetParts, NetRule, NetSets, Stretches};
use crate::lists::{CategorySet, List, ListAction};

/// The networks of the lists, in no order.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct NetRules(Vec<NetRule>);

impl NetRules {
    /// Adds a network of the list at place `list`.
    pub(super) fn add(&mut self, list: u16, network: IpNet, line: u32) {
        self.0.push(NetRule { network, list, line });
    }

    /// Takes out the blocks that would take half the world or the school's own network along, and notes them.
    pub(super) fn guard(&mut self, lists: &[List], guarded: &mut [Guarded]) {
        self.0.sort_unstable();
        self.0.dedup();
        self.0.retain(|rule| {
            let list = &lists[usize::from(rule.list)];
            let refused = match (net_kind(rule.network), list.action) {
                (NetKind::Plain, _) | (_, ListAction::Allow) => false,
                (NetKind::Wide | NetKind::Special, ListAction::Block | ListAction::Observe(_)) => !list.force.public_suffix,
            };
            if refused {
                guarded[usize::from(rule.list)].networks.push((rule.network.to_string(), rule.line));
            }
            !refused
        });
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The parts of an image that are about networks.
    pub(super) fn parts(&self, lists: &[List]) -> NetParts {
        let v4: Vec<(u128, u128, u16)> = self
            .0
            .iter()
            .filter_map(|rule| match rule.network {
                IpNet::V4(network) => {
                    Some((u32::from(network.network()).into(), u32::from(network.broadcast()).into(), rule.list))
                }
                IpNet::V6(_) => None,
            })
            .collect();
        let v6: Vec<(u128, u128, u16)> = self
            .0
            .iter()
            .filter_map(|rule| match rule.network {
                IpNet::V4(_) => None,
                IpNet::V6(network) => Some((u128::from(network.network()), u128::from(network.broadcast()), rule.list)),
            })
            .collect();
        let v4 = stretches(&v4, u32::MAX.into(), lists);
        let v6 = stretches(&v6, u128::MAX, lists);
        let short = |first: u128| u32::try_from(first).expect("between two addresses of 32 bits");
        let v4: Stretches<Ipv4Addr> = v4.into_iter().map(|(first, sets)| (short(first).into(), sets)).collect();
        let v6: Stretches<Ipv6Addr> = v6.into_iter().map(|(first, sets)| (first.into(), sets)).collect();
        NetParts::new(&v4, &v6, &self.0)
    }
}

/// Cuts networks, given by first and last address and list, into stretches; `last` is the family's last address.
fn stretches(networks: &[(u128, u128, u16)], last: u128, lists: &[List]) -> Vec<(u128, NetSets)> {
    // At each edge: which lists gain a network, and which lose one.
    let mut edges: Vec<(u128, u16, i32)> = Vec::with_capacity(networks.len() * 2);
    for &(first, end, list) in networks {
        edges.push((first, list, 1));
        if end < last {
            edges.push((end + 1, list, -1));
        }
    }
    edges.sort_unstable();
    let mut around: BTreeMap<u16, i32> = BTreeMap::new();
    let mut cut: Vec<(u128, NetSets)> = Vec::new();
    for edge in edges.chunk_by(|left, right| left.0 == right.0) {
        for (_, list, change) in edge {
            let count = around.entry(*list).or_default();
            *count += change;
            if *count == 0 {
                around.remove(list);
            }
        }
        let sets = united(around.keys().map(|list| &lists[usize::from(*list)]));
        if cut.last().map_or(NetSets::default(), |(_, before)| *before) != sets {
            cut.push((edge[0].0, sets));
        }
    }
    cut
}

fn united<'l>(around: impl Iterator<Item = &'l List> + Clone) -> NetSets {
    let of = |wanted: fn(&ListAction) -> bool| -> CategorySet {
        around.clone().filter(|list| wanted(&list.action)).map(|list| list.category).collect()
    };
    let taken_out = of(|action| matches!(action, ListAction::Allow));
    let categories = of(|action| matches!(action, ListAction::Block)).without(taken_out);
    let observed = around.clone().filter_map(|list| match list.action {
        ListAction::Observe(place) => 1_u64.checked_shl(place.into()),
        ListAction::Block | ListAction::Allow => None,
    });
    NetSets { categories, observed: observed.fold(0, |all, bit| all | bit) }
}

#[cfg(test)]
mod tests;
