//! Scripts over two sessions with naive stores.
