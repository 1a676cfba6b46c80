//! Data directories as people meet them.
