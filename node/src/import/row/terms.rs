//! A row's indicator and its version, its area, and the interval of a survey.

use strsim::levenshtein;
use weft_shared::{
    id::{AreaCode, IndicatorCode},
    model::{Audience, number::Number, observation::ObservationKey},
    period::{Frequency, Period},
};

use super::{
    super::{Indicator, Next, figure::Figure},
    Fields, Wrong, shown,
};

/// Maximum number of indicators that are named beside a code that is unknown.
const NEAR_MAX: usize = 3;

impl<'a> Fields<'a> {
    /// Returns the indicator with the definition that the row is entered under.
    pub(super) fn version(
        &self,
        indicator: Indicator<'a>,
        key: &ObservationKey,
        problems: &mut Vec<Wrong>,
    ) -> Option<Indicator<'a>> {
        let asked = match self.field("definition_version") {
            "" => None,
            text => match text.parse() {
                Ok(version) => Some(version),
                Err(_) => {
                    let shown = shown(text);
                    let message = format!("definition_version \"{shown}\" is not a whole number");
                    problems.push(message.into());
                    return None;
                }
            },
        };
        let stands = self
            .context
            .existing
            .get(key)
            .map_or(&[][..], Vec::as_slice);
        let stating = indicator.stating(key.period, stands, asked);
        stating
            .map_err(|error| problems.push(error.to_string().into()))
            .ok()
    }

    /// Returns the ends of a survey's interval.
    pub(super) fn interval(&self, problems: &mut Vec<Wrong>) -> Option<[Option<Number>; 2]> {
        let ends = ["lower", "upper"].map(|column| {
            let read = Figure::read(self.field(column), self.answers);
            read.map_err(|error| problems.push(format!("{column}: {error}").into()))
                .ok()
        });
        let [Some(lower), Some(upper)] = ends else {
            return None;
        };
        Some([lower.number(), upper.number()])
    }

    /// Returns our area whose code or name the row seems to misspell.
    pub(super) fn misspelt(&self) -> Option<&AreaCode> {
        self.own.like(self.field("area_code"))
    }

    /// Returns the indicator, and the audience chosen for it.
    pub(super) fn indicator(
        &self,
        code: &IndicatorCode,
        problems: &mut Vec<Wrong>,
    ) -> Option<(Indicator<'a>, Audience)> {
        let Some(indicator) = self.context.indicators.get(code).copied() else {
            let message = self.unknown(code);
            problems.push(message.into());
            let (_, indicator) = self.like(code)?;
            return Some((indicator, Audience::Team));
        };
        let Some(adopted) = self.context.audience.or(indicator.audience) else {
            let message = format!(
                "{code} is not adopted, so no one chose who may see its figures: \
                 `weft-node indicator adopt {code} --audience network`, or import with --audience"
            );
            let next = Next::Adopt;
            problems.push(Wrong { next, message });
            return Some((indicator, Audience::Team));
        };
        Some((indicator, adopted))
    }

    /// Says that there is no such indicator, and which are spelt much like it.
    fn unknown(&self, code: &IndicatorCode) -> String {
        let known = self.context.indicators.keys();
        let far_max = code.as_str().len().div_ceil(3).max(2);
        let mut near: Vec<(usize, &IndicatorCode)> = known
            .map(|one| (levenshtein(code.as_str(), one.as_str()), one))
            .filter(|(far, _)| *far <= far_max)
            .collect();
        near.sort();
        near.truncate(NEAR_MAX);
        let near: Vec<&str> = near.iter().map(|(_, one)| one.as_str()).collect();
        match (near.as_slice(), self.context.indicators.len()) {
            ([], 0) => format!("there is no indicator {code}, and none at all is defined yet"),
            ([], 1) => format!(
                "there is no indicator {code}: weft-node indicator list shows the only one there is"
            ),
            ([], all) => format!(
                "there is no indicator {code}: weft-node indicator list shows the {all} that there \
                 are"
            ),
            (near, _) => format!(
                "there is no indicator {code}: did you mean {}?",
                near.join(" or ")
            ),
        }
    }

    /// Returns the indicator whose code seems to be misspelt.
    fn like(&self, code: &IndicatorCode) -> Option<(&'a IndicatorCode, Indicator<'a>)> {
        let mut known = self.context.indicators.iter();
        let is_like = |known: &IndicatorCode| levenshtein(code.as_str(), known.as_str()) <= 1;
        let (like, indicator) = known.find(|(known, _)| is_like(known))?;
        Some((like, *indicator))
    }
}

/// A period of this frequency, in place of one that cannot be read.
pub(super) fn stand_in(frequency: Frequency) -> Period {
    let text = match frequency {
        Frequency::PooledYears => "Y2017-2020",
        Frequency::Year => "2020",
        Frequency::FiscalYear => "FY2020",
        Frequency::Quarter => "2020-Q1",
        Frequency::Month => "2020-01",
        Frequency::Week => "2020-W01",
    };
    text.parse().expect("it is written as periods are")
}
