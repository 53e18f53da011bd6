//! dnsmasq lines: blocks, exceptions, rewrites.
