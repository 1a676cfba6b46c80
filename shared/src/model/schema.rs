//! The names of documents, of their containers and of the fields of records. No other code has
//! them.
//!
//! Commands, forms and checks are derived from the table [`RecordKind::fields`].

mod fields;
mod names;

use std::str::FromStr;

pub use self::fields::{FieldKind, FieldSpec, Owner};
use super::{Audience, insight, investment, item, plan, review, words};
use crate::{id::DocName, text::BadText};

/// The schema version of the first change of new documents; another one makes other documents.
pub const SCHEMA_VERSION: u32 = 1;

/// The field for the audience, which every record has.
pub const AUDIENCE: &str = "audience";
/// [`AUDIENCE`] as a form of the hub asks for it: the hub's words go to all nodes.
pub const HUB_AUDIENCE: &FieldSpec =
    &FieldSpec::required(AUDIENCE, "Audience", FieldKind::Choice(HUB_AUDIENCES))
        .hint("Network for all teams, released for analysts as well");
const HUB_AUDIENCES: &[&str] = &["network", "released"];
/// The field for how far the teller of an insight agreed that it may travel.
pub const CONSENT: &str = "consent";
/// The field that orders records among others of their kind; see
/// [`order_after`](super::order::order_after).
pub const ORDER: &str = "order";
/// Set if a person removed the record. Nothing is deleted, so no colleague's edit is lost.
pub const REMOVED: &str = "removed";
/// The value of [`REMOVED`] if a person decided to keep the record after all.
pub const KEPT: &str = "false";
/// Set on the remainder of a record that was moved: the name of the new document.
pub const MOVED: &str = "moved";
/// Set on an insight that its teller took back; its words are deleted everywhere.
pub const WITHDRAWN: &str = "withdrawn";
/// The hash of a record's words, which are a separate blob.
pub const WORDS_HASH: &str = "text_hash";
/// Number of bytes of those words.
pub const WORDS_BYTES: &str = "text_bytes";
/// The hashes of earlier words of a record, as a set. Every device that holds them deletes them.
pub const WORDS_BEFORE: &str = "text_before";
/// Fields about which people never disagree: the length of words goes with their hash, and a
/// removal is disputed as a whole.
pub const QUIET: [&str; 4] = [ORDER, REMOVED, MOVED, WORDS_BYTES];
/// The setting of the network's time zone.
pub const TIME_ZONE: &str = "time_zone";
/// The setting of the indicators that the overview shows first: codes, with blanks between them.
pub const HEADLINE: &str = "headline";
/// The setting of where locations stand on the map: `FN=1,2 WT=2,2`, row and column of each.
pub const TILES: &str = "tiles";
/// The setting of the days that the national team has to answer a request, as a whole number.
pub const ANSWER_DAYS: &str = "answer_days";
/// The value of a flag that is set, and of each member of a set.
pub const SET: &str = "true";

/// A document of a location or of the hub, by its content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DocKind {
    /// Names, lead providers, people, adopted indicators, and definitions of its own indicators.
    Profile,
    /// The location's plan; the number is 1 for `plan`, 2 for `plan/2`.
    Plan(u32),
    /// The values of one reporting year. Part 1 is `observations/2023`; part 2,
    /// `observations/2023/2`, continues the year once part 1 is full.
    Observations(i16, u32),
    /// The insights of one year; part 1 is `insights/2026`, part 2 `insights/2026/2`.
    Insights(i16, u32),
    /// Investments and their lines, the hub's or a location's; 1 for `money`, 2 for `money/2`.
    Money(u32),
    /// A location's answers and reviews of one year; part 1 is `answers/2026`, part 2
    /// `answers/2026/2`.
    Answers(i16, u32),
    /// Records with the audience `team`, sealed for the location's devices.
    Team,
    /// The hub's settings and locations.
    Network,
    /// The hub's indicator definitions.
    Definitions,
    /// The network's aims and what the hub puts to all locations: targets, outcomes, items of the
    /// agenda, its partners, reviews and answers, and what it quotes of locations.
    Agenda,
    /// The sources of the published figures, by the number of each import.
    Sources,
    /// Published figures of one import and one reporting year: `published/3/2018`, and then
    /// `published/3/2018/2`.
    Published(u32, i16, u32),
    /// Notices of releases, and the chain of those that went out.
    Releases,
    /// The people who may read what locations share.
    Readers,
}

/// The containers of a kind of document, by the change that makes them.
pub type Generations = &'static [&'static [Container]];

