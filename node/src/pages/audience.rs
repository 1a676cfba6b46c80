//! The choice of how far something may travel: each step in plain words, with the hub's operator.

use weft_shared::model::Audience;

use super::form::seen;
use crate::view::Outgoing;

/// The choice of an audience.
#[derive(Clone, Debug)]
pub(crate) struct AudienceChoice {
    pub(crate) legend: &'static str,
    /// Empty while this computer works alone.
    pub(crate) operator: String,
    pub(crate) options: Vec<AudienceOption>,
    pub(crate) error: Option<String>,
    pub(crate) seen: String,
}

/// One audience that may be chosen.
#[derive(Clone, Debug)]
pub(crate) struct AudienceOption {
    pub(crate) value: &'static str,
    pub(crate) label: &'static str,
    pub(crate) hint: String,
    pub(crate) chosen: bool,
}

impl AudienceChoice {
    /// Marks `chosen`, if any. `team_only` is the number of records for our team only.
    pub(crate) fn new(
        legend: &'static str,
        operator: &str,
        team_only: u64,
        chosen: Option<Audience>,
    ) -> Self {
        let option = |audience: &Audience| AudienceOption {
            value: audience.word(),
            label: label(*audience),
            hint: hint(*audience, operator, team_only),
            chosen: chosen == Some(*audience),
        };
        Self {
            legend,
            operator: operator.to_owned(),
            options: Audience::ALL.iter().map(option).collect(),
            error: None,
            seen: chosen.map(|chosen| seen(chosen.word())).unwrap_or_default(),
        }
    }

    /// Says with the option `released` what would go out now, in a sentence.
    pub(crate) fn say_released(&mut self, outgoing: &Outgoing) {
        let words = &outgoing.words;
        let narrower = outgoing.narrower_words().map_or_else(String::new, |stays| {
            format!(" {stays} The page of the indicator shares what is there already.")
        });
        for option in &mut self.options {
            if option.value == Audience::Released.word() {
                option.hint = format!(
                    "As the network, and in releases: they go to all who hold one, and cannot be \
                     called back. What would go out now: {words}{narrower}"
                );
            }
        }
    }

    /// The id of the first option, for the link in the error summary.
    pub(crate) const FIRST_ID: &str = "audience-team";
}

fn label(audience: Audience) -> &'static str {
    match audience {
        Audience::Team => "Our team only",
        Audience::Network => "The network",
        Audience::Released => "Releases",
    }
}

fn hint(audience: Audience, operator: &str, team_only: u64) -> String {
    match audience {
        Audience::Team => {
            let kept = match team_only {
                0 => "Nothing is kept like this now.".to_owned(),
                1 => "1 record is kept like this now.".to_owned(),
                count => format!("{count} records are kept like this now."),
            };
            let passed = match operator.is_empty() {
                true => ".",
                false => "; the hub passes it on sealed.",
            };
            format!("Only your team's devices can read it{passed} {kept}")
        }
        Audience::Network if operator.is_empty() => {
            "Once this computer has joined a network: your colleagues' devices, and the national \
             team through its hub."
                .to_owned()
        }
        Audience::Network => format!(
            "Your colleagues' devices, and the national team through the hub of {operator}. If \
             that is a public agency, this is a record of that agency, and its information and \
             archive laws apply."
        ),
        Audience::Released => {
            "As the network. A value counts in releases: it goes to all who hold one, and cannot \
             be called back. Other records are in no release; their words may be in a report to \
             your funder or your community."
                .to_owned()
        }
    }
}
