//! The people who may read what this location shares with the network.

use std::collections::BTreeMap;

use weft_shared::model::{reader::Reader, schema::DocKind};

use super::first;
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
};

/// Number of reads that are looked through for the purposes of readers.
const READS_MAX: usize = 1_000;

/// A person who may read, as this location lists them.
#[derive(Clone, Debug)]
pub(crate) struct ReaderRow {
    pub(crate) number: u32,
    pub(crate) reader: Reader,
    /// The purpose that they stated with their last read of this location, if they read anything.
    pub(crate) purpose: Option<String>,
}

impl ReaderRow {
    /// Names them as the ledger of reads does: by their name, or else by their number.
    pub(crate) fn line(&self) -> String {
        format!("{}, {}", self.in_ledger(), self.reader.organisation)
    }

    fn in_ledger(&self) -> String {
        match &self.reader.name {
            Some(name) => name.clone(),
            None => format!("reader {}", self.number),
        }
    }
}

impl Replica {
    /// Returns the people whom the hub named, by their numbers, those who left included.
    ///
    /// # Errors
    /// If the hub's document or the ledger of reads cannot be read.
    pub(crate) fn readers(&mut self) -> Result<Vec<ReaderRow>, DocumentError> {
        let document = self.document(Owner::Hub, &first(DocKind::Readers))?;
        let readers = document.readers();
        let mut said: BTreeMap<(String, String), String> = BTreeMap::new();
        for read in self.read_ledger(READS_MAX)?.rows {
            let row = read.row;
            let of = said.entry((row.reader, row.organisation));
            of.or_insert(row.purpose);
        }
        let rows = readers.into_iter().map(|(number, reader)| {
            let mut row = ReaderRow {
                number,
                purpose: reader.purpose.clone(),
                reader,
            };
            let key = (row.in_ledger(), row.reader.organisation.clone());
            let last = said.get(&key).filter(|purpose| !purpose.is_empty());
            row.purpose = last.cloned().or(row.purpose);
            row
        });
        Ok(rows.collect())
    }
}
