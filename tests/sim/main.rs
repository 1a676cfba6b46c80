//! The seeded simulator: many devices, one hub, an unkind network, and a naive model to hold them
//! against.
