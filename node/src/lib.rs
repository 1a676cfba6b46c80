//! The node.

pub mod import;
