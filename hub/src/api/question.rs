//! A request for figures, with who asks.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Uri, request::Parts},
};

use super::{
    Api,
    problem::Problem,
    query::has_one,
    token::{self, Reader},
};

/// A request for figures.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) api: Api,
    pub(super) reader: Reader,
    pub(super) headers: HeaderMap,
    pub(super) uri: Uri,
}

impl Question {
    /// Whether it is about releases: somebody who may read nothing else asks, or it names one.
    pub(super) fn is_of_releases(&self) -> bool {
        !self.reader.reads_live() || has_one(&self.uri, &NAMES)
    }
}

impl FromRequestParts<Api> for Question {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let reader = parts.extensions.get::<Reader>().cloned();
        Ok(Self {
            api: api.clone(),
            reader: reader.ok_or_else(|| Problem::no_token(token::MISSING))?,
            headers: parts.headers.clone(),
            uri: parts.uri.clone(),
        })
    }
}

/// The parameters that name a release.
pub(super) const NAMES: [&str; 2] = ["dataset", "release"];
