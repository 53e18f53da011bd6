//! Names and data: case, octets of every kind, types that nobody knows.

use super::{LOCKED, NOERROR, NXDOMAIN, PUPIL, TOYS, header, rcode, school_and_client};
use crate::kit::dice::Dice;
use crate::kit::packet::{Packet, answer, labels, name, record};
use crate::kit::reply::Reply;
use crate::kit::udp::Client;
use crate::kit::upstream::Step;

/// The question of a message that is answered: its octets as they stand in it.
fn question(reply: &[u8], packet: &[u8]) -> Vec<u8> {
    reply[12..packet.len()].to_vec()
}

/// RFC 4343 section 3 and RFC 1035 section 2.3.3: the question comes back as it was spelt, and case decides nothing.
#[tokio::test(flavor = "multi_thread")]
async fn case() {
    let (school, client) = school_and_client().await;
    for spelling in ["wWw.ExAmPlE.oRg", "WWW.EXAMPLE.ORG", "www.example.org"] {
        let packet = Packet::new(spelling, 1).bytes();
        let reply = client.one(&packet).await;
        assert_eq!((rcode(&reply), header(&reply)[3]), (NOERROR, 1));
        assert_eq!(question(&reply, &packet), packet[12..]);
    }
    assert_eq!(school.upstream.asked(), 1, "one answer for every spelling");
    let pupil = Client::new(PUPIL, school.dns()).await;
    for spelling in [TOYS.to_owned(), TOYS.to_uppercase(), "WwW.sPiElE.eXaMpLe".to_owned(), LOCKED.to_uppercase()] {
        let packet = Packet::new(&spelling, 1).edns(0).bytes();
        let reply = pupil.one(&packet).await;
        assert!(Reply::read(&reply).is_blocked(), "{spelling}");
        assert_eq!(reply[12..12 + spelling.len() + 2], name(&spelling));
    }
    assert_eq!(school.upstream.asked(), 1);
    school.close().await;
}

/// RFC 3597 sections 3 and 5: data of a type that nobody knows pass through octet by octet, cold and warm.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_type() {
    let (school, client) = school_and_client().await;
    let mut dice = Dice(3597);
    let mut data: Vec<u8> = (0..300).map(|_| u8::try_from(dice.roll(256)).expect("below 256")).collect();
    // What a reader who takes it for a name would follow.
    data[..4].copy_from_slice(&[0xc0, 12, 0xc0, 2]);
    let sent = data.clone();
    school.upstream.script(move |asked| Some(vec![Step::Send(asked.respond(0, &[answer(65_280, 3600, &sent)], &[]))]));
    for _ in 0..2 {
        let packet = Packet::new("type.example.org", 65_280).bytes();
        let reply = client.one(&packet).await;
        assert_eq!((rcode(&reply), header(&reply)[3]), (NOERROR, 1));
        assert_eq!(reply[reply.len() - data.len()..], data);
        assert_eq!(reply[reply.len() - data.len() - 2..][..2], [1, 44]);
    }
    assert_eq!(school.upstream.asked(), 1);
    school.close().await;
}

/// RFC 2181 section 11: a label may hold any octet, in a question, an owner and a target, and each comes back as it was.
#[tokio::test(flavor = "multi_thread")]
async fn octets_in_names() {
    let (school, client) = school_and_client().await;
    let strange: [&[u8]; 5] = [b"\x00\x01", b"a.b", &[0x7f, 0x80, 0xc0, 0xff], b"\\032 ", b"xn--\xe1\xba\xa1"];
    for (number, label) in strange.into_iter().enumerate() {
        let asked_name = labels(&[label, b"example", b"org"]);
        let target = labels(&[b"cdn", label, b"example", b"net"]);
        let answers = [answer(5, 3600, &target), record(&target, 1, 1, 3600, &[192, 0, 2, u8::try_from(number).expect("few")])];
        school.upstream.script(move |asked| Some(vec![Step::Send(asked.respond(0, &answers, &[]))]));
        let packet = Packet { name: asked_name.clone(), ..Packet::new("", 1) }.bytes();
        for _ in 0..2 {
            let reply = client.one(&packet).await;
            assert_eq!((rcode(&reply), header(&reply)[3]), (NOERROR, 2), "{label:02x?}");
            assert_eq!(question(&reply, &packet), packet[12..]);
            let place = |octets: &[u8]| reply.windows(octets.len()).position(|window| window == octets);
            assert!(place(&target).is_some(), "{label:02x?} in the target");
        }
        assert_eq!(school.upstream.seen()[number].spelling().to_ascii_lowercase(), asked_name.to_ascii_lowercase());
    }
    assert_eq!(school.upstream.asked(), strange.len(), "names that differ in an octet are different names");
    school.close().await;
}

/// RFC 6604 section 3: the rcode is about the last name of the chain, and the alias that leads there stays.
#[tokio::test(flavor = "multi_thread")]
async fn an_alias_to_nothing() {
    let (school, client) = school_and_client().await;
    let target = name("gone.example.net");
    school.upstream.script(move |asked| {
        let absence = crate::kit::packet::soa(&name("example.net"), 300, 60);
        Some(vec![Step::Send(asked.respond(3, &[answer(5, 3600, &target)], &[absence]))])
    });
    for _ in 0..2 {
        let reply = client.one(&Packet::new("www.example.org", 1).bytes()).await;
        assert_eq!(rcode(&reply), NXDOMAIN);
        let read = Reply::read(&reply).message;
        let alias = read.answers.first().expect("the alias stays");
        assert_eq!((u16::from(alias.record_type()), alias.data.to_string()), (5, "gone.example.net.".to_owned()));
        assert_eq!(read.authorities.len(), 1);
    }
    assert_eq!(school.upstream.asked(), 1);
    school.close().await;
}
