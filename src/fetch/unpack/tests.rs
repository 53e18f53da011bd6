//! Unpacking: what is packed in every way, cut off anywhere, or made to burst.

use super::*;

const LIST: &str = "one.example\ntwo.example\nthree.example\n";

fn gz(data: &[u8]) -> Vec<u8> {
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    to.write_all(data).expect("written");
    to.finish().expect("packed")
}

fn zst(data: &[u8]) -> Vec<u8> {
    zstd::encode_all(data, 3).expect("packed")
}

/// What stands in the candidate, and the head.
fn unpacked(from: &[u8], encoding: Encoding, largest: u64) -> Result<(String, Vec<u8>), Failure> {
    let directory = tempfile::tempdir().expect("a directory");
    let to = directory.path().join("candidate");
    let head = unpack(from, encoding, largest, &to)?;
    let text = zstd::decode_all(File::open(&to).expect("there")).expect("it is a frame");
    Ok((String::from_utf8(text).expect("text"), head))
}

#[track_caller]
fn refused(from: &[u8], encoding: Encoding, largest: u64) -> Reason {
    unpacked(from, encoding, largest).expect_err("refused").reason
}

#[test]
fn every_way_of_packing_gives_the_list() {
    let list = LIST.as_bytes();
    let ways = [
        (list.to_vec(), Encoding::Identity),
        (gz(list), Encoding::Identity),
        (zst(list), Encoding::Identity),
        (gz(list), Encoding::Gzip),
        (zst(list), Encoding::Zstandard),
        (gz(&gz(list)), Encoding::Gzip),
        (zst(&gz(list)), Encoding::Zstandard),
        (gz(&zst(list)), Encoding::Gzip),
        ([gz(&list[..12]), gz(&list[12..])].concat(), Encoding::Identity),
        ([zst(&list[..12]), zst(&list[12..])].concat(), Encoding::Identity),
    ];
    for (packed, encoding) in ways {
        let (text, head) = unpacked(&packed, encoding, 1 << 20).expect("unpacked");
        assert_eq!((text.as_str(), head.as_slice()), (LIST, list));
    }
}

#[test]
fn one_octet_at_a_time_is_as_good() {
    struct Drip<'a>(&'a [u8]);
    impl Read for Drip<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            (to[0], self.0) = (*first, rest);
            Ok(1)
        }
    }
    let directory = tempfile::tempdir().expect("a directory");
    let packed = gz(&zst(LIST.as_bytes()));
    let head = unpack(Drip(&packed), Encoding::Gzip, 1 << 20, &directory.path().join("candidate")).expect("unpacked");
    assert_eq!(head, LIST.as_bytes());
}

#[test]
fn the_bound_holds_at_each_step_and_to_the_octet() {
    let list = LIST.as_bytes();
    let size = list.len() as u64;
    for (packed, encoding) in [
        (list.to_vec(), Encoding::Identity),
        (gz(list), Encoding::Identity),
        (gz(list), Encoding::Gzip),
        (zst(list), Encoding::Identity),
        (zst(list), Encoding::Zstandard),
    ] {
        assert_eq!(refused(&packed, encoding, size - 1), Reason::TooLarge);
        assert!(unpacked(&packed, encoding, size.max(packed.len() as u64)).is_ok());
    }
}

#[test]
fn what_is_packed_to_burst_is_refused_before_it_fills_the_disk() {
    let zeros = vec![b'a'; 64 << 20];
    let largest = 1 << 20;
    let bombs = [
        (gz(&zeros), Encoding::Identity),
        (gz(&zeros), Encoding::Gzip),
        (zst(&zeros), Encoding::Identity),
        (zst(&zeros), Encoding::Zstandard),
        (gz(&gz(&zeros)), Encoding::Gzip),
        (zst(&zst(&zeros)), Encoding::Zstandard),
        (zst(&gz(&zeros)), Encoding::Zstandard),
    ];
    let directory = tempfile::tempdir().expect("a directory");
    let to = directory.path().join("candidate");
    for (bomb, encoding) in bombs {
        assert!(bomb.len() < 70_000, "it is small: {}", bomb.len());
        let failure = unpack(bomb.as_slice(), encoding, largest, &to).expect_err("refused");
        assert_eq!(failure.reason, Reason::TooLarge);
        assert!(to.metadata().expect("there").len() <= largest, "no more was written than a list may have");
    }
}

#[test]
fn a_frame_that_wants_too_much_memory_is_refused() {
    let mut to = write::Encoder::new(Vec::new(), 1).expect("an encoder");
    to.window_log(30).expect("a window");
    to.long_distance_matching(true).expect("set");
    to.write_all(LIST.as_bytes()).expect("written");
    let packed = to.finish().expect("packed");
    assert_eq!(refused(&packed, Encoding::Identity, 1 << 20), Reason::Unpack);
}

#[test]
fn what_is_cut_off_anywhere_is_no_list() {
    let text: String = (0..2000).map(|number| format!("host{}.example\n", number * 7919 % 100_003)).collect();
    for packed in [gz(text.as_bytes()), zst(text.as_bytes())] {
        // Fifty places, the first and the last octet among them.
        for place in (0..50).map(|place| 1 + place * (packed.len() - 2) / 49) {
            let reason = match unpacked(&packed[..place], Encoding::Identity, 1 << 20) {
                Err(failure) => failure.reason,
                // Before its first octets tell how it is packed it can only be taken as it is.
                Ok((text, _)) => {
                    assert!(place < 4, "cut at {place}: {}", text.len());
                    Reason::Truncated
                }
            };
            assert_eq!(reason, Reason::Truncated, "cut at {place} of {}", packed.len());
        }
    }
}

#[test]
fn what_is_damaged_is_refused() {
    let packed = gz(LIST.as_bytes());
    let mut flipped = packed.clone();
    flipped[14] ^= 0x40;
    assert!(matches!(refused(&flipped, Encoding::Gzip, 1 << 20), Reason::Unpack | Reason::Truncated));
    let mut wrong_sum = packed.clone();
    let place = packed.len() - 6;
    wrong_sum[place] ^= 1;
    assert_eq!(refused(&wrong_sum, Encoding::Identity, 1 << 20), Reason::Unpack);
    assert_eq!(refused(LIST.as_bytes(), Encoding::Gzip, 1 << 20), Reason::Unpack);
    assert_eq!(refused(LIST.as_bytes(), Encoding::Zstandard, 1 << 20), Reason::Unpack);
}

#[test]
fn a_way_that_broke_off_is_told_from_its_end() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionAborted.into())
        }
    }
    let directory = tempfile::tempdir().expect("a directory");
    let from = LIST.as_bytes().chain(Broken);
    let failure = unpack(from, Encoding::Identity, 1 << 20, &directory.path().join("candidate")).expect_err("refused");
    assert_eq!(failure.reason, Reason::Truncated);
}

#[test]
fn a_disk_that_is_full_is_this_machine_s_fault() {
    let failure = unpack(LIST.as_bytes(), Encoding::Identity, 1 << 20, Path::new("/dev/full")).expect_err("refused");
    assert_eq!(failure.reason, Reason::Local, "{failure}");
}

#[test]
fn ways_of_packing_by_their_words() {
    assert_eq!(Encoding::parse(""), Some(Encoding::Identity));
    assert_eq!(Encoding::parse(" GZip "), Some(Encoding::Gzip));
    assert_eq!(Encoding::parse("zstd"), Some(Encoding::Zstandard));
    for unknown in ["br", "deflate", "gzip, gzip", "compress"] {
        assert_eq!(Encoding::parse(unknown), None);
    }
}
