//! Bytes as capitals and digits that a QR code packs tightly and a person can read aloud.

use super::BadInvite;

pub(super) fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(symbols_for(bytes.len()));
    let (mut bits, mut held) = (0_u32, 0);
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            text.push(symbol(bits >> held));
        }
        bits &= (1 << held) - 1;
    }
    if held > 0 {
        text.push(symbol(bits << (5 - held)));
    }
    text
}

fn symbol(bits: u32) -> char {
    char::from(ALPHABET[(bits & 0b1_1111) as usize])
}

pub(super) fn unbase32(symbols: &str) -> Result<Vec<u8>, BadInvite> {
    let mut bytes = Vec::with_capacity(symbols.len());
    let (mut bits, mut held) = (0_u32, 0);
    for c in symbols.bytes() {
        let value = ALPHABET.iter().position(|known| *known == c);
        let value = value.and_then(|value| u32::try_from(value).ok());
        bits = bits << 5 | value.ok_or(BadInvite::Mistyped)?;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).expect("masked to eight bits"));
            bits &= (1 << held) - 1;
        }
    }
    Ok(bytes)
}

/// Normalises the text: replaces each symbol that looks like another one.
pub(super) fn canonical(symbols: &str) -> String {
    let alike = |c: char| match c.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        c => c,
    };
    symbols.chars().map(alike).collect()
}

pub(super) const fn symbols_for(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}

/// Crockford's base 32 alphabet: without I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
