//! The desk's side: keys, metadata and signatures, and a publication written so that schools see the old one or the new one, whole.
//!
//! The rule: a key stays on its person's machine; what travels is what is to be signed and, back, a signature that says what it is for.

mod keys;
mod metadata;
mod parts;
mod publish;
mod said;

pub use keys::{SigningKey, public};
pub use metadata::{
    Detached, Lifetimes, Signers, Staged, Tops, add, canonical, detach, enough, enough_by, enough_of, first_root, next_root,
};
pub use parts::{Delegation, NewFile, Part, publication_part, role_part, top_part};
pub use publish::{Current, Finished, finish, signed_files, write};
pub use said::{
    delegation_ids, delegations_of, root_ids, root_keys_of, same_root, same_targets, signers_of, signs_text, tables_of, times_of,
};

use std::io;
use std::path::Path;

use tough::schema::key::Key;

/// Why nothing was signed or published.
#[derive(Debug, thiserror::Error)]
pub enum SignFault {
    /// A file could not be read or written.
    #[error("{0}: {1}")]
    File(String, io::Error),
    /// A key's file holds none.
    #[error("{0} holds no key of this kind: {1}\nhint: keys are Ed25519, as PKCS #8 in PEM")]
    Key(String, String),
    /// It is under a passphrase.
    #[error("the key {0} is under a passphrase, and this is not it")]
    Passphrase(String),
    /// Metadata that is none, or not what it has to be.
    #[error("{0}")]
    Metadata(String),
    /// What is staged cannot be published for a reason that people can mend.
    #[error("{0}")]
    Unready(String),
    /// Signatures are missing.
    #[error(
        "{role} has {valid} of {threshold} signatures\nhint: let another person sign what is staged, and merge the signature"
    )]
    TooFew {
        /// What is signed.
        role: String,
        /// How many count.
        valid: u64,
        /// How many there must be.
        threshold: u64,
    },
}

impl SignFault {
    pub(in crate::office) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let shown = path.display().to_string();
        move |error| Self::File(shown, error)
    }

    fn metadata(what: impl ToString) -> Self {
        Self::Metadata(what.to_string())
    }
}

/// A key's id, in hexadecimal digits.
pub fn key_id(key: &Key) -> String {
    let id = key.key_id().expect("a key can be written as JSON");
    super::verify::hex(&id)
}
