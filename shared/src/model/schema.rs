//! The only place that knows how documents, their containers and the fields of records are named.
//!
//! Everything is a table: commands, forms and checks are made from [`RecordKind::fields`].

use std::{fmt, str::FromStr};

use super::{Audience, BadWord, insight, plan, words};

/// The schema that a document's first change is made from; a new one makes new documents.
pub const SCHEMA_VERSION: u32 = 1;

/// The field every record has: how far it may travel.
pub const AUDIENCE: &str = "audience";
/// The field that orders records among others of their kind; see
/// [`order_between`](super::record::order_between).
pub const ORDER: &str = "order";
/// Set where a person removed the record; nothing is deleted, so no colleague's edit is lost.
pub const REMOVED: &str = "removed";
/// The value of [`REMOVED`] if somebody decided to keep the record after all.
pub const KEPT: &str = "false";
/// Set on what a record leaves behind where it was moved to: the name of that document.
pub const MOVED: &str = "moved";
/// Set on an insight whose teller took it back; its words are deleted everywhere.
pub const WITHDRAWN: &str = "withdrawn";
/// The hash of a record's words, which are a blob of their own.
pub const WORDS_HASH: &str = "text_hash";
/// How many bytes those words have.
pub const WORDS_BYTES: &str = "text_bytes";
/// The hashes of words that a record had before, as a set: whoever holds them deletes them.
pub const WORDS_BEFORE: &str = "text_before";
/// The network's setting that names its time zone.
pub const TIME_ZONE: &str = "time_zone";
/// The value of a flag that is set, and of each member of a set.
pub const SET: &str = "true";

/// A document of a location or of the hub, by what it holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DocKind {
    /// Names, lead providers, people, adopted indicators.
    Profile,
    /// What the location wants to do; the number is 1 for `plan`, 2 for `plan/2`.
    Plan(u32),
    /// The values of one reporting year; part 1 is `observations/2023`, part 2
    /// `observations/2023/2`, in which the year goes on once part 1 has no room left.
    Observations(i16, u32),
    /// What was heard in one year; part 1 is `insights/2026`, part 2 `insights/2026/2`.
    Insights(i16, u32),
    /// Whatever has the audience `team`: never leaves the device until sealing exists.
    Team,
    /// The hub's settings and locations.
    Network,
    /// The hub's indicator definitions.
    Definitions,
}

/// The containers of a kind of document, by the change that makes them.
pub type Generations = &'static [&'static [Container]];

/// A name that no document has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no document is called \"{name}\"")]
pub struct UnknownDocument {
    /// What was read, cut to 64 characters.
    pub name: String,
}

impl DocKind {
    /// Whether this document stays on its device.
    #[must_use]
    pub const fn is_local(self) -> bool {
        matches!(self, Self::Team)
    }

    /// Whether this is one of the hub's documents.
    #[must_use]
    pub const fn is_hub(self) -> bool {
        matches!(self, Self::Network | Self::Definitions)
    }

    /// The containers that a document of this kind begins with, and behind them those of each
    /// further change that the kind has grown by.
    ///
    /// Every replica computes one change for each of these lists (`weft/genesis/1`,
    /// `weft/genesis/2`, ...), each built on the one before it. **To give a kind another
    /// container, add a list at its end.** A list that stands here never changes: its change has
    /// a hash, and the changes of every device build on that. `DERIVATION_VERSION` of
    /// [`document`](crate::document) goes up with it, so that stores read again what was held for
    /// it, and a test pins the new change (`what_everybody_begins_with_never_changes`).
    ///
    /// A replica that does not know a list holds the changes that were made on top of it until it
    /// does.
    #[must_use]
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
            Self::Profile => &[&[C::Names, C::Providers, C::People, C::Adoptions]],
            Self::Plan(_) => &[PLAN],
            Self::Observations(..) => &[&[C::Observations, C::Notes]],
            Self::Insights(..) => &[&[C::Insights]],
            Self::Team => &[TEAM],
            Self::Network => &[&[C::Settings, C::Locations]],
            Self::Definitions => &[&[C::Definitions]],
        }
    }

    /// All containers of this document.
    pub fn containers(self) -> impl Iterator<Item = Container> {
        self.generations().iter().copied().flatten().copied()
    }

    /// Whether this document has `container`.
    #[must_use]
    pub fn has(self, container: Container) -> bool {
        self.containers().any(|one| one == container)
    }
}

