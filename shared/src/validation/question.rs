//! Questions to a person before a figure is saved, about figures that may be right or may be slips.
//! The page, the command and the import ask the same questions and accept the same answers.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    number::Number,
    observation::{CHECK_BYTES_MAX, ObservationKey, Statement, Status},
    words,
};

/// The answer that a population grew or shrank.
pub const GROWTH: &str = "growth";
/// The answer that a denominator is on another base than earlier ones.
pub const ANOTHER_BASE: &str = "base";
/// Prefix of the earlier denominator in the mark beside an answer about the base: `beside-56393`.
/// The answer is about these two counts and no others.
pub(super) const BESIDE: &str = "beside-";
/// The answer that a sign separates thousands.
pub const THOUSANDS: &str = "thousands";
/// The answer that a sign begins the decimals.
pub const DECIMALS: &str = "decimals";

words! {
    /// The subject of a question. All rows of one kind are asked about in one question.
    Kind, "kind of question" {
        /// About ten times, or a tenth, of a neighbouring figure.
        Tenfold = "tenfold" / "about ten times, or a tenth, of the figure beside it",
        /// A share that moved far between two periods.
        Jump = "jump" / "a share that moved by 25 points or more",
        /// A number that often stands for "no figure".
        Sentinel = "sentinel" / "a number that often stands for \"no figure\"",
        /// A comma or a point that may begin decimals or separate thousands.
        Sign = "sign" / "a sign that can be read two ways",
        /// A denominator that moved more than populations do.
        Base = "base" / "a denominator that moved by more than 2% a year",
        /// A row of a file with an earlier date than the current figure.
        Outdated = "outdated" / "a row from an earlier day than what stands",
        /// A row of a file without a figure, although there is a current one.
        Blank = "blank" / "a row without a figure, where one stands",
        /// A value that does not follow from the parts beside it.
        Parts = "parts" / "a value that its parts do not give",
        /// A whole below one of its parts, or a part above its whole.
        Whole = "whole" / "a whole smaller than one of its parts",
    }
}

/// One way to answer a question.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Answer {
    /// The word after `--confirm`, which a page also sends and the statement keeps. It is unique
    /// among answers.
    pub word: &'static str,
    /// Its meaning, in words that follow "yes:" or stand beside a choice.
    pub meaning: &'static str,
}

const fn answer(word: &'static str, meaning: &'static str) -> Answer {
    Answer { word, meaning }
}

impl Kind {
    /// The possible answers. If there is only one, the alternative is to correct the figure.
    pub const fn answers(self) -> &'static [Answer] {
        const TENFOLD: &[Answer] = &[answer("tenfold", "the figure is right")];
        const JUMP: &[Answer] = &[answer("jump", "the figure is right")];
        const SENTINEL: &[Answer] = &[answer("sentinel", "it is a figure")];
        const SIGN: &[Answer] = &[
            answer(THOUSANDS, "the sign stands between thousands"),
            answer(DECIMALS, "the sign begins the decimals"),
        ];
        const BASE: &[Answer] = &[
            answer(GROWTH, "it grew or shrank itself"),
            answer(ANOTHER_BASE, "it is another base: counted in another way"),
        ];
        const OUTDATED: &[Answer] = &[answer("outdated", "the earlier ones replace what stands")];
        const BLANK: &[Answer] = &[answer("blank", "what stands is taken away")];
        const PARTS: &[Answer] = &[answer(
            "parts",
            "numerator and denominator are right, and the value is left out",
        )];
        const WHOLE: &[Answer] = &[answer("whole", "both figures are right")];
        match self {
            Self::Outdated => OUTDATED,
            Self::Blank => BLANK,
            Self::Parts => PARTS,
            Self::Whole => WHOLE,
            Self::Tenfold => TENFOLD,
            Self::Jump => JUMP,
            Self::Sentinel => SENTINEL,
            Self::Sign => SIGN,
            Self::Base => BASE,
        }
    }

    /// Whether nothing is saved until it is answered. An unanswered question about two bases leaves
    /// a mark on the comparison.
    pub const fn holds_up(self) -> bool {
        !matches!(self, Self::Base)
    }

    /// The text of the question about one row or several.
    pub const fn ask(self, rows: usize) -> &'static str {
        match (self, rows) {
            (Self::Tenfold, 1) => "This figure is far from the one beside it. Is it right?",
            (Self::Tenfold, _) => "These figures are far from those beside them. Are they right?",
            (Self::Jump, 1) => "This share moved by 25 points or more. Is it right?",
            (Self::Jump, _) => "These shares moved by 25 points or more. Are they right?",
            (Self::Sentinel, 1) => {
                "This number often stands for \"no figure\". Is it a figure? If not, leave it \
                 empty and give a status."
            }
            (Self::Sentinel, _) => {
                "These numbers often stand for \"no figure\". Are they figures? If not, leave \
                 them empty and give a status."
            }
            (Self::Outdated, _) => {
                "What stands is from a later day than the file. Do the file's rows replace it?"
            }
            (Self::Blank, _) => {
                "The file has no figure where one stands. Is what stands taken away?"
            }
            (Self::Parts, _) => {
                "A value is not what the numerator and denominator beside it give. Are they right?"
            }
            (Self::Whole, _) => {
                "A whole is smaller than one of its parts. Is that right? If its figure is one of \
                 a part, enter it as that part."
            }
            (Self::Sign, _) => {
                "A comma or a point can be read two ways here. Does it stand between thousands, \
                 or begin the decimals?"
            }
            (Self::Base, 1) => {
                "This denominator moved by more than 2% a year. Did what it counts grow or shrink, \
                 or is it another base? Until somebody says, comparisons say \"check the base\"."
            }
            (Self::Base, _) => {
                "These denominators moved by more than 2% a year. Did what they count grow or \
                 shrink, or is it another base? Until somebody says, comparisons say \"check the \
                 base\"."
            }
        }
    }
}

