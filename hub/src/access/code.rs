//! Codes of an authenticator app (RFC 6238): six digits, another each 30 seconds.

use data_encoding::BASE32_NOPAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use totp_rs::{Builder, Totp};
use weft_host::random::random_bytes;
use weft_shared::time::Timestamp;

/// The secret that the app and the hub share: 160 bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct CodeSecret([u8; BYTES]);

impl CodeSecret {
    pub(crate) const fn new(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    pub(crate) fn random() -> Self {
        Self(random_bytes())
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; BYTES] {
        &self.0
    }

    /// Returns the step of a code that is right now, a step before or a step after. A step counts
    /// once, so the caller keeps the last one.
    pub(crate) fn step_of(&self, code: &str, now: Timestamp) -> Option<i64> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let seconds = u64::try_from(now.ms() / 1_000).ok()?;
        let step = self.totp().check(&code, seconds)?;
        i64::try_from(step).ok()
    }

    /// Returns the secret as people type it into an app.
    pub(crate) fn typed(&self) -> String {
        let text = BASE32_NOPAD.encode(&self.0);
        let groups: Vec<&str> = text
            .as_bytes()
            .chunks(4)
            .filter_map(|group| str::from_utf8(group).ok())
            .collect();
        groups.join(" ")
    }

    /// Returns the address that an app reads, for a person at a network.
    pub(crate) fn address(&self, network: &str, person: &str) -> String {
        let text = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let (network, person) = (text(network), text(person));
        let secret = BASE32_NOPAD.encode(&self.0);
        format!("otpauth://totp/{network}:{person}?secret={secret}&issuer={network}")
    }

    #[cfg(test)]
    pub(crate) fn code(&self, now: Timestamp) -> String {
        let seconds = u64::try_from(now.ms() / 1_000).unwrap();
        self.totp().generate(seconds).to_string()
    }

    fn totp(&self) -> Totp {
        let totp = Builder::new().with_secret(self.0).build();
        totp.expect("160 bits, six digits and 30 seconds are what the standard asks for")
    }
}

impl std::fmt::Debug for CodeSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeSecret")
    }
}

const BYTES: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B: the last six digits.
        let secret = CodeSecret::new(*b"12345678901234567890");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (2_000_000_000, "279037"),
        ] {
            let now = Timestamp::from_ms(seconds * 1_000);
            assert_eq!(secret.code(now), code);
            let step = seconds / 30;
            assert_eq!(secret.step_of(code, now), Some(step));
            assert_eq!(secret.step_of(code, now.plus_ms(30_000)), Some(step));
            assert_eq!(secret.step_of(code, now.plus_ms(-30_000)), Some(step));
            assert_eq!(secret.step_of(code, now.plus_ms(90_000)), None);
            let spaced = format!("{} {}", &code[..3], &code[3..]);
            assert_eq!(secret.step_of(&spaced, now), Some(step));
            for bad in ["", "28708", "2870822", "abcdef", "28708ā"] {
                assert_eq!(secret.step_of(bad, now), None, "{bad}");
            }
        }
        assert!(secret.typed().starts_with("GEZD GNBV"));
        assert!(
            secret
                .address("Example: network", "Hēmi")
                .starts_with("otpauth://totp/Example%3A%20network:H%C4%93mi?secret=GEZD")
        );
    }
}
