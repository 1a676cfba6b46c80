//! Commands against a running server.
