//! A master file: whatever it says, every fault of it has a line and a hint, and a zone without faults answers for its names.

#![no_main]

use khien::answer::zones::{Weight, Zone};
use khien::dns::{Bailiwick, Name, RecordType};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let origin = Name::parse("truong.lan").expect("a constant");
    let (zone, faults) = Zone::read(&origin, text);
    assert_eq!(zone.is_none(), faults.iter().any(|fault| fault.weight == Weight::Fault));
    for fault in faults {
        assert!(!fault.what.is_empty() && !fault.hint.is_empty() && fault.line > 0);
    }
    let Some(zone) = zone else { return };
    for name in ["truong.lan", "www.truong.lan", "a.b.c.truong.lan", "*.truong.lan"] {
        for record_type in [RecordType::A, RecordType::CNAME, RecordType::SOA] {
            let name = Name::parse(name).expect("a constant");
            zone.answer(&name, record_type, &Bailiwick::default()).ok();
        }
    }
});
