//! Randomness: drawn here and passed to everything else as an argument.

use std::cell::Cell;

use data_encoding::HEXLOWER;
use weft_shared::id::sha256;

/// Returns `N` bytes from the operating system, fit for keys.
///
/// # Panics
/// If the operating system has no randomness to give: no key may be made then.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Some(mut seed) = SIMULATED.get() {
        for part in bytes.chunks_mut(32) {
            seed = sha256("weft/simulation/1", &[&seed]);
            part.copy_from_slice(&seed[..part.len()]);
        }
        SIMULATED.set(Some(seed));
        return bytes;
    }
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Draws everything on this thread from a seed from now on, for a simulation: nothing that is made
/// there may be used as a key.
pub fn simulate(seed: [u8; 32]) {
    SIMULATED.set(Some(seed));
}

thread_local! {
    static SIMULATED: Cell<Option<[u8; 32]>> = const { Cell::new(None) };
}

/// Returns `N` random bytes in hexadecimal, for tokens that people copy.
pub fn random_hex<const N: usize>() -> String {
    HEXLOWER.encode(&random_bytes::<N>())
}
