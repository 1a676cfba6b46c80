//! Tests of the whole hub over its real store.

mod administration;
mod beside;
mod commands;
mod commits;
mod crossed;
mod crowd;
mod data;
mod definitions;
mod documented;
mod dropped;
mod enrolment;
mod epochs;
mod expected;
mod figures;
mod moment;
mod overview;
mod power;
mod reads;
mod records;
mod refusals;
mod shares;
mod synced;
mod talk;
mod upgrades;
mod web;
mod wire;
