//! The report of a script: events that concern people, and the state of each end.

use weft_shared::{
    id::{DeviceIndex, LocationId},
    log::gate::{Batch, Gate, Height},
    sync::{CloseReason, Event, Refused},
};

use crate::world::{End, HUB, NODE, World};

impl World {
    /// Records an event that concerns people.
    pub(super) fn tell(&mut self, wire: usize, side: usize, event: Event) {
        let name = self.name(wire, side);
        let peer = self.nodes[self.wires[wire].node].name;
        let name = if side == HUB {
            format!("hub({peer})")
        } else {
            name.into()
        };
        let zero = self.zero;
        let log = |location: LocationId, dix: DeviceIndex| {
            let of = if location == zero { "zero " } else { "" };
            format!("{of}log {dix}")
        };
        let line = match event {
            Event::Welcome {
                left: Some((left, above)),
                ..
            } => format!(
                "room above entry {above}: {} documents, {} bytes",
                left.documents, left.bytes
            ),
            Event::Welcome { same, .. } if same => "the same".into(),
            Event::Live => "live".into(),
            Event::Acknowledged {
                location,
                dix,
                dseq,
                voids,
            } if side == NODE => {
                let end = &mut self.nodes[self.wires[wire].node];
                end.acked = end.acked.max(dseq);
                let voids: Vec<_> = voids
                    .iter()
                    .map(|(dseq, code)| format!("{dseq} {code:?}"))
                    .collect();
                let voids = if voids.is_empty() {
                    String::new()
                } else {
                    format!(", void: {voids:?}")
                };
                format!("{} acknowledged to {dseq}{voids}", log(location, dix))
            }
            Event::Refused(refused) => refusal(refused, log),
            Event::RosterAccepted { .. } => "roster accepted".into(),
            Event::OwnLog {
                location,
                dix,
                batch,
            } => {
                let node = &self.nodes[self.wires[wire].node];
                format!(
                    "{} is shown: {}",
                    log(location, dix),
                    node.whose(location, dix, batch)
                )
            }
            Event::RosterRefused { code, text, .. } => format!("roster refused: {code:?} {text}"),
            Event::Notice { text, .. } => format!("notice: {text}"),
            Event::Closed {
                reason,
                retry_after_ms,
            } if reason != CloseReason::Disconnected => closed(reason, retry_after_ms),
            _ => return,
        };
        self.say(&format!("{name}: {}", line.trim_end()));
    }

    /// Shows the state of each end: heights of the own location's logs, then those of zero.
    pub(super) fn show(&mut self) {
        let mut lines = Vec::new();
        for end in self.nodes.iter().chain([&self.hub]) {
            let heights = |location| {
                let heights = end.store().heights(location);
                let texts = heights
                    .iter()
                    .map(|(dix, height)| format!("{dix}:{}", height.dseq));
                texts.collect::<Vec<_>>().join(" ")
            };
            let blobs = end.store().blobs();
            let blobs = if blobs > 0 {
                format!(" blobs {blobs}")
            } else {
                String::new()
            };
            let own = heights(self.own);
            lines.push(format!(
                "{} holds {own} / {}{blobs}",
                end.name,
                heights(self.zero)
            ));
        }
        lines
            .iter()
            .for_each(|line| self.say(line.trim_end_matches([' ', '/'])));
    }
}

impl End {
    /// The author of these entries of the own log. It is another copy if the own key signed them
    /// and they are not those stored here.
    fn whose(&self, location: LocationId, dix: DeviceIndex, batch: Batch) -> &'static str {
        let height = |dseq: u64| {
            let held = self.store().entry((location, dix), dseq);
            held.map_or(Height::ZERO, |held| Height {
                dseq,
                hash: held.entry.hash,
            })
        };
        let roster = self.store().roster(location);
        let gate = Gate {
            location,
            zero: false,
            roster: &roster,
            device: roster.device(dix).unwrap(),
        };
        let read = gate.read_copy(height(batch.first_dseq - 1), batch);
        match read {
            Ok(read) if read.iter().any(|one| height(one.dseq) != *one) => "another copy's",
            Ok(_) => "its own",
            Err(_) => "no one's",
        }
    }
}

fn refusal(refused: Refused, log: impl Fn(LocationId, DeviceIndex) -> String) -> String {
    let Refused {
        by,
        code,
        log: about,
        text,
    } = refused;
    let about = about.map(|(location, dix, dseq)| format!("{} at {dseq}", log(location, dix)));
    format!(
        "refused by {by:?}: {code:?} {} {text}",
        about.unwrap_or_default()
    )
}

fn closed(reason: CloseReason, retry_after_ms: Option<u64>) -> String {
    let retry = retry_after_ms.map_or(String::new(), |ms| format!(", retry in {ms} ms"));
    match reason {
        CloseReason::RefusedByPeer(code, _) => format!("closed by peer: {code:?}"),
        CloseReason::RefusedHere(code, _) => format!("closed here: {code:?}"),
        reason => format!("closed: {reason:?}{retry}"),
    }
}
