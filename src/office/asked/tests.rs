//! The three forms of names that were asked, and what is none of them.

use super::{Asked, AskedFault};

fn read(text: &str) -> Vec<(String, u64)> {
    Asked::read(text.as_bytes()).expect("names").iter().map(|(name, count)| (name.to_string(), count)).collect()
}

fn pairs(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[test]
fn a_journal_is_read_in_both_its_forms() {
    let json = "{\"time\":\"t\",\"name\":\"a.vn\",\"repeats\":2}\n{\"name\":\"b.vn\",\"repeats\":0}\n{\"name\":\"A.vn\",\"repeats\":0}\n";
    assert_eq!(read(json), pairs(&[("a.vn", 4), ("b.vn", 1)]));
    let csv = "time,client,name,repeats\r\nt,\"x, y\",a.vn,2\r\nt,z,b.vn,9\r\n";
    assert_eq!(read(csv), pairs(&[("b.vn", 10), ("a.vn", 3)]));
}

#[test]
fn lists_of_names_are_read_with_and_without_counts() {
    assert_eq!(read("# top\nb.vn\na.vn\n"), pairs(&[("b.vn", 1), ("a.vn", 1)]));
    assert_eq!(read("a.vn 3\nb.vn\t7\nc.vn;1\n"), pairs(&[("b.vn", 7), ("a.vn", 3), ("c.vn", 1)]));
    assert_eq!(read("12 a.vn\n5 b.vn\n"), pairs(&[("a.vn", 12), ("b.vn", 5)]));
    let ranking = Asked::ranking(b"1,c.vn\n2,a.vn\n3,b.vn\n").expect("names");
    assert_eq!(ranking.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>(), ["c.vn", "a.vn", "b.vn"]);
}

#[test]
fn what_is_no_name_is_counted_and_mostly_that_is_refused() {
    let asked = Asked::read(b"a.vn 1\nb.vn 2\n192.0.2.1 9\nvn 4\n").expect("half are names");
    assert_eq!((asked.len(), asked.unread(), asked.total()), (2, 2, 3));
    assert_eq!(Asked::read(b"<html>\n<p>\na.vn\n"), Err(AskedFault::MostlyUnread { unread: 2, lines: 3 }));
    assert_eq!(Asked::read(b""), Err(AskedFault::NoNames));
    assert_eq!(Asked::read(b"time,name\n"), Err(AskedFault::NoNames));
}
