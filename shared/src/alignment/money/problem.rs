//! Problems and differences in what teams state about money. Each is named, and none stops a count.

use std::{collections::BTreeSet, fmt};

use super::{InvestmentKey, Owner};
use crate::{
    id::RecordId,
    model::{
        line::{LineKey, LineWhat},
        number::Number,
        outcome::joined,
        places::Places,
    },
    period::Period,
    text::listed,
};

/// Something that a person must put right, and what counts meanwhile.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Problem {
    /// The parts of an investment exceed it by this much; its own amount counts as 0. Last come the
    /// statements of other teams without which they would not.
    PartsExceed(InvestmentKey, Number, Vec<InvestmentKey>),
    /// The committed lines of an investment exceed its own amount by this much; the rest counts
    /// as 0. Last come the statements of other teams without which they would not.
    LinesExceed(InvestmentKey, Number, Vec<InvestmentKey>),
    /// The spent lines of an investment exceed its own amount by this much; all of them count.
    /// Last come the statements of other teams without which they would not.
    SpentExceeds(InvestmentKey, Number, Vec<InvestmentKey>),
    /// The lines of shorter periods in this line add up to the first number, which is more than its
    /// own, the second. Where the period of this line is asked for, its amount counts.
    ShorterExceed(Owner, LineKey, Number, Number),
    /// It is a part of an investment that is not stated; it counts as a part of none.
    NoParent(InvestmentKey, String),
    /// These are parts of each other in a circle; each counts as a part of none.
    Circle(Vec<InvestmentKey>),
    /// It is a part of an investment of another kind or currency, from which it is not taken off.
    OtherPurse(InvestmentKey, InvestmentKey),
    /// It is a part of an investment of another team that is not for its own location, from which
    /// it is not taken off.
    OtherTeam(InvestmentKey, InvestmentKey),
    /// It is a part of an investment that the hub states for its location and others, and is not
    /// for its location alone; it is not taken off.
    OtherPlaces(InvestmentKey, InvestmentKey),
    /// It is a part of an investment and has days outside the dates of that one. It is taken off
    /// if they have days in common, and the last says so.
    OtherDays(InvestmentKey, InvestmentKey, bool),
    /// It is a part, by a location, of an investment of the hub for others too, and has fewer days:
    /// the amount is taken off on all days, and is in no figure of those that the part lacks.
    FewerDays(InvestmentKey, InvestmentKey, Number),
    /// A location says what an investment of the hub is a part of, and the hub does not; it is
    /// taken off nothing.
    PartOfHub(InvestmentKey, InvestmentKey),
    /// Teams state different investments with this identifier; each of them counts.
    SeveralNamed(String, Vec<InvestmentKey>),
    /// One team states several investments with this identifier; the first of them counts.
    Twice(String, Vec<InvestmentKey>),
    /// Teams state one investment with different kinds or currencies; the first of them counts.
    PursesDiffer(String, Vec<InvestmentKey>),
    /// Teams state one investment with different statuses; that of the first counts.
    StatusesDiffer(String, Vec<InvestmentKey>),
    /// Teams state one investment and amount for different places; those of the first count.
    PlacesDiffer(String, Vec<InvestmentKey>),
    /// People of one team stated different amounts of a line; the least counts.
    Contested(Owner, LineKey),
    /// Two lines of an investment have some days in common, and the periods differ; the second does
    /// not count where the first does.
    Overlap(Owner, LineKey, LineKey),
    /// The period of a line lies outside the dates of its investment; it counts in its period.
    Outside(Owner, LineKey),
    /// A location states money for these other places and not for itself, and no statement of the
    /// hub has it; it counts there.
    ForOthers(InvestmentKey, Places),
    /// An investment has no amount and does not say that it is withheld; it is in no figure.
    NoAmount(InvestmentKey),
}

impl Problem {
    /// The investments that it is about.
    #[must_use]
    pub fn investments(&self) -> Vec<InvestmentKey> {
        match self {
            Self::PartsExceed(of, _, others)
            | Self::LinesExceed(of, _, others)
            | Self::SpentExceeds(of, _, others) => {
                [of].into_iter().chain(others).cloned().collect()
            }
            Self::NoParent(of, _) | Self::ForOthers(of, _) | Self::NoAmount(of) => {
                vec![of.clone()]
            }
            Self::OtherPurse(of, other)
            | Self::OtherTeam(of, other)
            | Self::OtherPlaces(of, other)
            | Self::OtherDays(of, other, _)
            | Self::FewerDays(of, other, _)
            | Self::PartOfHub(of, other) => vec![of.clone(), other.clone()],
            Self::Circle(all)
            | Self::Twice(_, all)
            | Self::SeveralNamed(_, all)
            | Self::PursesDiffer(_, all)
            | Self::StatusesDiffer(_, all)
            | Self::PlacesDiffer(_, all) => all.clone(),
            Self::Contested(owner, key)
            | Self::Outside(owner, key)
            | Self::Overlap(owner, key, _)
            | Self::ShorterExceed(owner, key, _, _) => {
                vec![(owner.clone(), key.investment)]
            }
        }
    }

