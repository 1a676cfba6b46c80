//! A device that was admitted properly and then breaks every rule: it sends anything, as fast as it
//! likes, over real QUIC.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::{runtime::Runtime, time::timeout};
use weft_host::quic::{Dialer, Peer};
use weft_shared::{
    id::{DeviceIndex, DocId, DocName, EntryHash, LocationId, sha256},
    identity::{DeviceKey, FoundingInvite, Invite, Roster, SignedOperation},
    log::entry::{HEADER_VERSION, Header, Run, Tip},
    time::Timestamp,
    wire::{
        FrameReader, Nack,
        frame::{Frame, encode},
        limits::{FRAME_BYTES_MAX, VERSION},
        message::{Ack, Entries, Hello, Message, RosterMark, Scope, WireEntry, WireRun},
    },
};

use crate::{network::Network, program::Program};

/// It only ends a test that hangs.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(120);

/// Changes of one document, with any content and any claims about it.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) document: DocName,
    pub(super) raw: Vec<u8>,
    pub(super) n_changes: u32,
    pub(super) n_ops: u32,
}

/// A hostile device that a steward admitted in good faith.
pub(super) struct Hostile {
    pub(super) key: DeviceKey,
    pub(super) location: LocationId,
    runtime: Runtime,
    dialer: Dialer,
    invite: FoundingInvite,
    roster: Roster,
    dix: DeviceIndex,
    /// The hash of each entry made so far.
    chain: Vec<EntryHash>,
    /// Documents that an entry has named: only a log's first run for a document names it.
    named: BTreeSet<DocId>,
}

/// A connection with one stream.
pub(super) struct Wire {
    peer: Peer,
    send: quinn::SendStream,
    receive: quinn::RecvStream,
    reader: FrameReader,
    /// The number of each document in the session's table.
    documents: BTreeMap<DocId, u32>,
}

/// The hub's answer.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one is held at a time, and tests match on the message itself"
)]
pub(super) enum Heard {
    Message(Message),
    /// The hub ended the session with these words.
    Closed(String),
}

impl Hostile {
    /// Takes over the key of `node`, which has joined and written nothing yet.
    pub(super) fn within(network: &Network, node: &Program) -> Self {
        let seed = std::fs::read(node.folder.join("device.key")).expect("it has joined");
        let key = DeviceKey::from_seed(seed.try_into().expect("32 bytes"));
        let invite = network.invite("RT").parse().expect("an invite");
        let Invite::Founding(invite) = invite else {
            panic!("the hub makes founding invites");
        };
        let runtime = Runtime::new().expect("a runtime");
        let dialer = runtime.block_on(async { Dialer::new(&key, invite.hub) });
        let status = node.run(&["status", "--json"]).json();
        let location = status["location_id"].as_str().expect("it has a location");
        let location = location.parse().expect("an id");
        let mut hostile = Self {
            location,
            dialer: dialer.expect("a socket"),
            roster: Roster::new(location),
            dix: DeviceIndex(0),
            chain: Vec::new(),
            named: BTreeSet::new(),
            key,
            runtime,
            invite,
        };
        let mut wire = hostile.greet();
        hostile.learn_roster(&mut wire);
        hostile
    }

    /// Calls the hub and opens a stream without sending anything.
    pub(super) fn call(&self) -> Wire {
        self.runtime.block_on(async {
            let peer = self.dialer.connect(&self.invite.address, None).await;
            let peer = peer.expect("the hub answers");
            let (send, receive) = peer.connection.open_bi().await.expect("a stream");
            let reader = FrameReader::default();
            Wire {
                peer,
                send,
                receive,
                reader,
                documents: BTreeMap::new(),
            }
        })
    }

    /// Calls the hub and says that it holds nothing.
    pub(super) fn greet(&self) -> Wire {
        let mut wire = self.call();
        self.say(&mut wire, self.hello());
        wire
    }

    pub(super) fn hello(&self) -> Hello {
        Hello {
            version: VERSION,
            capabilities: 0,
            location: self.location,
            device: self.key.id(),
            roster: RosterMark::default(),
            heights: Vec::new(),
            zero_roster: RosterMark::default(),
            zero_heights: Vec::new(),
            outbox: 0,
            sealed: None,
        }
    }

    fn learn_roster(&mut self, wire: &mut Wire) {
        while self.roster.dix_of(&self.key.id()).is_none() {
            if let Heard::Message(Message::RosterPart(part)) = self.hear(wire)
                && part.scope == Scope::Own
            {
                for bytes in &part.operations {
                    let signed = SignedOperation::decode(bytes).expect("a roster operation");
                    self.roster.apply(&signed).expect("the hub's roster holds");
                }
            }
        }
        let dix = self.roster.dix_of(&self.key.id());
        self.dix = dix.expect("the loop ends once it is in the roster");
    }

    pub(super) fn say(&self, wire: &mut Wire, message: impl Into<Message>) {
        let mut bytes = Vec::new();
        encode(&message.into(), &mut bytes);
        self.say_bytes(wire, &bytes);
    }

    /// Sends bytes. If the hub has hung up, the next `hear` reports it.
    pub(super) fn say_bytes(&self, wire: &mut Wire, bytes: &[u8]) {
        let _hung_up = self.runtime.block_on(wire.send.write_all(bytes));
    }

