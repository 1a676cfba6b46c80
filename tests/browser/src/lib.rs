//! The pages in a real browser: Debian's chromium, driven by chromedriver, against the built
//! programs.
//!
//! Run `cargo build --bins` first: Cargo does not build the programs for tests of another package.

#[cfg(test)]
mod browser;
#[cfg(test)]
mod network;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod safeguards;
