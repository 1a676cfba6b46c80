//! A device that keeps its log in memory, so that the bench measures the hub.

use std::{ops::ControlFlow, sync::Arc, time::Instant};

use anyhow::{Context as _, Result, bail};
use tokio::sync::{mpsc, oneshot};
use weft_host::{
    clock,
    drive::{self, Application, SessionHandle, drive},
    quic::{Dialer, Peer},
    random::random_bytes,
};
use weft_shared::{
    id::{DeviceIndex, LocationId},
    identity::{
        DeviceInvite, DeviceKey, Invite, Operation, Role, RootKey, Roster, SignedOperation, Slot,
        location_zero,
    },
    log::{
        entry::Entry,
        gate::{Height, LogState},
    },
    sync::{BatchBuilder, Event, Local, Outgoing, Persisted, Replica, Session},
    wire::{
        limits::VERSION,
        message::{Join, JoinProof},
    },
};

use crate::log::Log;

const INVITE_LIFE_MS: i64 = 60 * 60 * 1_000;

/// A device that has joined.
pub(crate) struct Device {
    /// Its key.
    pub(crate) key: Arc<DeviceKey>,
    /// Its location.
    pub(crate) location: LocationId,
    /// Its index there.
    pub(crate) dix: DeviceIndex,
    /// Its location's roster.
    pub(crate) roster: Roster,
    /// The founding invite, which has the hub's address.
    invite: weft_shared::identity::FoundingInvite,
    dialer: Dialer,
    zero: Roster,
    zero_heights: Vec<(DeviceIndex, Height)>,
}

/// The share of the log that is sent at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Each entry with its own tip.
    OneByOne,
    /// As much as fits.
    Batches,
}

/// Milliseconds from handing each entry to the session until the hub has it.
pub(crate) type Latencies = Vec<f64>;

/// A connection to the hub, and the bytes sent and received over it so far.
pub(crate) struct Call {
    peer: Peer,
}

impl Call {
    /// Returns the bytes of UDP payload, both ways.
    pub(crate) fn bytes(&self) -> u64 {
        let stats = self.peer.connection.stats();
        stats.udp_tx.bytes + stats.udp_rx.bytes
    }

    pub(crate) fn close(&self) {
        self.peer.connection.close(0_u32.into(), b"");
    }
}

impl Device {
    /// Founds a location with its invite.
    pub(crate) async fn found(invite: &str) -> Result<Self> {
        let Invite::Founding(invite) = invite.parse()? else {
            bail!("no founding invite");
        };
        let (key, root) = (
            DeviceKey::from_seed(random_bytes()),
            RootKey::from_seed(random_bytes()),
        );
        let location = root.public().location_id();
        let add = Operation::AddDevice {
            device: key.id(),
            name: "Bench device".to_owned(),
            role: Role::Admin,
        };
        let slot = Roster::new(location).slot(clock::now());
        let operation = SignedOperation::sign_root(slot, add, &root);
        let proof = JoinProof::Founding {
            code: invite.code.clone(),
            secret: invite.secret,
        };
        let dialer = Dialer::new(&key, invite.hub)?;
        let peer = dialer.connect(&invite.address, None).await?;
        let roster = join(&key, &peer, proof, location, |_| operation.clone()).await?;
        peer.connection.close(0_u32.into(), b"");
        let dix = roster.dix_of(&key.id()).context("not in the roster")?;
        let zero = Roster::new(location_zero(&invite.hub));
        let mut device = Self {
            key: Arc::new(key),
            location,
            dix,
            roster,
            invite,
            dialer,
            zero,
            zero_heights: Vec::new(),
        };
        let call = device.call().await?;
        device.sync(&call, Arc::default(), Pace::Batches, 0).await?;
        call.close();
        Ok(device)
    }

    /// Returns the one-line invite with which another device of this location joins.
    pub(crate) async fn invite_device(&mut self) -> Result<String> {
        let invite = DeviceInvite {
            address: self.invite.address.clone(),
            hub: self.invite.hub,
            names: self.invite.names.clone(),
            location: self.location,
            code: self.invite.code.clone(),
            seed: random_bytes(),
            role: Role::Member,
            expires: clock::now().plus_ms(INVITE_LIFE_MS),
        };
        let operation = Operation::Invite {
            key: invite.key(),
            role: invite.role,
            expires: invite.expires,
        };
        let slot: Slot = self.roster.slot(clock::now());
        let signed = SignedOperation::sign_device(slot, operation, self.dix, &self.key);
        let call = self.call().await?;
        self.offer(&call, signed).await?;
        call.close();
        Ok(Invite::Device(invite).to_string())
    }

