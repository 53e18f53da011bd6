//! The master files that a configuration names: read whole, every fault with its file and line.

use crate::answer::zones::{Division, MasterFault, Speaker, Weight, Zone};
use crate::config::fault::Shown;
use crate::config::program::ZoneSource;
use crate::config::{Fault, Program};
use crate::dns::Name;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// The largest file that is read; the addresses of a province have room in it.
const MOST: u64 = 16 << 20;

/// Reads the own zones of `program`, and says for which names each server is believed.
pub fn zones(program: &mut Program) -> Vec<Fault> {
    let config = program.file.clone().unwrap_or_default();
    let mut faults = Vec::new();
    let read = program.zones.iter().filter_map(|source| zone(&config, source, &mut faults).map(Arc::new));
    program.own_zones = read.collect();
    divide(program);
    faults
}

/// Says for which names each server is believed.
pub fn divide(program: &mut Program) {
    let names: Vec<Name> = program.forwarded.iter().map(|zone| zone.name.clone()).collect();
    if !(names.is_empty() && program.own_zones.is_empty()) {
        let division = Division::of(&program.own_zones, &names);
        program.upstream.bailiwick = division.bailiwick(Speaker::Upstreams);
        for (place, zone) in program.forwarded.iter_mut().enumerate() {
            zone.settings.bailiwick = division.bailiwick(Speaker::Forwarded(place));
        }
    }
}

fn zone(config: &Path, source: &ZoneSource, faults: &mut Vec<Fault>) -> Option<Zone> {
    let shown = source.path.display().to_string();
    let text = match text(&source.path) {
        Ok(text) => text,
        Err(error) => {
            let hint = match error.kind() {
                std::io::ErrorKind::NotFound => "paths are relative to the configuration's folder",
                std::io::ErrorKind::PermissionDenied => "the user that runs khien needs leave to read it",
                _ => "name a master file of at most 16 MiB",
            };
            let what = format!("zone `{}`: {} cannot be read: {error}", source.name, shown.quoted());
            faults.push(Fault::error(config, Some(source.path_line), what, hint));
            return None;
        }
    };
    let text = match String::from_utf8(text) {
        Ok(text) => text,
        Err(error) => {
            let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = u32::try_from(1 + before.iter().filter(|octet| **octet == b'\n').count()).ok();
            faults.push(Fault::error(&source.path, line, "text is not UTF-8", "save the file as UTF-8"));
            return None;
        }
    };
    let (zone, said) = Zone::read(&source.name, &text);
    faults.extend(said.into_iter().map(|MasterFault { line, what, hint, weight }| {
        let (what, hint) = (what.escaped(), hint.escaped());
        match weight {
            Weight::Fault => Fault::error(&source.path, Some(line), what, hint),
            Weight::Doubt => Fault::warning(&source.path, Some(line), what, hint),
        }
    }));
    if zone.as_ref().is_some_and(|zone| zone.records() == 0) {
        let what = format!("zone `{}` has no record: none of its names exists", source.name);
        faults.push(Fault::warning(&source.path, None, what, "write a line for each name, such as `www A 10.0.0.5`"));
    }
    zone
}

fn text(path: &Path) -> std::io::Result<Vec<u8>> {
    let wrong = |what| std::io::Error::new(std::io::ErrorKind::InvalidInput, what);
    // A pipe would keep whoever reads it waiting for ever.
    if !std::fs::metadata(path)?.is_file() {
        return Err(wrong("this is no regular file"));
    }
    let mut octets = Vec::new();
    std::fs::File::open(path)?.take(MOST + 1).read_to_end(&mut octets)?;
    if octets.len() as u64 > MOST { Err(wrong("the file is too large")) } else { Ok(octets) }
}
