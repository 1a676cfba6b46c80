//! Tests of keys, invites, words and rosters.

mod authority;
mod chain;
mod invite;
mod keys;
mod operation;
mod roster;
mod words;
