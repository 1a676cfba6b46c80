//! The key of a backup: 24 words, of which a program keeps the public half alone, or a passphrase.
//!
//! The words are those of a root, such as the recovery words of a location, or words of their own.
//! The key is derived from them, so it is no key of anything else.

use std::{fmt, iter, str::FromStr as _};

use age::{
    Decryptor, Encryptor, scrypt,
    secrecy::{ExposeSecret as _, SecretString},
    x25519,
};
use bech32::{Bech32, Hrp};
use weft_shared::{id::sha256, identity::RootKey};

use super::BackupError;

/// Locks new backups.
#[derive(Clone)]
pub enum Lock {
    /// The public half of the key of 24 words.
    Words(x25519::Recipient),
    /// A passphrase.
    Passphrase(SecretString),
}

/// Opens backups.
#[derive(Clone)]
pub enum Secret {
    /// 24 words.
    Words(Box<RootKey>),
    /// A passphrase.
    Passphrase(SecretString),
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Words(_) => "Lock::Words",
            Self::Passphrase(_) => "Lock::Passphrase",
        })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Words(_) => "Secret::Words",
            Self::Passphrase(_) => "Secret::Passphrase",
        })
    }
}

impl Lock {
    /// The lock that these words open.
    #[must_use]
    pub fn of_words(words: &RootKey) -> Self {
        Self::Words(identity(words).to_public())
    }

    /// Reads what [`Lock::kept`] gave.
    #[must_use]
    pub fn of_kept(text: &str) -> Option<Self> {
        x25519::Recipient::from_str(text).ok().map(Self::Words)
    }

    /// The text that a program may keep; none for a passphrase, which it never keeps.
    #[must_use]
    pub fn kept(&self) -> Option<String> {
        match self {
            Self::Words(recipient) => Some(recipient.to_string()),
            Self::Passphrase(_) => None,
        }
    }

    /// Begins a file. Also returns what opens it again, so that it can be checked after writing.
    pub(super) fn begin(&self) -> Result<(Encryptor, Opener), BackupError> {
        let refused = |_| BackupError::Lock;
        match self {
            Self::Words(recipient) => {
                // The program cannot open what the words open: a key for this file alone can.
                let once = x25519::Identity::generate();
                let own = once.to_public();
                let both: [&dyn age::Recipient; 2] = [recipient, &own];
                let encryptor = Encryptor::with_recipients(both.into_iter()).map_err(refused)?;
                Ok((encryptor, Opener::Key(once)))
            }
            Self::Passphrase(text) => {
                let mut recipient = scrypt::Recipient::new(text.clone());
                recipient.set_work_factor(WORK_FACTOR);
                let one: &dyn age::Recipient = &recipient;
                let encryptor = Encryptor::with_recipients(iter::once(one)).map_err(refused)?;
                Ok((encryptor, Opener::Passphrase(text.clone())))
            }
        }
    }
}

impl Secret {
    /// Reads 24 words. Capitals, line ends and further blanks do not count.
    ///
    /// # Errors
    /// If they are not 24 words of the list that belong together.
    pub fn of_words(text: &str) -> Result<Self, BackupError> {
        let root = RootKey::from_recovery_words(text);
        root.map(|root| Self::Words(root.into()))
            .map_err(|error| BackupError::Words(error.to_string()))
    }

    /// Reads a passphrase: one line.
    ///
    /// # Errors
    /// If it is shorter than 12 characters, longer than 1,024 bytes, or several lines.
    pub fn of_passphrase(text: &str) -> Result<Self, BackupError> {
        let line = text.trim_end_matches(['\r', '\n']);
        let is_short = line.trim().chars().count() < PASSPHRASE_CHARACTERS_MIN;
        if is_short || line.len() > PASSPHRASE_BYTES_MAX || line.contains(['\r', '\n']) {
            return Err(BackupError::Passphrase);
        }
        Ok(Self::Passphrase(line.to_owned().into()))
    }

    /// The lock that it opens.
    #[must_use]
    pub fn lock(&self) -> Lock {
        match self {
            Self::Words(words) => Lock::of_words(words),
            Self::Passphrase(text) => Lock::Passphrase(text.clone()),
        }
    }

    pub(super) fn opener(&self) -> Opener {
        match self {
            Self::Words(words) => Opener::Key(identity(words)),
            Self::Passphrase(text) => Opener::Passphrase(text.clone()),
        }
    }
}

/// A key that opens a file.
pub(super) enum Opener {
    Key(x25519::Identity),
    Passphrase(SecretString),
}

impl Opener {
    /// Opens a file, and returns what is in it.
    pub(super) fn open<R: std::io::BufRead>(
        &self,
        file: R,
    ) -> Result<impl std::io::Read + use<R>, BackupError> {
        let decryptor = Decryptor::new_buffered(file).map_err(|error| match error {
            age::DecryptError::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
                BackupError::Read(error)
            }
            _ => BackupError::Foreign,
        })?;
        let is_passphrase = matches!(self, Self::Passphrase(_));
        if decryptor.is_scrypt() != is_passphrase {
            return Err(BackupError::OtherKind { is_passphrase });
        }
        let opened = match self {
            Self::Key(identity) => {
                let one: &dyn age::Identity = identity;
                decryptor.decrypt(iter::once(one))
            }
            Self::Passphrase(text) => {
                let mut identity = scrypt::Identity::new(text.clone());
                identity.set_max_work_factor(WORK_FACTOR_MAX);
                let one: &dyn age::Identity = &identity;
                decryptor.decrypt(iter::once(one))
            }
        };
        opened.map_err(|error| match error {
            age::DecryptError::NoMatchingKeys
            | age::DecryptError::DecryptionFailed
            | age::DecryptError::KeyDecryptionFailed => BackupError::OtherKey { is_passphrase },
            age::DecryptError::ExcessiveWork { .. } => BackupError::Work,
            _ => BackupError::Foreign,
        })
    }
}

/// The key that is derived from words.
fn identity(words: &RootKey) -> x25519::Identity {
    let secret = sha256("weft/backup/1", &[words.seed()]);
    let hrp = Hrp::parse("AGE-SECRET-KEY-").expect("a fixed prefix");
    let text = bech32::encode_upper::<Bech32>(hrp, &secret).expect("32 bytes are short enough");
    let text: SecretString = text.into();
    text.expose_secret()
        .parse()
        .expect("32 bytes are a key of age")
}

/// Work of a passphrase in memory and time: about a second, and 128 MiB.
const WORK_FACTOR: u8 = 17;
/// The most that is done for a file of somebody else: 1 GiB.
const WORK_FACTOR_MAX: u8 = 20;
const PASSPHRASE_CHARACTERS_MIN: usize = 12;
const PASSPHRASE_BYTES_MAX: usize = 1_024;
