//! What is said of an address that the portable loop serves.

use super::*;

#[test]
fn who_is_served_by_the_portable_loop_hears_what_it_cannot_do() {
    let said = |address: &str| lacks(address.parse().expect("an address"), &"sockets that share a port: Operation not permitted");
    let one = said("192.0.2.53:53");
    assert!(one.starts_with("the portable loop serves 192.0.2.53:53, for the system does not grant sockets that share a port: "));
    assert!(one.ends_with("no group finds its clients by interface"), "{one}");
    for all in ["0.0.0.0:53", "[::]:53"] {
        let said = said(all);
        assert!(said.contains("the system chooses the one that an answer leaves from"), "{said}");
        assert!(said.ends_with("name each address in [listen] dns"), "{said}");
    }
}
