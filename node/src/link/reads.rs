//! The hub's ledger of reads within a conversation: asked for once both ends hold the same, and
//! then every few minutes.

use tokio::time::Instant;
use weft_host::clock;
use weft_shared::identity::reads::ReadPart;

use super::{Keeper, LinkError, talk::Talk};
use crate::{
    limits::{READS_ANSWER_WAIT, READS_ASK_WAIT},
    replica::Replica,
};

/// The next step with the hub's ledger of reads.
#[derive(Clone, Copy)]
pub(super) enum Reads {
    /// It is asked for at this time, once both ends hold the same.
    AskAt(Instant),
    /// The answer is waited for until then; an older hub gives none.
    WaitUntil(Instant),
}

/// News of the hub since the ledger was asked for.
#[derive(Clone, Copy)]
pub(super) struct News {
    /// The hub wrote something since its chain of releases was last looked at.
    pub(super) of_hub: bool,
    /// Number of links of that chain then.
    links: Option<usize>,
    /// It is to be asked for again once the answer that is waited for is here.
    again: bool,
}

impl News {
    /// Nothing is known yet.
    pub(super) const fn new() -> Self {
        Self {
            of_hub: true,
            links: None,
            again: false,
        }
    }
}

impl Talk {
    /// Asks for the ledger, and for proofs of releases, without waiting for their time.
    pub(super) fn ask_reads_now(&mut self) {
        match self.reads {
            Reads::AskAt(_) => self.reads = Reads::AskAt(Instant::now()),
            Reads::WaitUntil(_) => self.news.again = true,
        }
    }

    /// Whether both ends hold the same, the ledger of reads included.
    pub(super) const fn is_done(&self) -> bool {
        self.live && matches!(self.reads, Reads::AskAt(_))
    }

    /// The time of the next step with the ledger of reads.
    pub(super) const fn reads_at(&self) -> Instant {
        match self.reads {
            Reads::AskAt(at) | Reads::WaitUntil(at) => at,
        }
    }
}

impl Keeper {
    /// Asks for what is new in the ledger of who read this location, if it is time. A new link of
    /// the chain of releases has a proof, so then it is time.
    pub(super) async fn ask_reads(&self, talk: &mut Talk) -> Result<(), LinkError> {
        if talk.live && std::mem::take(&mut talk.news.of_hub) {
            let links = self.owner.call(Replica::count_release_links).await;
            let links = links
                .ok_or(LinkError::Ending)?
                .map_err(|error| LinkError::Store(error.to_string()))?;
            if talk.news.links.replace(links) != Some(links) {
                talk.ask_reads_now();
            }
        }
        let now = Instant::now();
        match talk.reads {
            Reads::AskAt(at) if talk.live && at <= now => {
                let end = self.owner.call(|replica| replica.reads_after()).await;
                let after = end
                    .ok_or(LinkError::Ending)?
                    .map_err(|error| LinkError::Store(error.to_string()))?;
                talk.reads = Reads::WaitUntil(now + READS_ANSWER_WAIT);
                talk.answers
                    .send(move |session, now| session.ask_reads(now, after))
                    .await;
            }
            Reads::WaitUntil(until) if until <= now => {
                talk.news.again = false;
                talk.reads = Reads::AskAt(now + READS_ASK_WAIT);
            }
            Reads::AskAt(_) | Reads::WaitUntil(_) => {}
        }
        Ok(())
    }

    /// Checks and keeps rows of the ledger.
    pub(super) async fn take_reads(
        &self,
        talk: &mut Talk,
        part: &ReadPart,
    ) -> Result<(), LinkError> {
        let part = part.clone();
        let taken = self
            .owner
            .call(move |replica| {
                // Nothing else waits for it, and a document that cannot be read is reported where
                // it is shown.
                if let Err(error) = replica.note_releases(clock::now()) {
                    tracing::warn!(%error, "what is new of releases was not noted");
                }
                replica.take_reads(&part)
            })
            .await;
        let more = taken
            .ok_or(LinkError::Ending)?
            .map_err(|error| LinkError::Store(error.to_string()))?;
        let now = Instant::now();
        let again = std::mem::take(&mut talk.news.again);
        talk.reads = Reads::AskAt(match more || again {
            true => now,
            false => now + READS_ASK_WAIT,
        });
        Ok(())
    }
}
