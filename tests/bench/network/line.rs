//! SLOW: a sync that finds nothing new, and a join, over a line that delays every packet.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use tokio::{
    net::UdpSocket,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::sleep_until,
};
use weft_node::{Node, enrol};
use weft_shared::identity::Invite;

use crate::{
    figure::{Figure, Target},
    workloads::Bench,
};

/// One packet's way, and the time from a question to its answer.
const ONE_WAY: Duration = Duration::from_millis(300);
const ROUND_TRIP: Duration = ONE_WAY.saturating_mul(2);
/// Three round trips are the handshake, HELLO and the goodbye. The rest is for the work at both
/// ends.
const SYNC_ROUND_TRIPS_MAX: f64 = 3.5;
/// Two more are the handshake for JOIN, and JOIN itself.
const JOIN_ROUND_TRIPS_MAX: f64 = 6.0;

impl Bench<'_> {
    /// Measures both in round trips of the line, from the start of the node to its end.
    pub(crate) fn slow_line(&self) -> Result<Vec<Figure>> {
        let hub = self.hub("slow", 0, self.runs)?;
        let (mut joins, mut syncs) = (Vec::new(), Vec::new());
        let mut line = None;
        for (number, invite) in hub.invites.iter().enumerate() {
            let mut invite = enrol::read_invite(invite)?;
            if let Invite::Founding(founding) = &mut invite {
                let there = founding.address.parse().context("no address of a socket")?;
                let here = match line {
                    Some(here) => here,
                    None => *line.insert(self.runtime.block_on(slow_line_to(there))?),
                };
                founding.address = here.to_string();
            }
            let folder = self.folder.join(format!("slow-node-{number}"));
            let words = folder.with_extension("words");
            let recovery = enrol::Recovery::File(&words);
            let handle = self.runtime.handle();
            let begin = Instant::now();
            enrol::join(&folder, &invite, "Far away", recovery, handle)?;
            self.exchange_and_end(&folder)?;
            joins.push(round_trips(begin));
            let begin = Instant::now();
            self.exchange_and_end(&folder)?;
            syncs.push(round_trips(begin));
        }
        let figure = |what: &str, values, most| {
            let name = format!("{what}, a line of {} ms", ROUND_TRIP.as_millis());
            Figure::new("SLOW", name, "round trips", values).must(Target::AtMost(most))
        };
        Ok(vec![
            figure("sync --once, nothing new", syncs, SYNC_ROUND_TRIPS_MAX),
            figure("join with its first sync", joins, JOIN_ROUND_TRIPS_MAX),
        ])
    }

    /// Does what `weft-node sync --once` does.
    fn exchange_and_end(&self, folder: &std::path::Path) -> Result<()> {
        let node = Node::open(folder, self.runtime.handle())?;
        node.exchange()?;
        self.runtime.block_on(node.close());
        Ok(())
    }
}

fn round_trips(begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64() / ROUND_TRIP.as_secs_f64()
}

/// Returns the address of a line to `hub`, which delays each packet and loses none.
async fn slow_line_to(hub: SocketAddr) -> Result<SocketAddr> {
    let front = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?);
    let address = front.local_addr()?;
    tokio::spawn(async move {
        let mut nodes: HashMap<SocketAddr, UnboundedSender<Packet>> = HashMap::new();
        let mut buffer = [0; PACKET_BYTES_MAX];
        while let Ok((read, node)) = front.recv_from(&mut buffer).await {
            if let Entry::Vacant(unknown) = nodes.entry(node) {
                let back = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?);
                let (to_hub, packets) = unbounded_channel();
                tokio::spawn(deliver(packets, Arc::clone(&back), hub));
                let (to_node, packets) = unbounded_channel();
                tokio::spawn(deliver(packets, Arc::clone(&front), node));
                tokio::spawn(listen(back, to_node));
                unknown.insert(to_hub);
            }
            // The other task ends with the bench.
            let _over = nodes[&node].send((Instant::now(), buffer[..read].into()));
        }
        anyhow::Ok(())
    });
    Ok(address)
}

/// A packet, and the time at which it came.
type Packet = (Instant, Box<[u8]>);

const PACKET_BYTES_MAX: usize = 2_048;

async fn listen(back: Arc<UdpSocket>, to_node: UnboundedSender<Packet>) {
    let mut buffer = [0; PACKET_BYTES_MAX];
    while let Ok(read) = back.recv(&mut buffer).await {
        let _over = to_node.send((Instant::now(), buffer[..read].into()));
    }
}

async fn deliver(mut packets: UnboundedReceiver<Packet>, socket: Arc<UdpSocket>, to: SocketAddr) {
    while let Some((came, packet)) = packets.recv().await {
        sleep_until((came + ONE_WAY).into()).await;
        // A receiver that has ended loses its packets, as on any line.
        let _gone = socket.send_to(&packet, to).await;
    }
}
