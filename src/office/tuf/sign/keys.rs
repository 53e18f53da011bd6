//! Ed25519 keys in files of their own: PKCS #8 in PEM, for their owner alone, and under a passphrase where one is given.

use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use pkcs8::der::pem::LineEnding;
use pkcs8::pkcs5::pbes2;
use pkcs8::{EncryptedPrivateKeyInfo, PrivateKeyInfo, SecretDocument};
use tough::schema::key::Key;
use tough::sign::Sign as _;

use super::SignFault;

/// How PEM names a key that anyone can read who has the file (RFC 7468 section 10).
const PLAIN: &str = "PRIVATE KEY";

/// How it names one under a passphrase (RFC 7468 section 11).
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";

/// A key that signs.
pub struct SigningKey {
    pair: Ed25519KeyPair,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&super::key_id(&self.public())).finish()
    }
}

impl SigningKey {
    /// A new key.
    ///
    /// # Panics
    /// Where this machine has no randomness.
    pub fn generate() -> Self {
        Self { pair: Ed25519KeyPair::generate().expect("this machine has randomness") }
    }

    /// What others check signatures by.
    pub fn public(&self) -> Key {
        self.pair.tuf_key()
    }

    /// The octets of the public key.
    pub fn public_octets(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    pub(super) fn sign(&self, octets: &[u8]) -> Vec<u8> {
        self.pair.sign(octets).as_ref().to_vec()
    }

    /// Writes the key into a new file with mode 0600.
    ///
    /// # Errors
    /// [`SignFault::File`], also where a file is there already: a key is never overwritten.
    ///
    /// # Panics
    /// Where a key that was made here cannot be written as PKCS #8.
    pub fn save(&self, path: &Path, passphrase: Option<&str>) -> Result<(), SignFault> {
        let plain = self.pair.to_pkcs8().expect("a key that was made here can be written");
        let none = |error: &dyn fmt::Display| SignFault::Key(path.display().to_string(), error.to_string());
        let (label, document) = match passphrase {
            None => (PLAIN, SecretDocument::try_from(plain.as_ref()).map_err(|error| none(&error))?),
            Some(passphrase) => (ENCRYPTED, encrypted(plain.as_ref(), passphrase).map_err(|error| none(&error))?),
        };
        let pem = document.to_pem(label, LineEnding::LF).map_err(|error| none(&error))?;
        let written = File::options().write(true).create_new(true).mode(0o600).open(path).and_then(|mut file| {
            file.write_all(pem.as_bytes())?;
            file.sync_all()
        });
        written.map_err(SignFault::file(path))
    }

    /// Reads a key's file.
    ///
    /// # Errors
    /// [`SignFault::Key`], [`SignFault::Passphrase`], [`SignFault::File`].
    pub fn load(path: &Path, passphrase: Option<&str>) -> Result<Self, SignFault> {
        let shown = path.display().to_string();
        let none = |error: &dyn fmt::Display| SignFault::Key(shown.clone(), error.to_string());
        let text = fs::read_to_string(path).map_err(SignFault::file(path))?;
        let (label, document) = SecretDocument::from_pem(&text).map_err(|error| none(&error))?;
        let plain = if label == ENCRYPTED {
            let info = EncryptedPrivateKeyInfo::try_from(document.as_bytes()).map_err(|error| none(&error))?;
            info.decrypt(passphrase.unwrap_or_default()).map_err(|_| SignFault::Passphrase(shown.clone()))?
        } else {
            document
        };
        let pair = Ed25519KeyPair::from_pkcs8(plain.as_bytes()).map_err(|error| none(&error))?;
        Ok(Self { pair })
    }
}

fn encrypted(plain: &[u8], passphrase: &str) -> Result<SecretDocument, pkcs8::Error> {
    let (mut salt, mut start) = ([0; 16], [0; 16]);
    aws_lc_rs::rand::fill(&mut salt).map_err(|_| pkcs8::Error::KeyMalformed)?;
    aws_lc_rs::rand::fill(&mut start).map_err(|_| pkcs8::Error::KeyMalformed)?;
    // Scrypt with that crate's recommended cost, which is made for keys in files.
    let way =
        pbes2::Parameters::scrypt_aes256cbc(Default::default(), &salt, &start).map_err(pkcs8::Error::EncryptedPrivateKey)?;
    PrivateKeyInfo::try_from(plain)?.encrypt_with_params(way, passphrase)
}