/// A name that is not a document's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no document is called \"{name}\"")]
pub struct UnknownDocument {
    /// The text, cut to 64 characters.
    pub name: String,
}

impl UnknownDocument {
    fn of(name: &str) -> Self {
        let name = name.chars().take(64).collect();
        Self { name }
    }
}

impl DocKind {
    /// The kind of a document, if this version reads documents of that name and epoch.
    ///
    /// Hub and nodes keep every other document, pass it on and derive nothing from it.
    ///
    /// # Errors
    /// If a newer version must read it: no epoch but the first is known.
    pub fn of(document: &DocName) -> Result<Self, UnknownDocument> {
        match document.epoch {
            0 => document.name.parse(),
            _ => Err(UnknownDocument::of(&document.to_string())),
        }
    }

    /// Whether this document is sealed for the location's devices.
    pub const fn is_sealed(self) -> bool {
        matches!(self, Self::Team)
    }

    /// Whether `owner` has a document of this kind. The gate refuses everybody else's: the hub
    /// cannot write a location's answers, and a location no agenda. Both have money, each its own.
    pub const fn is_of(self, owner: Owner) -> bool {
        match self {
            Self::Network
            | Self::Definitions
            | Self::Agenda
            | Self::Sources
            | Self::Published(..)
            | Self::Releases
            | Self::Readers => matches!(owner, Owner::Hub),
            Self::Profile
            | Self::Plan(_)
            | Self::Observations(..)
            | Self::Insights(..)
            | Self::Answers(..)
            | Self::Team => matches!(owner, Owner::Location),
            Self::Money(_) => true,
        }
    }

    /// The containers that a document of this kind begins with, followed by those of each later
    /// change that extended the kind.
    ///
    /// Every replica computes one change for each of these lists (`weft/genesis/1`,
    /// `weft/genesis/2`, ...), each built on the one before it. **To give a kind another container,
    /// add a list at its end.** An existing list never changes: its change has a hash, and the
    /// changes of every device build on that. Increase `DERIVATION_VERSION` of
    /// [`document`](crate::document) with it, so that stores read again any changes that were held
    /// back for it. A test pins the new change (`what_everybody_begins_with_never_changes`).
    ///
    /// A replica that does not know a list holds back the changes that were made on top of it.
    pub const fn generations(self) -> Generations {
        use Container as C;
        const PLAN: &[Container] = &[
            C::Outcomes,
            C::Initiatives,
            C::Actions,
            C::Partners,
            C::Relationships,
            C::Opportunities,
            C::Markers,
            C::Targets,
        ];
        const TEAM: &[Container] = &[
            C::Adoptions,
            C::Outcomes,
            C::Initiatives,
            C::Actions,
            C::Partners,
            C::Relationships,
            C::Opportunities,
            C::Markers,
            C::Targets,
            C::Insights,
            C::Observations,
            C::Notes,
        ];
        match self {
            Self::Profile => &[
                &[C::Names, C::Providers, C::People, C::Adoptions],
                &[C::Definitions],
            ],
            Self::Plan(_) => &[PLAN],
            Self::Observations(..) => &[&[C::Observations, C::Notes]],
            Self::Insights(..) => &[&[C::Insights]],
            Self::Team => &[
                TEAM,
                &[C::Definitions],
                &[C::Investments, C::Lines, C::Reviews],
            ],
            Self::Network => &[&[C::Settings, C::Locations]],
            Self::Definitions => &[&[C::Definitions]],
            Self::Agenda => &[
                &[C::Targets],
                &[
                    C::Outcomes,
                    C::Partners,
                    C::Relationships,
                    C::Items,
                    C::Reviews,
                    C::Answers,
                    C::Quotes,
                ],
            ],
            Self::Money(_) => &[&[C::Investments, C::Lines]],
            Self::Answers(..) => &[&[C::Answers, C::Reviews]],
            Self::Sources => &[&[C::Sources]],
            Self::Releases => &[&[C::Notices, C::Releases]],
            Self::Readers => &[&[C::Readers]],
            Self::Published(..) => &[&[C::Observations]],
        }
    }

    /// All containers of this document.
    pub fn containers(self) -> impl Iterator<Item = Container> {
        self.generations().iter().copied().flatten().copied()
    }

    /// Whether this document has `container`.
    pub fn has(self, container: Container) -> bool {
        self.containers().any(|one| one == container)
    }
}

