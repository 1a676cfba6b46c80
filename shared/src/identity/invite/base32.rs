//! Bytes as capitals and digits that a QR code packs tightly and a person can read aloud.

use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};

use super::BadInvite;

/// Crockford's base 32: without I, L, O and U, and symbols that look alike read as the same.
static CROCKFORD: LazyLock<Encoding> = LazyLock::new(|| {
    let mut rules = Specification::new();
    rules.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    rules
        .translate
        .from
        .push_str("abcdefghijklmnopqrstvwxyzILO");
    rules.translate.to.push_str("ABCDEFGH1JK1MN0PQRSTVWXYZ110");
    rules
        .encoding()
        .expect("32 symbols, each read as itself or as one of them")
});

pub(super) fn base32(bytes: &[u8]) -> String {
    CROCKFORD.encode(bytes)
}

pub(super) fn unbase32(symbols: &[u8]) -> Result<Vec<u8>, BadInvite> {
    CROCKFORD.decode(symbols).map_err(|_| BadInvite::Mistyped)
}

pub(super) const fn symbols_for(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}
