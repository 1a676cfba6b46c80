//! Automerge documents: the only place that calls Automerge.
