//! Randomness: drawn here and passed to everything else as an argument.

use data_encoding::HEXLOWER;

/// Returns `N` bytes from the operating system, fit for keys.
///
/// # Panics
/// If the operating system has no randomness to give: no key may be made then.
#[must_use]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Returns `N` random bytes in hexadecimal, for tokens that people copy.
#[must_use]
pub fn random_hex<const N: usize>() -> String {
    HEXLOWER.encode(&random_bytes::<N>())
}
