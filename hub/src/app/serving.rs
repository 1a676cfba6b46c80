//! The addresses of the hub: where it is served now, and the one that invites carry.

use std::{
    net::SocketAddr,
    sync::{Arc, PoisonError},
};

use weft_host::{data_dir::DataDir, page::Guard, table::Finding};

use weft_shared::text::sentence;

use super::{AppError, AppHandle, Shared, Snapshot, text};
use crate::{settings, store};

/// The addresses at which the hub is served now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Serving {
    /// The address for nodes.
    pub(crate) nodes: Option<SocketAddr>,
    /// The pages.
    pub(crate) pages: Option<PagesServed>,
}

/// The addresses of the pages.
#[derive(Clone, Debug)]
pub(crate) struct PagesServed {
    /// The address of the national team's pages.
    pub(crate) national: String,
    /// The address of the administration.
    pub(crate) administration: String,
    /// Lets people into the administration.
    pub(crate) guard: Arc<Guard>,
}

impl AppHandle {
    /// Records a change of the addresses at which the hub is served.
    pub(crate) fn set_serving(&self, change: impl FnOnce(&mut Serving)) {
        let serving = self.shared.serving.lock();
        change(&mut serving.unwrap_or_else(PoisonError::into_inner));
    }

    /// Records the address for nodes, and keeps it for invites that are made while nothing runs. A
    /// full disk must not keep the hub from serving, so that is all that is lost.
    pub(crate) async fn serves_nodes(&self, at: SocketAddr) {
        self.set_serving(|serving| serving.nodes = Some(at));
        let text = at.to_string().into_bytes();
        let kept = self
            .shared
            .store
            .write(move |conn| store::put_meta(conn, LISTENED, &text));
        if let Err(error) = kept.await {
            tracing::warn!(%error, "the address is not kept for later invites");
        }
    }

    /// Returns a new one-time link into the administration while it is served.
    pub fn administration_link(&self) -> Option<String> {
        let pages = self.shared.serving().pages;
        pages.map(|pages| pages.guard.launch_url())
    }
}

impl Snapshot<'_> {
    /// Returns the address that invites carry: the public one, or else the current, last or
    /// configured listening address. `None` if another device cannot call it.
    ///
    /// # Errors
    /// If the store fails, or the configuration cannot be read.
    pub fn address(&self) -> Result<Option<String>, AppError> {
        let public = text(store::meta(self.conn, super::PUBLIC_ADDRESS)?)?;
        if !public.is_empty() {
            return Ok(Some(public));
        }
        let listened = text(store::meta(self.conn, LISTENED)?)?;
        let listened = match (self.shared.serving().nodes, listened.parse::<SocketAddr>()) {
            (Some(now), _) => now,
            (None, Ok(listened)) => listened,
            (None, Err(_)) => settings::listen(&self.shared.data_dir)?,
        };
        let callable = listened.port() != 0 && !listened.ip().is_unspecified();
        Ok(callable.then(|| listened.to_string()))
    }
}

/// Says who can reach the pages.
pub(super) fn reach(data_dir: &DataDir, has_people: bool) -> Result<Finding, AppError> {
    let is_public = settings::is_public(data_dir)?;
    let finding = match (is_public, has_people) {
        (true, _) => "at public_url, from other computers, after a sign-in",
        (false, true) => "on this computer alone, after a sign-in",
        (false, false) => {
            "on this computer alone, by everybody who has an account on it: no one has to sign in \
             until weft-hub person invite made the first person"
        }
    };
    Ok(Finding {
        check: "pages",
        ok: true,
        finding: finding.to_owned(),
    })
}

/// Says in which countries the hub and its backups are.
pub(super) fn country(data_dir: &DataDir) -> Result<Finding, AppError> {
    let countries = settings::countries(data_dir)?;
    Ok(Finding {
        check: "country",
        ok: countries.are_named() || !settings::is_public(data_dir)?,
        finding: match settings::is_public(data_dir)? {
            true => countries.words(),
            false => countries.said(),
        },
    })
}

impl AppHandle {
    /// Says in which countries the hub and its backups are, for pages.
    pub(crate) fn country_words(&self) -> String {
        let countries = settings::countries(self.data_dir());
        countries.map_or_else(|error| sentence(&error.to_string()), |one| one.words())
    }
}

impl Shared {
    /// Returns the addresses at which the hub is served now.
    pub(super) fn serving(&self) -> Serving {
        let serving = self.serving.lock();
        serving.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

const LISTENED: &str = "listened";
