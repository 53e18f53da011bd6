//! Every reply leaves once, in its order, and whoever is to send them is told so.

use std::net::UdpSocket;
use std::time::Duration;

use super::super::socket::{System, Ways};
use super::super::{Limits, Waiting};
use super::*;

#[test]
fn whoever_posts_the_first_reply_sends_them_and_a_full_box_goes_at_once() {
    let bound = Datagrams::bind(SocketAddr::from(([127, 0, 0, 1], 0)), 1, Ways::Untold, System::THIS).expect("a free port");
    let [socket] = &*bound.sockets else { panic!("one was asked for") };
    let client = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    client.set_read_timeout(Some(Duration::from_secs(5))).expect("a time-out");
    let address = client.local_addr().expect("bound");
    let outbox = Outbox::of(socket.clone());

    let received = |count: usize| -> Vec<String> {
        let mut buffer = [0; 64];
        let mut next = || {
            let (length, from) = client.recv_from(&mut buffer).expect("a reply");
            assert_eq!(from, socket.local_address().expect("bound"));
            String::from_utf8_lossy(&buffer[..length]).into_owned()
        };
        (0..count).map(|_| next()).collect()
    };
    let replies = |range: std::ops::Range<usize>| range.map(|number| format!("reply {number}")).collect::<Vec<_>>();
    let waiting = Arc::<Waiting>::default();
    let place = || waiting.enter(address.ip(), &Limits::default()).expect("room");
    let post = |number: usize| outbox.post(format!("reply {number}").as_bytes(), address, None, place());

    let alone: Vec<_> = (0..BATCH + 3).filter(|number| post(*number)).collect();
    assert_eq!(alone, [0, BATCH], "the first, and the first behind a full box");
    assert_eq!(received(BATCH), replies(0..BATCH), "a full box waits for nobody");
    assert_eq!(waiting.count(), 3, "who stops the listener waits for these");
    outbox.send();
    assert_eq!(waiting.count(), 0);
    assert_eq!(received(3), replies(BATCH..BATCH + 3));

    outbox.send();
    assert!(post(7), "nothing lies there any more");
    outbox.send();
    assert_eq!(received(1), ["reply 7"], "and nothing is sent a second time");
}