/// What comes next if a document is nearly full, for people; nothing is known of a name that this
/// version cannot read.
#[must_use]
pub const fn goes_on(kind: Option<DocKind>) -> &'static str {
    match kind {
        Some(DocKind::Observations(..)) => "new values of its year go into a further part",
        Some(DocKind::Plan(_) | DocKind::Insights(..)) => {
            "new records go into a further part; once it is full, these can only be read"
        }
        Some(_) => "once it is full, it can only be read",
        None => "a newer version knows what it is",
    }
}

impl fmt::Display for DocKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profile => f.write_str("profile"),
            Self::Plan(1) => f.write_str("plan"),
            Self::Plan(part) => write!(f, "plan/{part}"),
            Self::Observations(year, 1) => write!(f, "observations/{year}"),
            Self::Observations(year, part) => write!(f, "observations/{year}/{part}"),
            Self::Insights(year, 1) => write!(f, "insights/{year}"),
            Self::Insights(year, part) => write!(f, "insights/{year}/{part}"),
            Self::Team => f.write_str("team"),
            Self::Network => f.write_str("network"),
            Self::Definitions => f.write_str("definitions"),
        }
    }
}

impl FromStr for DocKind {
    type Err = UnknownDocument;

    fn from_str(name: &str) -> Result<Self, UnknownDocument> {
        // The first part of a document has no number in its name.
        let further = |part: &str| part.parse::<u32>().ok().filter(|part| *part > 1);
        let mut parts = name.split('/');
        let kind = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("profile"), None, ..) => Some(Self::Profile),
            (Some("team"), None, ..) => Some(Self::Team),
            (Some("network"), None, ..) => Some(Self::Network),
            (Some("definitions"), None, ..) => Some(Self::Definitions),
            (Some("plan"), None, ..) => Some(Self::Plan(1)),
            (Some("plan"), Some(part), None, _) => further(part).map(Self::Plan),
            (Some("observations"), Some(year), None, _) => {
                year.parse().ok().map(|year| Self::Observations(year, 1))
            }
            (Some("observations"), Some(year), Some(part), None) => {
                let named = year.parse().ok().zip(further(part));
                named.map(|(year, part)| Self::Observations(year, part))
            }
            (Some("insights"), Some(year), None, _) => {
                year.parse().ok().map(|year| Self::Insights(year, 1))
            }
            (Some("insights"), Some(year), Some(part), None) => {
                let named = year.parse().ok().zip(further(part));
                named.map(|(year, part)| Self::Insights(year, part))
            }
            _ => None,
        };
        // Only one spelling of a name is a name: `plan/1` and `plan/02` are nobody's.
        kind.filter(|kind| kind.to_string() == name)
            .ok_or_else(|| UnknownDocument {
                name: name.chars().take(64).collect(),
            })
    }
}

words! {
    /// A top-level map of a document, created by the document's first change.
    Container, "container" {
        /// The location's names: language to name.
        Names = "names" / "names",
        /// Lead providers: id to name.
        Providers = "providers" / "lead providers",
        /// People: id to display name.
        People = "people" / "people",
        /// Indicators that were adopted or declined: code to an adoption.
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
        /// Observations: key to one whole statement.
        Observations = "observations" / "observations",
        /// Notes: key of an observation to text.
        Notes = "notes" / "notes",
        /// The network's settings: name to text.
        Settings = "settings" / "settings",
        /// The network's locations: code to a place.
        Locations = "locations" / "locations",
        /// Indicator definitions: `CODE/version` to canonical JSON; and the settings of each:
        /// `CODE/version/setting` to text.
        Definitions = "definitions" / "indicator definitions",
    }
}

words! {
    /// What kind of record it is.
    RecordKind, "kind of record" {
        /// The result for a population that initiatives work towards.
        Outcome = "outcome" / "outcome",
        /// What the plan is made of.
        Initiative = "initiative" / "initiative",
        /// What somebody does for an initiative.
        Action = "action" / "action",
        /// An organisation.
        Partner = "partner" / "partner",
        /// How the tie with a partner changes.
        Relationship = "relationship" / "relationship",
        /// Something somebody could act on.
        Opportunity = "opportunity" / "opportunity",
        /// Which condition shifted, from what to what, on what evidence.
        Marker = "marker" / "system-change marker",
        /// The value hoped for, by whom, why.
        Target = "target" / "target",
        /// What was heard or learnt.
        Insight = "insight" / "insight",
    }
}

