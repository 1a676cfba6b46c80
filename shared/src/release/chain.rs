//! Four words of the chain of releases, which two locations read to each other: a hub that shows
//! each of them another history has other words for each.

use std::collections::BTreeMap;

use crate::{id::sha256_prefix, identity::ConfirmationWords, model::release::Link};

/// The words of a chain up to its last link: 44 bits of
/// SHA-256("weft/release-words/1" || the last link's hash), or of the label alone if there is none.
pub fn chain_words(links: &BTreeMap<u32, Link>) -> ConfirmationWords {
    let last = links.values().next_back().map(Link::hash);
    let bytes: &[u8] = last.as_ref().map_or(&[], |hash| hash.as_bytes());
    let bits = sha256_prefix("weft/release-words/1", &[bytes]);
    ConfirmationWords::of_bits(u64::from_be_bytes(bits))
}
