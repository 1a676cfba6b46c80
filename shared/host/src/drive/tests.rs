//! A toy machine over loopback.
