//! Profiles: the numbers that the rules use. No number turns a rule off.

/// The parameters of disclosure control.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Profile {
    /// Its name in manifests.
    pub name: &'static str,
    /// Shown counts are multiples of this.
    pub base: u64,
    /// A smaller count or complement is withheld.
    pub count_min: u64,
    /// A mean of fewer people is withheld.
    pub mean_denominator_min: u64,
    /// Fewer contributors have no unnamed sum, and fewer that join or leave do not change one.
    pub contributors_min: usize,
    /// All contributors but the two largest have at least this share of the largest, in percent.
    pub p_percent: u64,
    /// A shown count stays until the count has moved by this.
    pub revision_min: u64,
    /// A withheld small count has at least this many possible values.
    pub candidates_min: u64,
    /// Decimals of a value.
    pub value_decimals: u32,
    /// Significant digits of a mean.
    pub mean_digits: u32,
}

/// Fixed random rounding to base 3, with Stats NZ's threshold of six. It is Weft's own, and neither
/// reviewed nor endorsed by Stats NZ.
pub const FRR3: Profile = Profile {
    name: "frr3",
    base: 3,
    count_min: 6,
    mean_denominator_min: 20,
    contributors_min: 3,
    p_percent: 10,
    revision_min: 6,
    candidates_min: 5,
    value_decimals: 6,
    mean_digits: 3,
};
