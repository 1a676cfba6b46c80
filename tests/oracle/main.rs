//! Other programs as judges: what Weft writes, they must read with equal content.
//!
//! `documents` holds saved documents against Automerge's JavaScript library. It needs Node.js 20
//! and `npm ci --prefix tests/oracle/js`, which `tests/all` runs.

mod documents;
mod judge;
