//! Other programs as judges: they must read what Weft writes with equal content.
//!
//! `documents` checks saved documents against Automerge's JavaScript library. It needs Node.js 20
//! and `npm ci --prefix tests/oracle/js`, which `tests/all` runs.

mod documents;
mod judge;
