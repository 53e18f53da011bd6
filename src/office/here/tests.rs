//! What is shipped holds under every published table; what takes it away is refused.

use super::Here;
use crate::lists::Protected;
use crate::office::registry::Tables;

fn of(change: impl FnOnce(&mut Tables)) -> Here {
    let mut tables = Tables::shipped();
    change(&mut tables);
    Here::of("digest", &tables.to_json()).expect("they hold together with what is shipped")
}

#[test]
fn what_is_shipped_is_known_whatever_is_published() {
    let here = of(|tables| {
        tables.category.retain(|row| row.id != "malware" && row.id != "manga");
        tables.category.iter_mut().for_each(|row| row.locked = false);
        tables.tier.iter_mut().for_each(|tier| tier.blocks.retain(|id| id != "manga"));
        tables.service.clear();
        tables.twin.clear();
        tables.protected = Default::default();
    });
    let shipped = Here::shipped();
    for entry in shipped.known.registry.entries() {
        let own = here.known.registry.find(&entry.id).expect("it is known");
        assert_eq!(here.known.registry.entry(own), entry);
    }
    let manga = here.known.registry.find("manga").expect("it is known");
    assert!(here.known.tiers[1].blocks.contains(manga));
    assert_eq!(here.known.twins.all(), shipped.known.twins.all());
    assert_eq!(here.known.services.all().len(), shipped.known.services.all().len());
    for kind in [Protected::Help, Protected::System] {
        assert!(here.known.protected.of_kind(kind).eq(shipped.known.protected.of_kind(kind)));
    }
}

#[test]
fn the_same_follows_itself_and_nothing_is_taken_from_an_office_that_never_had_it() {
    let whole = of(|_| ());
    let without = of(|tables| tables.protected.help.clear());
    whole.follows(&whole).expect("nothing is gone");
    without.follows(&without).expect("nothing is gone");
    without.follows(&Here::shipped()).expect("the first that is published takes nothing away");
    assert!(without.follows(&whole).expect_err("help is gone").to_string().contains("(help)"));
    whole.follows(&without).expect("there is more");
}

#[test]
fn more_categories_than_fit_are_refused() {
    let mut tables = Tables::shipped();
    let row = tables.category.remove(30);
    for number in 0..40 {
        tables.category.push(crate::lists::tables::CategoryRow { id: format!("own-{number}"), ..row.clone() });
    }
    tables.tier.iter_mut().for_each(|tier| tier.blocks.retain(|id| *id != row.id));
    assert!(Here::of("digest", &tables.to_json()).is_err());
}
