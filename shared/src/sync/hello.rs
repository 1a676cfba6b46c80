//! HELLO: what a device holds, and how high its own log is after its end was written again.

use super::{
    event::Heights,
    heights::{list, roster_mark, sealed},
    open::{Link, Misbehaved, Open, Role, Step},
    scope_state::ScopeState,
    session::Local,
};
use crate::{
    id::{DeviceId, DeviceIndex},
    identity::Roster,
    log::gate::Height,
    wire::{
        limits::{CAPABILITIES, CAPABILITIES_NEEDED, VERSION, VERSION_MIN},
        message::Hello,
    },
};

/// Makes the first HELLO of a session. If `short`, sealed logs are named by a digest only.
pub(super) fn greeting(local: &Local, short: bool) -> Hello {
    let replica = &local.replica;
    hello(
        local.device,
        (&replica.roster, &replica.heights),
        (&replica.zero, &replica.zero_heights),
        local.outbox,
        short,
    )
}

fn hello(
    device: DeviceId,
    (roster, heights): (&Roster, &Heights),
    (zero, zero_heights): (&Roster, &Heights),
    outbox: u64,
    short: bool,
) -> Hello {
    let (whole, digest) = sealed(roster, heights);
    let left_out = if short { whole } else { [].into() };
    Hello {
        version: VERSION,
        capabilities: CAPABILITIES,
        location: roster.location(),
        device,
        roster: roster_mark(roster),
        heights: list(heights, &left_out),
        zero_roster: roster_mark(zero),
        zero_heights: list(zero_heights, &[].into()),
        outbox,
        sealed: digest.filter(|_| short),
    }
}

/// Says which end must be upgraded if a device with this version and these capabilities cannot be
/// served.
pub(super) fn unfit(version: u8, capabilities: u32) -> Option<String> {
    if version < VERSION_MIN {
        return Some(format!(
            "this device speaks version {version} of the protocol, and the hub needs {VERSION_MIN} \
             or later: upgrade weft-node on this computer"
        ));
    }
    let lacks = capabilities & CAPABILITIES_NEEDED & !CAPABILITIES;
    (lacks != 0).then(|| {
        "this device needs what the hub cannot do yet: ask the people who run the hub to upgrade \
         weft-hub"
            .to_owned()
    })
}

/// The same about an acceptor, by its version.
pub(super) fn unfit_hub(version: u8) -> Option<String> {
    (version < VERSION_MIN).then(|| {
        format!(
            "this device needs version {VERSION_MIN} of the protocol or later, and the hub speaks \
             {version}: ask the people who run the hub to upgrade weft-hub"
        )
    })
}

impl Hello {
    /// The height of the device's own log at the device.
    pub(super) fn own_height(&self, roster: &Roster) -> u64 {
        let dix = roster.dix_of(&self.device);
        let mark = self.heights.iter().find(|mark| Some(mark.dix) == dix);
        mark.map_or(0, |mark| mark.dseq)
    }
}

impl ScopeState {
    fn heights(&self) -> Heights {
        self.logs
            .iter()
            .map(|(dix, log)| (*dix, log.mine))
            .collect()
    }
}

impl Open {
    /// Connector: the end of the device's own log was written again. The acceptor hears how high
    /// the log is now, because it waits for all that the first HELLO offered.
    pub(super) fn on_rewritten(&mut self, link: &mut Link, dix: DeviceIndex, height: Height) {
        let log = self.own.log(dix);
        log.mine = height;
        log.at_hello = log.at_hello.min(height.dseq);
        log.empty_at = None;
        log.view = None;
        let outbox = height.dseq.saturating_sub(log.peer);
        let (own, zero) = (self.own.heights(), self.zero.heights());
        let (own, zero) = ((&self.own.roster, &own), (&self.zero.roster, &zero));
        link.send(hello(self.device, own, zero, outbox, true));
    }

    /// Acceptor: expects no more of the device's own log than it says now. A further HELLO raises
    /// nothing, or a device could have live entries counted as a backlog.
    pub(super) fn on_hello(&mut self, hello: &Hello) -> Step {
        if self.role == Role::Connector || hello.device != self.device {
            return Err(Misbehaved("a greeting after the greetings"));
        }
        let Some(dix) = self.own.roster.dix_of(&self.device) else {
            return Ok(());
        };
        let says = hello.own_height(&self.own.roster);
        let log = self.own.log(dix);
        let most = says.max(log.expected() - 1);
        if most < log.sent {
            // Entries that are being loaded follow on what was sent; they are loaded again.
            log.loading = None;
        }
        for height in [
            &mut log.announced,
            &mut log.backlog,
            &mut log.peer,
            &mut log.sent,
        ] {
            *height = most.min(*height);
        }
        Ok(())
    }
}
