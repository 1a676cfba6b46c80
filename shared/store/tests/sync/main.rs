//! Sessions whose host answers from stores on disks in memory.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

mod flow;
#[path = "../../../../tests/forge/mod.rs"]
mod forge;
mod gathered;
mod joins;
mod quotas;
mod recall;
mod refusals;
mod report;
mod scripts;
mod store;
mod voids;
mod world;
