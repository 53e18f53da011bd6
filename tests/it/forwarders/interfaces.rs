//! Groups by the interface that a query comes in by, on a machine with two, made for the test out of network namespaces.

use std::process::Command;

const CONFIG: &str = r#"
[listen]
dns = ["0.0.0.0:5300", "[::]:5300"]
http = []
[state]
directory = "state"
[upstream]
servers = ["udp://127.0.0.1:9"]
[[group]]
id = "lab"
tier = "staff"
via = ["eth1"]
deny = ["lab.example"]
[[group]]
id = "hall"
tier = "staff"
via = ["eth2"]
deny = ["hall.example"]
"#;

/// Whether the system lets this user have namespaces, and the tools are there.
fn is_possible() -> bool {
    let tries =
        "ip link set lo up && ip link add near1 type veth peer name far1 && unshare -n true && nsenter --version && dig -v";
    Command::new("unshare").args(["-rn", "bash", "-c", tries]).output().is_ok_and(|output| output.status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_interface_decides_by_udp_and_tcp_whichever_address_is_asked() {
    if !is_possible() {
        println!("skipped: no network namespaces for this user, or one of unshare, ip, nsenter, dig is missing");
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let config = directory.path().join("khien.toml");
    std::fs::write(&config, CONFIG).expect("written");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/forwarders/interfaces.sh");
    let mut command = Command::new("unshare");
    command.args(["-rn", "bash", script, env!("CARGO_BIN_EXE_khien")]).arg(&config);
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let mut expected = String::new();
    for way in ["+notcp", "+tcp"] {
        expected += &format!("room1 {way} lab.example\nlink1 {way} lab.example\n");
        for room in ["room2", "room2-asks-room1", "link2"] {
            expected += &format!("{room} {way} hall.example\n");
        }
    }
    assert_eq!(said, expected, "{}", String::from_utf8_lossy(&output.stderr));
}
