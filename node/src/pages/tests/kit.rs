//! A node with pages, and forms as a browser reads and sends them.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use tower::ServiceExt as _;
use weft_host::clock;
use weft_shared::model::schema::{FieldKind, FieldSpec};

use crate::{Node, app::AppHandle, kit::Kit, pages, replica::Replica};

/// A node whose hub has published indicators and is unreachable.
pub(super) struct Site {
    pub(super) node: AppHandle,
    router: Router,
    _kit: Kit,
}

impl Site {
    pub(super) async fn open() -> Self {
        Self::of(Kit::new()).await
    }

    pub(super) async fn of(kit: Kit) -> Self {
        let runtime = tokio::runtime::Handle::current();
        let opened = tokio::task::spawn_blocking(move || {
            let node = Node::open(&kit.data_dir(), &runtime);
            (kit, node.unwrap())
        });
        let (kit, node) = opened.await.unwrap();
        Self {
            router: pages::router(node.clone()),
            node,
            _kit: kit,
        }
    }

    /// Gets a page, or the address that it redirects to.
    pub(super) async fn get(&self, path: &str) -> (StatusCode, String) {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub(super) async fn form(&self, path: &str) -> Form {
        let (status, page) = self.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {page}");
        Form::read(&page)
    }

    pub(super) async fn post(&self, form: &Form) -> (StatusCode, String) {
        let request = Request::post(&form.action)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.encode()))
            .unwrap();
        self.send(request).await
    }

    /// Sends a file as the form of the import page does.
    pub(super) async fn upload(&self, name: &str, bytes: &[u8]) -> (StatusCode, String) {
        let head = format!(
            "--weft\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let body = [head.as_bytes(), bytes, b"\r\n--weft--\r\n"].concat();
        let request = Request::post("/import")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=weft")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    /// Sends a form that must be saved, and returns the address that follows.
    pub(super) async fn done(&self, form: &Form) -> String {
        let (status, answer) = self.post(form).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{}: {answer}", form.action);
        answer
    }

    pub(super) async fn adopt(&self, audience: &str) {
        self.adopt_one("VAX_PRIMARY", audience).await;
    }

    pub(super) async fn adopt_one(&self, code: &str, audience: &str) {
        let mut form = self.form(&format!("/indicators/{code}/decide")).await;
        form.set("status", "adopted");
        form.set("audience", audience);
        self.done(&form).await;
    }

    /// A valid value for a field.
    pub(super) async fn value(&self, field: &FieldSpec) -> String {
        match field.kind {
            FieldKind::Text { .. } | FieldKind::Prose { .. } | FieldKind::Words => {
                "Example: tēnā koe".to_owned()
            }
            FieldKind::Tags { .. } => "one; two".to_owned(),
            FieldKind::Choice(words) => words[0].to_owned(),
            // Some days may not have passed, others not come.
            FieldKind::Date => {
                let today = |replica: &mut Replica| replica.today(clock::now());
                let today = self.node.call(today).await.unwrap().unwrap();
                let day = match field.key {
                    "next" => today.tomorrow().unwrap(),
                    _ => today,
                };
                day.to_string()
            }
            FieldKind::Number | FieldKind::Amount => "12.5".to_owned(),
            FieldKind::Outcome | FieldKind::Outcomes => "VAX".to_owned(),
            FieldKind::Locations => "FN".to_owned(),
            FieldKind::Currency => "NZD".to_owned(),
            FieldKind::Organisation => "NZ-NZBN-9429041901977".to_owned(),
            FieldKind::Link => "https://www.example.nz/plan.pdf".to_owned(),
            FieldKind::Indicator => "VAX_PRIMARY".to_owned(),
            FieldKind::Area => "FAR_NORTH".to_owned(),
            FieldKind::Period => "2025-06".to_owned(),
            FieldKind::Reference(kind) | FieldKind::References(kind) => {
                let mut form = self.form(&pages::plan::add_href(kind)).await;
                form.set(kind.title(), "Example: another");
                self.done(&form).await;
                form.value("id")
            }
        }
    }

    /// Gets a file.
    pub(super) async fn download(&self, path: &str) -> (StatusCode, Vec<u8>) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, bytes.to_vec())
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, String) {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        if let Some(place) = answer.headers().get(header::LOCATION) {
            return (status, place.to_str().unwrap().to_owned());
        }
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }
}

/// The submission of the page's first form that changes something.
#[derive(Clone, Debug)]
pub(super) struct Form {
    action: String,
    fields: Vec<(String, String)>,
}

impl Form {
    pub(super) fn read(page: &str) -> Self {
        Self::after(page, "<form method=\"post\"")
    }

    /// Reads the first form that leads to an address.
    pub(super) fn to(page: &str, action: &str) -> Self {
        let (before, _) = page
            .split_once(&format!(" action=\"{action}\""))
            .unwrap_or_else(|| panic!("no form leads to {action}: {page}"));
        let at = before.rfind("<form").expect("an action is of a form");
        Self::read(&page[at..])
    }

    /// Leads the form elsewhere, as a button may.
    pub(super) fn lead(&mut self, action: &str) {
        action.clone_into(&mut self.action);
    }

    fn after(page: &str, begin: &str) -> Self {
        let (_, form) = page.split_once(begin).expect("the page has a form");
        let (form, _) = form.split_once("</form>").expect("forms end");
        let (head, body) = form.split_once('>').expect("tags end");
        let mut fields = Vec::new();
        let mut select = String::new();
        for piece in body.split('<').skip(1) {
            let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
            let (name, value) = (attribute(tag, "name"), attribute(tag, "value"));
            let has = |wanted: &str| tag.split_whitespace().any(|word| word == wanted);
            let ticked = has("checked");
            let kind = attribute(tag, "type").unwrap_or_default();
            if tag.starts_with("input") && (ticked || !["radio", "checkbox"].contains(&&*kind)) {
                fields.extend(name.zip(value));
            } else if tag.starts_with("textarea") {
                let text = text.strip_prefix('\n').unwrap_or(text);
                fields.extend(name.map(|name| (name, unescaped(text))));
            } else if tag.starts_with("select") {
                select = name.unwrap_or_default();
            } else if tag.starts_with("option") && has("selected") {
                fields.push((select.clone(), value.unwrap_or_default()));
            }
        }
        Self {
            action: attribute(head, "action").expect("forms lead somewhere"),
            fields,
        }
    }

    /// Fills in a field. Members of a set are separated by semicolons.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    pub(super) fn value(&self, name: &str) -> String {
        let field = self.fields.iter().find(|(known, _)| known == name);
        field.map_or_else(String::new, |(_, value)| value.clone())
    }

    fn encode(&self) -> String {
        let encode = |text: &str| {
            let bytes = text.bytes().map(|byte| format!("%{byte:02X}"));
            bytes.collect::<String>()
        };
        let pairs = self.fields.iter();
        let pairs = pairs.map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        pairs.collect::<Vec<_>>().join("&")
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let before = tag
        .find(&format!(" {name}=\""))
        .or_else(|| tag.find(&format!("\n{name}=\"")))?;
    let (_, rest) = tag[before..].split_once('"')?;
    let (value, _) = rest.split_once('"')?;
    Some(unescaped(value))
}

fn unescaped(text: &str) -> String {
    let marks = [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
    ];
    marks.iter().fold(text.to_owned(), |text, (mark, plain)| {
        text.replace(mark, plain)
    })
}
