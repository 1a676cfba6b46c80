//! A device with a valid key that keeps to no rule. It breaks one in each session, and each has a
//! defined answer: the hub takes what is well made, refuses everything else with a code, and the
//! honest devices notice nothing.

use weft_shared::{
    id::{DeviceIndex, DocName, EntryHash, LocationId, RosterHash, actor, sha256},
    identity::DeviceKey,
    log::{
        entry::{HEADER_VERSION, Header, Run, Tip},
        gate::{Height, VoidCode},
    },
    time::Timestamp,
    wire::{
        FrameReader, NackCode,
        frame::encode,
        limits::{FRAME_BYTES_MAX, VERSION},
        message::{Ack, Entries, Hello, LogMark, Message, RosterMark, Scope, WireEntry, WireRun},
    },
};

use crate::bytes::{self, ACTION, ONE_SET, PREDECESSOR_COUNT, sleb};

/// The log of its location's first device.
const FIRST: DeviceIndex = DeviceIndex(1);

/// One session's breach of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attack {
    /// None: an entry as it should be. It reaches all honest devices of the location.
    Nothing,
    /// A change that claims two thousand million rows.
    Bomb,
    /// An entry under a signature for another hash.
    Forged,
    /// An entry whose number is not the next.
    Skipped,
    /// Another entry with the number of the last.
    Again,
    /// An entry that continues from another last entry.
    Fork,
    /// The last entry a second time.
    Replayed,
    /// An entry made for another location.
    Elsewhere,
    /// A greeting for another location.
    Greeting,
    /// An entry for the log of another device.
    Other,
    /// A frame longer than any may be.
    TooLong,
    /// An entry with one wrong bit.
    Garbled,
}

impl Attack {
    pub(crate) const ALL: [Self; 12] = [
        Self::Nothing,
        Self::Bomb,
        Self::Forged,
        Self::Skipped,
        Self::Again,
        Self::Fork,
        Self::Replayed,
        Self::Elsewhere,
        Self::Greeting,
        Self::Other,
        Self::TooLong,
        Self::Garbled,
    ];

    /// Whether the hub may answer so.
    fn allows(self, answer: &Answer) -> bool {
        match answer {
            Answer::Stored(void) => match self {
                Self::Nothing => void.is_none(),
                Self::Bomb => *void == Some(VoidCode::Scan),
                // A wrong bit may turn it into an entry that is there already.
                Self::Replayed | Self::Garbled => true,
                _ => false,
            },
            Answer::Refused(code) => match self {
                Self::Nothing | Self::Bomb | Self::Replayed => false,
                Self::Forged | Self::Elsewhere => *code == NackCode::BadTip,
                Self::Skipped => *code == NackCode::Gap,
                Self::Again | Self::Fork => *code == NackCode::Fork,
                Self::Greeting => *code == NackCode::UnknownDevice,
                // The other device may have written meanwhile.
                Self::Other => [NackCode::BadTip, NackCode::Fork, NackCode::Gap].contains(code),
                Self::TooLong => *code == NackCode::Malformed,
                Self::Garbled => true,
            },
        }
    }
}

/// The answer of the hub to an attack.
#[derive(Debug)]
pub(crate) enum Answer {
    Stored(Option<VoidCode>),
    Refused(NackCode),
}

/// An entry of its log, as it was sent.
#[derive(Debug)]
struct Made {
    height: Height,
    below: Height,
    frame: Vec<u8>,
}

/// A session in which it attacks.
#[derive(Debug)]
pub(crate) struct Talk {
    pub(crate) connection: u64,
    pub(crate) reader: FrameReader,
    /// Whether it began among faults.
    pub(crate) unkind: bool,
    attack: Attack,
}

/// The device.
#[derive(Debug)]
pub(crate) struct Hostile {
    pub(crate) key: DeviceKey,
    pub(crate) place: usize,
    pub(crate) talk: Option<Talk>,
    /// Attacks that need an answer before the end.
    pub(crate) left: Vec<Attack>,
    location: LocationId,
    elsewhere: LocationId,
    roster: RosterHash,
    /// Everything that it offered as the next entry of its log.
    made: Vec<Made>,
    /// The number of the last entry that the hub acknowledged.
    acknowledged: u64,
}

/// The choices in making an entry.
struct Draft {
    location: LocationId,
    dix: DeviceIndex,
    below: Height,
    seen: [u8; 32],
    bomb: bool,
}

impl Hostile {
    /// Its place among the devices of its location: the third, which an admin added.
    pub(crate) const DIX: DeviceIndex = DeviceIndex(3);