/// Says how to continue if a document is nearly full, in words for people. `None` stands for a name
/// that this version cannot read.
pub const fn goes_on(kind: Option<DocKind>) -> &'static str {
    match kind {
        Some(DocKind::Observations(..)) => "new values of its year go into a further part",
        Some(
            DocKind::Plan(_) | DocKind::Insights(..) | DocKind::Money(_) | DocKind::Answers(..),
        ) => "new records go into a further part; once it is full, these can only be read",
        Some(_) => "once it is full, it can only be read",
        None => "a newer version knows what it is",
    }
}

words! {
    /// A top-level map of a document, created by one of the document's first changes.
    Container, "container" {
        /// The location's names: language to name.
        Names = "names" / "names",
        /// Lead providers: id to name.
        Providers = "providers" / "lead providers",
        /// People: id to display name.
        People = "people" / "people",
        /// Adopted or declined indicators: code to adoption.
        Adoptions = "adoptions" / "adopted indicators",
        /// Records; see [`RecordKind::Outcome`].
        Outcomes = "outcomes" / "outcomes",
        /// Records; see [`RecordKind::Initiative`].
        Initiatives = "initiatives" / "initiatives",
        /// Records; see [`RecordKind::Action`].
        Actions = "actions" / "actions",
        /// Records; see [`RecordKind::Partner`].
        Partners = "partners" / "partners",
        /// Records; see [`RecordKind::Relationship`].
        Relationships = "relationships" / "relationships",
        /// Records; see [`RecordKind::Opportunity`].
        Opportunities = "opportunities" / "opportunities",
        /// Records; see [`RecordKind::Marker`].
        Markers = "markers" / "system-change markers",
        /// Records; see [`RecordKind::Target`].
        Targets = "targets" / "targets",
        /// Records; see [`RecordKind::Insight`].
        Insights = "insights" / "insights",
        /// Records; see [`RecordKind::Item`].
        Items = "items" / "items of the agenda",
        /// Records; see [`RecordKind::Investment`].
        Investments = "investments" / "investments",
        /// Records; see [`RecordKind::Review`].
        Reviews = "reviews" / "learning reviews",
        /// Lines of money: key to one whole statement.
        Lines = "lines" / "lines of money",
        /// Answers: key of what is answered to one whole statement.
        Answers = "answers" / "answers",
        /// Quotes of locations by the hub: key to canonical JSON.
        Quotes = "quotes" / "quotes of locations",
        /// Observations: key to one whole statement.
        Observations = "observations" / "observations",
        /// Notes: key of an observation to text.
        Notes = "notes" / "notes",
        /// The network's settings: name to text.
        Settings = "settings" / "settings",
        /// The network's locations: code to place.
        Locations = "locations" / "locations",
        /// Indicator definitions: `CODE/version` to canonical JSON; and the settings of each:
        /// `CODE/version/setting` to text.
        Definitions = "definitions" / "indicator definitions",
        /// Sources of published figures: number of the import to canonical JSON.
        Sources = "sources" / "sources of published figures",
        /// Notices of releases: `dataset/number` to canonical JSON.
        Notices = "notices" / "notices of releases",
        /// The chain of releases: number of the link to canonical JSON.
        Releases = "releases" / "releases",
        /// People who may read: number of the person to canonical JSON.
        Readers = "readers" / "people who may read",
    }
}

words! {
    /// The kind of a record.
    RecordKind, "kind of record" {
        /// The result for a population that initiatives work towards.
        Outcome = "outcome" / "outcome",
        /// A piece of work towards outcomes.
        Initiative = "initiative" / "initiative",
        /// A task for an initiative.
        Action = "action" / "action",
        /// An organisation.
        Partner = "partner" / "partner",
        /// A change in the tie with a partner.
        Relationship = "relationship" / "relationship",
        /// Something that someone could act on.
        Opportunity = "opportunity" / "opportunity",
        /// A condition that shifted: from what to what, on what evidence.
        Marker = "marker" / "system-change marker",
        /// The value hoped for, by whom and why.
        Target = "target" / "target",
        /// Something that was heard or learnt.
        Insight = "insight" / "insight",
        /// A thing that the national team puts to all locations.
        Item = "item" / "item of the agenda",
        /// Money or work that a funder gives, to whom and for what.
        Investment = "investment" / "investment",
        /// A look back: what moved, the story behind it, and what was decided.
        Review = "review" / "learning review",
    }
}