    /// Adds a further device with such an invite.
    pub(crate) async fn enter(&self, invite: &str) -> Result<Self> {
        let Invite::Device(invite) = invite.parse()? else {
            bail!("no device invite");
        };
        let key = DeviceKey::from_seed(random_bytes());
        let add = Operation::AddDevice {
            device: key.id(),
            name: "Bench device".to_owned(),
            role: invite.role,
        };
        let dialer = Dialer::new(&key, invite.hub)?;
        let peer = dialer.connect(&invite.address, None).await?;
        let proof = JoinProof::Device {
            location: invite.location,
            key: invite.key(),
        };
        let signed = |roster: &Roster| {
            let slot = roster.slot(clock::now());
            SignedOperation::sign_invite(slot, add.clone(), &invite.signing_key())
        };
        let roster = join(&key, &peer, proof, invite.location, signed).await?;
        peer.connection.close(0_u32.into(), b"");
        let dix = roster.dix_of(&key.id()).context("not in the roster")?;
        Ok(Self {
            key: Arc::new(key),
            location: self.location,
            dix,
            roster,
            invite: self.invite.clone(),
            dialer,
            zero: self.zero.clone(),
            zero_heights: self.zero_heights.clone(),
        })
    }

    /// Calls the hub; from the second time on with the ticket of the last call.
    pub(crate) async fn call(&self) -> Result<Call> {
        let peer = self.dialer.connect(&self.invite.address, None).await?;
        Ok(Call { peer })
    }

    /// Forgets the ticket, so that the next call is a cold one.
    pub(crate) fn forget_ticket(&mut self) -> Result<()> {
        self.dialer = Dialer::new(&self.key, self.invite.hub)?;
        Ok(())
    }

    /// Sends HELLO with `log` up to `stored`, then the rest at `pace`. Returns once the hub has
    /// everything, with the latency of each entry sent.
    pub(crate) async fn sync(
        &mut self,
        call: &Call,
        log: Arc<Log>,
        pace: Pace,
        acknowledged: u64,
    ) -> Result<Latencies> {
        let last = log.entries.len() as u64;
        let feeder = Feeder::new(self, log, pace, acknowledged);
        let feeder = self.run(call, feeder, last, None).await?;
        self.zero = feeder.zero;
        self.zero_heights = feeder.zero_heights;
        Ok(feeder.latencies)
    }

    /// Returns the hub's current roster of the location.
    pub(crate) async fn current_roster(&self) -> Result<Roster> {
        let call = self.call().await?;
        let feeder = Feeder::new(self, Arc::default(), Pace::Batches, 0);
        let feeder = self.run(&call, feeder, 0, None).await?;
        call.close();
        Ok(feeder.roster)
    }

    async fn offer(&mut self, call: &Call, operation: SignedOperation) -> Result<()> {
        let feeder = Feeder::new(self, Arc::default(), Pace::Batches, 0);
        let applied = operation.clone();
        self.run(call, feeder, 0, Some(operation)).await?;
        self.roster.apply(&applied)?;
        Ok(())
    }

    async fn run(
        &self,
        call: &Call,
        mut feeder: Feeder,
        last: u64,
        offer: Option<SignedOperation>,
    ) -> Result<Feeder> {
        let streams = call.peer.connection.open_bi().await?;
        let tip = |entry: &Entry| Height {
            dseq: entry.header.dseq,
            hash: entry.hash,
        };
        let height = feeder.log.entries.last().map_or(Height::ZERO, tip);
        let local = Local {
            device: self.key.id(),
            replica: Replica {
                roster: self.roster.clone(),
                heights: vec![(self.dix, height)],
                zero: self.zero.clone(),
                zero_heights: self.zero_heights.clone(),
            },
            outbox: last.saturating_sub(feeder.acknowledged),
            wants_zero: false,
        };
        let mut session = Session::connect(local, clock::now());
        if let Some(operation) = offer {
            feeder.offered = true;
            session.offer_roster(clock::now(), vec![operation]);
        }
        let answers = drive::channel();
        drive(&mut session, streams, &mut feeder, answers).await;
        match feeder.failed.take() {
            Some(why) => bail!("the session failed: {why}"),
            None => Ok(feeder),
        }
    }
}

async fn join(
    key: &DeviceKey,
    peer: &Peer,
    proof: JoinProof,
    location: LocationId,
    sign: impl Fn(&Roster) -> SignedOperation,
) -> Result<Roster> {
    let streams = peer.connection.open_bi().await?;
    let mut roster = Roster::new(location);
    let join = Join {
        version: VERSION,
        device: key.id(),
        proof,
        operation: sign(&roster).encode(),
    };
    let mut session = Session::join(join, clock::now());
    let (answers, inbox) = drive::channel();
    let (relay, mut events) = mpsc::unbounded_channel();
    let (given, (done, ended)) = (answers.clone(), oneshot::channel::<()>());
    tokio::spawn(async move {
        drive(&mut session, streams, &mut Relay(relay), (given, inbox)).await;
        // The waiting task may have what it needs already.
        let _ = done.send(());
    });
    while let Some(event) = events.recv().await {
        match event {
            Event::Joined(joined) => {
                for bytes in &joined.roster {
                    let signed = SignedOperation::decode(bytes)?;
                    if roster.position(&signed.hash()).is_none() {
                        roster.apply(&signed)?;
                    }
                }
                // Let the session say goodbye first.
                let _ = ended.await;
                return Ok(roster);
            }
            Event::JoinStale { operations } => {
                let stale = Roster::replay(location, &operations).map_err(|(_, why)| why)?;
                let signed = sign(&stale).encode();
                answers.send(move |session, _| session.rejoin(signed)).await;
            }
            Event::Closed { reason, .. } => bail!("not admitted: {reason:?}"),
            _ => {}
        }
    }
    bail!("the hub hung up")
}

