//! Which role opens which route: the one table of it.
//!
//! A route that the table lacks opens for no one, and a test walks the router to find one.

use super::{
    roles::Role,
    scope::Scope,
    visitor::{Signed, Visitor},
};

/// The need of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing.
    Open,
    /// A sign-in, whatever the role.
    Signed,
    /// A sign-in of the last ten minutes, whatever the role.
    Fresh,
    /// Released figures: analyst or national, or a token.
    Released,
    /// Figures: analyst or national, a token, or nothing if anybody may read the release. How much
    /// somebody may read is known behind the door alone, so strangers are looked at there.
    Data,
    /// Records and figures of locations: national.
    National,
    /// Lists of what locations said and asked: national, or a token that reads live figures.
    Live,
    /// Words of the national team that are not published yet: national, and a sign-in.
    Writer,
    /// The making of releases, and changes of what the network measures: national, and a sign-in
    /// of the last ten minutes.
    Maker,
    /// An admin who signed in lately, with a passkey.
    Admin,
    /// A program on this computer, such as a monitor.
    Local,
}

impl Need {
    /// Whether a token counts here, and then before a session. It counts nowhere else.
    pub(crate) const fn takes_tokens(self) -> bool {
        matches!(self, Self::Released | Self::Data | Self::Live)
    }
}

/// The answer of the table to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is answered.
    Pass,
    /// Somebody must sign in.
    SignIn,
    /// They must sign in again, because it is a while since they did.
    SignInAgain,
    /// They have the role for it, and need a passkey.
    NeedsPasskey,
    /// Their token is for less.
    OutOfScope,
    /// There is no such thing for them.
    Unknown,
}

