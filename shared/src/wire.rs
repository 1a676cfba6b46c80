//! The messages and frames of the protocol, and their limits.
