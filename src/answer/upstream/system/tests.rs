//! Reading behind stubs, and refusing to ask ourselves.

use std::path::Path;

use super::*;

fn files(folder: &Path, first: &str, behind: &[&str]) -> SystemFiles {
    let write = |name: String, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).expect("a temporary file can be written");
        path
    };
    SystemFiles {
        first: write("first".into(), first),
        behind: behind.iter().enumerate().map(|(at, text)| write(format!("behind{at}"), text)).collect(),
    }
}

fn found(first: &str, behind: &[&str], own: &[&str]) -> Result<Vec<String>, SetupError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let own: Vec<SocketAddr> = own.iter().map(|text| text.parse().expect("a listener's address")).collect();
    addresses(&[Server::System], &files(folder.path(), first, behind), &own)
        .map(|servers| servers.into_iter().map(|server| server.text).collect())
}

#[test]
fn plain_resolvers_are_taken_in_order_and_once() {
    let text =
        "# made by hand\nsearch truong.lan\nnameserver 192.0.2.2\nnameserver 192.0.2.1\nnameserver 192.0.2.2\noptions edns0\n";
    assert_eq!(found(text, &["nameserver 198.51.100.1\n"], &[]), Ok(vec!["udp://192.0.2.2".into(), "udp://192.0.2.1".into()]));
}

#[test]
fn a_stub_is_read_behind() {
    let stub = "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n";
    let real = "nameserver 192.0.2.7\nnameserver 2001:db8::7\n";
    let expected = Ok(vec!["udp://192.0.2.7".to_owned(), "udp://[2001:db8::7]".to_owned()]);
    assert_eq!(found(stub, &[real], &[]), expected);
    assert_eq!(found(stub, &["", "nameserver 127.0.0.1\n", real], &[]), expected);
    assert_eq!(found("", &[real], &[]), expected);
}

#[test]
fn a_stub_with_nothing_behind_it_is_a_resolver_too() {
    assert_eq!(found("nameserver 127.0.0.53\n", &[""], &["127.0.0.1:53"]), Ok(vec!["udp://127.0.0.53".into()]));
}

#[test]
fn a_link_local_resolver_without_its_interface_is_left_out() {
    assert_eq!(found("nameserver fe80::1\nnameserver 192.0.2.1\n", &[], &[]), Ok(vec!["udp://192.0.2.1".into()]));
}

#[test]
fn no_resolver_is_a_fault_that_names_the_file() {
    let fault = found("", &[], &[]).expect_err("nothing is named");
    assert!(matches!(&fault, SetupError::NoSystemResolver { file } if file.ends_with("first")), "{fault}");
    assert!(!fault.hint().is_empty());
}

#[test]
fn the_system_may_not_lead_back_to_us() {
    let own = SetupError::Own { text: "system".into() };
    assert_eq!(found("nameserver 127.0.0.1\n", &[], &["127.0.0.1:53"]), Err(own.clone()));
    assert_eq!(found("nameserver 127.0.0.1\n", &[], &["0.0.0.0:53"]), Err(own));
    // Another resolver beside us will do.
    assert_eq!(found("nameserver 127.0.0.1\nnameserver 192.0.2.1\n", &[], &["0.0.0.0:53"]), Ok(vec!["udp://192.0.2.1".into()]));
    assert_eq!(found("nameserver 127.0.0.1\n", &[], &["127.0.0.1:5300"]), Ok(vec!["udp://127.0.0.1".into()]));
}

#[test]
fn a_named_upstream_that_is_ours_is_refused() {
    let named = |text: &str| vec![Server::parse(text).expect("an upstream")];
    let own: Vec<SocketAddr> = ["127.0.0.1:5300", "[::]:5353"].map(|text| text.parse().expect("an address")).to_vec();
    let files = SystemFiles::default();
    for text in [
        "udp://127.0.0.1:5300",
        "tcp://127.0.0.1:5300",
        "udp://[::ffff:127.0.0.1]:5300",
        "udp://[::1]:5353",
        "udp://127.0.0.9:5353",
    ] {
        assert_eq!(addresses(&named(text), &files, &own), Err(SetupError::Own { text: text.into() }));
    }
    for text in ["udp://127.0.0.2:5300", "udp://127.0.0.1:5301", "udp://192.0.2.53:5353"] {
        assert!(addresses(&named(text), &files, &own).is_ok(), "{text}");
    }
    assert_eq!(addresses(&[], &files, &own), Err(SetupError::None));
}