/// The subject of a question.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Row {
    /// The line of the file, counted from 1; `None` at the keyboard.
    pub line: Option<u64>,
    /// The observation.
    pub key: ObservationKey,
    /// The figure, and the reason for the doubt.
    pub words: String,
}

/// One kind of doubt, with all its rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// The kind.
    pub kind: Kind,
    /// Its rows, by line and then by key; never empty.
    pub rows: Vec<Row>,
}

impl Question {
    /// The text of the question.
    pub fn ask(&self) -> &'static str {
        self.kind.ask(self.rows.len())
    }
}

/// Rows, from which questions are made, and the answers that already hold. All are found by their
/// key: a file asks about each of its rows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Questions {
    asked: BTreeMap<ObservationKey, BTreeSet<(Kind, Row)>>,
    held: BTreeMap<ObservationKey, BTreeMap<Kind, &'static str>>,
    /// The earlier denominator, if the base of a figure is or was asked about.
    beside: BTreeMap<ObservationKey, Number>,
}

impl Questions {
    /// Adds a row to the question of its kind.
    pub fn add(&mut self, kind: Kind, row: Row) {
        let key = row.key.clone();
        self.asked.entry(key).or_default().insert((kind, row));
    }

    /// Records an answer about the current statement that also holds for its replacement.
    pub(super) fn hold(&mut self, kind: Kind, key: &ObservationKey, word: &'static str) {
        let held = self.held.entry(key.clone()).or_default();
        held.insert(kind, word);
    }

    /// Records the earlier denominator for a question about the base of a figure.
    pub(super) fn held_beside(&mut self, key: &ObservationKey, before: Number) {
        self.beside.insert(key.clone(), before);
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: Self) {
        for (key, rows) in other.asked {
            self.asked.entry(key).or_default().extend(rows);
        }
        for (key, words) in other.held {
            self.held.entry(key).or_default().extend(words);
        }
        self.beside.extend(other.beside);
    }

    /// Whether there are no questions.
    pub fn is_empty(&self) -> bool {
        self.asked.is_empty()
    }

    /// The questions that `answers` leaves open, in the order of the kinds.
    pub fn open(&self, answers: &Answers) -> Vec<Question> {
        let rows = self.asked.values().flatten();
        by_kind(rows.filter(|(kind, _)| !answers.has(*kind)))
    }

