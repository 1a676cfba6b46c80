//! A row's definition version, and the interval of a survey.

use weft_shared::model::{number::Number, observation::ObservationKey};

use super::{
    super::{Indicator, figure::Figure},
    Fields, Wrong, shown,
};

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
                    let message = format!("definition_version \"{shown}\" is no whole number");
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
}
