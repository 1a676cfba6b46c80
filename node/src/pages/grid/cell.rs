//! One cell of the entry grid: its typed fields, its statement, and its problems.

use weft_shared::{
    model::{
        Audience,
        indicator::{Definition, IndicatorType},
        number::Number,
        observation::{ObservationKey, Statement, Status},
    },
    text::capital,
    validation::{
        question::Answers,
        signs::{self, Expected},
    },
};

use super::super::{
    figure,
    form::{OptionView, Sent, seen},
    shell::ErrorLink,
};
use super::ask::AskView;

/// Decimals of a result beside its two numbers, as in the page's script.
const RESULT_DECIMALS: u32 = 1;

/// A cell's fields, as typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    pub(super) numerator: String,
    pub(super) denominator: String,
    pub(super) value: String,
    pub(super) lower: String,
    pub(super) upper: String,
    /// Empty for a normal figure.
    pub(super) status: String,
    /// Numerator, denominator and value as typed, with their commas and points.
    written: [String; 3],
    /// The mark of the cell's contents when it was shown.
    seen: String,
    /// The denominator that was copied from the period before; empty if none was.
    pub(super) copied: String,
}

impl PartialEq for Typed {
    fn eq(&self, other: &Self) -> bool {
        self.line() == other.line()
    }
}

impl Typed {
    pub(super) fn of(statement: &Statement) -> Self {
        let number =
            |number: Option<Number>| number.map_or_else(String::new, |one| one.to_string());
        let status = match statement.status {
            Status::Normal => "",
            status => status.word(),
        };
        Self {
            numerator: number(statement.numerator),
            denominator: number(statement.denominator),
            value: number(statement.value),
            lower: number(statement.lower),
            upper: number(statement.upper),
            status: status.to_owned(),
            written: Default::default(),
            seen: String::new(),
            copied: String::new(),
        }
    }

    /// Reads every cell of the form, with its key.
    pub(super) fn read_all(sent: &Sent) -> Vec<(ObservationKey, Self)> {
        let marks = sent.0.iter().filter_map(|(name, mark)| {
            let text = name.strip_prefix("seen:")?;
            let part = |prefix: &str| sent.first(&format!("{prefix}:{text}"));
            let typed = Self {
                numerator: figure::ungrouped(part("n")),
                denominator: figure::ungrouped(part("d")),
                value: figure::ungrouped(part("v")),
                lower: figure::ungrouped(part("l")),
                upper: figure::ungrouped(part("u")),
                status: part("s").trim().to_owned(),
                written: ["n", "d", "v"].map(|name| part(name).trim().to_owned()),
                seen: mark.clone(),
                copied: figure::ungrouped(part("copied")),
            };
            Some((text.parse().ok()?, typed))
        });
        marks.collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.line() == Self::default().line()
    }

    /// Fills in a denominator from the period before. Returns false, and changes nothing, if the
    /// cell says why there is no figure, or has a value without one.
    pub(super) fn copy_denominator(&mut self, text: &str) -> bool {
        let is_open = self.status.is_empty() && self.value.is_empty();
        if is_open {
            text.clone_into(&mut self.denominator);
            text.clone_into(&mut self.copied);
            self.written[1].clear();
        }
        is_open
    }

    /// Whether there is nothing but a denominator that was copied: no figure was typed.
    pub(super) fn is_copied_alone(&self) -> bool {
        let copied = Self {
            denominator: self.copied.clone(),
            ..Self::default()
        };
        !self.copied.is_empty() && *self == copied
    }

    /// Whether one of its two counts is there, and the other is not.
    pub(super) fn is_half(&self) -> bool {
        let is_plain = self.status.is_empty() && self.value.is_empty();
        is_plain && self.numerator.is_empty() != self.denominator.is_empty()
    }

    /// Whether the person changed the cell.
    pub(super) fn was_changed(&self) -> bool {
        seen(&self.line()) != self.seen
    }

    /// Whether somebody else changed it since it was shown.
    pub(super) fn is_outdated(&self, now: &Self) -> bool {
        seen(&now.line()) != self.seen
    }

