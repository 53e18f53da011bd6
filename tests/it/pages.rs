//! The pages of a school: what they show, and what a client that holds its connections cannot do.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use khien::dns::RecordType;

use crate::kit::School;

/// A request as a browser sends it, on a connection of its own.
fn get(stream: &mut TcpStream, path: &str) -> String {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: khien\r\nConnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer in time");
    answer
}

fn connect(school: &School) -> TcpStream {
    let stream = TcpStream::connect(school.http()).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn the_front_page_names_the_others() {
    let school = School::start("").await;
    let mut stream = connect(&school);
    let page = tokio::task::spawn_blocking(move || get(&mut stream, "/")).await.expect("no panic");
    assert!(page.starts_with("HTTP/1.1 200 OK"), "{page}");
    for path in ["/readyz", "/metrics", "/api/v1/status", "/api/v1/explain", "khien explain NAME"] {
        assert!(page.contains(path), "{path} is missing in:\n{page}");
    }
    school.close().await;
}

/// Sockets that are held by requests without an end are wanted for look-ups: there are few of them, and not for long.
#[tokio::test(flavor = "multi_thread")]
async fn half_sent_requests_hold_neither_pages_nor_names() {
    let school = School::start("").await;
    let mut held: Vec<TcpStream> = (0..100).map(|_| connect(&school)).collect();
    for stream in &mut held {
        // One that was closed at once, as the bound says, does not take it.
        stream.write_all(b"GET / HTTP/1.1\r\nHost:").ok();
    }
    assert_eq!(school.ask("10.20.1.7", RecordType::A, "olm.vn").await.summary(), crate::kit::names::ADDRESS);
    // Each is closed by the server, at once or when its head took too long; a time-out here would mean that it was kept.
    let kept = tokio::task::spawn_blocking(move || {
        let is_kept = |stream: &&mut TcpStream| {
            let mut stream: &TcpStream = stream;
            let read = stream.read_to_end(&mut Vec::new());
            read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
        };
        held.iter_mut().filter(is_kept).count()
    });
    assert_eq!(kept.await.expect("no panic"), 0);
    let mut stream = connect(&school);
    let page = tokio::task::spawn_blocking(move || get(&mut stream, "/healthz")).await.expect("no panic");
    assert!(page.starts_with("HTTP/1.1 200 OK"), "{page}");
    school.close().await;
}
