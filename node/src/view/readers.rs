//! The people who may read what this location shares with the network.

use std::collections::BTreeMap;

use weft_shared::model::{reader::Reader, schema::DocKind};

use super::first;
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
};

impl Replica {
    /// Returns the people whom the hub named, by their numbers, those who left included.
    ///
    /// # Errors
    /// If the hub's document cannot be read.
    pub(crate) fn readers(&mut self) -> Result<BTreeMap<u32, Reader>, DocumentError> {
        Ok(self
            .document(Owner::Hub, &first(DocKind::Readers))?
            .readers())
    }
}
