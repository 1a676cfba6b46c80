//! The rows by which tables name locations and logs.

/// The row of a location. The hub itself, location zero, has the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocationRow(pub i64);

impl LocationRow {
    /// The hub's own row.
    pub const ZERO: Self = Self(1);
    /// A node's own.
    pub const OWN: Self = Self(2);
}

/// The row of a log: one device of one location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Log(pub i64);
