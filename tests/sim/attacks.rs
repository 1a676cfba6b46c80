//! The sessions of the hostile device: there is no program at its end, only bytes.

use weft_shared::wire::{Frame, Message, NackCode, limits::FRAME_BYTES_MAX};

use crate::{
    hostile::{Answer, Attack, Hostile},
    hub::End,
    network::{Act, Connection, HUB, NO_NODE, NODE, What},
    world::World,
};

impl World<'_> {
    /// Adds a hostile device to a location whose third device no person uses.
    pub(crate) fn add_hostile(&mut self, place: usize) {
        let places = &self.setting.places;
        let founded = &places[place];
        let elsewhere = places[(place + 1) % places.len()].location;
        let (key, _) = &founded.devices[2];
        let at = (founded.location, elsewhere);
        self.hostile = Some(Hostile::new(key.clone(), place, at, founded.roster));
    }

    /// Begins the next attack.
    pub(crate) fn attack(&mut self) -> Result<(), String> {
        let Some(hostile) = self.hostile.as_mut().filter(|one| one.talk.is_none()) else {
            return Ok(());
        };
        let any = Attack::ALL[self.random.index(Attack::ALL.len())];
        let left = hostile.left.first().copied();
        let Some(attack) = left.or_else(|| self.unkind.then_some(any)) else {
            return Ok(());
        };
        let Some(hub) = &self.hub else {
            self.plan_in(500, What::Act(Act::Attack));
            return Ok(());
        };
        let there = End::accept(hub, hostile.key.id());
        self.connected += 1;
        let connection = self.connected;
        let hello = hostile.greet(connection, attack, self.unkind);
        let wire = Connection::bare(there, self.random.between(1, 150));
        self.connections.insert(connection, wire);
        self.say(connection, hello);
        self.pump(connection, HUB)
    }

    fn say(&mut self, connection: u64, bytes: Vec<u8>) {
        if let Some(wire) = self.connections.get_mut(&connection) {
            let at = wire.arrival(NODE, self.now, &mut self.random);
            let what = What::Deliver {
                connection,
                to: HUB,
                bytes,
            };
            self.agenda.plan(at, what);
        }
    }

    /// Whether a connection is the hostile device's.
    pub(crate) fn is_hostile(&self, connection: u64) -> bool {
        let wire = self.connections.get(&connection);
        wire.is_some_and(|wire| wire.node == NO_NODE)
    }

    /// The hostile device hears the hub.
    pub(crate) fn hear_hostile(&mut self, connection: u64, bytes: &[u8]) -> Result<(), String> {
        let mut heard = Vec::new();
        if let Some(talk) = self.hostile.as_mut().and_then(|one| one.talk.as_mut())
            && talk.connection == connection
        {
            talk.reader.push(bytes);
            loop {
                match talk.reader.pull(FRAME_BYTES_MAX) {
                    Ok(Some((Frame::Message(message), _))) => heard.push(*message),
                    Ok(Some((Frame::Skipped(_), _))) => {}
                    Ok(None) => break,
                    Err(error) => return Err(format!("the hub sent {error}")),
                }
            }
        }
        heard
            .into_iter()
            .try_for_each(|message| self.hear_message(connection, message))
    }

    fn hear_message(&mut self, connection: u64, message: Message) -> Result<(), String> {
        let (now, bit) = (self.clock(None), self.random.index(usize::MAX));
        let Some(hostile) = &mut self.hostile else {
            return Ok(());
        };
        match message {
            Message::Welcome(welcome) => {
                let marks = welcome.heights.unwrap_or_default();
                let bytes = hostile.attack(now, &marks, bit)?;
                self.say(connection, bytes);
                Ok(())
            }
            Message::Ack(ack) if ack.dix == Hostile::DIX => {
                let answer = hostile.handle_ack(ack);
                self.answered(connection, &answer)
            }
            Message::Nack(nack) => self.answered(connection, &Answer::Refused(nack.code)),
            _ => Ok(()),
        }
    }

    fn answered(&mut self, connection: u64, answer: &Answer) -> Result<(), String> {
        let Some(hostile) = &mut self.hostile else {
            return Ok(());
        };
        let full = self.oracle.filled.contains(&hostile.place);
        let codes = [NackCode::Full, NackCode::Unavailable];
        let unable = matches!(answer, Answer::Refused(code) if codes.contains(code));
        let unkind = hostile.talk.as_ref().is_some_and(|talk| talk.unkind);
        hostile.judge(answer, unkind && (full || unable || self.disk.has_failed()))?;
        let ms = self.random.between(1, 1_000);
        self.plan_in(
            ms,
            What::Gone {
                connection,
                end: HUB,
            },
        );
        self.attack_again();
        Ok(())
    }

    /// The hostile device has lost its connection.
    pub(crate) fn lost(&mut self, connection: u64) {
        if let Some(hostile) = &mut self.hostile
            && let Some(talk) = &hostile.talk
            && talk.connection == connection
        {
            hostile.talk = None;
            self.attack_again();
        }
    }

    fn attack_again(&mut self) {
        let ms = match self.unkind {
            true => self.random.between(100, 8_000),
            false => self.random.between(50, 500),
        };
        self.plan_in(ms, What::Act(Act::Attack));
    }

    /// Tries every attack once more, now that nothing else goes wrong.
    pub(crate) fn attack_with_all(&mut self) {
        if let Some(hostile) = &mut self.hostile {
            hostile.left = Attack::ALL.to_vec();
            self.attack_again();
        }
    }
}