    /// Returns the statement of a cell, and its signs that can be read in two ways.
    ///
    /// # Errors
    /// Returns the numbers and the status that cannot be read, in words.
    pub(super) fn statement(
        &self,
        definition: &Definition,
        audience: Audience,
        answers: &Answers,
    ) -> Result<(Statement, Vec<String>), Vec<String>> {
        let (mut problems, mut signs) = (Vec::new(), Vec::new());
        let [numerator, denominator, value] = Expected::of(definition);
        let expected = [numerator, denominator, value, value, value];
        let typed = self.parts();
        let mut numbers = [None; 5];
        let names = [
            "numerator",
            "denominator",
            "value",
            "lower end",
            "upper end",
        ];
        for (at, what) in names.into_iter().enumerate() {
            let written = self.written.get(at).filter(|text| !text.is_empty());
            let text = written.map_or(typed[at], String::as_str);
            if text.is_empty() {
                continue;
            }
            match signs::typed(text, expected[at], answers) {
                Ok(read) => {
                    signs.extend(read.doubt_words(what, text));
                    numbers[at] = Some(read.number);
                }
                Err(error) => problems.push(error),
            }
        }
        let status = match self.status.as_str() {
            "" => Ok(Status::Normal),
            word => word.parse(),
        };
        let status = status.map_err(|error| problems.push(error.to_string()));
        let ([numerator, denominator, value, lower, upper], Ok(status), true) =
            (numbers, status, problems.is_empty())
        else {
            return Err(problems);
        };
        let statement = Statement {
            numerator,
            denominator,
            value,
            lower,
            upper,
            ..Statement::without_figure(definition.hash(), status, audience)
        };
        Ok((statement, signs))
    }

    /// Says that there is a figure, if one was typed where `now` has none and says why, and that
    /// reason was left as it was.
    pub(super) fn with_figure(mut self, now: &Self) -> Self {
        let says_none = |typed: &Self| {
            let status = typed.status.parse::<Status>();
            status.is_ok_and(Status::is_without_figure)
        };
        let has_figure = |typed: &Self| !(typed.numerator.is_empty() && typed.value.is_empty());
        let typed = has_figure(&self) && !has_figure(now);
        if typed && says_none(&self) && self.status == now.status {
            self.status.clear();
        }
        self
    }

    /// A mark of the typed contents, because an answer counts only for the figure it was given for.
    pub(super) fn mark(&self) -> String {
        seen(&[self.line(), self.written.join("|")].join("|"))
    }

    /// The contents on one line, for people.
    pub(super) fn words(&self) -> String {
        let parts = self.parts().into_iter().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(" / ")
    }

    fn line(&self) -> String {
        self.parts().join("|")
    }

    /// The figures in the order of the form, then the status.
    fn parts(&self) -> [&str; 6] {
        [
            &self.numerator,
            &self.denominator,
            &self.value,
            &self.lower,
            &self.upper,
            &self.status,
        ]
    }
}

/// One cell as the page shows it.
#[derive(Clone, Debug)]
pub(super) struct CellView {
    pub(super) id: String,
    pub(super) key: String,
    /// The label for screen readers: period and breakdown.
    pub(super) label: String,
    pub(super) seen: String,
    pub(super) typed: Typed,
    pub(super) has_numerator: bool,
    pub(super) has_denominator: bool,
    pub(super) has_value: bool,
    pub(super) has_interval: bool,
    pub(super) statuses: Vec<OptionView>,
    /// More than one where it is contested.
    pub(super) answers: usize,
    pub(super) problems: Vec<String>,
    pub(super) questions: Vec<AskView>,
}

impl CellView {
    /// Builds the view. A `survey` states a value with its interval.
    pub(super) fn new(
        (row, column): (usize, usize),
        key: &ObservationKey,
        (kind, survey): (IndicatorType, bool),
        mut typed: Typed,
        now: &Typed,
        answers: usize,
        (problems, questions): (Vec<String>, Vec<AskView>),
    ) -> Self {
        // A number with an open question keeps the form in which it was typed.
        let texts = [
            &mut typed.numerator,
            &mut typed.denominator,
            &mut typed.value,
        ];
        for (text, written) in texts.into_iter().zip(&typed.written) {
            if !written.is_empty() {
                text.clone_from(written);
            }
        }
        let index = kind == IndicatorType::Index;
        let count = kind == IndicatorType::Count;
        Self {
            id: format!("cell-{row}-{column}"),
            key: key.to_string(),
            label: format!(
                "{}, {}",
                capital(&key.period.words()),
                figure::heading(&key.breakdown)
            ),
            seen: seen(&now.line()),
            has_numerator: !index || !typed.numerator.is_empty(),
            has_denominator: !(index || count) || !typed.denominator.is_empty(),
            has_value: index || survey || !typed.value.is_empty(),
            has_interval: survey || !typed.lower.is_empty() || !typed.upper.is_empty(),
            statuses: statuses(&typed.status),
            typed,
            answers,
            problems,
            questions,
        }
    }

    /// The result of the two numbers, as the page's script shows it while somebody types; empty if
    /// there is none.
    pub(super) fn result(&self, factor: &str) -> String {
        let number = |text: &str| figure::ungrouped(text).parse::<Number>().ok();
        let ratio = || {
            let (above, below) = (
                number(&self.typed.numerator)?,
                number(&self.typed.denominator)?,
            );
            above.ratio(below, number(factor)?, RESULT_DECIMALS)
        };
        ratio().map_or_else(String::new, |ratio| ratio.fixed(RESULT_DECIMALS))
    }

