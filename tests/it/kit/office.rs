//! What a school keeps of an office, written by hand: publications without signatures, as they lie in a state directory.

use std::path::Path;

use khien::office::{Adopted, Edition, Part, RolePart, Shelf, hexadecimal};

/// One role's texts.
pub struct Role<'t> {
    /// Its id.
    pub role: &'t str,
    /// The categories it may speak for; `*` for all.
    pub speaks_for: &'t [&'t str],
    /// Its names, without their first line.
    pub names: &'t str,
    /// Its decisions, as they are published; none where it publishes none.
    pub decisions: &'t str,
}

/// Puts a publication below the state directory that is beside a school's configuration, as if it had been verified.
pub fn keep(school: &Path, serial: u64, roles: &[Role<'_>]) {
    let shelf = Shelf::below(&school.join("state"));
    let part = |role: &Role<'_>, text: String| {
        let digest = hexadecimal(text.as_bytes());
        shelf.keep(&digest, text.as_bytes()).expect("the state can be written");
        let categories: std::collections::BTreeSet<String> = role.speaks_for.iter().map(|word| (*word).to_owned()).collect();
        RolePart { role: role.role.to_owned(), speaks_for: categories.into(), digest }
    };
    let names = |role: &Role<'_>| part(role, format!("# khien names 1\n{}", role.names));
    let decisions = |role: &Role<'_>| part(role, role.decisions.to_owned());
    let decided = roles.iter().filter(|role| !role.decisions.is_empty());
    let lists = Part { serial, roles: roles.iter().map(names).collect() };
    let decisions = Part { serial, roles: decided.map(decisions).collect() };
    let edition = Edition { lists, decisions, since: "2026-11-20T01:00:00Z".parse().expect("a time") };
    let before: Adopted = shelf.adopted();
    shelf.adopt(&before.with(edition), None).expect("the state can be written");
}

/// `[office]` with nobody at its address, and a group of primary pupils.
pub const SILENT: &str = r#"
[clients]
rate_limit = "0"
[office]
url = "http://127.0.0.1:9/khien/"
root = "office-root.json"
accept = ["http", "port", "private-address"]
[[group]]
id = "lab"
subnets = ["10.20.1.0/24"]
tier = "primary"
[[group]]
id = "teachers"
subnets = ["10.20.9.0/24"]
tier = "staff"
"#;
