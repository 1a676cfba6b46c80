//! Bytes received but not stored yet, counted over all sessions of a process, so that many sessions
//! together cannot exhaust its memory.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::wire::limits::INBOXES_BYTES_MAX;

/// The bytes that all sessions of a process hold together. Clones share the count.
#[derive(Clone, Debug, Default)]
pub struct Inboxes(Arc<AtomicUsize>);

impl Inboxes {
    /// Number of bytes held now.
    pub fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether no session may grant more credit.
    pub fn are_full(&self) -> bool {
        self.bytes() >= INBOXES_BYTES_MAX
    }
}

/// One session's part of them; released with the session.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    all: Inboxes,
    held: usize,
}

impl Inbox {
    pub(super) fn among(all: &Inboxes) -> Self {
        Self {
            all: all.clone(),
            held: 0,
        }
    }

    /// Records the number of bytes that the session holds now.
    pub(super) fn hold(&mut self, bytes: usize) {
        if bytes > self.held {
            self.all.0.fetch_add(bytes - self.held, Ordering::Relaxed);
        } else if bytes < self.held {
            self.all.0.fetch_sub(self.held - bytes, Ordering::Relaxed);
        }
        self.held = bytes;
    }

    pub(super) fn is_full(&self) -> bool {
        self.all.are_full()
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.hold(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_count_together_and_give_back_what_they_held() {
        let all = Inboxes::default();
        let (mut one, mut two) = (Inbox::among(&all), Inbox::among(&all));
        one.hold(INBOXES_BYTES_MAX - 10);
        assert!(!two.is_full());
        two.hold(10);
        assert!(one.is_full() && two.is_full());
        one.hold(5);
        assert!(!two.is_full());
        drop(two);
        assert_eq!(all.bytes(), 5);
        drop(one);
        assert_eq!(all.bytes(), 0);
    }
}
