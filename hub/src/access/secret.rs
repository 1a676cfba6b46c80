//! Secrets that the hub gives out: links, cookies and tokens. It keeps only their hashes.

use data_encoding::HEXLOWER;
use weft_host::random::{random_bytes, random_hex};
use weft_shared::id::{sha256, sha256_prefix};

/// The hash of a secret, which is all that is stored.
pub(crate) type SecretHash = [u8; 32];

/// Makes the secret of a link that works once: 128 bits.
pub(crate) fn link() -> String {
    random_hex::<16>()
}

/// Makes the secret of a cookie: 256 bits.
pub(crate) fn cookie() -> String {
    random_hex::<32>()
}

/// Hashes the secret of a link or a cookie. `kind` keeps the one from being taken for the other.
pub(crate) fn hash(kind: &'static str, secret: &str) -> SecretHash {
    sha256("weft/access/1", &[kind.as_bytes(), b"/", secret.as_bytes()])
}

/// Makes a token: 256 bits, and a checksum so that a slip can be told from a token that has ended.
pub(crate) fn token() -> String {
    let secret = HEXLOWER.encode(&random_bytes::<32>());
    let sum = checksum(&secret);
    format!("{TOKEN}{secret}{sum}")
}

/// Hashes the text of a token.
pub(crate) fn token_hash(text: &str) -> SecretHash {
    sha256("weft/token/1", &[text.as_bytes()])
}

/// Whether a text may be a token: its checksum is right, or it is one of before there were any.
pub(crate) fn may_be_token(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(TOKEN) else {
        return false;
    };
    match rest.len() {
        SECRET_CHARS => true,
        _ => rest
            .split_at_checked(SECRET_CHARS)
            .is_some_and(|(secret, sum)| checksum(secret) == sum),
    }
}

fn checksum(secret: &str) -> String {
    HEXLOWER.encode(&sha256_prefix::<4>(
        "weft/token-sum/1",
        &[secret.as_bytes()],
    ))
}

/// The beginning of each token, by which people and programs know one.
pub(crate) const TOKEN: &str = "weft_";
const SECRET_CHARS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_token_is_noticed() {
        let token = token();
        assert_eq!(token.len(), TOKEN.len() + SECRET_CHARS + 8);
        assert!(may_be_token(&token));
        for at in TOKEN.len()..token.len() {
            let mut slip = token.clone().into_bytes();
            slip[at] = if slip[at] == b'0' { b'1' } else { b'0' };
            assert!(!may_be_token(&String::from_utf8(slip).unwrap()), "{at}");
        }
        assert!(!may_be_token(&token[..token.len() - 1]));
        assert!(!may_be_token(""));
        assert!(!may_be_token("weft_ā"));
        let older = &token[..TOKEN.len() + SECRET_CHARS];
        assert!(may_be_token(older));
    }

    #[test]
    fn a_link_is_no_cookie() {
        assert_eq!(link().len(), 32);
        assert_eq!(cookie().len(), 64);
        assert_ne!(hash("link", "same"), hash("cookie", "same"));
    }
}
