//! Codes and moments in few bytes.

use crate::{id::LocationCode, time::Timestamp};

/// Packs five bits a letter, so every code takes the same room and a cut changes the length.
pub(super) fn pack_code(code: &LocationCode) -> [u8; CODE_BYTES] {
    let letters = code
        .as_str()
        .bytes()
        .map(|letter| u64::from(letter - b'A' + 1));
    let letters = letters.chain(std::iter::repeat(0)).take(CODE_LETTERS_MAX);
    let bits = letters.fold(0_u64, |bits, letter| bits << 5 | letter);
    let [_, _, _, packed @ ..] = bits.to_be_bytes();
    packed
}

pub(super) fn unpack_code(packed: &[u8; CODE_BYTES]) -> Option<LocationCode> {
    let bits = packed
        .iter()
        .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let letters = (0..CODE_LETTERS_MAX)
        .rev()
        .map(|place| bits >> (5 * place) & 0b1_1111);
    let text: Option<String> = letters
        .map(|letter| match u8::try_from(letter) {
            Ok(0) => Some('.'),
            Ok(letter @ 1..=26) => Some(char::from(b'A' + letter - 1)),
            Ok(_) | Err(_) => None,
        })
        .collect();
    LocationCode::parse(text?.trim_end_matches('.')).ok()
}

pub(super) fn pack_moment(moment: Timestamp) -> [u8; MOMENT_BYTES] {
    let ms = u64::try_from(moment.ms()).unwrap_or(0).min(MOMENT_MS_MAX);
    let [_, _, packed @ ..] = ms.to_be_bytes();
    packed
}

pub(super) fn unpack_moment(packed: &[u8; MOMENT_BYTES]) -> Timestamp {
    let ms = packed
        .iter()
        .fold(0_i64, |ms, byte| ms << 8 | i64::from(*byte));
    Timestamp::from_ms(ms)
}

pub(super) const CODE_BYTES: usize = 5;
const CODE_LETTERS_MAX: usize = 8;
pub(super) const MOMENT_BYTES: usize = 6;
const MOMENT_MS_MAX: u64 = (1 << 48) - 1;