    /// The problem in words, with investments named by their titles.
    pub fn words(&self, title: impl Fn(&InvestmentKey) -> String) -> String {
        // The key of a line begins with the id of its investment. The words on a part name its
        // whole, which comes last and may have the same id in another team.
        let investments = self.investments();
        let investments = investments.iter().rev();
        investments.fold(self.to_string(), |words, key| {
            words.replace(&key.1.to_string(), &format!("“{}”", title(key)))
        })
    }

    /// A problem of lines in words; empty for any other.
    fn of_line(&self) -> String {
        match self {
            Self::ShorterExceed(_, key, shorter, own) => format!(
                "{}: {} in parts of {} ({}) is more than {} in all of it ({}){}, and the longer \
                 period counts: correct one of them",
                key.investment,
                key.what,
                key.period.words(),
                shorter.grouped(),
                key.what,
                own.grouped(),
                subject_of(key)
            ),
            Self::Overlap(_, key, other) => format!(
                "{}: {} and {} overlap, so they are never added: where both lie in the period \
                 that is asked for, the first counts; correct the period of one of them",
                key.investment,
                line_words(key),
                line_words(other)
            ),
            Self::Contested(_, key) => {
                format!("{}: {} {CONTESTED}", key.investment, line_words(key))
            }
            Self::Outside(_, key) => {
                format!("{}: {} {OUTSIDE}", key.investment, line_words(key))
            }
            Self::PartsExceed(..)
            | Self::LinesExceed(..)
            | Self::SpentExceeds(..)
            | Self::NoParent(..)
            | Self::Circle(_)
            | Self::OtherPurse(..)
            | Self::OtherTeam(..)
            | Self::OtherPlaces(..)
            | Self::OtherDays(..)
            | Self::FewerDays(..)
            | Self::PartOfHub(..)
            | Self::SeveralNamed(..)
            | Self::Twice(..)
            | Self::PursesDiffer(..)
            | Self::StatusesDiffer(..)
            | Self::PlacesDiffer(..)
            | Self::ForOthers(..)
            | Self::NoAmount(_) => String::new(),
        }
    }

    /// A problem of a part and its whole in words; empty for any other.
    fn of_part(&self) -> String {
        match self {
            Self::OtherPurse(_, (_, parent)) => format!(
                "it is a part of {parent}, which is of another kind or currency, so it is not \
                 taken off: correct one of them"
            ),
            Self::OtherTeam((of, _), (Owner::Hub, parent)) => format!(
                "it is a part of {parent}, which the national team does not state for {of}, so it \
                 is not taken off: the national team can add {of} to its locations"
            ),
            Self::OtherTeam(_, (owner, parent)) => format!(
                "it is a part of {parent}, which {owner} states, so it is not taken off: only \
                 {owner} may state its parts"
            ),
            Self::OtherPlaces((of, _), (_, parent)) => format!(
                "it is a part of {parent}, which is for other locations too, and it is not for \
                 {of} alone, so it is not taken off: {of} can state {of} as its only location, \
                 also in its lines"
            ),
            Self::OtherDays(_, (_, parent), false) => format!(
                "it is a part of {parent} and has no day in common with it, so it is not taken \
                 off: correct the dates of one of them"
            ),
            Self::OtherDays(_, (_, parent), true) => format!(
                "it is a part of {parent} and has days outside its dates, and all of it is taken \
                 off: correct the dates of one of them"
            ),
            Self::FewerDays((of, _), (_, parent), amount) => format!(
                "it is a part of {parent}, which has more days: {} is taken off that on all of \
                 them, and outside the dates of the part it is in no total; if it is for all \
                 days, {of} can correct the dates of the part",
                amount.grouped()
            ),
            Self::PartsExceed(..)
            | Self::LinesExceed(..)
            | Self::SpentExceeds(..)
            | Self::ShorterExceed(..)
            | Self::NoParent(..)
            | Self::Circle(_)
            | Self::PartOfHub(..)
            | Self::SeveralNamed(..)
            | Self::Twice(..)
            | Self::PursesDiffer(..)
            | Self::StatusesDiffer(..)
            | Self::PlacesDiffer(..)
            | Self::Contested(..)
            | Self::Overlap(..)
            | Self::Outside(..)
            | Self::ForOthers(..)
            | Self::NoAmount(_) => String::new(),
        }
    }
}