    /// The answers about one observation, given now or before: the words to keep with its
    /// statement. A new answer replaces an earlier one.
    pub fn confirmed(&self, key: &ObservationKey, answers: &Answers) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        let (asked, held) = (self.asked.get(key), self.held.get(key));
        let asked = asked.into_iter().flatten().map(|(kind, _)| *kind);
        let answered = held.into_iter().flat_map(BTreeMap::keys).copied();
        for kind in answered.chain(asked).collect::<BTreeSet<Kind>>() {
            let held = held.and_then(|words| words.get(&kind)).copied();
            let Some(word) = answers.get(kind).map(|answer| answer.word).or(held) else {
                continue;
            };
            match self.beside.get(key).filter(|_| kind == Kind::Base) {
                Some(before) => words.extend(words_beside(word, *before)),
                None => words.extend([word.to_owned()]),
            }
        }
        words
    }

    /// The rows about one observation.
    pub fn about(&self, key: &ObservationKey) -> impl Iterator<Item = &Row> {
        let rows = self.asked.get(key).into_iter().flatten();
        rows.map(|(_, row)| row)
    }

    /// The questions about observations other than `key`: a new figure can raise a question about
    /// an existing one.
    pub fn about_others(&self, key: &ObservationKey) -> Vec<Question> {
        let others = self.asked.iter().filter(|(other, _)| *other != key);
        by_kind(others.flat_map(|(_, rows)| rows))
    }
}

/// Makes questions of rows: one for each kind, with its rows by line and then by key.
fn by_kind<'a>(rows: impl Iterator<Item = &'a (Kind, Row)>) -> Vec<Question> {
    let mut kinds: BTreeMap<Kind, Vec<Row>> = BTreeMap::new();
    for (kind, row) in rows {
        kinds.entry(*kind).or_default().push(row.clone());
    }
    let questions = kinds.into_iter().map(|(kind, mut rows)| {
        rows.sort_unstable();
        Question { kind, rows }
    });
    questions.collect()
}

/// The answers of a person, at most one for each kind.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answers(BTreeMap<Kind, Answer>);

impl Answers {
    /// No answers.
    pub const NONE: Self = Self(BTreeMap::new());

    /// Parses the words of answers, such as those after `--confirm`. Answers to questions that are
    /// not asked do no harm: the same command may be given every month.
    ///
    /// # Errors
    /// If a word is not an answer, or two words answer one question differently.
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, BadAnswer> {
        let mut answers = Self::default();
        for word in words {
            answers.give(word)?;
        }
        Ok(answers)
    }

    /// Adds one answer by its word.
    ///
    /// # Errors
    /// If it is not an answer, or the question already has another one, which stays.
    pub fn give(&mut self, word: &str) -> Result<(), BadAnswer> {
        let (kind, answer) =
            named(word).ok_or_else(|| BadAnswer::Unknown(word.chars().take(40).collect()))?;
        let given = *self.0.entry(kind).or_insert(answer);
        if given == answer {
            return Ok(());
        }
        Err(BadAnswer::Both {
            one: given.word,
            other: answer.word,
        })
    }

    /// The answer to a kind of question, if it is given.
    pub fn get(&self, kind: Kind) -> Option<Answer> {
        self.0.get(&kind).copied()
    }

    /// Whether there is an answer to a kind of question.
    pub fn has(&self, kind: Kind) -> bool {
        self.0.contains_key(&kind)
    }

    /// Whether exactly this answer is given.
    pub fn says(&self, word: &str) -> bool {
        self.words().any(|given| given == word)
    }

    /// The words of the answers.
    pub fn words(&self) -> impl Iterator<Item = &'static str> {
        self.0.values().map(|answer| answer.word)
    }
}

/// An answer about the base of a denominator, with the mark of the earlier one if that is short
/// enough to be a mark.
pub fn words_beside(word: &str, before: Number) -> BTreeSet<String> {
    let mark = Some(format!("{BESIDE}{before}"));
    let mark = mark.filter(|mark| mark.len() <= CHECK_BYTES_MAX);
    mark.into_iter().chain([word.to_owned()]).collect()
}

/// Keeps answers with a statement; each replaces an earlier one to the same question. Another base
/// becomes its status, unless the status has other information to keep, such as provisional. The
/// answer that it is growth reverses this.
pub fn keep(statement: &mut Statement, words: BTreeSet<String>) {
    if words.contains(ANOTHER_BASE) && statement.status == Status::Normal {
        statement.status = Status::Break;
    }
    let was_answered = statement.confirmed.contains(ANOTHER_BASE);
    if words.contains(GROWTH) && was_answered && statement.status == Status::Break {
        statement.status = Status::Normal;
    }
    statement.confirmed = super::marks::replaced(&statement.confirmed, words);
}

