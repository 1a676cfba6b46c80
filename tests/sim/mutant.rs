//! Planted mistakes: a simulator that finds none of them is useless.
//!
//! The simulated hosts make them, as real ones might; the product has no switch for them.

/// One mistake of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// The hub acknowledges entries before they are durable.
    AckEarly,
    /// The user reads "saved" before the entry is durable.
    SavedEarly,
    /// Stores append whatever passed the gate, without checking what they now hold.
    DropDedupe,
    /// An invite is spent in one transaction, and its device admitted in the next.
    TwoTransactionInvite,
    /// The sessions of a revoked device do not hear of it, and its seal is not checked.
    ForgottenSeal,
    /// The hub does not tell the other sessions what one of them stored.
    NoLivePush,
    /// A blob counts as stored too early.
    BlobEarly,
    /// Changes that arrive before those they build on are discarded.
    DropHeld,
    /// The hub does not say which entries are void if their ACK was lost.
    ForgetCodes,
    /// The hub accepts a change without checking its actor.
    AcceptForeignActor,
    /// Contested figures are added up as if they were settled.
    AddContested,
}

impl Mutant {
    pub(crate) const ALL: [Self; 11] = [
        Self::AckEarly,
        Self::SavedEarly,
        Self::DropDedupe,
        Self::TwoTransactionInvite,
        Self::ForgottenSeal,
        Self::NoLivePush,
        Self::BlobEarly,
        Self::DropHeld,
        Self::ForgetCodes,
        Self::AcceptForeignActor,
        Self::AddContested,
    ];
}
