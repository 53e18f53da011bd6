//! The services: the file is sound, what Vietnamese pupils use is there, and the twins are those of the engines.

use std::collections::HashSet;

use super::{Services, TwinSwitch};
use crate::dns::Name;
use crate::lists::{Protected, ProtectedNames, facts};

fn name(text: &str) -> Name {
    Name::parse(text).expect("a good name")
}

#[test]
fn ids_are_unique_words_and_never_look_like_names() {
    let services = Services::shipped();
    let ids: HashSet<&str> = services.all().iter().map(|service| service.id.as_str()).collect();
    assert_eq!(ids.len(), services.all().len());
    assert!(ids.len() >= 50);
    for id in ids {
        // `allow` takes a service's id or a domain name; the dot tells them apart.
        assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{id}");
    }
}

#[test]
fn every_service_has_hosts_and_repeats_none() {
    for service in Services::shipped().all() {
        assert!(!service.hosts.is_empty(), "{}", service.id);
        let unique: HashSet<&Name> = service.names().collect();
        assert_eq!(unique.len(), service.names().count(), "{}", service.id);
        assert!(service.names().all(|host| host.label_count() >= 2), "{}", service.id);
    }
}

#[test]
fn the_services_of_the_country_are_there() {
    let services = Services::shipped();
    for id in "zalo garena lien-quan free-fire zing coccoc vieon fpt-play gamevui shopee lazada tiki".split(' ') {
        assert!(services.find(id).is_some(), "{id}");
    }
    let youtube = services.find("youtube").expect("YouTube");
    for need in ["googlevideo.com", "ytimg.com", "ggpht.com"] {
        assert!(youtube.needs.contains(&name(need)), "{need}");
    }
    assert!(youtube.hosts.contains(&name("youtubei.googleapis.com")));
    assert!(services.find("khong-co").is_none());
}

#[test]
fn twins_are_counted_and_their_hosts_belong_to_one_each() {
    let services = Services::shipped();
    let counts: Vec<(&str, usize)> = services.twins().iter().map(|twin| (twin.id.as_str(), twin.hosts.len())).collect();
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
    for twin in services.twins() {
        for host in &twin.hosts {
            assert_eq!(services.twin(twin.switch, host).map(|found| &found.id), Some(&twin.id), "{host}");
            assert_ne!(*host, twin.target);
        }
    }
    let named: HashSet<&String> = services.all().iter().flat_map(|service| &service.twins).collect();
    assert!(services.twins().iter().all(|twin| named.contains(&twin.id)), "a twin without a service");
    assert_eq!(named.len(), services.twins().len(), "a service names a twin that is not there");
}

#[test]
fn a_twin_stands_for_its_exact_hosts_only() {
    let services = Services::shipped();
    let target = |switch, host| services.twin(switch, &name(host)).map(|twin| twin.target.to_string());
    assert_eq!(target(TwinSwitch::SafeSearch, "WWW.Google.com.vn").as_deref(), Some("forcesafesearch.google.com"));
    assert_eq!(target(TwinSwitch::SafeSearch, "google.com"), None);
    assert_eq!(target(TwinSwitch::SafeSearch, "images.google.com"), None);
    assert_eq!(target(TwinSwitch::SafeSearch, "www.youtube.com"), None);
    assert_eq!(target(TwinSwitch::YoutubeStrict, "m.youtube.com").as_deref(), Some("restrict.youtube.com"));
    assert_eq!(target(TwinSwitch::YoutubeModerate, "m.youtube.com").as_deref(), Some("restrictmoderate.youtube.com"));
    assert_eq!(target(TwinSwitch::SafeSearch, "yandex.com.tr").as_deref(), Some("familysearch.yandex.ru"));
}

#[test]
fn every_target_is_a_protected_name_of_the_system() {
    let protected = ProtectedNames::shipped();
    for twin in Services::shipped().twins() {
        assert!(protected.kinds(&twin.target).has(Protected::System), "{}", twin.target);
    }
}

#[test]
fn twins_are_those_of_the_gathered_facts() {
    let Some(rows) = facts::rows("safesearch.tsv") else { return };
    let services = Services::shipped();
    for twin in services.twins() {
        let engine = if twin.id == "youtube-moderate" { "youtube" } else { twin.id.as_str() };
        let hosts: HashSet<Name> = rows.iter().filter(|row| row[0] == engine).map(|row| name(&row[1])).collect();
        assert_eq!(twin.hosts.iter().cloned().collect::<HashSet<_>>(), hosts, "{}", twin.id);
        assert_eq!(twin.hosts.len(), hosts.len(), "{}: a host stands twice", twin.id);
        for row in rows.iter().filter(|row| row[0] == engine && row[2] == "CNAME") {
            assert_eq!(twin.target, name(&row[3]), "{}", twin.id);
        }
    }
}
