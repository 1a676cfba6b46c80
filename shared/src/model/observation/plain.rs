//! Reads the statements that are by far the most frequent without a JSON parser.

use super::{Statement, Status};
use crate::{
    id::DefinitionHash,
    model::{
        Audience,
        number::{DIGITS_MAX, Number},
    },
};

/// Parses the canonical text of a statement without marks whose numbers are whole; `None` for any
/// other text, which may be a statement all the same.
pub(super) fn read(text: &str) -> Option<Statement> {
    let mut rest = Rest(text);
    let audience: Audience = rest.quoted("{\"audience\":")?.parse().ok()?;
    let definition = rest.quoted(",\"definition\":")?;
    // Capital letters are read too, but no statement has them.
    let is_canonical = !definition.bytes().any(|byte| byte.is_ascii_uppercase());
    let definition: DefinitionHash = definition.parse().ok().filter(|_| is_canonical)?;
    let denominator = rest.whole(",\"denominator\":")?;
    let numerator = rest.whole(",\"numerator\":")?;
    let status: Status = rest.quoted(",\"status\":")?.parse().ok()?;
    let value = rest.whole(",\"value\":")?;
    (rest.0 == "}").then(|| Statement {
        numerator,
        denominator,
        value,
        ..Statement::without_figure(definition, status, audience)
    })
}

/// The text that is not read yet.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// The text of a member that must be there. One with escapes is no word, and refused there.
    fn quoted(&mut self, member: &str) -> Option<&'a str> {
        let rest = self.0.strip_prefix(member)?.strip_prefix('"')?;
        let (text, rest) = rest.split_once('"')?;
        self.0 = rest;
        Some(text)
    }

    /// A member that may be missing; `None` if it is no whole number of this form.
    fn whole(&mut self, member: &str) -> Option<Option<Number>> {
        let Some(rest) = self.0.strip_prefix(member) else {
            return Some(None);
        };
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (digits, rest) = rest.split_at_checked(end)?;
        let is_canonical = digits == "0" || !digits.starts_with('0');
        if !is_canonical || !(1..=DIGITS_MAX).contains(&digits.len()) {
            return None;
        }
        self.0 = rest;
        Some(Some(Number::from(digits.parse::<i64>().ok()?)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::json;

    fn slow(text: &str) -> Option<Statement> {
        json::decode(text, "statement", Statement::fits, Statement::encode).ok()
    }

    fn number() -> impl Strategy<Value = Option<Number>> {
        proptest::option::of((-9..999_999_999_999_999_i64).prop_map(Number::from))
    }

    /// A place in a text, and what comes in place of the character there.
    fn edit() -> impl Strategy<Value = (prop::sample::Index, String)> {
        (any::<prop::sample::Index>(), "[\"{}:,0-9a-zA-Z.-]?")
    }

    #[test]
    fn what_a_statement_without_marks_says_is_read() {
        let statement = Statement {
            numerator: Some(Number::from(0)),
            denominator: Some(Number::from(999_999_999_999_999)),
            ..Statement::without_figure(
                DefinitionHash::new([0xab; 32]),
                Status::Estimated,
                Audience::Released,
            )
        };
        assert_eq!(read(&statement.encode()), Some(statement));
    }

    proptest! {
        #[test]
        fn it_reads_nothing_that_the_parser_does_not_read_alike(
            numbers in [number(), number(), number()],
            (status, audience) in (0..Status::ALL.len(), 0..Audience::ALL.len()),
            edits in proptest::collection::vec(edit(), 0..3),
        ) {
            let [numerator, denominator, value] = numbers;
            let (status, audience) = (Status::ALL[status], Audience::ALL[audience]);
            let definition = DefinitionHash::new([0xa7; 32]);
            let mut text = Statement {
                numerator,
                denominator,
                value,
                ..Statement::without_figure(definition, status, audience)
            }
            .encode();
            for (at, new) in edits {
                let at = at.index(text.len());
                text.replace_range(at..=at, &new);
            }
            if let Some(read) = read(&text) {
                prop_assert_eq!(Some(read), slow(&text));
            }
        }
    }
}
