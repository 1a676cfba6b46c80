//! Made-up proportions, by arithmetic: the same here and in `duck.py`, so nothing is exported.

use std::fmt::Write as _;

/// The number of a made-up proportion's parts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    pub(crate) location: u64,
    pub(crate) indicator: u64,
    pub(crate) period: u64,
    /// Of the breakdown; 0 if there is none.
    pub(crate) group: u64,
}

impl At {
    /// The numerator and the denominator.
    pub(crate) const fn counts(self) -> (i64, i64) {
        let (l, i, q, g) = (self.location, self.indicator, self.period, self.group);
        let denominator = 50 + (l * 7_919 + i * 104_729 + q * 1_299_709 + g * 15_485_863) % 1_951;
        let numerator = (l * 31 + i * 17 + q * 13 + g * 7) % (denominator + 1);
        (numerator.cast_signed(), denominator.cast_signed())
    }
}

/// Indicators of either workload.
pub(crate) const INDICATORS: u64 = 60;
/// The parts of the population in `NAT`.
pub(crate) const GROUPS: [&str; 4] = ["a", "b", "c", "d"];

/// The code of an indicator.
pub(crate) fn code(indicator: u64) -> String {
    let letter = |at: u64| char::from(b'A' + u8::try_from(at % 26).unwrap_or_default());
    format!("MADE_UP_{}{}", letter(indicator / 26), letter(indicator))
}

/// The definitions of all indicators, as a file to import.
pub(crate) fn definitions(period: &str, groups: &[&str]) -> String {
    let mut text = String::new();
    for indicator in 0..INDICATORS {
        let code = code(indicator);
        // Text grows in memory.
        let _grows = write!(
            text,
            "[[indicator]]\ncode = \"{code}\"\nversion = 1\nname = \"Made up {indicator}\"\n\
             type = \"proportion\"\nunit = \"people\"\nnumerator = \"Some\"\n\
             denominator = \"People\"\nfactor = 100\ndirection = \"up\"\nperiod = \"{period}\"\n\
             accountability = \"population\"\nclass = \"better_off\"\nrollup = \"sum\"\n\
             person_level = false\nsource = \"Arithmetic\"\n"
        );
        if !groups.is_empty() {
            let _grows = writeln!(text, "[indicator.breakdowns]\nage = {groups:?}");
        }
    }
    text
}
