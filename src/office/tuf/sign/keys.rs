//! Ed25519 keys in files of their own: the private one as PKCS #8 in PEM, for its owner alone and under a passphrase where one is
//! given, the public one beside it, for everyone.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aws_lc_rs::signature::{ED25519_PUBLIC_KEY_LEN, Ed25519KeyPair, KeyPair as _};
use pkcs8::der::asn1::BitStringRef;
use pkcs8::der::pem::LineEnding;
use pkcs8::der::{Document, Encode as _};
use pkcs8::pkcs5::pbes2;
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use pkcs8::{EncryptedPrivateKeyInfo, ObjectIdentifier, PrivateKeyInfo, SecretDocument};
use tough::schema::key::{Ed25519Key, Ed25519Scheme, Key};
use tough::sign::Sign as _;

use super::SignFault;

/// How PEM names a key that anyone can read who has the file (RFC 7468 section 10).
const PLAIN: &str = "PRIVATE KEY";

/// How it names one under a passphrase (RFC 7468 section 11).
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";

/// How PEM names a public key (RFC 7468 section 13).
const PUBLIC: &str = "PUBLIC KEY";

/// id-Ed25519 (RFC 8410 section 3).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// The most octets of a key's file.
const LARGEST: u64 = 64 << 10;

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

    /// Whether the key in this file is under a passphrase.
    ///
    /// # Errors
    /// [`SignFault::File`].
    pub fn is_encrypted(path: &Path) -> Result<bool, SignFault> {
        Ok(read(path)?.contains(ENCRYPTED))
    }

    /// Writes the public key into a new file.
    ///
    /// # Errors
    /// [`SignFault::File`], also where another key's file is there already.
    ///
    /// # Panics
    /// Never: a public key can be written.
    pub fn save_public(&self, path: &Path) -> Result<(), SignFault> {
        let octets = self.pair.public_key();
        let key = SubjectPublicKeyInfoRef {
            algorithm: AlgorithmIdentifierRef { oid: ED25519, parameters: None },
            subject_public_key: BitStringRef::from_bytes(octets.as_ref()).expect("a key has whole octets"),
        };
        let document = key.to_der().and_then(Document::try_from).expect("a public key can be written");
        let pem = document.to_pem(PUBLIC, LineEnding::LF).expect("a public key can be written");
        let written = File::options().write(true).create_new(true).mode(0o644).open(path).and_then(|mut file| {
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
        let text = read(path)?;
        let (label, document) = SecretDocument::from_pem(&text).map_err(|error| none(&error))?;
        let plain = if label == ENCRYPTED {
            let info = EncryptedPrivateKeyInfo::try_from(document.as_bytes()).map_err(|error| none(&error))?;
            info.decrypt(passphrase.unwrap_or_default()).map_err(|_| SignFault::Passphrase(shown.clone()))?
        } else {
            document
        };
        if label != ENCRYPTED && label != PLAIN {
            return Err(none(&format!("PEM calls it `{label}`")));
        }
        let pair = Ed25519KeyPair::from_pkcs8(plain.as_bytes()).map_err(|error| none(&error))?;
        Ok(Self { pair })
    }
}

/// Reads the file of a public key.
///
/// # Errors
/// [`SignFault::Key`], [`SignFault::File`].
pub fn public(path: &Path) -> Result<Key, SignFault> {
    let none = |error: &dyn fmt::Display| SignFault::Key(path.display().to_string(), error.to_string());
    let text = read(path)?;
    if text.contains(PLAIN) {
        let said = format!(
            "{} is a private key\nhint: it stays on its owner's machine; others get the file that ends in .pub",
            path.display()
        );
        return Err(SignFault::Metadata(said));
    }
    let (label, document) = Document::from_pem(&text).map_err(|error| none(&error))?;
    let key = SubjectPublicKeyInfoRef::try_from(document.as_bytes()).map_err(|error| none(&error))?;
    let octets = key.subject_public_key.as_bytes().filter(|octets| octets.len() == ED25519_PUBLIC_KEY_LEN);
    match octets {
        Some(octets) if label == PUBLIC && key.algorithm.oid == ED25519 => Ok(Key::Ed25519 {
            keyval: Ed25519Key { public: octets.to_vec().into(), _extra: HashMap::new() },
            scheme: Ed25519Scheme::Ed25519,
            _extra: HashMap::new(),
        }),
        Some(_) | None => Err(none(&"it is of another kind")),
    }
}

fn read(path: &Path) -> Result<String, SignFault> {
    let mut text = String::new();
    File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text)).map_err(SignFault::file(path))?;
    Ok(text)
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
