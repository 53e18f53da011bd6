//! Names as people write them, and what is refused.

use super::{NotAName, normalise};

fn read(text: &str) -> String {
    normalise(text).map_or_else(|fault| format!("{fault:?}"), |name| name.to_string())
}

#[test]
fn case_and_final_dot_do_not_count() {
    assert_eq!(read("WWW.Example.VN."), "www.example.vn");
    assert_eq!(read("a.vn"), "a.vn");
}

#[test]
fn underscores_and_hyphens_may_stand_anywhere() {
    assert_eq!(read("_dmarc.a_b.example"), "_dmarc.a_b.example");
    assert_eq!(read("-a-.example.com"), "-a-.example.com");
}

#[test]
fn composed_and_decomposed_letters_are_one_name() {
    let composed = read("shopgcaothụ.vn");
    assert!(composed.starts_with("xn--") && composed.ends_with(".vn"), "{composed}");
    assert_eq!(read("shopgcaothu\u{323}.vn"), composed);
    assert_eq!(read("SHOPGCAOTHỤ.VN"), composed);
    assert_eq!(read(&composed.to_uppercase()), composed);
}

#[test]
fn fullwidth_dots_and_letters_are_mapped() {
    assert_eq!(read("ｅxample。com"), "example.com");
}

#[test]
fn bad_punycode_is_refused() {
    assert_eq!(read("xn--\u{e9}.vn"), "BadInternational");
    assert_eq!(read("a.xn--99999999999.vn"), "BadInternational");
    // Only at a label's start do the letters mean anything.
    assert_eq!(read("axn--b.vn"), "axn--b.vn");
}

#[test]
fn empty_labels_are_refused() {
    for text in ["", ".", "..", ".a.vn", "a..vn", "a.vn.."] {
        assert_eq!(normalise(text), Err(NotAName::EmptyLabel), "{text:?}");
    }
}

#[test]
fn lengths_are_those_of_dns() {
    let label = "a".repeat(63);
    assert_eq!(read(&format!("{label}.vn")), format!("{label}.vn"));
    assert_eq!(read(&format!("{label}a.vn")), "LongLabel");
    // 63 + 63 + 63 + 61 letters, four dots' worth of length octets and the root make 255 octets.
    let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    assert_eq!(read(&longest), longest);
    assert_eq!(read(&format!("{longest}a")), "LongName");
    assert_eq!(read(&"a.".repeat(300)), "LongName");
}

#[test]
fn addresses_are_no_names() {
    for text in ["192.0.2.1", "192.0.2.1.", "2001:db8::1", "[2001:db8::1]", "::", "fe80::1%lo0"] {
        assert_eq!(normalise(text), Err(NotAName::Address), "{text}");
    }
    for text in ["192.0.2.0/24", "2001:db8::/32"] {
        assert_eq!(normalise(text), Err(NotAName::Network), "{text}");
    }
}

#[test]
fn a_last_label_of_digits_is_refused() {
    for text in ["0000153.0000255.0000011.0000125", "000058.0", "2024", "a.1"] {
        assert_eq!(normalise(text), Err(NotAName::NumericTop), "{text}");
    }
    assert_eq!(read("1.2.3.4.example"), "1.2.3.4.example");
}

#[test]
fn urls_paths_and_ports_are_told_apart_and_never_cut() {
    assert_eq!(read("http://example.com/x"), "Url");
    assert_eq!(read("www.youtube.com/watch"), "Path");
    assert_eq!(read("example.com/"), "Path");
    assert_eq!(read("example.com:8080"), "Port");
    assert_eq!(read("192.0.2.1:80"), "Port");
    assert_eq!(read("shopgcaothụ.vn/x"), "Path");
}

#[test]
fn other_characters_are_refused() {
    for text in ["play1.sewobofang.4,com", "=====", "a b.vn", "a\0.vn", "*.vn", "a\\.vn", "a@b.vn", "a:b.vn"] {
        assert_eq!(normalise(text), Err(NotAName::BadCharacter), "{text:?}");
    }
}
