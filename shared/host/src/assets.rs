//! The look of both programs' pages: one stylesheet, one typeface and one script,
//! embedded in the binary.
//!
//! `assets/README.md` names the classes and says how a page is put together.

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use weft_shared::id::sha256_prefix;

/// Every asset lies below this path. Put it into the open paths of a guard.
pub const PATH: &str = "/assets/";

/// The whole stylesheet.
pub const STYLESHEET: &str = concat!(
    include_str!("../assets/style/1-ground.css"),
    include_str!("../assets/style/2-shell.css"),
    include_str!("../assets/style/3-data.css"),
    include_str!("../assets/style/4-parts.css"),
    include_str!("../assets/style/5-forms.css"),
    include_str!("../assets/style/6-print.css"),
);

/// The stylesheet inside the file of a report, which prints on A4 and opens in a word processor.
pub const REPORT: &str = include_str!("../assets/report.css");

/// Returns the routes of all assets.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let add = |router: Router<S>, asset: &'static Asset| {
        let answer = move |headers: HeaderMap| async move { asset.answer(&headers) };
        router.route(&format!("{PATH}{}", asset.name), get(answer))
    };
    ASSETS.iter().fold(Router::new(), add)
}

#[derive(Debug)]
struct Asset {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

impl Asset {
    /// Answers with the bytes, or with "not modified" if the browser has them.
    ///
    /// A browser asks each time, so that a new release of the program never meets an old
    /// stylesheet. Without a change the answer is a few bytes from this computer or the hub.
    fn answer(&self, headers: &HeaderMap) -> Response {
        let tag = sha256_prefix::<8>("weft/asset/1", &[self.bytes]);
        let tag = format!("\"{:016x}\"", u64::from_be_bytes(tag));
        let common = [
            (header::ETAG, tag.clone()),
            (header::CACHE_CONTROL, "no-cache".to_owned()),
            (header::CONTENT_TYPE, self.kind.to_owned()),
        ];
        let known = headers.get(header::IF_NONE_MATCH);
        // A proxy or a compressing layer may have marked the tag as weak.
        let known = known.map(|known| known.as_bytes());
        let known = known.map(|known| known.strip_prefix(b"W/").unwrap_or(known));
        if known == Some(tag.as_bytes()) {
            return (StatusCode::NOT_MODIFIED, common).into_response();
        }
        (common, self.bytes).into_response()
    }
}

static ASSETS: [Asset; 5] = [
    Asset {
        name: "weft.css",
        kind: "text/css; charset=utf-8",
        bytes: STYLESHEET.as_bytes(),
    },
    Asset {
        name: "weft.js",
        kind: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/weft.js"),
    },
    Asset {
        name: "passkey.js",
        kind: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/passkey.js"),
    },
    Asset {
        name: "weft-sans-latin.woff2",
        kind: "font/woff2",
        bytes: include_bytes!("../assets/weft-sans-latin.woff2"),
    },
    Asset {
        name: "weft-sans-macrons.woff2",
        kind: "font/woff2",
        bytes: include_bytes!("../assets/weft-sans-macrons.woff2"),
    },
];
