//! What no table may do, whoever signs it: take away what schools stand on, or open whole registries by a slip.

use super::{Tables, Understood};
use crate::lists::guard::{SuffixKind, suffix_kind};
use crate::lists::tables::TableFault;
use crate::lists::{Protected, ProtectedNames};

/// Refuses tables that take away dangers, help or system names which the program ships, or protect what nobody means.
pub(super) fn check(known: &Understood) -> Result<(), TableFault> {
    let shipped = Tables::shipped();
    for row in shipped.category.iter().filter(|row| row.threat) {
        if !known.registry.find(&row.id).is_some_and(|category| known.registry.entry(category).threat) {
            return Err(TableFault(format!("category `{}` is a danger, and no table says otherwise", row.id)));
        }
    }
    tiers(&shipped, known)?;
    let own = ProtectedNames::of_rows(&shipped.protected)?;
    for kind in [Protected::Help, Protected::System] {
        if let Some(name) = own.of_kind(kind).find(|name| !known.protected.kinds(name).has(kind)) {
            return Err(TableFault(format!("`{name}` is always protected ({}), and no table drops it", kind.text())));
        }
    }
    for kind in [Protected::System, Protected::Help, Protected::Learning, Protected::Popular] {
        let added = known.protected.of_kind(kind).filter(|name| !own.kinds(name).has(kind));
        for name in added {
            let is_too_much = match (suffix_kind(name), kind) {
                (SuffixKind::None, _) => false,
                (SuffixKind::Registry, _) | (SuffixKind::Platform, Protected::System | Protected::Help) => true,
                (SuffixKind::Platform, Protected::Learning | Protected::Popular) => false,
            };
            if is_too_much {
                let what =
                    format!("`{name}` is a public suffix: protected ({}), it would keep every site below it open", kind.text());
                return Err(TableFault(what));
            }
        }
    }
    let is_help = |host: &&crate::dns::Name| known.protected.kinds(host).has(Protected::Help);
    if let Some(host) = known.twins.all().iter().flat_map(|twin| &twin.hosts).find(is_help) {
        return Err(TableFault(format!("`{host}` helps against abuse, suicide or illness: it is answered as nothing else")));
    }
    for service in known.services.all() {
        if let Some(host) = service.names().find(|name| suffix_kind(name) == SuffixKind::Registry) {
            return Err(TableFault(format!("service `{}`: `{host}` is a public suffix", service.id)));
        }
    }
    Ok(())
}

/// Each tier closes what all older ones close: those that are shipped stand in the order of age.
fn tiers(shipped: &Tables, known: &Understood) -> Result<(), TableFault> {
    let places = shipped.tier.iter().filter_map(|tier| known.tiers.iter().position(|own| own.id == tier.id));
    let places: Vec<usize> = places.collect();
    if let Some(pair) = places.windows(2).find(|pair| pair[1] < pair[0]) {
        let (younger, older) = (&known.tiers[pair[0]].id, &known.tiers[pair[1]].id);
        return Err(TableFault(format!("tier `{younger}` stands behind `{older}`, which is older")));
    }
    // As many as a program tells apart.
    if known.tiers.len() > 256 {
        return Err(TableFault("there are more than 256 tiers".to_owned()));
    }
    Ok(())
}