    pub(crate) const fn new(
        key: DeviceKey,
        place: usize,
        (location, elsewhere): (LocationId, LocationId),
        roster: RosterHash,
    ) -> Self {
        Self {
            key,
            place,
            talk: None,
            left: Vec::new(),
            location,
            elsewhere,
            roster,
            made: Vec::new(),
            acknowledged: 0,
        }
    }

    /// Opens a session. Returns its first bytes.
    pub(crate) fn greet(&mut self, connection: u64, attack: Attack, unkind: bool) -> Vec<u8> {
        self.talk = Some(Talk {
            connection,
            reader: FrameReader::default(),
            unkind,
            attack,
        });
        frame(Hello {
            version: VERSION,
            capabilities: 0,
            location: match attack {
                Attack::Greeting => self.elsewhere,
                _ => self.location,
            },
            device: self.key.id(),
            roster: RosterMark::default(),
            heights: Vec::new(),
            zero_roster: RosterMark::default(),
            zero_heights: Vec::new(),
            outbox: 0,
            sealed: None,
        })
    }

    /// Begins the attack, once the hub has said what it holds. Returns its bytes.
    ///
    /// # Errors
    /// If the hub holds less than it acknowledged, or something that was refused.
    pub(crate) fn attack(
        &mut self,
        now: Timestamp,
        marks: &[LogMark],
        bit: usize,
    ) -> Result<Vec<u8>, String> {
        let own = marks.iter().find(|mark| mark.dix == Self::DIX);
        let own = own.filter(|mark| mark.dseq > 0);
        let at = match own {
            Some(mark) => Some(self.find(mark.dseq, mark.tag)?),
            None => None,
        };
        let below = at.map_or(Height::ZERO, |at| self.made[at].height);
        if below.dseq < self.acknowledged {
            return Err(format!(
                "the hub acknowledged {} entries of a hostile device, and holds {}",
                self.acknowledged, below.dseq
            ));
        }
        let talk = self.talk.as_mut().ok_or("no session is open")?;
        // A log without entries has none to repeat.
        if at.is_none() && matches!(talk.attack, Attack::Again | Attack::Replayed) {
            talk.attack = Attack::Nothing;
        }
        let attack = talk.attack;
        let draft = Draft {
            location: self.location,
            dix: Self::DIX,
            below,
            seen: [0; 32],
            bomb: false,
        };
        Ok(match (attack, at) {
            (Attack::TooLong, _) => {
                let length = FRAME_BYTES_MAX as u64 + 1;
                [bytes::uleb(length), vec![0; 100]].concat()
            }
            (Attack::Replayed, Some(at)) => self.made[at].frame.clone(),
            (Attack::Garbled, _) => {
                let mut garbled = self.make(now, draft);
                // The length and the type stay: they take three bytes.
                let bit = 8 * 3 + bit % (8 * (garbled.len() - 3));
                garbled[bit / 8] ^= 1 << (bit % 8);
                garbled
            }
            (Attack::Bomb, _) => self.make(
                now,
                Draft {
                    bomb: true,
                    ..draft
                },
            ),
            (Attack::Nothing, _) => self.make(now, draft),
            (other, at) => frame(self.break_rule(now, (other, at), marks, draft)),
        })
    }

    /// Makes an entry that its log must not hold.
    fn break_rule(
        &self,
        now: Timestamp,
        (attack, at): (Attack, Option<usize>),
        marks: &[LogMark],
        draft: Draft,
    ) -> Entries {
        let hash = EntryHash::new([7; 32]);
        let below = draft.below;
        let draft = match attack {
            Attack::Again => Draft {
                below: at.map_or(below, |at| self.made[at].below),
                seen: [1; 32],
                ..draft
            },
            Attack::Skipped => Draft {
                below: Height {
                    dseq: below.dseq + 1,
                    hash,
                },
                ..draft
            },
            Attack::Fork => Draft {
                below: Height { hash, ..below },
                ..draft
            },
            Attack::Elsewhere => Draft {
                location: self.elsewhere,
                ..draft
            },
            Attack::Other => {
                let first = marks.iter().find(|mark| mark.dix == FIRST);
                let mut hash = [0; 32];
                hash[..8].copy_from_slice(&first.map_or([0; 8], |mark| mark.tag));
                Draft {
                    dix: FIRST,
                    below: Height {
                        dseq: first.map_or(0, |mark| mark.dseq),
                        hash: EntryHash::new(hash),
                    },
                    ..draft
                }
            }
            _ => draft,
        };
        let (height, mut entries) = self.entry(now, &draft);
        if attack == Attack::Forged {
            entries.tip = Tip::sign(&self.key, height.dseq, hash).signature;
        }
        entries
    }

