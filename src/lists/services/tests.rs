//! The services: the file is sound, and what Vietnamese pupils use is there.

use std::collections::HashSet;

use super::Services;
use crate::dns::Name;

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
