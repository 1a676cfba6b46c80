//! Endpoints over loopback.
