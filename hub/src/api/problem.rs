//! Errors of the data interface as RFC 9457 problem details, with the wrong parameter and its
//! allowed values.

use std::time::Duration;

use axum::{
    http::{HeaderValue, StatusCode, header},
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
    /// The error of a token, as RFC 6750 names it.
    fault: Option<&'static str>,
    /// Seconds after which to ask again.
    wait_s: u64,
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            parameter: None,
            allowed: Vec::new(),
            is_released: false,
            fault: None,
            wait_s: 10,
        }
    }

    /// A request about a release.
    pub(crate) fn released(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            is_released: true,
            ..Self::new(status, detail)
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
            parameter: Some(parameter.to_owned()),
            allowed: allowed.into_iter().map(Into::into).collect(),
            ..Self::new(StatusCode::BAD_REQUEST, detail)
        }
    }

    /// Nothing is at this path; `allowed` may be.
    pub(crate) fn not_found(
        detail: impl Into<String>,
        allowed: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            allowed: allowed.into_iter().map(Into::into).collect(),
            ..Self::new(StatusCode::NOT_FOUND, detail)
        }
    }

    /// No format of the answer is one that the client accepts.
    pub(crate) fn not_acceptable(detail: &str) -> Self {
        Self::new(StatusCode::NOT_ACCEPTABLE, detail).about("Accept")
    }

    /// The client asks for another version alone than the one with this tag.
    pub(crate) fn another_version(tag: Option<&str>) -> Self {
        let detail = "This is another version than the one that If-Match asks for.";
        let problem = Self::new(StatusCode::PRECONDITION_FAILED, detail);
        problem.about("If-Match").allowing(tag.map(str::to_owned))
    }

    /// The token is for less than this.
    pub(crate) fn out_of_scope(detail: &str) -> Self {
        Self::released(StatusCode::FORBIDDEN, detail)
    }

    /// The token is missing.
    pub(crate) fn no_token(detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    /// The token opens nothing.
    pub(crate) fn bad_token(detail: &str) -> Self {
        Self {
            fault: Some("\"invalid_token\""),
            ..Self::new(StatusCode::UNAUTHORIZED, detail)
        }
    }

    /// A token in the address, where it would be kept.
    pub(crate) fn token_in_address() -> Self {
        let detail = "A token is never in an address: logs, histories and other sites would keep \
                      it, and who finds it can read with it. Send it in the Authorization header, \
                      as Bearer, or as the password of Basic; in Excel and Power BI choose Basic, \
                      not Web API. Revoke this one, at /account or with weft-hub token revoke.";
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// More requests with one token than there may be.
    pub(crate) fn too_many(wait: Duration) -> Self {
        let detail = format!(
            "A token is good for {TOKEN_REQUESTS_A_MINUTE} requests a minute, and for \
             {TOKEN_REQUESTS_AT_ONCE} at once, and so is a person who signed in. Ask again in a \
             moment. A file in CSV has every row in one request."
        );
        Self {
            wait_s: wait.as_secs() + u64::from(wait.subsec_nanos() > 0),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail)
        }
    }
}

impl Problem {
    /// Returns the ways in which a token may be sent, and the fault of the one that was. Programs
    /// choose the first that they know.
    fn challenges(&self) -> Vec<String> {
        if self.status != StatusCode::UNAUTHORIZED {
            return Vec::new();
        }
        let fault = self.fault.map(|fault| format!(", error={fault}"));
        let bearer = format!("Bearer realm=\"weft\"{}", fault.unwrap_or_default());
        let basic = "Basic realm=\"weft\", charset=\"UTF-8\"".to_owned();
        vec![bearer, basic]
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        let status = match &error {
            AppError::Behind { .. } | AppError::FilesBusy | AppError::Unrecorded(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            AppError::WorkbookFull { .. } => StatusCode::BAD_REQUEST,
            _ => {
                tracing::error!(%error, "the data interface could not answer");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self::new(status, error.to_string())
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
        for challenge in self.challenges() {
            if let Ok(value) = HeaderValue::from_str(&challenge) {
                headers.append(header::WWW_AUTHENTICATE, value);
            }
        }
        let waits = [
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::TOO_MANY_REQUESTS,
        ];
        if waits.contains(&self.status) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(self.wait_s));
        }
        if self.is_released {
            response.extensions_mut().insert(Released);
        }
        response
    }
}