    /// Makes the next entry of its log, and remembers it.
    fn make(&mut self, now: Timestamp, draft: Draft) -> Vec<u8> {
        let (height, entries) = self.entry(now, &draft);
        let frame = frame(entries);
        self.made.push(Made {
            height,
            below: draft.below,
            frame: frame.clone(),
        });
        frame
    }

    fn entry(&self, now: Timestamp, draft: &Draft) -> (Height, Entries) {
        let dseq = draft.below.dseq + 1;
        // No program knows such documents, so each entry may begin its own.
        let name = DocName::first(format!("weaving/{dseq}"));
        let doc = name.id(&draft.location);
        let actor = actor(&self.key.id(), &doc, 0);
        let columns = match draft.bomb {
            true => vec![
                (ACTION, vec![0x7f, 1]),
                (PREDECESSOR_COUNT, [sleb(2_000_000_000), vec![0]].concat()),
            ],
            false => ONE_SET.map(|(spec, bytes)| (spec, bytes.to_vec())).into(),
        };
        let raw = bytes::change(actor, 1, &columns);
        let header = Header {
            version: HEADER_VERSION,
            location: draft.location,
            device: self.key.id(),
            dseq,
            prev: draft.below.hash,
            roster: self.roster,
            seen: draft.seen,
            created: now,
            runs: vec![Run {
                doc,
                name: Some(name.clone()),
                n: 0,
                n_changes: 1,
                n_ops: 1,
                raw_len: u32::try_from(raw.len()).expect("a short change"),
                raw_hash: sha256("", &[&raw]),
            }],
        };
        let hash = header.hash();
        let entries = Entries {
            scope: Scope::Own,
            dix: draft.dix,
            first_dseq: dseq,
            prev_tag: draft.below.hash.tag(),
            documents: vec![doc],
            entries: vec![WireEntry {
                created_delta: now.ms(),
                runs: vec![WireRun {
                    document: 0,
                    n: 0,
                    codec: 0,
                    bytes: raw,
                    n_changes: 1,
                    n_ops: 1,
                    name: Some(name),
                }],
                seen: Some(draft.seen),
                roster: Some(self.roster),
                voided: None,
            }],
            tip: Tip::sign(&self.key, dseq, hash).signature,
        };
        (Height { dseq, hash }, entries)
    }

    fn find(&self, dseq: u64, tag: [u8; 8]) -> Result<usize, String> {
        let is_it = |one: &Made| one.height.dseq == dseq && one.height.hash.tag() == tag;
        let found = self.made.iter().position(is_it);
        found.ok_or_else(|| format!("the hub took entry {dseq}, which breaks the rules"))
    }

    /// Whether the hub holds its log as it may be.
    ///
    /// # Errors
    /// If something acknowledged is missing, or something refused is there.
    pub(crate) fn check(&self, held: Option<&Height>) -> Result<(), String> {
        let held = held.copied().unwrap_or_default();
        if held.dseq < self.acknowledged {
            return Err(format!("the hub lost entry {}", self.acknowledged));
        }
        match held.dseq {
            0 => Ok(()),
            dseq => self.find(dseq, held.hash.tag()).map(drop),
        }
    }

    /// Records an acknowledgement of its log. Returns the hub's answer to the attack.
    pub(crate) fn handle_ack(&mut self, ack: Ack) -> Answer {
        self.acknowledged = self.acknowledged.max(ack.dseq);
        let voids = ack.voids.unwrap_or_default();
        let last = voids.iter().find(|void| void.dseq == ack.dseq);
        Answer::Stored(last.map(|void| VoidCode::from_number(void.code)))
    }

    /// Ends the session with the hub's answer. `excused` if the hub has no room, or its disk
    /// failed: then the attack has to be tried again.
    ///
    /// # Errors
    /// If that is no answer to this attack.
    pub(crate) fn judge(&mut self, answer: &Answer, excused: bool) -> Result<(), String> {
        let Some(Talk { attack, .. }) = self.talk.take() else {
            return Ok(());
        };
        if attack.allows(answer) {
            self.left.retain(|left| *left != attack);
            return Ok(());
        }
        match excused {
            true => Ok(()),
            false => Err(format!("the hub's answer to {attack:?} was {answer:?}")),
        }
    }
}

fn frame(message: impl Into<Message>) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(&message.into(), &mut bytes);
    bytes
}
