//! Which texts name a zone at a server, and where none may lead.

use super::{Accept, Primary, PrimaryError, Signer};
use crate::dns::{Name, TsigAlgorithm};
use crate::fetch::Reason;

const ANYWHERE: Accept = Accept { private_address: true, http: false, port: true };

fn parse(text: &str) -> Result<String, PrimaryError> {
    Primary::parse(text, Accept::default(), None).map(|primary| primary.to_string())
}

#[test]
fn a_host_and_a_zone() {
    assert_eq!(parse("axfr://ns.example/rpz.example").as_deref(), Ok("axfr://ns.example/rpz.example"));
    assert_eq!(parse("axfr://NS.Example:53/RPZ.example.").as_deref(), Ok("axfr://ns.example/rpz.example"));
    assert_eq!(parse("axfr://[2606:4700::1]/rpz").as_deref(), Ok("axfr://[2606:4700::1]/rpz"));
    assert_eq!(parse("axfr://9.9.9.9/rpz").as_deref(), Ok("axfr://9.9.9.9/rpz"));
    let other = Primary::parse("axfr://[::1]:5353/rpz", ANYWHERE, None).expect("accepted");
    assert_eq!((other.to_string().as_str(), other.domain()), ("axfr://[::1]:5353/rpz", None));
    assert_eq!(other.zone(), &Name::parse("rpz").expect("a name"));
}

#[test]
fn what_names_no_zone_is_refused() {
    for text in [
        "axfr://ns.example",
        "axfr://ns.example/",
        "axfr:///rpz",
        "axfr://ns.example/a/b",
        "axfr://ns.example/rpz?x",
        "axfr://ns.example/rpz#x",
        "axfr://ns.example:x/rpz",
        "axfr://ns.example:99999/rpz",
        "axfr://user@ns.example/rpz",
        "axfr://user:pw@ns.example/rpz",
        "axfr://ns example/rpz",
        "axfr://ns.example/a..b",
        "https://ns.example/rpz",
        "axfr://[::1/rpz",
    ] {
        assert_eq!(parse(text), Err(PrimaryError::Unreadable), "{text}");
    }
    assert!(PrimaryError::Unreadable.hint().contains("axfr://HOST/ZONE"));
}

#[test]
fn no_spelling_of_an_address_leads_inside() {
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fc00::1]",
        "１２７.0.0.1",
    ] {
        let refused = parse(&format!("axfr://{host}/rpz"));
        assert!(matches!(refused, Err(PrimaryError::Address(_))), "{host}: {refused:?}");
    }
    assert_eq!(parse("axfr://9.9.9.9:5353/rpz"), Err(PrimaryError::Port(5353)));
    assert!(Primary::parse("axfr://10.0.0.1/rpz", ANYWHERE, None).is_ok(), "accepted");
    assert!(Primary::parse("axfr://169.254.169.254/rpz", ANYWHERE, None).is_err(), "never");
}

#[test]
fn a_secret_is_base64_in_a_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("rpz.key");
    let key = |text: &str| {
        std::fs::write(&path, text).expect("written");
        let name = Name::parse("khien").expect("a name");
        let signer = Signer { name, algorithm: TsigAlgorithm::Sha256, secret: "rpz.key".into() };
        let primary = Primary::parse("axfr://ns.example/rpz", Accept::default(), Some(signer)).expect("a zone");
        primary.beside(directory.path()).key()
    };
    let good = key(" c2VjcmV0\n").expect("base64").expect("a key");
    assert_eq!(format!("{good:?}"), "TsigKey(khien hmac-sha256)", "no log may hold the secret");
    for (text, what) in [("c2V", "is no base64"), ("", "is empty"), ("\u{fc}", "is no base64"), (&"A".repeat(5000), "is larger")]
    {
        let failure = key(text).expect_err(what);
        assert!(failure.reason == Reason::Local && failure.said.contains(what) && failure.said.contains("hint: "), "{failure}");
    }
    std::fs::remove_file(&path).expect("it is there");
    let signer = Signer { name: Name::root(), algorithm: TsigAlgorithm::Sha256, secret: path };
    let primary = Primary::parse("axfr://ns.example/rpz", Accept::default(), Some(signer)).expect("a zone");
    assert!(primary.key().expect_err("gone").said.contains("cannot be read"));
    assert_eq!(Primary::parse("axfr://ns.example/rpz", Accept::default(), None).expect("a zone").key(), Ok(None));
}
