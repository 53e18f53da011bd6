//! unbound lines: the types of zones, and data that go with them.
