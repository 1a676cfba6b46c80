//! The writer against real files.
