//! Each harm that real lists were found to do is stopped where a clerk meets it: the check says so, and its exit code does.

use super::Desk;

/// A list that does harm, and a part of what is told of it.
const HARMS: [(&str, &str, &str); 9] = [
    // 1. A threat list that names the sites of half the country, with rules for whole hosts.
    ("phishing.a.txt", "||www.youtube.com^\n||bad.top^\n", "www.youtube.com (Phishing and fraud)"),
    ("phishing.a.txt", "||zalo.me^\n||bad.top^\n", "zalo.me (Phishing and fraud)"),
    // 2. Whole countries and kinds of sites.
    ("ads.a.txt", ".vn\nbad.example\n", "vn (Advertising and tracking)"),
    ("ads.a.txt", ".google\nbad.example\n", "google (Advertising and tracking)"),
    // 3. Allow lists that are loaded as block lists.
    ("adult.a.txt", "wikipedia.org\nbad.example\n", "wikipedia.org (learning)"),
    ("adult.a.txt", "apple.com\nbad.example\n", "(system)"),
    // 4. Lists of content that take learning and the twins of safe search along.
    ("chat.a.txt", "teams.microsoft.com\nbad.example\n", "teams.microsoft.com (learning)"),
    ("video.a.txt", "youtube.com\nbad.example\n", "restrict.youtube.com (system)"),
    ("cheating.a.txt", "github.com\nkahoot.it\nduckduckgo.com\n", "kahoot.it (learning)"),
];

#[test]
fn each_harm_of_real_lists_is_stopped() {
    for (file, text, part) in HARMS {
        let mut desk = Desk::new();
        desk.append(&format!("roles/ministry/lists/{file}"), text);
        assert_eq!(desk.types(&["check"]), 2, "{file}: {text}");
        assert!(desk.said.contains(part), "{part}:\n{}", desk.said);
        assert!(desk.said.contains(&format!("roles/ministry/lists/{file}:")), "{}", desk.said);
    }
}

#[test]
fn lines_with_paths_take_no_site_along() {
    let mut desk = Desk::new();
    let lines =
        "www.facebook.com/a\nsites.google.com/b\nplay.google.com/c\nbad-1.example\nbad-2.example\nbad-3.example\nbad-4.example\n";
    desk.append("roles/ministry/lists/phishing.a.txt", lines);
    assert_eq!(desk.types(&["check"]), 0);
    assert!(desk.said.contains("lines not taken: 3"), "{}", desk.said);
}

#[test]
fn names_that_keep_devices_on_the_filter_are_no_harm() {
    let mut desk = Desk::new();
    desk.append(
        "roles/ministry/lists/bypass.a.txt",
        "use-application-dns.net\nmask.icloud.com\nmask-h2.icloud.com\ndns.google\n",
    );
    assert_eq!(desk.types(&["check"]), 0);
}
