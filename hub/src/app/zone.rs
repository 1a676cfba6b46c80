//! The network's time zone: a setting in the hub's `network` document.

use weft_shared::{
    model::schema::{self, Container, DocKind},
    time::Zone,
};

use super::{
    AppError, AppHandle, Snapshot,
    own::{Edit, Standing},
};

impl Snapshot<'_> {
    /// The time zone in which periods end and people read times; UTC until one is set.
    pub fn zone(&self) -> Zone {
        self.standing.zone()
    }

    /// The name of the time zone, if one is set.
    pub fn time_zone(&self) -> Option<String> {
        self.standing.setting(schema::TIME_ZONE)
    }
}

impl AppHandle {
    /// Sets the network's time zone. Every node hears of it.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn set_time_zone(&self, zone: &Zone) -> Result<(), AppError> {
        let name = zone.name().to_owned();
        let put = move |_: &Standing| {
            let (act, subject) = ("network time-zone", name.clone());
            Ok(Edit::new(
                DocKind::Network,
                act,
                subject,
                (),
                move |editor| editor.put_text(Container::Settings, schema::TIME_ZONE, &name),
            ))
        };
        self.shared.own.edit(self, put).await
    }
}

/// Shown until a time zone is set.
pub(crate) const UNSET_ZONE: &str = "No time zone is set, so periods end and moments are shown in \
    UTC. Name the network's own, such as: weft-hub network time-zone Pacific/Auckland";
