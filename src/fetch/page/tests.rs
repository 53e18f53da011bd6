//! Addresses of lists: what is fetched from, and the forms in which others hide where they lead.

use super::*;

const ALL: Accept = Accept { private_address: true, http: true, port: true };

fn page(text: &str) -> Result<Page, PageError> {
    Page::parse(text, Accept::default())
}

#[test]
fn an_address_says_host_port_and_what_to_ask_for() {
    let page = page("https://Lists.Example.ORG/a%20b/../list.txt?raw=1#top").expect("a page");
    assert_eq!(page.host(), Host::Domain("lists.example.org"));
    assert_eq!((page.port(), page.target(), page.authority()), (443, "/list.txt?raw=1", "lists.example.org"));
    assert_eq!(page.to_string(), "https://lists.example.org/list.txt?raw=1");
    assert!(page.is_secure());
    let page = Page::parse("http://[::1]:8080", ALL).expect("a page");
    assert_eq!((page.port(), page.target(), page.authority(), page.is_secure()), (8080, "/", "[::1]:8080", false));
    let page = Page::parse("https://thư-viện.vn/x", ALL).expect("a page");
    assert_eq!(page.authority(), "xn--th-vin-4zb3960d.vn");
}

#[test]
fn each_refusal_names_its_reason() {
    assert_eq!(page("http://example.org/"), Err(PageError::Plain));
    assert_eq!(page("https://example.org:8443/"), Err(PageError::Port(8443)));
    assert_eq!(page("https://user:secret@example.org/"), Err(PageError::Credentials));
    assert_eq!(page("https://user@example.org/"), Err(PageError::Credentials));
    assert_eq!(page("ftp://example.org/"), Err(PageError::Scheme("ftp".to_owned())));
    assert_eq!(page("https://10.0.0.1/"), Err(PageError::Private([10, 0, 0, 1].into())));
    assert_eq!(page("https://169.254.169.254/"), Err(PageError::Nowhere([169, 254, 169, 254].into())));
    assert!(matches!(page("https://"), Err(PageError::Unreadable(_))));
    assert!(matches!(page("lists/adult.txt"), Err(PageError::Unreadable(_))));
}

#[test]
fn the_operator_s_word_opens_what_it_names_and_no_more() {
    let private = Accept { private_address: true, ..Accept::default() };
    assert!(Page::parse("https://10.0.0.1/", private).is_ok());
    assert_eq!(Page::parse("http://10.0.0.1/", private), Err(PageError::Plain));
    assert_eq!(Page::parse("https://10.0.0.1:8443/", private), Err(PageError::Port(8443)));
    for never in
        ["http://169.254.169.254/latest/", "http://0.0.0.0/", "http://[::]/", "http://255.255.255.255/", "http://[fe80::1]/"]
    {
        assert!(matches!(Page::parse(never, ALL), Err(PageError::Nowhere(_))), "{never}");
    }
}

/// Ways to write an address that leads into a private network or to this machine, or to make a reader think that it leads elsewhere.
const HIDDEN: [&str; 60] = [
    "https://127.0.0.1/",
    "https://127.0.0.1:443/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://017700000001/",
    "https://0x7f000001/",
    "https://0x7f.0x0.0x0.0x1/",
    "https://0177.0.0.01/",
    "https://0x7F.1/",
    "https://127.0.0.1./",
    "https://127.0.0.1?example.org",
    "https://127.0.0.1#example.org",
    "https://127.0.0.1\\example.org/",
    "https://\u{2460}\u{2461}\u{2466}.0.0.1/",
    "https://127\u{3002}0\u{3002}0\u{3002}1/",
    "https://%31%32%37.0.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://[::]/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::10.0.0.1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:c0a8:101::1]/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://10.0.0.1/",
    "https://10.1/",
    "https://167772161/",
    "https://192.168.1.1/",
    "https://192.168.257/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/",
    "https://[::ffff:169.254.169.254]/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://example.org@127.0.0.1/",
    "https://example.org:443@127.0.0.1/",
    "https://example.org%40@10.0.0.1/",
    "https:127.0.0.1/",
    "https:\\\\127.0.0.1\\",
    "HTTPS://127.0.0.1/",
    "https://\t127.0.0.1/",
    "  https://127.0.0.1/  ",
    "https://127.0.0\n.1/",
    "http://example.org/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:70/_x",
    "javascript:fetch('https://127.0.0.1')",
];

#[test]
fn sixty_hidden_forms_are_refused_as_sources_and_as_redirects() {
    let from = page("https://lists.example.org/a/list.txt").expect("a page");
    for text in HIDDEN {
        let refused = page(text).expect_err(text);
        assert!(!refused.hint().is_empty());
        let redirected = from.redirected(text);
        assert!(redirected.is_err() || redirected.as_ref().is_ok_and(|page| is_harmless(page, text)), "{text}: {redirected:?}");
    }
}

/// Whether a redirect that was written without its slashes stays where it was, as browsers read it.
fn is_harmless(page: &Page, text: &str) -> bool {
    text.starts_with("https:127") && page.host() == Host::Domain("lists.example.org")
}

#[test]
fn a_redirect_may_lead_to_another_public_server_and_nowhere_else() {
    let from = page("https://lists.example.org/a/list.txt").expect("a page");
    assert_eq!(from.redirected("/b.txt").expect("a page").to_string(), "https://lists.example.org/b.txt");
    assert_eq!(from.redirected("//cdn.example.net/c").expect("a page").to_string(), "https://cdn.example.net/c");
    assert_eq!(from.redirected("//10.0.0.1/c"), Err(PageError::Private([10, 0, 0, 1].into())));
    assert_eq!(from.redirected("http://lists.example.org/a"), Err(PageError::Plain));
    assert_eq!(from.redirected("https://lists.example.org:22/"), Err(PageError::Port(22)));
}

#[test]
fn a_page_of_a_folder_redirects_to_no_other_host() {
    let folder = Page::parse("https://lists.example.org/khien/", Accept::default()).expect("a page");
    let page = folder.below("timestamp.json").expect("below");
    let there = page.redirected("/elsewhere/timestamp.json").expect("the same host");
    assert_eq!(
        there.redirected("https://lists.example.org/a").expect("the same host").to_string(),
        "https://lists.example.org/a"
    );
    for other in ["https://cdn.example.org/khien/timestamp.json", "//lists.example.org.evil.example/", "https://192.0.2.1/"] {
        assert!(there.redirected(other).is_err(), "{other}");
    }
    assert_eq!(there.redirected("https://cdn.example.org/a"), Err(PageError::OtherHost));
}
