//! Tests of the guard: which names are suffixes, and who may take what.

use super::{ABOVE_SUFFIXES, SuffixKind, may_take, suffix_kind};
use crate::dns::Name;
use crate::lists::{Force, Owner, Protected, Protection, Standing};

fn kind(text: &str) -> SuffixKind {
    suffix_kind(&Name::parse(text).expect("a test writes names"))
}

#[test]
fn suffixes_are_told_by_who_gives_names_under_them() {
    for registry in ["vn", "com", "facebook", "edu.vn", "gov.vn", "co.uk", "kobe.jp", "tokyo.jp", "ck"] {
        assert_eq!(kind(registry), SuffixKind::Registry, "{registry}");
    }
    for platform in ["blogspot.com", "github.io"] {
        assert_eq!(kind(platform), SuffixKind::Platform, "{platform}");
    }
    for own in ["moet.gov.vn", "zalo.me", "www.ck", "city.kobe.jp", "someone.github.io", "a.b.example"] {
        assert_eq!(kind(own), SuffixKind::None, "{own}");
    }
}

#[test]
fn a_name_above_a_suffix_is_as_large_as_one() {
    let below = [
        "nes.akershus.no",
        "nes.buskerud.no",
        "os.hedmark.no",
        "os.hordaland.no",
        "bo.nordland.no",
        "valer.ostfold.no",
        "bo.telemark.no",
        "sande.vestfold.no",
        "xn--vler-qoa.xn--stfold-9xa.no",
    ];
    for (above, below) in ABOVE_SUFFIXES.into_iter().zip(below) {
        assert!(below.ends_with(&format!(".{above}")));
        assert_eq!(psl::suffix_str(below), Some(below), "the list has it no more");
        assert_ne!(psl::suffix_str(above), Some(above), "the list has it itself now");
        assert_eq!(kind(above), SuffixKind::Registry, "{above}");
    }
}

#[test]
fn each_kind_of_protection_yields_to_whom_policy_says() {
    let (school, office) = (Owner::School, Owner::Office("province".to_owned()));
    let forced = Force { protected: true, public_suffix: false };
    let may = |kind, standing, force, owner: &Owner| may_take(Protection::NONE.with(kind), standing, force, owner);
    for standing in [Standing::Content, Standing::Locked, Standing::Threat] {
        for owner in [&school, &office] {
            assert!(!may(Protected::Help, standing, forced, owner));
            assert!(!may(Protected::System, standing, Force::default(), owner));
            assert!(may(Protected::System, standing, forced, owner));
            assert_eq!(may(Protected::Learning, standing, Force::default(), owner), standing == Standing::Threat);
        }
        assert_eq!(may(Protected::Popular, standing, Force::default(), &school), standing == Standing::Content);
        assert!(may(Protected::Popular, standing, Force::default(), &office));
        assert!(may(Protected::Popular, standing, forced, &school));
    }
    let both = Protection::NONE.with(Protected::Popular).with(Protected::Learning);
    assert!(!may_take(both, Standing::Threat, Force::default(), &school), "every kind has to yield");
}
