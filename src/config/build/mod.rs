//! From the file's words to the program's nouns, with everything checked that takes more than one value to check.
//! Every type of the file is taken apart field by field: a key that nobody reads breaks the build.

use super::file::{At, File};
use super::{Fault, Program, Surroundings};
use std::path::Path;

/// The program that `file` means, and every fault and doubt; where there is a fault the program is of no use.
pub(super) fn program(file: File, path: Option<&Path>, surroundings: &Surroundings) -> (Program, Vec<Fault>) {
    let values = |addresses: &[At<std::net::SocketAddr>]| addresses.iter().map(|address| address.value).collect();
    let program = Program {
        file: path.map(Path::to_owned),
        dns: values(&file.listen.dns),
        http: values(&file.listen.http),
        state: file.state.directory.map_or_else(|| surroundings.state.clone(), |directory| directory.value),
        cache: file.cache.size.value.0,
        max_ttl: file.clients.max_ttl,
        log: file.log.level,
        not_yet: Vec::new(),
    };
    (program, Vec::new())
}
