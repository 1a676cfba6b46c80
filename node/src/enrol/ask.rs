//! Asks the hub to admit this device.

use std::time::Duration;

use weft_host::{
    clock,
    failure::Failure,
    quic::{Dialer, Peer},
};
use weft_shared::{
    identity::{DeviceKey, Roster},
    sync::{CloseReason, Event, Session},
    wire::{
        NackCode,
        limits::VERSION,
        message::{Join, JoinProof, Joined},
    },
};

use super::{Wish, lied};
use crate::{
    limits::{BUSY_TRIES_MAX, BUSY_WAIT_MS_MAX, EXCHANGE_MAX, ROSTER_TRIES_MAX},
    link::{LinkError, reason, running::Running, seconds},
};

/// The reason why a device was not admitted.
pub(super) struct Failed {
    pub(super) failure: Failure,
    /// Whether this invite can never admit it.
    pub(super) refused: bool,
    /// The time for which the hub asks it to stay away, in milliseconds.
    wait_ms: Option<u64>,
}

impl<E: Into<Failure>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self {
            failure: error.into(),
            refused: false,
            wait_ms: None,
        }
    }
}

/// Connects, shows the invite, and returns the hub's answer once the device is admitted. Calls
/// `reached` before sending anything to the hub. If the hub is busy for a moment, it asks again
/// after that.
pub(super) async fn ask(
    key: &DeviceKey,
    wish: &Wish<'_>,
    reached: impl Fn() -> Result<(), Failure>,
) -> Result<Joined, Failed> {
    let dialer = Dialer::new(key, *wish.hub()).map_err(LinkError::connect)?;
    let mut waits = 0;
    loop {
        let peer = dialer.connect(wish.address(), None).await;
        let peer = peer.map_err(LinkError::connect)?;
        reached()?;
        let asked = tokio::time::timeout(EXCHANGE_MAX, talk(key, wish, &peer)).await;
        peer.hang_up().await;
        let asked = asked.unwrap_or_else(|_| Err(LinkError::TooSlow.into()));
        match asked {
            Err(Failed {
                wait_ms: Some(ms @ ..=BUSY_WAIT_MS_MAX),
                ..
            }) if waits < BUSY_TRIES_MAX => {
                waits += 1;
                tokio::time::sleep(Duration::from_millis(ms)).await;
            }
            asked => return asked,
        }
    }
}

async fn talk(key: &DeviceKey, wish: &Wish<'_>, peer: &Peer) -> Result<Joined, Failed> {
    let lost = |why: String| Failure::from(LinkError::Lost { why });
    let now = clock::now();
    let join = Join {
        version: VERSION,
        device: key.id(),
        proof: wish.proof(),
        operation: wish.operation(&wish.empty_roster(), now).encode(),
    };
    let session = Session::join(join, now);
    let mut running = Running::start(peer, session).await?;
    let mut tries = 0;
    while let Some(event) = running.events.recv().await {
        match event {
            Event::Joined(joined) => return Ok(*joined),
            Event::JoinStale { operations } if tries < ROSTER_TRIES_MAX => {
                tries += 1;
                let roster = Roster::replay(wish.empty_roster().location(), &operations)
                    .map_err(|_| lied("sent a roster that does not hold"))?;
                let signed = wish.operation(&roster, clock::now()).encode();
                running
                    .answers
                    .send(move |session, _| session.rejoin(signed))
                    .await;
            }
            Event::Closed {
                reason,
                retry_after_ms,
            } => {
                return Err(Failed {
                    wait_ms: retry_after_ms,
                    ..refusal(&reason, retry_after_ms)
                });
            }
            _ => {}
        }
    }
    let why = running.driving.await;
    let why = why.unwrap_or_else(|_| "the session broke".to_owned());
    Err(lost(why).into())
}

fn refusal(reason: &CloseReason, retry_after_ms: Option<u64>) -> Failed {
    let failure = match reason {
        CloseReason::RefusedByPeer(code, text) => {
            return Failed {
                failure: Failure::refused(refused(*code, text)),
                refused: for_good(*code),
                wait_ms: None,
            };
        }
        CloseReason::RefusedHere(code, text) => Failure::refused(refused(*code, text)),
        CloseReason::RetryAfter => Failure::unreachable(format_args!(
            "The hub is busy and asks to come back in {}. Nothing is joined yet: try again then, \
             with the same line.",
            seconds(retry_after_ms.unwrap_or(0))
        )),
        CloseReason::TimedOut => Failure::from(LinkError::TooSlow),
        CloseReason::Shutdown
        | CloseReason::Disconnected
        | CloseReason::JoinOver
        | CloseReason::StoreFailed => Failure::from(LinkError::Lost {
            why: "the hub hung up".to_owned(),
        }),
    };
    failure.into()
}

/// Whether the invite itself is at fault, so that the hub has accepted nothing and never will. Any
/// other refusal, such as for a full disk, may come after the hub has accepted the request.
const fn for_good(code: NackCode) -> bool {
    matches!(
        code,
        NackCode::InviteUnknown
            | NackCode::InviteExpired
            | NackCode::InviteSpent
            | NackCode::CodeBound
    )
}

fn refused(code: NackCode, text: &str) -> String {
    format!(
        "The hub refused to admit this device: {}.",
        reason(code, text)
    )
}

impl Wish<'_> {
    fn proof(&self) -> JoinProof {
        match self {
            Self::Found { invite, .. } | Self::ComeBack { invite, .. } => JoinProof::Founding {
                code: invite.code.clone(),
                secret: invite.secret,
            },
            Self::Enter { invite, .. } => JoinProof::Device {
                location: invite.location,
                key: invite.key(),
            },
        }
    }
}