impl RecordKind {
    /// The container that holds records of this kind.
    pub const fn container(self) -> Container {
        match self {
            Self::Outcome => Container::Outcomes,
            Self::Initiative => Container::Initiatives,
            Self::Action => Container::Actions,
            Self::Partner => Container::Partners,
            Self::Relationship => Container::Relationships,
            Self::Opportunity => Container::Opportunities,
            Self::Marker => Container::Markers,
            Self::Target => Container::Targets,
            Self::Insight => Container::Insights,
            Self::Item => Container::Items,
            Self::Investment => Container::Investments,
            Self::Review => Container::Reviews,
        }
    }

    /// The kind of the records in `container`; `None` if it holds no records.
    pub fn of(container: Container) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.container() == container)
    }

    /// The first document for a location's records of this kind. It depends on their audience, and
    /// for insights and reviews also on their year.
    pub fn document(self, audience: Audience, year: i16) -> DocKind {
        match self {
            _ if audience == Audience::Team => DocKind::Team,
            Self::Insight => DocKind::Insights(year, 1),
            Self::Review => DocKind::Answers(year, 1),
            Self::Investment => DocKind::Money(1),
            Self::Outcome
            | Self::Initiative
            | Self::Action
            | Self::Partner
            | Self::Relationship
            | Self::Opportunity
            | Self::Marker
            | Self::Target
            | Self::Item => DocKind::Plan(1),
        }
    }

    /// Whether `owner` has records of this kind.
    pub fn is_of(self, owner: Owner) -> bool {
        match owner {
            Owner::Hub => {
                DocKind::Agenda.has(self.container()) || DocKind::Money(1).has(self.container())
            }
            Owner::Location => self != Self::Item,
        }
    }

    /// The fields that `owner` fills in, in the order of a form.
    pub fn fields_of(self, owner: Owner) -> impl Iterator<Item = &'static FieldSpec> {
        self.fields().iter().filter(move |field| field.is_of(owner))
    }

    /// The fields that people fill in, in the order of a form. Every record also has [`AUDIENCE`]
    /// and flags that commands set.
    pub const fn fields(self) -> &'static [FieldSpec] {
        match self {
            Self::Outcome => plan::OUTCOME,
            Self::Initiative => plan::INITIATIVE,
            Self::Action => plan::ACTION,
            Self::Partner => plan::PARTNER,
            Self::Relationship => plan::RELATIONSHIP,
            Self::Opportunity => plan::OPPORTUNITY,
            Self::Marker => plan::MARKER,
            Self::Target => plan::TARGET,
            Self::Insight => insight::INSIGHT,
            Self::Item => item::ITEM,
            Self::Investment => investment::INVESTMENT,
            Self::Review => review::REVIEW,
        }
    }

    /// Whether a field records a removal: [`SET`], or [`KEPT`] if it was reversed.
    pub fn is_removal(field: Option<&str>) -> bool {
        field == Some(REMOVED)
    }

    /// The field called `key`.
    pub fn field(self, key: &str) -> Option<&'static FieldSpec> {
        self.fields().iter().find(|field| field.key == key)
    }

    /// Whether this version reads `key` in records of this kind: as a field, a set or a flag.
    pub fn knows(self, key: &str) -> bool {
        const FLAGS: [&str; 8] = [
            AUDIENCE,
            ORDER,
            REMOVED,
            MOVED,
            WITHDRAWN,
            WORDS_HASH,
            WORDS_BYTES,
            WORDS_BEFORE,
        ];
        FLAGS.contains(&key) || self.field(key).is_some()
    }

    /// The field that lists and links show.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Outcome | Self::Initiative | Self::Partner => "name",
            Self::Action | Self::Opportunity => "what",
            Self::Relationship => "partner",
            Self::Marker => "condition",
            Self::Target => "indicator",
            Self::Insight => "themes",
            Self::Item | Self::Investment => "title",
            Self::Review => "question",
        }
    }
}

/// The key of one member of a set within a record's map.
pub fn member_key(field: &str, member: &str) -> String {
    format!("{field}/{member}")
}

/// The set field and the member of `key`; `None` if it is a plain field.
pub fn split_member(key: &str) -> Option<(&str, &str)> {
    key.split_once('/')
}

/// Parses a kind of record by its word or its plural, as commands and paths name it.
///
/// # Errors
/// If the text is not a kind. The error lists the kinds.
pub fn record_kind(text: &str) -> Result<RecordKind, BadText> {
    let plural = Container::from_str(text).ok().and_then(RecordKind::of);
    plural.map_or_else(|| text.parse(), Ok)
}

#[cfg(test)]
mod tests;