    /// The id of the first field, for the link in the error summary.
    pub(super) fn first_id(&self) -> String {
        let part = if self.has_numerator { "n" } else { "v" };
        format!("{}-{part}", self.id)
    }

    pub(super) fn error_links(&self) -> Vec<ErrorLink> {
        let link = |problem: &String| ErrorLink {
            id: self.first_id(),
            text: format!("{}: {problem}", self.label),
        };
        let asks = |asked: &AskView| ErrorLink {
            id: asked.first_id(),
            text: format!("{}: {}", self.label, asked.ask),
        };
        let problems = self.problems.iter().map(link);
        problems.chain(self.questions.iter().map(asks)).collect()
    }
}

fn statuses(chosen: &str) -> Vec<OptionView> {
    let option = |status: &Status| {
        let value = if *status == Status::Normal {
            ""
        } else {
            status.word()
        };
        OptionView {
            chosen: value == chosen,
            value: value.to_owned(),
            label: match status.is_without_figure() {
                true => format!("no figure: {}", status.label()),
                false => format!("figure: {}", status.label()),
            },
        }
    };
    Status::ALL.iter().map(option).collect()
}

#[cfg(test)]
mod tests {
    use weft_shared::model::indicator::definitions_from_toml;

    use super::*;

    fn typed(numerator: &str, denominator: &str, status: &str) -> Typed {
        Typed {
            numerator: numerator.to_owned(),
            denominator: denominator.to_owned(),
            status: status.to_owned(),
            ..Typed::default()
        }
    }

    #[test]
    fn a_cell_states_what_was_typed() {
        let definition = definition();
        let state = |typed: Typed| {
            let stated = typed.statement(&definition, Audience::Network, &Answers::NONE);
            stated.map(|(statement, _)| statement)
        };
        let stated = state(typed("51324", "59649", "")).unwrap();
        assert_eq!(stated.status, Status::Normal);
        assert_eq!(Typed::of(&stated), typed("51324", "59649", ""));
        let stated = state(typed("", "", "L")).unwrap();
        assert_eq!(stated.status, Status::NotCollected);
        let problems = state(typed("many", "5;9", "X")).unwrap_err();
        assert_eq!(problems.len(), 3);
    }

    fn definition() -> Definition {
        let text = include_str!("../../../../examples/data/indicators.toml");
        definitions_from_toml(text).unwrap().remove(0)
    }

    #[test]
    fn a_figure_typed_over_a_reason_for_none_is_a_figure() {
        let none = typed("", "59649", "Q");
        let given = |numerator: &str, status: &str| {
            let cell = typed(numerator, "59649", status).with_figure(&none);
            cell.status
        };
        assert_eq!(given("51324", "Q"), "");
        // A reason that the person chose is not taken back, nor one beside no figure.
        assert_eq!(given("51324", "L"), "L");
        assert_eq!(given("51324", "P"), "P");
        assert_eq!(given("", "Q"), "Q");
    }

    #[test]
    fn a_sign_that_can_be_read_two_ways_is_kept_until_somebody_says() {
        let definition = Definition {
            kind: IndicatorType::Index,
            ..definition()
        };
        let key = "VAX_PRIMARY/FAR_NORTH/2023-05/age=12%2B";
        let pairs = [
            (format!("seen:{key}"), seen("")),
            (format!("v:{key}"), " 7,125".to_owned()),
        ];
        let typed = Typed::read_all(&Sent(pairs.to_vec())).remove(0).1;
        for (word, number) in [("thousands", "7125"), ("decimals", "7.125")] {
            let answers = Answers::of([word]).unwrap();
            let (stated, signs) = typed
                .statement(&definition, Audience::Team, &answers)
                .unwrap();
            assert_eq!(stated.value, number.parse().ok());
            assert_eq!(signs, ["value \"7,125\" is 7125 or 7.125"]);
        }
    }

    #[test]
    fn a_form_returns_what_it_was_shown_with() {
        let key = "VAX_PRIMARY/FAR_NORTH/2023-05/age=12%2B";
        let now = typed("51324", "59649", "");
        let form = |numerator: &str| {
            let pairs = [
                (format!("seen:{key}"), seen(&now.line())),
                (format!("n:{key}"), numerator.to_owned()),
                (format!("d:{key}"), "59,649".to_owned()),
                (format!("s:{key}"), String::new()),
            ];
            Typed::read_all(&Sent(pairs.to_vec())).remove(0).1
        };
        assert!(!form("51324").was_changed());
        assert!(!form("51,324").was_changed());
        assert!(form("51325").was_changed());
        assert!(!form("51325").is_outdated(&now));
        assert!(form("51325").is_outdated(&typed("51000", "59649", "")));
    }
}
