//! The figures of one row, in Weft's own form.

use weft_shared::model::{indicator::Definition, number::Number};

use super::{kind_of, readings::Readings};
use crate::{
    number::{Manner, plain, shifted},
    roles::{FIGURE, MULTIPLIER, Role},
};

/// The columns that hold numbers.
const NUMBERS: [&str; 5] = ["numerator", "denominator", "value", "lower", "upper"];

/// The texts of a row's figures.
pub(super) struct Figures {
    texts: [Option<String>; NUMBERS.len()],
}

impl Figures {
    /// Reads them. A text that is no number stays as it is, and is judged with the row.
    pub(super) fn of<'t>(
        text: impl Fn(Role) -> &'t str,
        definition: Option<&Definition>,
        line: u64,
        readings: &mut Readings,
        problems: &mut Vec<String>,
    ) -> Self {
        let power = text(Role::Special(MULTIPLIER)).trim();
        let mut texts = [const { None }; NUMBERS.len()];
        for (name, place) in NUMBERS.into_iter().zip(&mut texts) {
            let own = text(Role::Own(name));
            let other = match kind_of(definition) == name {
                true => text(Role::Special(FIGURE)),
                false => "",
            };
            let cell = if own.trim().is_empty() { other } else { own };
            let power = if name == "denominator" { "" } else { power };
            match read(cell, name, power, definition) {
                Ok(None) => *place = (!other.is_empty()).then(|| cell.to_owned()),
                Ok(Some((number, manner))) => {
                    readings.number(line, name, cell.trim(), &number, manner);
                    *place = Some(number);
                }
                Err(problem) => problems.push(problem),
            }
        }
        Self { texts }
    }

    /// The text of a column, if it is another than the file's.
    pub(super) fn get(&self, column: &str) -> Option<&str> {
        let at = NUMBERS.iter().position(|name| *name == column)?;
        self.texts[at].as_deref()
    }
}

/// Returns a number that was written otherwise, and how.
fn read(
    cell: &str,
    name: &str,
    power: &str,
    definition: Option<&Definition>,
) -> Result<Option<(String, Manner)>, String> {
    // An apostrophe keeps a spreadsheet from reading a formula.
    let Some(read) = plain(cell.trim().trim_start_matches('\'')) else {
        return Ok(None);
    };
    let cell = cell.trim();
    let percent = read.manners.contains(&Manner::Percent);
    if percent {
        let share = definition.is_none_or(|one| one.factor == Number::from(100));
        if !share || !["value", "lower", "upper"].contains(&name) {
            return Err(format!(
                "{name}: \"{cell}\" is a percentage, and a percentage is the value of an indicator \
                 with the factor 100 alone: write the number that is meant"
            ));
        }
    }
    let by: i32 = match power {
        "" => 0,
        power => power
            .parse()
            .map_err(|_| format!("\"{power}\" is no power of ten, such as 3 for thousands"))?,
    };
    if by != 0 {
        let bare = read.text.replace(',', "");
        let number = shifted(&bare, by).ok_or_else(|| {
            format!("{name}: \"{cell}\" times ten to the power of {power} cannot be read")
        })?;
        return Ok(Some((number, Manner::Multiplied)));
    }
    let manner = read.manners.iter().max().copied();
    Ok(manner.map(|manner| (read.text, manner)))
}
