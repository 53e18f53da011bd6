//! Published metadata taken apart, changed, and signed anew by whoever a test says.
//!
//! The rule: what a test changed gets the next version and whatever names it is chained anew, so that one thing alone is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};

use super::Office;
use crate::office::hexadecimal;
use crate::office::tuf::place;
use crate::office::tuf::sign::{Staged, detach};
use crate::office::tuf::verify::PUBLICATION;

/// Metadata by its name, as an office or a thief would sign it.
pub(super) struct Forge<'o> {
    office: &'o Office,
    before: BTreeMap<String, Value>,
    /// What is signed: `root`, `targets`, `snapshot`, `timestamp`, and the roles.
    pub(super) signed: BTreeMap<String, Value>,
    signers: BTreeMap<String, Vec<String>>,
    fixed: BTreeSet<String>,
}

impl Office {
    /// Metadata as it is published.
    pub(super) fn forge(&self) -> Forge<'_> {
        let read = |file: &str| serde_json::from_slice::<Value>(&self.read(file)).expect("JSON")["signed"].clone();
        let timestamp = read("timestamp.json");
        let snapshot = read(&format!("{}.snapshot.json", timestamp["meta"]["snapshot.json"]["version"]));
        let mut signed = BTreeMap::new();
        for (file, meta) in snapshot["meta"].as_object().expect("an object") {
            let name = file.strip_suffix(".json").expect("a file's name").to_owned();
            signed.insert(name, read(&format!("{}.{file}", meta["version"])));
        }
        let root = (1..).take_while(|version| self.path().join(format!("{version}.root.json")).exists()).last();
        signed.insert("root".to_owned(), read(&format!("{}.root.json", root.expect("there is one"))));
        signed.insert("snapshot".to_owned(), snapshot);
        signed.insert("timestamp".to_owned(), timestamp);
        let mut signers: BTreeMap<_, Vec<_>> = signed.keys().map(|name| (name.clone(), vec![name.clone()])).collect();
        for top in ["root", "targets"] {
            signers.insert(top.to_owned(), vec!["lan".to_owned(), "an".to_owned()]);
        }
        Forge { office: self, before: signed.clone(), signed, signers, fixed: BTreeSet::new() }
    }

    /// Signs metadata.
    pub(super) fn sign(&self, signed: &Value, names: &[String]) -> Vec<u8> {
        let text = serde_json::to_vec(&json!({ "signed": signed, "signatures": [] })).expect("JSON");
        let mut staged = Staged::read(&text).expect("metadata");
        for name in names {
            staged.merge(&detach(&staged, self.key(name)).expect("signed")).expect("it is for this");
        }
        staged.text()
    }

    /// A key as metadata has it, with its id.
    pub(super) fn key_value(&self, name: &str) -> (String, Value) {
        let key = self.key(name).public();
        (crate::office::tuf::sign::key_id(&key), serde_json::to_value(key).expect("JSON"))
    }
}

impl Forge<'_> {
    /// Metadata to be changed.
    pub(super) fn of(&mut self, name: &str) -> &mut Value {
        self.signed.get_mut(name).expect("there is such metadata")
    }

    /// Who signs it, in place of who must.
    pub(super) fn signed_by(&mut self, name: &str, who: &[&str]) -> &mut Self {
        self.signers.insert(name.to_owned(), who.iter().map(ToString::to_string).collect());
        self
    }

    /// Leaves its version as the test has it.
    pub(super) fn as_it_is(&mut self, name: &str) -> &mut Self {
        self.fixed.insert(name.to_owned());
        self
    }

    /// Changes the publication.
    pub(super) fn publication(&mut self, change: impl FnOnce(&mut Value)) -> &mut Self {
        let sha256 = self.of("publication")["targets"][PUBLICATION]["hashes"]["sha256"].as_str().expect("a digest").to_owned();
        let mut publication = serde_json::from_slice(&self.office.read(&place(PUBLICATION, &sha256))).expect("JSON");
        change(&mut publication);
        self.target("publication", PUBLICATION, &serde_json::to_vec(&publication).expect("JSON"), Value::Null);
        self
    }

    /// Puts a target's file there, and signs it as `role`'s; `custom` is what is said of it where that is something.
    pub(super) fn target(&mut self, role: &str, name: &str, octets: &[u8], custom: Value) {
        let digest = hexadecimal(octets);
        let path = self.office.path().join(place(name, &digest));
        fs::create_dir_all(path.parent().expect("below a folder")).expect("a directory");
        fs::write(path, octets).expect("written");
        let mut target = json!({ "length": octets.len(), "hashes": { "sha256": digest } });
        if !custom.is_null() {
            target["custom"] = custom;
        }
        self.of(role)["targets"][name] = target;
    }

    /// Writes what was changed, and a snapshot and a timestamp that lead to it.
    pub(super) fn write(&mut self) {
        let names: Vec<String> = self.signed.keys().cloned().collect();
        let tops = ["root", "snapshot", "timestamp"];
        for name in names.iter().filter(|name| !tops.contains(&name.as_str())) {
            let Some(octets) = self.again(name) else { continue };
            let version = self.signed[name]["version"].clone();
            fs::write(self.office.path().join(format!("{version}.{name}.json")), &octets).expect("written");
            self.of("snapshot")["meta"][format!("{name}.json")] = meta(&version, &octets);
        }
        if let Some(octets) = self.again("root") {
            // A new root comes with a new timestamp.
            self.before.remove("timestamp");
            fs::write(self.office.path().join(format!("{}.root.json", self.signed["root"]["version"])), octets).expect("written");
        }
        if let Some(octets) = self.again("snapshot") {
            let version = self.signed["snapshot"]["version"].clone();
            fs::write(self.office.path().join(format!("{version}.snapshot.json")), &octets).expect("written");
            self.of("timestamp")["meta"]["snapshot.json"] = meta(&version, &octets);
        }
        if let Some(octets) = self.again("timestamp") {
            fs::write(self.office.path().join("timestamp.json"), octets).expect("written");
        }
    }

    /// Metadata signed anew, where it or its signers were changed; its next version, where the test gave it none.
    fn again(&mut self, name: &str) -> Option<Vec<u8>> {
        let before = self.before.get(name).cloned().unwrap_or_default();
        let own = match name {
            "root" | "targets" => vec!["lan".to_owned(), "an".to_owned()],
            other => vec![other.to_owned()],
        };
        let signers = self.signers.get(name).cloned().unwrap_or_else(|| own.clone());
        if self.signed[name] == before && signers == own {
            return None;
        }
        let is_fixed = self.fixed.contains(name);
        if !is_fixed && (before.is_null() || self.signed[name]["version"] == before["version"]) {
            self.of(name)["version"] = json!(self.signed[name]["version"].as_u64().expect("a number") + 1);
        }
        Some(self.office.sign(&self.signed[name], &signers))
    }
}

/// What a snapshot or a timestamp says of a file.
pub(super) fn meta(version: &Value, octets: &[u8]) -> Value {
    json!({ "version": version, "length": octets.len(), "hashes": { "sha256": hexadecimal(octets) } })
}
