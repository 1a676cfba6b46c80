//! The network's time zone: a setting in the hub's `network` document.

use weft_shared::{model::schema, time::Zone};

use super::{AppError, AppHandle};

impl AppHandle {
    /// The time zone in which periods end and people read times; UTC until one is set.
    pub async fn zone(&self) -> Zone {
        self.shared.own.zone().await
    }

    /// The name of the time zone, if one is set.
    pub async fn time_zone(&self) -> Option<String> {
        self.shared.own.setting(schema::TIME_ZONE).await
    }

    /// Sets the network's time zone. Every node hears of it.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn set_time_zone(&self, zone: &Zone) -> Result<(), AppError> {
        self.act("network time-zone", zone.name()).await?;
        let (own, name) = (&self.shared.own, zone.name().to_owned());
        own.put_setting(&self.shared, schema::TIME_ZONE, name).await
    }
}

/// Shown until a time zone is set.
pub(crate) const UNSET_ZONE: &str = "No time zone is set, so periods end and moments are shown in \
    UTC. Name the network's own, such as: weft-hub network time-zone Pacific/Auckland";
