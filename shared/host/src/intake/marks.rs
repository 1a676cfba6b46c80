//! Appends a byte to the note if the process aborts, on systems that have signals.

use std::fs::File;

/// Marks aborts for as long as it lives.
#[derive(Debug, Default)]
pub(super) struct Marks(#[cfg(unix)] Vec<signal_hook::SigId>);

#[cfg(unix)]
impl Marks {
    /// Makes every abort from now on append a byte to this file, for example when memory runs out.
    /// The file must be open for appending. The process then ends as usual.
    pub(super) fn set(file: File) -> Self {
        use std::sync::{Arc, atomic::AtomicBool};

        use signal_hook::{consts::SIGABRT, flag, low_level::pipe};

        let marked = pipe::register(SIGABRT, file);
        let ended = flag::register_conditional_default(SIGABRT, Arc::new(AtomicBool::new(true)));
        let mut marks = Self::default();
        for set in [marked, ended] {
            match set {
                Ok(id) => marks.0.push(id),
                Err(error) => tracing::warn!(%error, "aborts are not noted"),
            }
        }
        marks
    }
}

#[cfg(unix)]
impl Drop for Marks {
    fn drop(&mut self) {
        for id in self.0.drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }
}

#[cfg(not(unix))]
impl Marks {
    /// Does nothing: aborts are not marked here, so no entry is ever set aside for one.
    pub(super) fn set(_file: File) -> Self {
        Self()
    }
}