struct Relay(mpsc::UnboundedSender<Event>);

impl Application<Session> for Relay {
    fn handle_event(&mut self, event: Event, _: &SessionHandle<Session>) -> ControlFlow<()> {
        let over = matches!(event, Event::Closed { .. });
        match self.0.send(event) {
            Ok(()) if !over => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }
}

/// Answers the session from memory.
struct Feeder {
    key: Arc<DeviceKey>,
    location: LocationId,
    log: Arc<Log>,
    pace: Pace,
    acknowledged: u64,
    sent: Vec<Instant>,
    latencies: Latencies,
    zero: Roster,
    zero_heights: Vec<(DeviceIndex, Height)>,
    roster: Roster,
    offered: bool,
    failed: Option<String>,
}

impl Feeder {
    fn new(device: &Device, log: Arc<Log>, pace: Pace, acknowledged: u64) -> Self {
        Self {
            key: Arc::clone(&device.key),
            location: device.location,
            log,
            pace,
            acknowledged,
            sent: Vec::new(),
            latencies: Vec::new(),
            zero: device.zero.clone(),
            zero_heights: device.zero_heights.clone(),
            roster: device.roster.clone(),
            offered: false,
            failed: None,
        }
    }

    fn load(&mut self, from_dseq: u64, bytes_aim: usize) -> Outgoing {
        let from = usize::try_from(from_dseq - 1).unwrap_or(usize::MAX);
        let rest = self.log.entries.get(from..).unwrap_or_default();
        let mut cut = BatchBuilder::new(bytes_aim);
        let count = match self.pace {
            Pace::OneByOne => rest.len().min(1),
            Pace::Batches => rest.iter().take_while(|entry| cut.take(entry)).count(),
        };
        let entries = rest[..count].to_vec();
        let now = Instant::now();
        self.sent.extend(entries.iter().map(|_| now));
        let tip = entries.last().map(|last| self.log.tip(&self.key, last));
        Outgoing {
            entries,
            voids: Vec::new(),
            tip,
            blobs: Vec::new(),
        }
    }

    fn acknowledge(&mut self, dseq: u64) {
        let now = Instant::now();
        for _ in self.acknowledged..dseq {
            let at = self.latencies.len();
            if let Some(sent) = self.sent.get(at) {
                self.latencies
                    .push(now.duration_since(*sent).as_secs_f64() * 1e3);
            }
        }
        self.acknowledged = self.acknowledged.max(dseq);
    }
}

impl Application<Session> for Feeder {
    fn handle_event(&mut self, event: Event, answers: &SessionHandle<Session>) -> ControlFlow<()> {
        match event {
            Event::Load {
                ticket,
                from_dseq,
                bytes_aim,
                ..
            } => {
                let outgoing = self.load(from_dseq, bytes_aim);
                answers.try_send(move |session, now| session.handle_loaded(now, ticket, outgoing));
            }
            Event::LoadLog { ticket, .. } => {
                answers.try_send(move |session, now| {
                    session.handle_log(now, ticket, LogState::default());
                });
            }
            Event::Persist {
                ticket,
                location,
                dix,
                admission,
                ..
            } => {
                if location != self.location {
                    self.zero_heights.retain(|(known, _)| *known != dix);
                    self.zero_heights.push((dix, admission.height()));
                }
                answers.try_send(move |session, now| {
                    session.handle_persisted(now, ticket, Persisted::Stored);
                });
            }
            Event::PersistRoster {
                ticket,
                location,
                operations,
                ..
            } => {
                let own = location == self.location;
                let roster = if own {
                    &mut self.roster
                } else {
                    &mut self.zero
                };
                for operation in &operations {
                    if let Err(error) = roster.apply(operation) {
                        self.failed = Some(error.to_string());
                        return ControlFlow::Break(());
                    }
                }
                let roster = roster.clone();
                answers
                    .try_send(move |session, now| session.handle_roster(now, ticket, Ok(roster)));
            }
            Event::Acknowledged { location, dseq, .. } if location == self.location => {
                self.acknowledge(dseq);
            }
            Event::RosterAccepted { .. } => return ControlFlow::Break(()),
            Event::Welcome { same: true, .. } if !self.offered => return ControlFlow::Break(()),
            Event::Live if !self.offered && self.acknowledged >= self.log.entries.len() as u64 => {
                return ControlFlow::Break(());
            }
            Event::Closed { reason, .. } => {
                self.failed.get_or_insert_with(|| format!("{reason:?}"));
                return ControlFlow::Break(());
            }
            _ => {}
        }
        if self.acknowledged >= self.log.entries.len() as u64 && !self.sent.is_empty() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}
