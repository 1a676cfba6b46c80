//! Passwords: 16 characters, and none that is guessed first. Only a few are hashed at once, because
//! each takes 19 MiB and a processor.

mod guess;

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use weft_host::random::random_bytes;

use crate::limits::{
    PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN, PASSWORDS_AT_ONCE, PASSWORDS_WAITING_MAX,
};

/// A password as it is stored: salt and hash.
pub(crate) type Hashed = [u8; SALT_BYTES + HASH_BYTES];

/// So many passwords are being hashed that another would wait too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Busy;

/// Hashes passwords, a few at once.
#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    at_once: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        Self {
            at_once: Arc::new(Semaphore::new(PASSWORDS_AT_ONCE)),
            places: Arc::new(Semaphore::new(PASSWORDS_AT_ONCE + PASSWORDS_WAITING_MAX)),
        }
    }

    /// Hashes a new password.
    pub(crate) async fn hash(&self, password: String) -> Result<Hashed, Busy> {
        self.run(move || {
            let salt = random_bytes::<SALT_BYTES>();
            let mut hashed = [0; SALT_BYTES + HASH_BYTES];
            hashed[..SALT_BYTES].copy_from_slice(&salt);
            hashed[SALT_BYTES..].copy_from_slice(&digest(&password, &salt));
            hashed
        })
        .await
    }

    /// Whether the password is the stored one. Without a stored one it takes as long.
    pub(crate) async fn check(
        &self,
        password: String,
        stored: Option<Hashed>,
    ) -> Result<bool, Busy> {
        self.run(move || {
            let known = stored.unwrap_or([0; SALT_BYTES + HASH_BYTES]);
            let (salt, hash) = known.split_at(SALT_BYTES);
            let found = digest(&password, salt);
            let differs = found.iter().zip(hash).fold(0, |all, (a, b)| all | (a ^ b));
            differs == 0 && stored.is_some()
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| Busy)?;
        let turn = Arc::clone(&self.at_once).acquire_owned().await;
        let turn = turn.expect("the semaphore is never closed");
        // A client that leaves ends no hash, so the places go with the job.
        let hashed = tokio::task::spawn_blocking(move || {
            let _held = (place, turn);
            job()
        });
        Ok(hashed.await.expect("hashing panics nowhere"))
    }
}

/// Whether a new password is long enough, and not too long to be read.
pub(crate) fn is_long_enough(password: &str) -> bool {
    password.chars().count() >= PASSWORD_CHARS_MIN && password.len() <= PASSWORD_BYTES_MAX
}

/// Whether a new password is among those that are guessed first. `about` are the names of the
/// person, of their organisation and of the network.
pub(crate) fn is_guessed(password: &str, about: &[&str]) -> bool {
    guess::is_guessed(password, about)
}

fn digest(password: &str, salt: &[u8]) -> [u8; HASH_BYTES] {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES));
    let params = params.expect("the numbers are within those that argon2 takes");
    let mut hash = [0; HASH_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, &mut hash)
        .expect("a password within its limit and 16 bytes of salt can be hashed");
    hash
}

/// The least that OWASP recommends for argon2id.
const MEMORY_KIB: u32 = 19 << 10;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_alone() {
        let passwords = Passwords::new();
        let said = "kererū over the harbour".to_owned();
        let stored = passwords.hash(said.clone()).await.unwrap();
        assert_ne!(stored, passwords.hash(said.clone()).await.unwrap());
        assert_eq!(passwords.check(said.clone(), Some(stored)).await, Ok(true));
        let other = "Kererū over the harbour".to_owned();
        assert_eq!(passwords.check(other, Some(stored)).await, Ok(false));
        assert_eq!(passwords.check(said, None).await, Ok(false));
        assert!(is_long_enough("0123456789abcdef"));
        assert!(is_long_enough("āāāāāāāāāāāāāāāā"));
        assert!(!is_long_enough("0123456789abcde"));
        assert!(!is_long_enough(&"x".repeat(PASSWORD_BYTES_MAX + 1)));
    }

    #[tokio::test]
    async fn only_so_many_wait() {
        let passwords = Passwords::new();
        let all = PASSWORDS_AT_ONCE + PASSWORDS_WAITING_MAX;
        let jobs = (0..all + 5).map(|_| {
            let passwords = passwords.clone();
            tokio::spawn(async move { passwords.check("x".repeat(16), None).await })
        });
        let mut refused = 0;
        for job in jobs.collect::<Vec<_>>() {
            refused += usize::from(job.await.unwrap() == Err(Busy));
        }
        assert_eq!(refused, 5);
        // The places are free again.
        assert_eq!(passwords.check("x".repeat(16), None).await, Ok(false));
    }
}
