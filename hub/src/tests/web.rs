//! Fixtures for tests of pages and the data interface: a hub with figures, and requests to it.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, HttpBody as _, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
    response::Response,
};
use tempfile::TempDir;
use tower::ServiceExt as _;
use weft_host::page::{self, Guard};
use weft_shared::{
    id::{DefinitionHash, RecordId},
    model::{
        Audience,
        number::Number,
        observation::{Statement, Status},
        profile::{Adoption, AdoptionStatus},
        record::{FieldValue, Fields},
        schema::RecordKind,
    },
};

use crate::{
    access::site::Site,
    app::AppHandle,
    kit::{self, Device},
    serve,
};

pub(super) const HOST: &str = "127.0.0.1:8433";

/// Hostile text: a formula for spreadsheets and a script for pages.
pub(super) const HOSTILE: &str = "=1+1<script>alert('x')</script>";

/// The place of pages in tests: on this computer.
pub(super) fn site() -> Arc<Site> {
    Arc::new(Site::local("http://localhost:8433".to_owned(), 8433))
}

/// A hub whose location FN reported three months of two areas, but only the smaller one in March.
pub(super) struct Scene {
    pub(super) app: AppHandle,
    pub(super) router: Router,
    pub(super) device: Device,
    pub(super) definition: DefinitionHash,
    _dir: TempDir,
}

impl Scene {
    pub(super) async fn new() -> Self {
        let (dir, app) = kit::hub().await;
        let definition = app.definitions().unwrap()[0].hash();
        let code = kit::add_location(&app, "FN", &["NORTH", "SOUTH"]).await;
        kit::add_location(&app, "WT", &[]).await;
        let device = Device::found(&app, &code).await;
        let guard = Arc::new(Guard::new(HOST.parse().unwrap(), &["/"], "/"));
        let router = page::protect(serve::national(&app, &site()), &guard);
        let mut scene = Self {
            app,
            router,
            device,
            definition,
            _dir: dir,
        };
        scene.fill().await;
        scene
    }

    async fn fill(&mut self) {
        self.adopt(self.definition).await;
        for (area, period, numerator, denominator) in [
            ("NORTH", "2023-01", Some(50), 100),
            ("SOUTH", "2023-01", Some(750), 900),
            ("NORTH", "2023-02", Some(60), 100),
            ("SOUTH", "2023-02", None, 900),
            ("NORTH", "2023-03", Some(70), 100),
            ("SOUTH", "2023-03", Some(780), 900),
        ] {
            self.observe(area, period, numerator, denominator).await;
        }
        let fields = [("name", HOSTILE), ("status", "testing")];
        self.record(RecordKind::Initiative, 1, &fields).await;
    }

    pub(super) async fn adopt(&mut self, definition: DefinitionHash) {
        let adoption = Adoption {
            status: AdoptionStatus::Adopted,
            definition,
            audience: Audience::Network,
            reason: None,
            releases: None,
            open: None,
        };
        let entry = self.device.edit("profile", |editor| {
            editor.put_adoption(&"VAX_PRIMARY".parse().unwrap(), &adoption)
        });
        self.device.push(&self.app, entry).await;
    }

    pub(super) async fn observe(
        &mut self,
        area: &str,
        period: &str,
        numerator: Option<i64>,
        denominator: i64,
    ) {
        let key = format!("VAX_PRIMARY/{area}/{period}/age=12%2B")
            .parse()
            .unwrap();
        let status = if numerator.is_some() {
            Status::Normal
        } else {
            Status::Suppressed
        };
        let statement = Statement {
            definition: self.definition,
            numerator: numerator.map(Number::from),
            denominator: Some(Number::from(denominator)),
            value: None,
            status,
            method: None,
            audience: Audience::Network,
            lower: None,
            upper: None,
            confirmed: Default::default(),
            sign: None,
        };
        let entry = self.device.edit("observations/2023", |editor| {
            editor.put_observation(&key, &statement, None)
        });
        self.device.push(&self.app, entry).await;
    }

    /// Writes fields of the record with this number. Returns its id; of sets, one member.
    pub(super) async fn record(
        &mut self,
        kind: RecordKind,
        number: u8,
        fields: &[(&str, &str)],
    ) -> String {
        let fields = fields.iter().map(|(key, value)| {
            let is_set = ["indicators", "outcomes"].contains(key);
            let value = match is_set {
                true => FieldValue::Set([(*value).to_owned()].into()),
                false => (*value).into(),
            };
            ((*key).to_owned(), value)
        });
        let fields: Fields = fields.collect();
        let id: RecordId = format!("01980000-0000-7000-8000-0000000000{number:02}")
            .parse()
            .unwrap();
        let entry = self.device.edit("plan", |editor| {
            editor.put_record(kind, &id, Audience::Network, &fields)
        });
        self.device.push(&self.app, entry).await;
        id.to_string()
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        ask(&self.router, Method::GET, path, &[], "").await
    }

    /// Requests `path` with a token made for it.
    pub(super) async fn read(&self, path: &str) -> Answer {
        let token = match self.app.create_token("test").await {
            Ok(token) => token,
            Err(_) => {
                self.app.revoke_token("test").await.unwrap();
                let name = format!("test {}", self.app.tokens().await.unwrap().len());
                self.app.create_token(&name).await.unwrap()
            }
        };
        self.ask(path, &format!("Bearer {token}")).await
    }

    /// Requests `path` with this authorisation.
    pub(super) async fn ask(&self, path: &str, bearer: &str) -> Answer {
        let headers = [("authorization", bearer)];
        ask(&self.router, Method::GET, path, &headers, "").await
    }
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Requests a path, without reading the answer.
pub(super) async fn response(router: &Router, path: &str, headers: &[(&str, &str)]) -> Response {
    send(router, Method::GET, path, headers, Body::empty()).await
}

pub(super) async fn ask(
    router: &Router,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    ask_with(router, method, path, headers, body.to_owned()).await
}

/// As [`ask`], with a body that need not be text.
pub(super) async fn ask_with(
    router: &Router,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    let response = send(router, method, path, headers, body.into()).await;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body(), 16 << 20).await.unwrap();
    Answer {
        status,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

async fn send(
    router: &Router,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Body,
) -> Response {
    let mut request = Request::builder().method(method).uri(path);
    // As clients say it.
    if let Some(bytes) = body.size_hint().exact().filter(|bytes| *bytes > 0) {
        request = request.header(header::CONTENT_LENGTH, bytes);
    }
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header(header::HOST, HOST);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body).unwrap();
    router.clone().oneshot(request).await.unwrap()
}
