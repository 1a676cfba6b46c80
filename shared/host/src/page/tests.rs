//! The safeguards, request by request.
