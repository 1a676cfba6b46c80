//! The plan: outcomes, initiatives, actions, partners, relationships, opportunities, system-change
//! markers and targets.

use super::{
    schema::{FieldKind as Kind, FieldSpec, RecordKind},
    words,
};

/// Maximum bytes of a name or another line.
pub const LINE_BYTES_MAX: usize = 300;
/// Maximum bytes of a description.
pub const PROSE_BYTES_MAX: usize = 8_000;
/// Maximum bytes of a tag.
pub const TAG_BYTES_MAX: usize = 80;

const LINE: Kind = Kind::Text {
    max: LINE_BYTES_MAX,
};
const PROSE: Kind = Kind::Prose {
    max: PROSE_BYTES_MAX,
};

words! {
    /// The stage of an initiative.
    InitiativeStatus, "status" {
        /// Finding out what could be done.
        Exploring = "exploring" / "exploring",
        /// Trying a first form of it.
        Prototyping = "prototyping" / "prototyping",
        /// Trying it for real.
        Testing = "testing" / "testing",
        /// Doing it in more places.
        Scaling = "scaling" / "scaling",
        /// Part of how things are done.
        Embedded = "embedded" / "embedded",
        /// Given up, or done.
        Stopped = "stopped" / "stopped",
    }
}

words! {
    /// The state of an action.
    ActionState, "state" {
        /// Not begun.
        Planned = "planned" / "planned",
        /// Begun.
        Doing = "doing" / "under way",
        /// Finished.
        Done = "done" / "done",
        /// Given up.
        Dropped = "dropped" / "dropped",
    }
}

words! {
    /// The type of organisation that a partner is.
    PartnerKind, "kind of partner" {
        /// An iwi or hapū.
        Iwi = "iwi" / "iwi or hapū",
        /// A Māori organisation.
        Maori = "maori" / "Māori organisation",
        /// A council.
        Council = "council" / "council",
        /// A health provider.
        Health = "health" / "health provider",
        /// A non-governmental organisation.
        Ngo = "ngo" / "non-governmental organisation",
        /// A school or another place of learning.
        School = "school" / "place of learning",
        /// A business.
        Business = "business" / "business",
        /// An agency of central government.
        Government = "government" / "central government",
        /// A group of the community.
        Community = "community" / "community group",
        /// Something else.
        Other = "other" / "other",
    }
}

words! {
    /// The closeness of the tie with a partner.
    Tie, "tie" {
        /// They know of each other.
        Aware = "aware" / "know of each other",
        /// They talk.
        InTouch = "in_touch" / "in touch",
        /// They fit their work to each other's.
        Coordinating = "coordinating" / "coordinating",
        /// They work on the same thing together.
        Collaborating = "collaborating" / "collaborating",
        /// They decide together.
        SharedLead = "shared_lead" / "leading together",
        /// It has ended.
        Ended = "ended" / "ended",
    }
}

words! {
    /// The actor who could act on an opportunity.
    Actor, "actor" {
        /// The community itself.
        Community = "community" / "community",
        /// A council.
        LocalGovernment = "local_government" / "local government",
        /// Central government.
        CentralGovernment = "central_government" / "central government",
    }
}

words! {
    /// The state of an opportunity.
    OpportunityState, "state" {
        /// No one is acting on it yet.
        Open = "open" / "open",
        /// Someone is acting on it.
        TakenUp = "taken_up" / "taken up",
        /// It has passed.
        Closed = "closed" / "closed",
    }
}

pub(super) const OUTCOME: &[FieldSpec] = &[
    FieldSpec::new(
        "name",
        "Outcome",
        LINE,
        "The result, as people would say it",
    )
    .required(),
    FieldSpec::new("population", "For whom", LINE, "The people it is for"),
    FieldSpec::new(
        "description",
        "Description",
        PROSE,
        "What it would look like",
    ),
    FieldSpec::new(
        "indicators",
        "Indicators",
        Kind::Tags { max: TAG_BYTES_MAX },
        "Codes of the indicators that show it",
    ),
];

