//! The ledger of reads within a session: a device asks for its own location's, and for no other.

use super::{
    event::{Event, Ticket},
    open::{Link, Misbehaved, Open, Question, Role, Step},
};
use crate::{
    identity::reads::{ReadPart, ReadsAfter},
    wire::message::{GetReads, Reads},
};

impl Open {
    pub(super) fn ask_reads(&mut self, link: &mut Link, after: ReadsAfter) {
        if self.role == Role::Connector && !self.reads_asked {
            self.reads_asked = true;
            link.send(GetReads {
                after: after.row,
                proofs_after: after.proof,
                seen: after.seen,
            });
        }
    }

    pub(super) fn on_get_reads(&mut self, link: &mut Link, get: GetReads) -> Step {
        let asks = self
            .questions
            .values()
            .any(|one| *one == Question::LoadReads);
        if self.role != Role::Acceptor || asks {
            return Err(Misbehaved("a request for reads that is not its to make"));
        }
        self.seen_held = get.seen;
        let ticket = self.ask(link, Question::LoadReads);
        link.emit(Event::LoadReads {
            ticket,
            location: self.own.location,
            after: ReadsAfter {
                row: get.after,
                proof: get.proofs_after,
                seen: get.seen,
            },
        });
        Ok(())
    }

    pub(super) fn on_reads_loaded(
        &mut self,
        link: &mut Link,
        ticket: Ticket,
        part: Option<ReadPart>,
    ) {
        let asked = self.questions.remove(&ticket) == Some(Question::LoadReads);
        if let Some(mut part) = part.filter(|_| asked) {
            if let Some(seen) = &mut part.seen {
                seen.leave_out(self.seen_held);
            }
            link.send(Reads::from(part));
        }
    }

    pub(super) fn on_reads(&mut self, link: &mut Link, reads: Reads) -> Step {
        if !std::mem::take(&mut self.reads_asked) {
            return Err(Misbehaved("reads that no one asked for"));
        }
        link.emit(Event::Reads(Box::new(reads.into())));
        Ok(())
    }
}
