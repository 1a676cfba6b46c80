//! Errors of the data interface as RFC 9457 problem details, with the wrong parameter and its
//! allowed values.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::answer::Released;
use crate::{
    app::AppError,
    figures::NOTICE,
    limits::{TOKEN_REQUESTS_A_MINUTE, TOKEN_REQUESTS_AT_ONCE},
};

/// The reason a request got no data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: String,
    parameter: Option<String>,
    allowed: Vec<String>,
    /// Whether it is about a release. All else here is not for publication, and says so.
    is_released: bool,
}

impl Problem {
    /// A request about a release.
    pub(crate) fn released(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            parameter: None,
            allowed: Vec::new(),
            is_released: true,
        }
    }

    /// The same problem, of somebody who asked for released rows.
    pub(crate) fn of_releases(self) -> Self {
        Self {
            is_released: true,
            ..self
        }
    }

    /// The same problem, of another parameter.
    pub(crate) fn about(self, parameter: &str) -> Self {
        Self {
            parameter: Some(parameter.to_owned()),
            ..self
        }
    }

    /// The same problem with what is allowed.
    pub(crate) fn allowing(self, allowed: impl IntoIterator<Item = String>) -> Self {
        Self {
            allowed: allowed.into_iter().collect(),
            ..self
        }
    }

    /// A request that asks for something that does not exist.
    pub(crate) fn parameter(
        parameter: &str,
        detail: impl Into<String>,
        allowed: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            detail: detail.into(),
            parameter: Some(parameter.to_owned()),
            allowed: allowed.into_iter().map(Into::into).collect(),
            is_released: false,
        }
    }

    /// Nothing is at this path; `allowed` may be.
    pub(crate) fn not_found(
        detail: impl Into<String>,
        allowed: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            detail: detail.into(),
            parameter: None,
            allowed: allowed.into_iter().map(Into::into).collect(),
            is_released: false,
        }
    }

    /// The token is missing, or opens nothing.
    pub(crate) fn no_token(detail: &str) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            detail: detail.to_owned(),
            parameter: None,
            allowed: Vec::new(),
            is_released: false,
        }
    }
}

impl Problem {
    /// More requests with one token than there may be.
    pub(crate) fn too_many() -> Self {
        let detail = format!(
            "A token is good for {TOKEN_REQUESTS_A_MINUTE} requests a minute, and for \
             {TOKEN_REQUESTS_AT_ONCE} at once. Ask again in a moment. A file in CSV has every row \
             in one request."
        );
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            detail,
            parameter: None,
            allowed: Vec::new(),
            is_released: false,
        }
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        let status = match &error {
            AppError::Behind { .. } | AppError::Unrecorded(_) => StatusCode::SERVICE_UNAVAILABLE,
            AppError::WorkbookFull { .. } => StatusCode::BAD_REQUEST,
            _ => {
                tracing::error!(%error, "the data interface could not answer");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self {
            status,
            detail: error.to_string(),
            parameter: None,
            allowed: Vec::new(),
            is_released: false,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or_default(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if !self.is_released {
            body["notice"] = json!(NOTICE);
        }
        if let Some(parameter) = &self.parameter {
            body["parameter"] = json!(parameter);
        }
        if !self.allowed.is_empty() {
            body["allowed"] = json!(self.allowed);
        }
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (self.status, kind, body.to_string()).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            for scheme in [
                "Bearer realm=\"weft\"",
                "Basic realm=\"weft\", charset=\"UTF-8\"",
            ] {
                headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
            }
        }
        let waits = [
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::TOO_MANY_REQUESTS,
        ];
        if waits.contains(&self.status) {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("10"));
        }
        if self.is_released {
            response.extensions_mut().insert(Released);
        }
        response
    }
}

const RETRY_AFTER: HeaderName = header::RETRY_AFTER;
