//! What was saved when and from where, and the location's devices.

use weft_host::store_error::StoreError;
use weft_shared::{identity::Role, time::Timestamp};

use crate::replica::{Owner, Replica};

/// One record that one save touched.
#[derive(Clone, Debug)]
pub(crate) struct HistoryRow {
    pub(crate) at: Timestamp,
    /// The device's name; none where the roster knows no such device.
    pub(crate) device: Option<String>,
    /// Whether it was saved on this very device.
    pub(crate) here: bool,
    /// The number of its entry; none for what stays on this computer.
    pub(crate) entry: Option<u64>,
    /// Whether the hub has it; none for what stays on this computer.
    pub(crate) shared: Option<bool>,
    pub(crate) document: String,
    pub(crate) container: String,
    pub(crate) record: String,
}

/// A device of this location, as the roster has it.
#[derive(Clone, Debug)]
pub(crate) struct DeviceRow {
    pub(crate) name: String,
    pub(crate) this: bool,
    pub(crate) admin: bool,
    pub(crate) revoked: bool,
    /// Entries of its log that are on this computer.
    pub(crate) entries: u64,
}

impl Replica {
    /// Who touched what, oldest first; of one record or of all.
    pub(crate) fn history_rows(&self, record: Option<&str>) -> Result<Vec<HistoryRow>, StoreError> {
        let own = self.dix();
        let this = self.device().map(|device| device.name.clone());
        let logs = self.logs(Owner::Location);
        let roster = self.roster(Owner::Location);
        let touches = self.history(record)?.into_iter();
        let rows = touches.map(|touch| HistoryRow {
            at: touch.at,
            device: match touch.entry {
                Some((dix, _)) => roster.device(dix).map(|device| device.name.clone()),
                None => this.clone(),
            },
            here: touch.entry.is_none_or(|(dix, _)| Some(dix) == own),
            entry: touch.entry.map(|(_, dseq)| dseq),
            shared: touch.entry.map(|(dix, dseq)| {
                let log = logs.get(&dix);
                log.is_some_and(|log| Some(dix) != own || log.acknowledged >= dseq)
            }),
            document: touch.document,
            container: touch.container,
            record: touch.record,
        });
        Ok(rows.collect())
    }

    /// The devices of this location, in the order in which they were added.
    pub(crate) fn devices(&self) -> Vec<DeviceRow> {
        let logs = self.logs(Owner::Location);
        let row = |device: &weft_shared::identity::Device| DeviceRow {
            name: device.name.clone(),
            this: Some(device.dix) == self.dix(),
            admin: device.role == Role::Admin,
            revoked: device.sealed.is_some(),
            entries: logs.get(&device.dix).map_or(0, |log| log.height.dseq),
        };
        self.roster(Owner::Location).devices().map(row).collect()
    }
}
