//! Queries as a client's stub resolver writes them.

use khien::dns::{Name, RecordType};

/// A query with RD and EDNS, id 0x4b48.
pub fn packet(name: &Name, record_type: RecordType) -> Vec<u8> {
    let mut bytes = vec![0x4b, 0x48, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1];
    bytes.extend(name.as_wire());
    bytes.extend(record_type.0.to_be_bytes());
    bytes.extend([0, 1]);
    bytes.extend([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);
    bytes
}

/// The same with EDNS options: each a code and its data.
pub fn with_options(name: &Name, record_type: RecordType, options: &[(u16, &[u8])]) -> Vec<u8> {
    let mut bytes = packet(name, record_type);
    let octet_count = |data: &[u8]| u16::try_from(data.len()).expect("short").to_be_bytes();
    let options: Vec<u8> =
        options.iter().flat_map(|(code, data)| [&code.to_be_bytes()[..], &octet_count(data), data].concat()).collect();
    bytes.truncate(bytes.len() - 2);
    bytes.extend(octet_count(&options));
    bytes.extend(options);
    bytes
}