/// The things that exceed an investment, what counts meanwhile, and how its own team mends it.
type Excess = (&'static str, &'static str, &'static str);

const PARTS: Excess = (
    "its parts exceed it",
    "so its own amount counts as 0",
    "correct the amounts, or what is a part of it",
);
const LINES: Excess = (
    "its committed lines exceed its own amount",
    "so the rest counts as 0",
    "correct the lines, or the amount",
);
const SPENT: Excess = (
    "its spent lines exceed its own amount",
    "and all of them count",
    "correct the lines, or the amount",
);
const OF_ITSELF: &str = "it is a part of itself, so it counts as a part of none: clear the field";
const PART_OF_HUB: &str = "the national team states this investment as a part of no such one, so \
                           it is taken off nothing: the national team can state what it is a part \
                           of";
const CONTESTED: &str =
    "has different amounts that are not settled, and the least counts: choose one";
const OUTSIDE: &str = "is of a period outside the dates of its investment: correct one of them";
const NO_AMOUNT: &str =
    "it has no amount and is in no figure: enter the amount, or set its status to withheld";

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PartsExceed(of, by, others) => excess(f, (of, by, others), PARTS),
            Self::LinesExceed(of, by, others) => excess(f, (of, by, others), LINES),
            Self::SpentExceeds(of, by, others) => excess(f, (of, by, others), SPENT),
            Self::NoParent(_, parent) => write!(
                f,
                "it is a part of {parent}, which is not stated: enter that investment, or correct \
                 the field"
            ),
            Self::Circle(ids) if ids.len() == 1 => f.write_str(OF_ITSELF),
            Self::Circle(ids) => write!(
                f,
                "{} investments are parts of each other in a circle, so each counts as a part of \
                 none: clear the field of one of them",
                ids.len()
            ),
            Self::OtherPurse(..)
            | Self::OtherTeam(..)
            | Self::OtherPlaces(..)
            | Self::OtherDays(..)
            | Self::FewerDays(..) => f.write_str(&self.of_part()),
            Self::PartOfHub(..) => f.write_str(PART_OF_HUB),
            Self::SeveralNamed(identifier, ids) => write!(
                f,
                "{} statements have the identifier {identifier} and count as different \
                 investments, because two locations state them, or they differ in place or status: \
                 if they are one, the national team can state it for all its locations; if not, \
                 give them different identifiers",
                ids.len()
            ),
            Self::Twice(identifier, _) => write!(
                f,
                "one team states {identifier} more than once, and only the first counts: remove \
                 the others, or give them identifiers of their own"
            ),
            Self::PursesDiffer(identifier, _) => write!(
                f,
                "{identifier} is stated with different kinds or currencies, and only the first \
                 counts: agree on one"
            ),
            Self::StatusesDiffer(identifier, _) => write!(
                f,
                "{identifier} is stated with different statuses, and that of the first counts: \
                 agree on one"
            ),
            Self::PlacesDiffer(identifier, _) => write!(
                f,
                "{identifier} is stated for different locations, and those of the first count: \
                 agree on one"
            ),
            Self::ShorterExceed(..)
            | Self::Overlap(..)
            | Self::Contested(..)
            | Self::Outside(..) => f.write_str(&self.of_line()),
            Self::ForOthers((of, _), places) => {
                let places = places.to_string().replace('+', ", ");
                write!(
                    f,
                    "{of} states money for {places}, and the national team does not: it counts \
                     there, so ask {places} whether it is right"
                )
            }
            Self::NoAmount(_) => f.write_str(NO_AMOUNT),
        }
    }
}

/// A line in words, without its investment: `spent in the year to June 2027 at FN for VAX`.
fn line_words(key: &LineKey) -> String {
    format!("{} in {}{}", key.what, key.period.words(), subject_of(key))
}

/// The places and outcomes of a line in words, as far as they are stated.
fn subject_of(key: &LineKey) -> String {
    let stated = [
        (" at ", key.places.to_string()),
        (" for ", joined(&key.outcomes)),
    ];
    let stated = stated.into_iter().filter(|(_, text)| !text.is_empty());
    let words = stated.map(|(before, text)| format!("{before}{}", text.replace('+', ", ")));
    words.collect::<Vec<_>>().concat()
}

/// Says by how much there is more than there can be, and who can mend it: the team that states the
/// investment, or the others of whose statements it comes.
fn excess(
    f: &mut fmt::Formatter<'_>,
    ((owner, _), by, others): (&InvestmentKey, &Number, &[InvestmentKey]),
    (exceeds, meanwhile, mend): Excess,
) -> fmt::Result {
    write!(f, "{exceeds} by {}, {meanwhile}: ", by.grouped())?;
    if others.is_empty() {
        return f.write_str(mend);
    }
    let teams: BTreeSet<&Owner> = others.iter().map(|(team, _)| team).collect();
    let teams: Vec<&Owner> = teams.into_iter().collect();
    let ids: Vec<&RecordId> = others.iter().map(|(_, id)| id).collect();
    write!(
        f,
        "it comes of {}, which {} can correct; {owner} can correct the amount",
        listed(&ids, usize::MAX),
        listed(&teams, usize::MAX)
    )
}

/// The thing of which teams state different amounts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Subject {
    /// The whole amount.
    Amount,
    /// The lines of one kind that are for these places.
    Lines(LineWhat, Places),
}

/// One team's amount.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// The team.
    pub owner: Owner,
    /// Its record.
    pub id: RecordId,
    /// Its amount; the sum of its lines, of all periods.
    pub amount: Number,
    /// Whether it is the one that counts.
    pub counts: bool,
    /// The periods of its lines that others state differently; none for the whole amount.
    pub periods: Vec<Period>,
}

/// Different amounts that teams state of one investment. Both stand until they agree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The investment's identifier.
    pub identifier: String,
    /// The thing of which they differ.
    pub subject: Subject,
    /// The amounts, by team.
    pub said: Vec<Said>,
}
