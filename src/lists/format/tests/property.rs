//! Any bytes are read without a panic, and what is written in a format is read back as it was.

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::super::{Action, Format, Match, Reading, Scope, SingleLabels};
use super::{Kept, read, read_as, show};

const FORMATS: [Format; 8] = [
    Format::Hosts,
    Format::Domains,
    Format::Wildcard,
    Format::Adblock,
    Format::Dnsmasq,
    Format::Rpz,
    Format::Unbound,
    Format::Names,
];

/// One line of a format that says what the entry says; none where the format cannot say it.
fn line(format: Format, name: &str, scope: Scope, action: Action) -> Option<String> {
    use Action::{Allow, Block};
    use Scope::{Below, Exact, Subtree};
    Some(match (format, scope, action) {
        (Format::Hosts, Exact, Block) => format!("0.0.0.0 {name}"),
        (Format::Domains | Format::Ut1, Subtree, Block) => name.to_owned(),
        (Format::Wildcard, Subtree, Block) => format!("*.{name}"),
        (Format::Adblock, Subtree, Block) => format!("||{name}^"),
        (Format::Adblock, Subtree, Allow) => format!("@@||{name}^"),
        (Format::Adblock, Exact, Block) => format!("|{name}^"),
        (Format::Adblock, Exact, Allow) => format!("@@|{name}^"),
        (Format::Dnsmasq, Subtree, Block) => format!("address=/{name}/#"),
        (Format::Dnsmasq, Subtree, Allow) => format!("server=/{name}/192.0.2.53"),
        (Format::Rpz, Exact, Block) => format!("{name} CNAME ."),
        (Format::Rpz, Exact, Allow) => format!("{name} CNAME rpz-passthru."),
        (Format::Rpz, Below, Block) => format!("*.{name} 60 IN CNAME ."),
        (Format::Rpz, Below, Allow) => format!("*.{name} CNAME rpz-passthru."),
        (Format::Unbound, Subtree, Block) => format!("local-zone: \"{name}.\" always_null"),
        (Format::Unbound, Subtree, Allow) => format!("local-zone: \"{name}\" transparent"),
        (Format::Unbound, Exact, Block) => format!("local-data: \"{name}. A 0.0.0.0\""),
        (Format::Names, Subtree, Block) => format!("{name} games"),
        (Format::Names, Subtree, Allow) => format!("!{name} adult,games"),
        (Format::Names, Exact, Block) => format!("={name} games"),
        (Format::Names, Exact, Allow) => format!("!={name} games"),
        (Format::Names, Below, Block) => format!("*.{name} games"),
        (Format::Names, Below, Allow) => format!("!*.{name} games"),
        (
            Format::Hosts
            | Format::Domains
            | Format::Ut1
            | Format::Wildcard
            | Format::Adblock
            | Format::Dnsmasq
            | Format::Rpz
            | Format::Unbound
            | Format::Networks,
            Exact | Subtree | Below,
            Block | Allow,
        ) => return None,
    })
}

fn scope() -> impl Strategy<Value = Scope> {
    prop_oneof![Just(Scope::Exact), Just(Scope::Subtree), Just(Scope::Below)]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![Just(Action::Block), Just(Action::Allow)]
}

/// Text that is close to what lists have, so that it gets past the first look.
fn near() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "0.0.0.0 ",
        "||",
        "@@",
        "^",
        "$",
        "important",
        "badfilter",
        "dnstype=~A",
        "denyallow=a.vn",
        "a.vn",
        "*.",
        ".",
        "/",
        "#",
        " ",
        "\n",
        "\r",
        "address=/",
        "server=/",
        "local-zone: \"",
        "\" static",
        "local-data: \"",
        " CNAME .",
        "$ORIGIN ",
        "(",
        ")",
        "@",
        "xn--",
        "ụ",
        "\u{323}",
        "\0",
        "|",
        "[",
        "!#if",
        "##",
        "::1",
        "192.0.2.0/24",
        "a+b",
        "\\",
    ];
    let piece = prop_oneof![
        proptest::sample::select(pieces.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        vec(any::<u8>(), 0..3)
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read(text in prop_oneof![vec(any::<u8>(), 0..300), near()], explicit in any::<bool>()) {
        for format in Format::ALL {
            let reading = Reading { format: explicit.then_some(format), ..Reading::default() };
            if let Ok((kept, parsed)) = read(&text, reading) {
                prop_assert_eq!((kept.len() + parsed.networks.len()) as u64, parsed.entries);
                for entry in &kept {
                    prop_assert!(entry.name.contains('.'), "a single label: {}", entry.name);
                    prop_assert!(entry.line >= 1 && entry.line <= parsed.lines);
                }
                for issue in parsed.issues.kept() {
                    prop_assert!(!issue.text.chars().any(char::is_control) && issue.text.chars().count() <= super::super::EXCERPT);
                }
            }
        }
    }

    #[test]
    fn what_is_written_is_read_back(
        rules in vec((btree_set("[a-z0-9_][a-z0-9_-]{0,12}", 1..4), scope(), action()), 1..20),
    ) {
        for format in FORMATS {
            let mut text = String::from("# a list of our own\n");
            let mut written = Vec::new();
            for (labels, scope, action) in &rules {
                let name = format!("{}.example.vn", labels.iter().map(String::as_str).collect::<Vec<_>>().join("."));
                let Some(line) = line(format, &name, *scope, *action) else { continue };
                // A label that looks like Punycode has to be valid as such.
                prop_assume!(!name.split('.').any(|label| label.starts_with("xn--")));
                text.push_str(&line);
                text.push('\n');
                let number = u32::try_from(written.len() + 2).expect("a short list");
                written.push(Kept { name, scope: *scope, action: *action, important: false, line: number });
            }
            if !written.is_empty() {
                let (kept, parsed) = read_as(&text, format);
                prop_assert_eq!(&kept, &written, "{}", format);
                prop_assert_eq!(parsed.issues.counts().count(), 0);
            }
        }
    }

    #[test]
    fn the_operators_match_holds_for_every_entry(text in near()) {
        for (matching, scope) in [(Match::Exact, Scope::Exact), (Match::Subtree, Scope::Subtree)] {
            let reading = Reading { matching, single_labels: SingleLabels::HandOn, ..Reading::default() };
            for entry in read(&text, reading).map(|(kept, _)| kept).unwrap_or_default() {
                let below = matching == Match::Exact && entry.scope == Scope::Below;
                prop_assert!(below || entry.scope == scope, "{}", show(&entry));
            }
        }
    }
}
