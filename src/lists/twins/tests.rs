//! The twins: the file is sound, its rows are those of the gathered facts, and hosts are exact.

use std::collections::HashSet;

use super::{Twin, TwinSwitch, TwinTarget, Twins};
use crate::dns::Name;
use crate::lists::services::Services;
use crate::lists::{Protected, ProtectedNames, Registry, facts, starter};

fn name(text: &str) -> Name {
    Name::parse(text).expect("a good name")
}

fn target(twin: &Twin) -> &Name {
    match &twin.target {
        TwinTarget::Name(name) => name,
        TwinTarget::Addresses(addresses) => panic!("{}: {addresses:?}", twin.id),
    }
}

#[test]
fn twins_are_counted_and_their_hosts_belong_to_one_each() {
    let twins = Twins::shipped();
    let counts: Vec<(&str, usize)> = twins.all().iter().map(|twin| (twin.id.as_str(), twin.hosts.len())).collect();
    assert_eq!(
        counts,
        [
            ("google", 194),
            ("bing", 2),
            ("duckduckgo", 3),
            ("ecosia", 1),
            ("pixabay", 1),
            ("brave", 1),
            ("yandex", 52),
            ("youtube-strict", 5),
            ("youtube-moderate", 5),
        ]
    );
    for twin in twins.all() {
        assert_eq!(twins.find(&twin.id), Some(twin));
        for host in &twin.hosts {
            assert_eq!(twins.of(host, |switch| switch == twin.switch), Some(twin), "{host}");
            assert_eq!(twins.of(target(twin), |_| true), None, "{host} leads to a host");
        }
    }
    let services = Services::shipped();
    let named: HashSet<&String> = services.all().iter().flat_map(|service| &service.twins).collect();
    assert!(twins.all().iter().all(|twin| named.contains(&twin.id)), "a twin without a service");
    assert_eq!(named.len(), twins.all().len(), "a service names a twin that is not there");
}

#[test]
fn a_twin_stands_for_its_exact_hosts_only() {
    let twins = Twins::shipped();
    let target = |on, host| twins.of(&name(host), |switch| switch == on).map(|twin| twin.target.to_string());
    assert_eq!(target(TwinSwitch::SafeSearch, "WWW.Google.com.vn").as_deref(), Some("forcesafesearch.google.com"));
    for host in ["google.com", "images.google.com", "mail.google.com", "a.www.google.com", "www.youtube.com", "bing.com"] {
        assert_eq!(target(TwinSwitch::SafeSearch, host), None, "{host}");
    }
    assert_eq!(target(TwinSwitch::YoutubeStrict, "m.youtube.com").as_deref(), Some("restrict.youtube.com"));
    assert_eq!(target(TwinSwitch::YoutubeModerate, "m.youtube.com").as_deref(), Some("restrictmoderate.youtube.com"));
    assert_eq!(target(TwinSwitch::YoutubeModerate, "www.google.com"), None);
    assert_eq!(target(TwinSwitch::SafeSearch, "yandex.com.tr").as_deref(), Some("familysearch.yandex.ru"));
}

#[test]
fn a_twin_may_be_addresses() {
    let text = "[[twin]]\nid = 'x'\nswitch = 'safe-search'\naddresses = ['192.0.2.1', '2001:db8::1']\nhosts = ['x.example']\n";
    let twins = Twins::read(text);
    let twin = twins.of(&name("x.example"), |_| true).expect("a twin");
    assert_eq!(twin.target.to_string(), "192.0.2.1, 2001:db8::1");
    assert_eq!(twins.of(&name("x.example"), |_| false), None);
}

#[test]
fn every_target_is_a_protected_name_of_the_system() {
    let protected = ProtectedNames::shipped();
    for twin in Twins::shipped().all() {
        assert!(protected.kinds(target(twin)).has(Protected::System), "{}", target(twin));
    }
}

#[test]
fn twins_are_those_of_the_gathered_facts() {
    let Some(rows) = facts::rows("safesearch.tsv") else { return };
    let twins = Twins::shipped();
    let yandex = rows.iter().find(|row| row[0] == "yandex-cname").expect("Yandex has a name beside its address");
    let mut kept = 0;
    for twin in twins.all() {
        let engine = if twin.id == "youtube-moderate" { "youtube" } else { twin.id.as_str() };
        let hosts: HashSet<Name> = rows.iter().filter(|row| row[0] == engine).map(|row| name(&row[1])).collect();
        assert_eq!(twin.hosts.iter().cloned().collect::<HashSet<_>>(), hosts, "{}", twin.id);
        assert_eq!(twin.hosts.len(), hosts.len(), "{}: a host stands twice", twin.id);
        for row in rows.iter().filter(|row| row[0] == engine) {
            let wanted = match row[2].as_str() {
                "CNAME" => &row[3],
                // The address is that of a name, which goes on to be true when it moves.
                "A" => &yandex[3],
                other => panic!("{other}: a rewrite of an unknown kind"),
            };
            assert_eq!(*target(twin), name(wanted), "{}", twin.id);
            kept += 1;
        }
    }
    // What is left are Yandex's other rule, and an engine that has no twin.
    let without: Vec<&str> = rows.iter().filter(|row| row[2] == "-").map(|row| row[1].as_str()).collect();
    assert_eq!(kept + 1 + without.len(), rows.len(), "a row without a twin");
    let lists = starter::lists();
    let unsafe_search = lists.iter().find(|list| list.category == "search-unsafe").expect("the starter list");
    assert!(Registry::shipped().find("search-unsafe").is_some());
    for engine in without {
        assert!(unsafe_search.names().any(|listed| name(engine).is_at_or_below(&name(listed))), "{engine}");
    }
}