/// Whether a statement equals the current one, apart from confirmations: then there is nothing to
/// ask and nothing to save. An answer may have set the status of the current one.
pub fn says_the_same(standing: &Statement, said: &Statement) -> bool {
    let by_answer = standing.confirmed.contains(ANOTHER_BASE) && standing.status == Status::Break;
    let status = if by_answer && said.status == Status::Normal {
        Status::Normal
    } else {
        standing.status
    };
    *said
        == Statement {
            confirmed: said.confirmed.clone(),
            status,
            ..standing.clone()
        }
}

/// All answers, with the kind of question for each.
fn all() -> impl Iterator<Item = (Kind, Answer)> {
    let of = |kind: &Kind| {
        let kind = *kind;
        kind.answers().iter().map(move |answer| (kind, *answer))
    };
    Kind::ALL.iter().flat_map(of)
}

pub(super) fn named(word: &str) -> Option<(Kind, Answer)> {
    all().find(|(_, answer)| answer.word == word)
}

/// The words of all answers, as people read them.
fn listed() -> String {
    let words: Vec<&str> = all().map(|(_, answer)| answer.word).collect();
    words.join(", ")
}

/// A word that is not an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAnswer {
    /// There is no such answer.
    #[error("\"{word}\" answers no question: there are {}", listed(), word = .0)]
    Unknown(String),
    /// Two answers to one question.
    #[error("{one} and {other} answer the same question in two ways: give one of them")]
    Both {
        /// The first answer.
        one: &'static str,
        /// The second answer.
        other: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &str) -> Row {
        Row {
            line: None,
            key: key.parse().unwrap(),
            words: "the figure".to_owned(),
        }
    }

    #[test]
    fn every_answer_has_a_word_of_its_own() {
        let words: BTreeSet<&str> = all().map(|(_, answer)| answer.word).collect();
        assert_eq!(words.len(), all().count());
        for (kind, answer) in all() {
            let answers = Answers::of([answer.word]).unwrap();
            assert_eq!(answers.get(kind), Some(answer));
            assert!(answers.says(answer.word));
        }
    }

    #[test]
    fn an_answer_takes_the_place_of_another_to_the_same_question() {
        let definition = crate::id::DefinitionHash::new([1; 32]);
        let audience = crate::model::Audience::Network;
        let mut statement = Statement::without_figure(definition, Status::Normal, audience);
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        keep(&mut statement, words(&["growth", "tenfold"]));
        keep(&mut statement, words(&["base"]));
        assert_eq!(Vec::from_iter(&statement.confirmed), ["base", "tenfold"]);
        keep(&mut statement, words_beside(GROWTH, Number::from(50)));
        let marks = ["beside-50", "growth", "tenfold"];
        assert_eq!(Vec::from_iter(&statement.confirmed), marks);
        assert_eq!(statement.status, Status::Normal);
        let mut later = statement.clone();
        later.confirmed = words_beside(ANOTHER_BASE, Number::from(60));
        let kept = crate::validation::keep_marks(later, &statement);
        let marks = ["base", "beside-60", "tenfold"];
        assert_eq!(Vec::from_iter(&kept.confirmed), marks);
    }

    #[test]
    fn questions_of_one_kind_are_one_question() {
        let mut questions = Questions::default();
        for key in ["AA/BB/2023/total", "AA/CC/2023/total", "AA/BB/2023/total"] {
            questions.add(Kind::Tenfold, row(key));
        }
        questions.add(Kind::Base, row("AA/BB/2023/total"));
        let open = questions.open(&Answers::NONE);
        let kinds: Vec<_> = open.iter().map(|one| (one.kind, one.rows.len())).collect();
        assert_eq!(kinds, [(Kind::Tenfold, 2), (Kind::Base, 1)]);
        let answers = Answers::of(["tenfold", "growth"]).unwrap();
        assert!(questions.open(&answers).is_empty());
        let kept = questions.confirmed(&"AA/BB/2023/total".parse().unwrap(), &answers);
        assert_eq!(Vec::from_iter(kept), ["growth", "tenfold"]);
        let kept = questions.confirmed(&"AA/CC/2023/total".parse().unwrap(), &answers);
        assert_eq!(Vec::from_iter(kept), ["tenfold"]);
    }

    #[test]
    fn what_answers_nothing_is_refused() {
        let unknown = Answers::of(["tenfld"]).unwrap_err().to_string();
        assert!(unknown.contains("tenfold, jump"), "{unknown}");
        let both = Answers::of(["growth", "base"]).unwrap_err().to_string();
        assert!(both.starts_with("growth and base"), "{both}");
    }
}
