//! The plan: outcomes, initiatives, actions, partners, relationships, opportunities, system-change
//! markers and targets.

use super::{
    form::problem,
    record::{FieldProblem, FieldValue, Fields},
    schema::{
        FieldKind as Kind, FieldSpec,
        RecordKind::{Initiative, Outcome, Partner},
    },
    words,
};

/// Maximum bytes of a name or another line.
pub const LINE_BYTES_MAX: usize = 300;
/// Maximum bytes of a description.
pub const PROSE_BYTES_MAX: usize = 8_000;
/// Maximum bytes of a tag.
pub const TAG_BYTES_MAX: usize = 80;

pub(super) const LINE: Kind = Kind::Text(LINE_BYTES_MAX);
pub(super) const PROSE: Kind = Kind::Prose(PROSE_BYTES_MAX);

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
        /// The national team. Such an opportunity is a request, which the hub answers.
        Backbone = "backbone" / "national team",
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

words! {
    /// Whether a target is meant for each group of people, and not only for the total.
    GroupGoal, "goal for groups" {
        /// Each group is to reach it.
        Every = "every" / "every group",
    }
}

words! {
    /// Whether a location names an outcome as a priority. It is never asked to say what is none.
    Priority, "priority" {
        /// It does.
        Yes = "yes" / "named as a priority",
    }
}

words! {
    /// Whether the hub may show a record's title and outcomes to the other locations.
    Peers, "consent to show it to the other locations" {
        /// It may.
        Yes = "yes" / "shown to the other locations",
    }
}

const fn peers(hint: &'static str) -> FieldSpec {
    FieldSpec::optional("peers", "Other locations", Kind::Choice(Peers::WORDS))
        .hint(hint)
        .location_only()
}

const PEERS: FieldSpec =
    peers("yes, if the other locations may see its title and outcomes; leave it out if not");

pub(super) const OUTCOME: &[FieldSpec] = &[
    FieldSpec::required("name", "Outcome", LINE).hint("The result, as people would say it"),
    FieldSpec::required("code", "Code", Kind::Outcome)
        .hint("Such as VAX; others name the outcome by it")
        .hub_only(),
    FieldSpec::optional("headline", "Headline indicator", Kind::Indicator)
        .hint("The code of the indicator that stands first for it")
        .hub_only(),
    FieldSpec::optional("shared", "Shared outcome", Kind::Outcome)
        .hint("The code of the network's outcome that this is; nothing if it is your own")
        .location_only(),
    FieldSpec::optional("population", "For whom", LINE).hint("The people it is for"),
    FieldSpec::optional("description", "Description", PROSE).hint("What it would look like"),
    FieldSpec::optional("indicators", "Indicators", Kind::Tags(TAG_BYTES_MAX))
        .hint("Codes of the indicators that show it"),
    FieldSpec::optional("priority", "Priority", Kind::Choice(Priority::WORDS))
        .hint("yes, if it is a priority here; leave it out if you do not want to name it")
        .location_only(),
    FieldSpec::optional("why", "Why", PROSE)
        .hint("Why it is a priority")
        .location_only(),
    FieldSpec::optional("by", "Who decided", LINE)
        .hint("The team, its leadership group, or a partner")
        .location_only(),
];

pub(super) const INITIATIVE: &[FieldSpec] = &[
    FieldSpec::required("name", "Initiative", LINE).hint("What people call it"),
    FieldSpec::optional("description", "Description", PROSE).hint("What it does, and why here"),
    FieldSpec::optional("setting", "Setting", LINE)
        .hint("Where it happens, such as schools or marae"),
    FieldSpec::optional("status", "Status", Kind::Choice(InitiativeStatus::WORDS))
        .hint("How far it has come"),
    FieldSpec::optional("outcomes", "Outcomes", Kind::References(Outcome))
        .hint("What it works towards"),
    FieldSpec::optional("partners", "Partners", Kind::References(Partner))
        .hint("Who does it together"),
    FieldSpec::optional("started", "Started", Kind::Date).hint("The day it began"),
    FieldSpec::optional("ended", "Ended", Kind::Date).hint("The day it ended"),
    PEERS,
];

