//! The signed log: entries, codecs, the change scan and the gate.
