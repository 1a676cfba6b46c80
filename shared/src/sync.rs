//! The session: one sans-IO state machine, driven by node, hub and simulator alike.
