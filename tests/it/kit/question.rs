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
