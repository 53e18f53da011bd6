//! A role's canonical list: whatever the bytes, it is refused, or it is the one text of what it says.

#![no_main]

use khien::office::names::NameList;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(list) = NameList::parse(bytes) {
        assert_eq!(list.entries().count(), list.len());
        assert_eq!(NameList::parse(&list.to_text()).as_ref(), Ok(&list));
        assert_eq!(list.to_text(), bytes);
    }
});
