//! The walk through a list: bytes of all kinds, the issues it counts, the faults it ends in.
