//! The people who may read, in the hub's document `readers`: every node has them before they read.

use std::collections::BTreeMap;

use weft_host::clock;
use weft_shared::{
    model::{
        reader::Reader,
        schema::{Container, DocKind},
    },
    time::Timestamp,
};
use weft_store::Transaction;

use super::{AppError, AppHandle, Snapshot, own::Standing};

impl Snapshot<'_> {
    /// Returns the people who may read or might, by their numbers, those who left included.
    pub fn readers(&self) -> BTreeMap<u32, Reader> {
        self.standing.readers().readers()
    }
}

impl AppHandle {
    /// Tells every node who may read, in one transaction with `beside`.
    ///
    /// `number` is the person's. Whatever lets somebody read, changes their roles or ends that must
    /// be written by `beside`: then no one reads of whom the nodes cannot know. `beside` gets the
    /// time of the act, checks again what it rests on, and writes the row of the ledger. It runs
    /// even if the document says the same already.
    ///
    /// # Errors
    /// Returns what `beside` refuses, or why it could not be stored; nothing happened then.
    pub async fn announce_reader<T: Send + 'static>(
        &self,
        number: u32,
        reader: Reader,
        beside: impl FnOnce(&Transaction<'_>, Timestamp) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let text = reader.encode();
        if Reader::decode(&text).is_err() {
            return Err(AppError::Own(
                "a reader has a role, an organisation, and a purpose of at most 200 characters"
                    .to_owned(),
            ));
        }
        let (shared, own) = (&self.shared, &self.shared.own);
        let (identity, zero) = (&shared.identity, own.roster(shared).await?);
        let alone = own.alone(shared).await?;
        let mut next = Box::new(Standing::clone(&own.standing()));
        let now = clock::now();
        let change = next.change(identity, DocKind::Readers, now, move |editor| {
            editor.put_text(Container::Readers, &number.to_string(), &text)
        })?;
        let mut admissions = Vec::new();
        if let Some(change) = change {
            let place = next.place_of(DocKind::Readers);
            admissions.push(next.sign(identity, &zero, place, change, now)?);
        }
        let beside = move |tx: &Transaction<'_>| beside(tx, now);
        own.commit(shared, (next, alone), admissions, beside).await
    }
}