pub(super) const ACTION: &[FieldSpec] = &[
    FieldSpec::required("what", "What", LINE).hint("What will be done"),
    FieldSpec::optional("owner", "Owner", LINE).hint("Who sees to it"),
    FieldSpec::optional("due", "Due", Kind::Date).hint("The day it should be done"),
    FieldSpec::optional("state", "State", Kind::Choice(ActionState::WORDS))
        .hint("How far it has come"),
    FieldSpec::optional("initiative", "Initiative", Kind::Reference(Initiative))
        .hint("What it is part of"),
    FieldSpec::optional("note", "Note", PROSE).hint("Whatever else should be known"),
];

pub(super) const PARTNER: &[FieldSpec] = &[
    FieldSpec::required("name", "Name", LINE).hint("What the organisation calls itself"),
    FieldSpec::optional("kind", "Kind", Kind::Choice(PartnerKind::WORDS))
        .hint("What kind of organisation it is"),
    FieldSpec::optional("identifier", "Identifier", Kind::Organisation)
        .hint("Such as NZ-NZBN-9429041901977"),
    PEERS,
    FieldSpec::optional("note", "Note", PROSE).hint("Whatever else should be known"),
];

pub(super) const RELATIONSHIP: &[FieldSpec] = &[
    FieldSpec::required("partner", "Partner", Kind::Reference(Partner)).hint("With whom"),
    FieldSpec::required("tie", "Tie", Kind::Choice(Tie::WORDS)).hint("How close it is"),
    FieldSpec::optional("on", "As at", Kind::Date).hint("The day this was so"),
    FieldSpec::optional("note", "Note", PROSE).hint("What changed it"),
];

pub(super) const OPPORTUNITY: &[FieldSpec] = &[
    FieldSpec::required("what", "What", LINE).hint("What somebody could do"),
    FieldSpec::optional("description", "Description", PROSE).hint("Why, and what it would need"),
    FieldSpec::optional("who", "Who could act", Kind::Choice(Actor::WORDS))
        .hint("Community, local or central government; backbone asks the national team"),
    FieldSpec::optional("needed_by", "Needed by", Kind::Date).hint("The day by which it is needed"),
    FieldSpec::optional("state", "State", Kind::Choice(OpportunityState::WORDS))
        .hint("What became of it"),
    FieldSpec::optional("outcomes", "Outcomes", Kind::References(Outcome))
        .hint("What it would help"),
    peers(
        "yes, if the other locations may see its title and outcomes; a request to the national \
         team needs it, and they see the answer too",
    ),
];

pub(super) const MARKER: &[FieldSpec] = &[
    FieldSpec::required("condition", "Condition", LINE).hint("Which condition shifted"),
    FieldSpec::optional("from", "From", PROSE).hint("How it was"),
    FieldSpec::optional("to", "To", PROSE).hint("How it is now"),
    FieldSpec::optional("evidence", "Evidence", PROSE).hint("How one can tell"),
    FieldSpec::optional("on", "As at", Kind::Date).hint("The day it was seen"),
    FieldSpec::optional("initiatives", "Initiatives", Kind::References(Initiative))
        .hint("What helped it"),
    FieldSpec::optional("outcomes", "Outcomes", Kind::References(Outcome))
        .hint("What it brings nearer"),
    PEERS,
];

pub(super) const TARGET: &[FieldSpec] = &[
    FieldSpec::required("indicator", "Indicator", Kind::Indicator).hint("Its code"),
    FieldSpec::required("value", "Value", Kind::Number).hint("The value hoped for"),
    FieldSpec::optional("period", "Period", Kind::Period).hint("When it should be reached"),
    FieldSpec::optional("area", "Area", Kind::Area)
        .hint("The area's code; all areas where left out"),
    FieldSpec::optional("breakdown", "Breakdown", LINE).hint("Such as age=12+"),
    FieldSpec::optional("groups", "For every group", Kind::Choice(GroupGoal::WORDS))
        .hint("every, if each group is to reach it and not only the total"),
    FieldSpec::optional("by", "By whom", LINE).hint("Who hopes for it"),
    FieldSpec::optional("why", "Why", PROSE).hint("Why this value"),
];

/// The problems with the fields of an opportunity together.
pub(super) fn across(fields: &Fields) -> Vec<FieldProblem> {
    let is = |key: &str, word: &str| fields.get(key).and_then(FieldValue::text) == Some(word);
    if is("who", Actor::Backbone.word()) && !is("peers", Peers::Yes.word()) {
        let message = "a request to the national team and its answer go to all locations: \
                       say yes, or name another actor";
        return vec![problem("peers", message)];
    }
    Vec::new()
}
