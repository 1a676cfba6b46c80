//! Tests of keys, invites, words and rosters.