/// A route, and what it needs.
#[derive(Clone, Copy, Debug)]
struct Rule(&'static str, Need);

/// Returns the need of a route, by its path in the router.
pub(crate) fn need(path: &str) -> Option<Need> {
    let rule = ROUTES.iter().find(|Rule(known, _)| *known == path);
    rule.map(|Rule(_, need)| *need)
}

/// Judges a request for a route that has this need.
pub(crate) fn judge(need: Need, visitor: &Visitor, is_local: bool) -> Verdict {
    match (need, visitor) {
        (Need::Open, _) => Verdict::Pass,
        (Need::Local, _) if is_local => Verdict::Pass,
        (Need::Local, _) => Verdict::Unknown,
        // A hub without people is for trying out: all of it but what is of a person.
        (Need::Signed | Need::Fresh | Need::Writer | Need::Maker | Need::Admin, Visitor::Here) => {
            Verdict::Unknown
        }
        (_, Visitor::Here) => Verdict::Pass,
        (Need::Data, Visitor::Stranger) => Verdict::Pass,
        (_, Visitor::Stranger) => Verdict::SignIn,
        (_, Visitor::Signed(signed)) => of_person(need, signed),
        (Need::Released | Need::Data, Visitor::Token(_)) => Verdict::Pass,
        (Need::Live, Visitor::Token(bearer)) => match bearer.scope {
            Scope::Live => Verdict::Pass,
            Scope::Releases => Verdict::OutOfScope,
        },
        // A token makes no token, and changes nothing else.
        (_, Visitor::Token(_)) => Verdict::Unknown,
    }
}

/// Whether a visitor may know that there is such a route, whether or not they must sign in again.
pub(crate) fn may_know(need: Need, visitor: &Visitor) -> bool {
    !matches!(
        judge(need, visitor, false),
        Verdict::Unknown | Verdict::NeedsPasskey
    )
}

fn of_person(need: Need, signed: &Signed) -> Verdict {
    let has = |role| signed.roles.has(role);
    let may = match need {
        Need::Open | Need::Signed | Need::Fresh => true,
        Need::Released | Need::Data => has(Role::Analyst) || has(Role::National),
        Need::National | Need::Live | Need::Writer | Need::Maker => has(Role::National),
        Need::Admin => has(Role::Admin),
        Need::Local => false,
    };
    match (may, need) {
        (true, Need::Admin | Need::Maker | Need::Fresh) if !signed.fresh => Verdict::SignInAgain,
        (true, _) => Verdict::Pass,
        (false, Need::Admin) if signed.needs_passkey => Verdict::NeedsPasskey,
        (false, _) => Verdict::Unknown,
    }
}

/// Every route of the national team's pages and of the data interface.
const ROUTES: &[Rule] = &[
    Rule("/", Need::National),
    Rule("/account", Need::Signed),
    Rule("/account/passkeys", Need::Fresh),
    Rule("/account/passkeys/end", Need::Fresh),
    Rule("/account/sessions/end", Need::Signed),
    Rule("/account/tokens", Need::Fresh),
    Rule("/account/tokens/revoke", Need::Signed),
    Rule("/admin", Need::Admin),
    Rule("/admin/definitions", Need::Maker),
    Rule("/admin/definitions/file", Need::Maker),
    Rule("/admin/definitions/{code}/{version}", Need::Maker),
    Rule("/admin/devices", Need::Admin),
    Rule("/admin/devices/{id}/block", Need::Admin),
    Rule("/admin/devices/{id}/unblock", Need::Admin),
    Rule("/admin/health", Need::Admin),
    Rule("/admin/invites", Need::Admin),
    Rule("/admin/invites/revoke", Need::Admin),
    Rule("/admin/ledger", Need::Admin),
    Rule("/admin/ledger.csv", Need::Admin),
    Rule("/admin/locations/{code}/confirm", Need::Admin),
    Rule("/admin/people", Need::Admin),
    Rule("/admin/people/seen", Need::Admin),
    Rule("/admin/people/{number}", Need::Admin),
    Rule("/admin/people/{number}/confirm", Need::Admin),
    Rule("/admin/people/{number}/end", Need::Admin),
    Rule("/admin/people/{number}/lock", Need::Admin),
    Rule("/admin/people/{number}/reset", Need::Admin),
    Rule("/admin/people/{number}/roles", Need::Admin),
    Rule("/admin/people/{number}/unlock", Need::Admin),
    Rule("/admin/tokens", Need::Admin),
    Rule("/admin/tokens/revoke", Need::Admin),
    Rule("/agenda", Need::National),
    Rule("/agenda.csv", Need::National),
    Rule("/agenda/new", Need::Writer),
    Rule("/agenda/publish", Need::Maker),
    Rule("/agenda/{id}", Need::National),
    Rule("/agenda/{id}/close", Need::Maker),
    Rule("/agenda/{id}/edit", Need::Writer),
    Rule("/answers.csv", Need::National),
    Rule("/api", Need::Released),
    Rule("/api/v1/agenda", Need::Live),
    Rule("/api/v1/answers", Need::Live),
    Rule("/api/v1/areas", Need::Data),
    Rule("/api/v1/changes", Need::Data),
    Rule("/api/v1/codes/{list}", Need::Data),
    Rule("/api/v1/coverage", Need::Data),
    Rule("/api/v1/indicators", Need::Data),
    Rule("/api/v1/investments", Need::Released),
    Rule("/api/v1/locations", Need::Data),
    Rule("/api/v1/markers", Need::Live),
    Rule("/api/v1/money", Need::Released),
    Rule("/api/v1/need", Need::Released),
    Rule("/api/v1/partners", Need::Live),
    Rule("/api/v1/periods", Need::Data),
    Rule("/api/v1/requests", Need::Live),
    Rule("/api/v1/reviews", Need::Live),
    Rule("/api/v1/rollups", Need::Data),
    Rule("/api/v1/sight", Need::Live),
    Rule("/api/v1/ties", Need::Live),
    Rule("/api/{*path}", Need::Released),
    Rule("/assets/passkey.js", Need::Open),
    Rule("/assets/weft-sans-latin.woff2", Need::Open),
    Rule("/assets/weft-sans-macrons.woff2", Need::Open),
    Rule("/assets/weft.css", Need::Open),
    Rule("/assets/weft.js", Need::Open),
    Rule("/coverage", Need::National),
    Rule("/coverage.csv", Need::National),
    Rule("/data", Need::Data),
    Rule("/data.json", Need::Data),
    Rule("/data/", Need::Data),
    Rule("/data/{dataset}", Need::Data),
    Rule("/data/{dataset}/latest", Need::Data),
    Rule("/data/{dataset}/latest/{file}", Need::Data),
    Rule("/data/{dataset}/releases.json", Need::Data),
    Rule("/data/{dataset}/{release}", Need::Data),
    Rule("/data/{dataset}/{release}/", Need::Data),
    Rule("/data/{dataset}/{release}/{file}", Need::Data),
    Rule("/definitions", Need::National),
    Rule("/definitions.csv", Need::National),
    Rule("/healthz", Need::Open),
    Rule("/indicators", Need::National),
    Rule("/indicators.csv", Need::National),
    Rule("/indicators/{code}", Need::National),
    Rule("/initiatives.csv", Need::National),
    Rule("/insights", Need::National),
    Rule("/insights.csv", Need::National),
    Rule("/insights/{location}/{id}", Need::National),
    Rule("/investment", Need::National),
    Rule("/investment.csv", Need::National),
    Rule("/investment/need.csv", Need::National),
    Rule("/investment/questions.csv", Need::National),
    Rule("/investment/sum.csv", Need::National),
    Rule("/investment/{outcome}", Need::National),
    Rule("/invite/{secret}", Need::Open),
    Rule("/invite/{secret}/passkey", Need::Open),
    Rule("/learning", Need::National),
    Rule("/learning/new", Need::Writer),
    Rule("/locations", Need::National),
    Rule("/locations.csv", Need::National),
    Rule("/locations/{code}", Need::National),
    Rule("/markers.csv", Need::National),
    Rule("/metrics", Need::Local),
    Rule("/money", Need::National),
    Rule("/money.csv", Need::National),
    Rule("/money/new", Need::Writer),
    Rule("/money/{id}", Need::National),
    Rule("/money/{id}/edit", Need::Writer),
    Rule("/money/{id}/line", Need::Writer),
    Rule("/money/{id}/line/back", Need::Writer),
    Rule("/openapi.json", Need::Released),
    Rule("/partners", Need::National),
    Rule("/partners.csv", Need::National),
    Rule("/readyz", Need::Local),
    Rule("/releases", Need::Maker),
    Rule("/releases/{dataset}/{release}", Need::Maker),
    Rule("/report", Need::National),
    Rule("/report.zip", Need::National),
    Rule("/requests", Need::National),
    Rule("/requests.csv", Need::National),
    Rule("/requests/{location}/{id}", Need::Writer),
    Rule("/reviews.csv", Need::National),
    Rule("/shifted.csv", Need::National),
    Rule("/sign-in", Need::Open),
    Rule("/sign-in/passkey", Need::Open),
    Rule("/sign-out", Need::Signed),
    Rule("/ties.csv", Need::National),
];

/// Returns every path of the table, as the router names them, such as `/locations/{code}`.
pub fn paths() -> impl Iterator<Item = &'static str> {
    ROUTES.iter().map(|Rule(path, _)| *path)
}