    /// Returns the next message that is not a keep-alive.
    pub(super) fn hear(&self, wire: &mut Wire) -> Heard {
        self.runtime.block_on(async {
            let heard = timeout(ANSWER_TIME_MAX, wire.hear()).await;
            heard.expect("the hub answers")
        })
    }

    /// Returns the hub's answer to the entries sent: an acknowledgement, a refusal, or the end.
    pub(super) fn answer(&self, wire: &mut Wire) -> Result<Ack, String> {
        loop {
            match self.hear(wire) {
                Heard::Message(Message::Ack(ack)) if ack.dix == self.dix => return Ok(ack),
                Heard::Message(Message::Nack(Nack { code, text, .. })) => {
                    return Err(format!("{code:?}: {}", text.unwrap_or_default()));
                }
                Heard::Message(_) => {}
                Heard::Closed(why) => return Err(format!("closed: {why}")),
            }
        }
    }

    /// Sends one entry with these claims, true or not.
    pub(super) fn send(&mut self, wire: &mut Wire, claims: &[Claim]) {
        self.send_all(wire, &[claims]);
    }

    /// Sends one entry per list of claims, under one signature.
    pub(super) fn send_all(&mut self, wire: &mut Wire, entries: &[&[Claim]]) {
        let created = self.at();
        let (first_dseq, prev_tag) = (self.dseq() + 1, self.last().tag());
        let mut documents = Vec::new();
        let mut sent = Vec::new();
        for (at, claims) in entries.iter().enumerate() {
            let runs: Vec<Run> = claims.iter().map(|claim| self.run(claim)).collect();
            let header = Header {
                version: HEADER_VERSION,
                location: self.location,
                device: self.key.id(),
                dseq: self.dseq() + 1,
                prev: self.last(),
                roster: self.roster.head(),
                seen: [0; 32],
                created,
                runs: runs.clone(),
            };
            self.chain.push(header.hash());
            let runs = runs.into_iter().zip(*claims);
            let runs = runs.map(|(run, claim)| wire.run(run, claim, &mut documents));
            let first = at == 0;
            sent.push(WireEntry {
                created_delta: if first { created.ms() } else { 0 },
                runs: runs.collect(),
                seen: first.then_some([0; 32]),
                roster: first.then(|| self.roster.head()),
                voided: None,
            });
        }
        let entries = Entries {
            scope: Scope::Own,
            dix: self.dix,
            first_dseq,
            prev_tag,
            documents,
            entries: sent,
            tip: Tip::sign(&self.key, self.dseq(), self.last()).signature,
        };
        self.say(wire, entries);
    }

    /// Calls again and continues from the height that the hub has stored.
    pub(super) fn resume(&mut self) -> Wire {
        let mut wire = self.greet();
        loop {
            if let Heard::Message(Message::Welcome(welcome)) = self.hear(&mut wire) {
                let heights = welcome.heights.unwrap_or_default();
                let own = heights.iter().find(|mark| mark.dix == self.dix);
                let stored = own.map_or(0, |mark| mark.dseq);
                self.chain
                    .truncate(usize::try_from(stored).expect("a short log"));
                return wire;
            }
        }
    }

    /// Returns the number of its last entry.
    pub(super) fn dseq(&self) -> u64 {
        self.chain.len() as u64
    }

    fn last(&self) -> EntryHash {
        self.chain.last().copied().unwrap_or(EntryHash::ZERO)
    }

    /// Returns the time by the test's own clock.
    pub(super) fn at(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let ms = since.expect("a clock after 1970").as_millis();
        Timestamp::from_ms(i64::try_from(ms).expect("not yet the year 292 million"))
    }

    fn run(&mut self, claim: &Claim) -> Run {
        let doc = claim.document.id(&self.location);
        Run {
            doc,
            name: self.named.insert(doc).then(|| claim.document.clone()),
            n: 0,
            n_changes: claim.n_changes,
            n_ops: claim.n_ops,
            raw_len: u32::try_from(claim.raw.len()).expect("an entry is small"),
            raw_hash: sha256("", &[&claim.raw]),
        }
    }
}

impl Wire {
    /// Encodes a run for the wire. A document that is new to the session is added to `new`.
    fn run(&mut self, run: Run, claim: &Claim, new: &mut Vec<DocId>) -> WireRun {
        let next = u32::try_from(self.documents.len()).expect("few documents");
        let document = *self.documents.entry(run.doc).or_insert_with(|| {
            new.push(run.doc);
            next
        });
        WireRun {
            document,
            n: 0,
            codec: 0,
            bytes: claim.raw.clone(),
            n_changes: run.n_changes,
            n_ops: run.n_ops,
            name: run.name,
        }
    }

    async fn hear(&mut self) -> Heard {
        loop {
            match self.reader.pull(FRAME_BYTES_MAX) {
                Ok(Some((Frame::Message(message), _))) => match *message {
                    Message::Ping(_) => {}
                    message => return Heard::Message(message),
                },
                Ok(Some((Frame::Skipped(_), _))) => {}
                Ok(None) => {
                    let mut bytes = [0; 4096];
                    match self.receive.read(&mut bytes).await {
                        Ok(Some(read)) => self.reader.push(&bytes[..read]),
                        Ok(None) => return Heard::Closed("the stream ended".to_owned()),
                        Err(_) => {
                            let reason = self.peer.connection.close_reason();
                            return Heard::Closed(
                                reason.map_or_else(String::new, |r| r.to_string()),
                            );
                        }
                    }
                }
                Err(error) => panic!("the hub sent {error}"),
            }
        }
    }
}
