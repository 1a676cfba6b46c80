//! The hub's keys: a root that every invite pins, and a TLS key and a log device that it certifies.

use weft_host::{
    data_dir::{DataDir, DataDirError},
    random::random_bytes,
};
use weft_shared::{
    id::{DeviceId, HubRootHash, LocationId},
    identity::{DeviceKey, HubStatement, RootKey, location_zero},
};

const ROOT_FILE: &str = "root.words";
const TLS_FILE: &str = "tls.key";
const LOG_FILE: &str = "log.key";
const STATEMENT_FILE: &str = "tls.statement";

/// Why the hub's keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file cannot be read or written.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// A file is missing, or holds bytes that this program does not write.
    #[error(
        "the hub's key file {file} is missing or damaged, so nodes would not know this hub; \
         restore it from a backup"
    )]
    Damaged {
        /// The name of the file.
        file: &'static str,
    },
}

/// The hub's identity and its working keys.
pub(crate) struct Identity {
    pub(crate) hub: HubRootHash,
    pub(crate) zero: LocationId,
    pub(crate) statement: HubStatement,
    pub(crate) tls: DeviceKey,
    pub(crate) log: DeviceKey,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("hub", &self.hub)
            .finish_non_exhaustive()
    }
}

impl Identity {
    /// Makes the keys of a new hub. Also returns the root key, for its first signatures.
    pub(crate) fn make(data_dir: &DataDir) -> Result<(Self, RootKey), KeysError> {
        let root = RootKey::from_seed(random_bytes());
        let tls = DeviceKey::from_seed(random_bytes());
        let log = DeviceKey::from_seed(random_bytes());
        let statement = HubStatement::sign(&root, tls.id());
        data_dir.write_secret(ROOT_FILE, root.recovery_words().as_bytes())?;
        data_dir.write_secret(TLS_FILE, tls.seed())?;
        data_dir.write_secret(LOG_FILE, log.seed())?;
        data_dir.write_secret(STATEMENT_FILE, &statement.encode())?;
        Ok((Self::new(statement, tls, log), root))
    }

    pub(crate) fn load(data_dir: &DataDir) -> Result<Self, KeysError> {
        let tls = key(data_dir, TLS_FILE)?;
        let log = key(data_dir, LOG_FILE)?;
        let damaged = KeysError::Damaged {
            file: STATEMENT_FILE,
        };
        let Some(bytes) = data_dir.read_secret(STATEMENT_FILE)? else {
            return Err(damaged);
        };
        let Ok(statement) = HubStatement::decode(&bytes) else {
            return Err(damaged);
        };
        if statement.verify(&statement.root.hash(), &tls.id()).is_err() {
            return Err(damaged);
        }
        Ok(Self::new(statement, tls, log))
    }

    /// Makes a new log device, which the hub's root has to certify.
    pub(crate) fn new_log(data_dir: &DataDir) -> Result<DeviceKey, KeysError> {
        let log = DeviceKey::from_seed(random_bytes());
        data_dir.write_secret(LOG_FILE, log.seed())?;
        Ok(log)
    }

    /// Reads the root, if its words are still in the data directory.
    pub(crate) fn root_kept(data_dir: &DataDir) -> Result<Option<RootKey>, KeysError> {
        let damaged = KeysError::Damaged { file: ROOT_FILE };
        let words = data_dir.read_secret(ROOT_FILE)?.map(String::from_utf8);
        let Some(words) = words else {
            return Ok(None);
        };
        let root = words
            .ok()
            .and_then(|text| RootKey::from_recovery_words(&text).ok());
        root.map(Some).ok_or(damaged)
    }

    fn new(statement: HubStatement, tls: DeviceKey, log: DeviceKey) -> Self {
        let hub = statement.root.hash();
        Self {
            hub,
            zero: location_zero(&hub),
            statement,
            tls,
            log,
        }
    }

    pub(crate) fn log_device(&self) -> DeviceId {
        self.log.id()
    }
}

fn key(data_dir: &DataDir, file: &'static str) -> Result<DeviceKey, KeysError> {
    let bytes = data_dir.read_secret(file)?;
    let seed = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    seed.map(DeviceKey::from_seed)
        .ok_or(KeysError::Damaged { file })
}
