//! `/openapi.json`: the data interface, described for programs.

use axum::{extract::State, http::HeaderMap, response::Response};
use serde_json::{Map, Value};
use utoipa::{
    Modify, OpenApi, ToSchema,
    openapi::{
        ContentBuilder, Ref, ResponseBuilder,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use weft_host::answer::tagged;

use super::Api;

/// One page of the rollup.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "it only describes the JSON that is written by hand"
)]
pub(super) struct RollupPage {
    /// Rows by the names of the CSV columns. A column that does not apply is null, never zero.
    /// `unit` is the unit of `value`. A row with `n_areas` below `n_areas_expected` is partial:
    /// `status_reason` says which areas are missing, and why; `obs_status` is that of the areas in
    /// it. If a row cannot be compared with the one before it in its series (the definition or the
    /// base changed), `status_reason` says so first. `base_changed` is true in the period in which
    /// the base changed. Where the query has `as_of`, each row has the moment under that name.
    data: Vec<Map<String, Value>>,
    /// The cursor of the next page, null on the last one.
    next: Option<String>,
    /// "not disclosure-controlled, not for publication"
    notice: String,
}

/// One page of released rows.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "it only describes the JSON that is written by hand"
)]
pub(super) struct ReleasedPage {
    /// Rows by the names of the columns, which /data/{dataset}/{release}/dictionary.csv explains. A
    /// column that does not apply is null, never zero; a withheld figure is null with `conf_status`
    /// C.
    data: Vec<Map<String, Value>>,
    /// The cursor of the next page, null on the last one. It holds for this release and this query,
    /// also after a newer release has gone out.
    next: Option<String>,
}

/// A whole code list.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "it only describes the JSON that is written by hand"
)]
pub(super) struct ListPage {
    /// Rows by the names of the CSV columns.
    data: Vec<Map<String, Value>>,
    /// Always null: lists have one page.
    next: Option<String>,
    /// "not disclosure-controlled, not for publication"; not of releases
    notice: Option<String>,
}

/// Problem details (RFC 9457).
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "it only describes the JSON that is written by hand"
)]
pub(super) struct ProblemBody {
    /// Always "about:blank": `status` tells problems apart.
    r#type: String,
    /// The meaning of the status.
    title: String,
    /// The HTTP status.
    status: u16,
    /// The problem, its cause, and the next step.
    detail: String,
    /// The parameter that is wrong.
    parameter: Option<String>,
    /// The values it may have.
    allowed: Option<Vec<String>>,
    /// "not disclosure-controlled, not for publication"; not of releases
    notice: Option<String>,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Weft: rollups of a network",
        description = "Released figures, for analysts: a filter over the rows of releases, each as \
            in the files under /data. Counts are rounded and small ones withheld. For the national \
            team also live figures, where a query names no dataset and no release: the values that \
            locations shared, added up, not disclosure-controlled and not for publication. Each \
            such answer says so in the header weft-notice, and JSON in the field notice. Lists of \
            releases have the columns dataset and release.",
    ),
    components(schemas(RollupPage, ReleasedPage, ListPage, ProblemBody)),
    modifiers(&Tokens),
    tags(
        (name = "figures", description = "The figures, as one long table"),
        (name = "agenda", description = "What was put to all locations, asked and learnt"),
        (name = "lists", description = "Codes and their meanings"),
        (name = "releases", description = "Releases, compared and counted"),
    ),
)]
struct Description;

struct Tokens;

impl Modify for Tokens {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let components = description.components.get_or_insert_default();
        let schemes = [
            ("bearer", HttpAuthScheme::Bearer, BEARER),
            ("basic", HttpAuthScheme::Basic, BASIC),
        ];
        for (name, scheme, about) in schemes {
            let scheme = HttpBuilder::new().scheme(scheme).description(Some(about));
            components.add_security_scheme(name, SecurityScheme::Http(scheme.build()));
        }
    }
}

/// Adds to each path the refusals that any of them may answer with.
pub(super) fn with_refusals(mut description: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    for item in description.paths.paths.values_mut() {
        for (status, about) in REFUSALS {
            let schema = Ref::from_schema_name("ProblemBody");
            let problem = ContentBuilder::new().schema(Some(schema)).build();
            let response = ResponseBuilder::new()
                .description(about)
                .content("application/problem+json", problem);
            if let Some(get) = &mut item.get {
                get.responses
                    .responses
                    .insert(status.to_owned(), response.build().into());
            }
        }
    }
    description
}

/// The description before the routes add themselves.
pub(super) fn description() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

pub(super) async fn answer(State(api): State<Api>, headers: HeaderMap) -> Response {
    tagged(
        &headers,
        "application/json",
        None,
        api.openapi.as_bytes().to_vec(),
    )
}

const BEARER: &str = "A token: weft_ and 72 letters and digits. It is made at /account, for a \
     purpose that locations read, and it ends. It is never in an address.";
const BASIC: &str = "The same token as the password; the user's name is not looked at.";
const REFUSALS: [(&str, &str); 4] = [
    (
        "401",
        "No token, or one that opens nothing: mistyped, over, revoked, or its person is locked",
    ),
    (
        "406",
        "Accept asks for none of the formats that this has; `allowed` lists them",
    ),
    (
        "412",
        "If-Match names another version than there is now; ETag names this one, unless it is of \
         rows that have not been read",
    ),
    (
        "429",
        "More than 120 requests a minute with this token, or more than 4 at once; Retry-After says \
         when to ask again",
    ),
];