impl RecordKind {
    /// The container that holds records of this kind.
    #[must_use]
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
        }
    }

    /// The kind of the records in `container`; nothing where it holds no records.
    #[must_use]
    pub fn of(container: Container) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.container() == container)
    }

    /// The first document for records of this kind: by their audience, insights by the year in
    /// which they were heard too.
    #[must_use]
    pub fn document(self, audience: Audience, year: i16) -> DocKind {
        if audience == Audience::Team {
            DocKind::Team
        } else if self == Self::Insight {
            DocKind::Insights(year, 1)
        } else {
            DocKind::Plan(1)
        }
    }

    /// The fields that people fill in, in the order of a form. Every record has [`AUDIENCE`] too,
    /// and flags that commands set.
    #[must_use]
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
        }
    }

    /// Whether a field says that a record is removed: [`SET`], or [`KEPT`] after all.
    #[must_use]
    pub fn is_removal(field: Option<&str>) -> bool {
        field == Some(REMOVED)
    }

    /// The field called `key`.
    #[must_use]
    pub fn field(self, key: &str) -> Option<&'static FieldSpec> {
        self.fields().iter().find(|field| field.key == key)
    }

    /// Whether records of this kind have something under `key` that this version reads: a field,
    /// a set or a flag.
    #[must_use]
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
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Outcome | Self::Initiative | Self::Partner => "name",
            Self::Action | Self::Opportunity => "what",
            Self::Relationship => "partner",
            Self::Marker => "condition",
            Self::Target => "indicator",
            Self::Insight => "themes",
        }
    }
}

/// One field of a kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its name in documents, commands, forms and JSON.
    pub key: &'static str,
    /// What people read beside it.
    pub label: &'static str,
    /// A sentence that helps to fill it in.
    pub hint: &'static str,
    /// What it takes.
    pub kind: FieldKind,
    /// Whether a record without it is refused.
    pub required: bool,
}

impl FieldSpec {
    pub(super) const fn new(
        key: &'static str,
        label: &'static str,
        kind: FieldKind,
        hint: &'static str,
    ) -> Self {
        Self {
            key,
            label,
            hint,
            kind,
            required: false,
        }
    }

    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Whether it holds a set of values, each under a key of its own (`partner/<id>`), so that two
    /// people's additions are both kept.
    #[must_use]
    pub const fn is_set(&self) -> bool {
        matches!(self.kind, FieldKind::References(_) | FieldKind::Tags { .. })
    }
}

/// What a field takes. Every value is text in the document; sets are keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// One line of at most `max` bytes.
    Text {
        /// Most bytes.
        max: usize,
    },
    /// Lines of text of at most `max` bytes.
    Prose {
        /// Most bytes.
        max: usize,
    },
    /// Words of any length that may have to be forgotten: a blob, of which the record keeps
    /// [`WORDS_HASH`] and [`WORDS_BYTES`]; this field's own key never stands in a document.
    Words,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A day, such as `2026-11-21`.
    Date,
    /// An exact decimal number.
    Number,
    /// The code of an indicator.
    Indicator,
    /// The code of an area.
    Area,
    /// A period.
    Period,
    /// The id of another record.
    Reference(RecordKind),
    /// The ids of other records, as a set.
    References(RecordKind),
    /// Short texts, as a set; each of at most `max` bytes.
    Tags {
        /// Most bytes of one of them.
        max: usize,
    },
}

/// The key of one member of a set within a record's map.
#[must_use]
pub fn member_key(field: &str, member: &str) -> String {
    format!("{field}/{member}")
}

/// The set field and the member that `key` stands for; nothing where it is a plain field.
#[must_use]
pub fn split_member(key: &str) -> Option<(&str, &str)> {
    key.split_once('/')
}

/// Reads a kind of record by its word or its plural, as commands and paths name it.
///
/// # Errors
/// Lists the kinds.
pub fn record_kind(text: &str) -> Result<RecordKind, BadWord> {
    let plural = Container::from_str(text).ok().and_then(RecordKind::of);
    plural.map_or_else(|| text.parse(), Ok)
}

#[cfg(test)]
mod tests;