pub(super) const INITIATIVE: &[FieldSpec] = &[
    FieldSpec::new("name", "Initiative", LINE, "What people call it").required(),
    FieldSpec::new(
        "description",
        "Description",
        PROSE,
        "What it does, and why here",
    ),
    FieldSpec::new(
        "setting",
        "Setting",
        LINE,
        "Where it happens, such as schools or marae",
    ),
    FieldSpec::new(
        "status",
        "Status",
        Kind::Choice(InitiativeStatus::WORDS),
        "How far it has come",
    ),
    FieldSpec::new(
        "outcomes",
        "Outcomes",
        Kind::References(RecordKind::Outcome),
        "What it works towards",
    ),
    FieldSpec::new(
        "partners",
        "Partners",
        Kind::References(RecordKind::Partner),
        "Who does it together",
    ),
    FieldSpec::new("started", "Started", Kind::Date, "The day it began"),
    FieldSpec::new("ended", "Ended", Kind::Date, "The day it ended"),
];

pub(super) const ACTION: &[FieldSpec] = &[
    FieldSpec::new("what", "What", LINE, "What will be done").required(),
    FieldSpec::new("owner", "Owner", LINE, "Who sees to it"),
    FieldSpec::new("due", "Due", Kind::Date, "The day it should be done"),
    FieldSpec::new(
        "state",
        "State",
        Kind::Choice(ActionState::WORDS),
        "How far it has come",
    ),
    FieldSpec::new(
        "initiative",
        "Initiative",
        Kind::Reference(RecordKind::Initiative),
        "What it is part of",
    ),
    FieldSpec::new("note", "Note", PROSE, "Whatever else should be known"),
];

pub(super) const PARTNER: &[FieldSpec] = &[
    FieldSpec::new("name", "Name", LINE, "What the organisation calls itself").required(),
    FieldSpec::new(
        "kind",
        "Kind",
        Kind::Choice(PartnerKind::WORDS),
        "What kind of organisation it is",
    ),
    FieldSpec::new("note", "Note", PROSE, "Whatever else should be known"),
];

pub(super) const RELATIONSHIP: &[FieldSpec] = &[
    FieldSpec::new(
        "partner",
        "Partner",
        Kind::Reference(RecordKind::Partner),
        "With whom",
    )
    .required(),
    FieldSpec::new("tie", "Tie", Kind::Choice(Tie::WORDS), "How close it is").required(),
    FieldSpec::new("on", "As at", Kind::Date, "The day this was so"),
    FieldSpec::new("note", "Note", PROSE, "What changed it"),
];

pub(super) const OPPORTUNITY: &[FieldSpec] = &[
    FieldSpec::new("what", "What", LINE, "What somebody could do").required(),
    FieldSpec::new(
        "description",
        "Description",
        PROSE,
        "Why, and what it would need",
    ),
    FieldSpec::new(
        "who",
        "Who could act",
        Kind::Choice(Actor::WORDS),
        "Community, local or central government",
    ),
    FieldSpec::new(
        "state",
        "State",
        Kind::Choice(OpportunityState::WORDS),
        "What became of it",
    ),
    FieldSpec::new(
        "outcomes",
        "Outcomes",
        Kind::References(RecordKind::Outcome),
        "What it would help",
    ),
];

pub(super) const MARKER: &[FieldSpec] = &[
    FieldSpec::new("condition", "Condition", LINE, "Which condition shifted").required(),
    FieldSpec::new("from", "From", PROSE, "How it was"),
    FieldSpec::new("to", "To", PROSE, "How it is now"),
    FieldSpec::new("evidence", "Evidence", PROSE, "How one can tell"),
    FieldSpec::new("on", "As at", Kind::Date, "The day it was seen"),
    FieldSpec::new(
        "initiatives",
        "Initiatives",
        Kind::References(RecordKind::Initiative),
        "What helped it",
    ),
];

pub(super) const TARGET: &[FieldSpec] = &[
    FieldSpec::new("indicator", "Indicator", Kind::Indicator, "Its code").required(),
    FieldSpec::new("value", "Value", Kind::Number, "The value hoped for").required(),
    FieldSpec::new(
        "period",
        "Period",
        Kind::Period,
        "When it should be reached",
    ),
    FieldSpec::new(
        "area",
        "Area",
        Kind::Area,
        "The area's code; all areas where left out",
    ),
    FieldSpec::new("breakdown", "Breakdown", LINE, "Such as age=12+"),
    FieldSpec::new("by", "By whom", LINE, "Who hopes for it"),
    FieldSpec::new("why", "Why", PROSE, "Why this value"),
];
