//! The pages in a real browser: Debian's chromium, driven by chromedriver, against the built
//! programs.
//!
//! Run `cargo build --bins --examples` first: Cargo does not build the programs for tests of
//! another package.

#[cfg(test)]
mod aligned;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod entrance;
#[cfg(test)]
mod grid;
#[cfg(test)]
mod keyboard;
#[cfg(test)]
mod looks;
#[cfg(test)]
mod network;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod paper;
#[cfg(test)]
mod passkeys;
#[cfg(test)]
mod safeguards;
#[cfg(test)]
mod together;
