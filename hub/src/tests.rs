//! Tests of the whole hub over its real store.

mod enrolment;
mod figures;
mod wire;
