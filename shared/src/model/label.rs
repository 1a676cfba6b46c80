//! Labels that people write in more than one spelling, and the rule for when two spellings match.
//!
//! People mean the same label with `Heat pump` and `Heat Pump`, with a full-width `１２＋` and `12+`,
//! with two blanks and one, and with or without an invisible character in a word. `Māori` and
//! `Maori` differ, because a macron makes another word.

use unicode_normalization::UnicodeNormalization as _;

use super::{
    indicator::{ANY_VALUE, Definition},
    observation::{Breakdown, ObservationKey},
};

/// Characters that are not visible: Unicode's `Default_Ignorable_Code_Point`.
const INVISIBLE: &[(char, char)] = &[
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fff8}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether `c` is not visible: a control character that is not a blank, or one of Unicode's default
/// ignorable characters.
pub fn is_invisible(c: char) -> bool {
    let ignorable = || {
        INVISIBLE
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&c))
    };
    (c.is_control() && !c.is_whitespace()) || ignorable()
}

/// Whether `c` turns the direction of the text around it: Unicode's `Bidi_Control`.
pub const fn turns_text(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// Returns a text without anything that turns its direction, such as a page that repeats what
/// somebody typed.
#[must_use]
pub fn straight(text: String) -> String {
    match text.contains(turns_text) {
        true => text.replace(turns_text, ""),
        false => text,
    }
}

/// Returns the form in which labels are compared: the same text for each spelling.
///
/// It unifies compatibility forms (NFKC), folds case, reduces each run of blanks to one, and
/// removes invisible characters.
///
/// ```
/// use weft_shared::model::label::folded;
/// assert_eq!(folded("Heat\u{a0} Pump\u{200b}"), "heat pump");
/// assert_ne!(folded("Māori"), folded("Maori"));
/// ```
pub fn folded(label: &str) -> String {
    let visible = |text: &str| -> String { text.chars().filter(|c| !is_invisible(*c)).collect() };
    let once = |text: &str| -> String {
        let text: String = visible(text).nfkc().collect();
        caseless::default_case_fold_str(&text).nfkc().collect()
    };
    // Folding can produce text that folds further; two passes reach a fixed point.
    let text = visible(&once(&once(label)));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Breakdown {
    /// Folds its names and values; the result is the same for each spelling. See [`folded`].
    pub fn folded(&self) -> Self {
        let parts = self.parts().iter();
        let parts = parts.map(|(name, value)| (folded(name), folded(value)));
        // If a name is invisible or two names become one, keep it as it is, so that it matches no
        // other, above all not the total.
        Self::crossed(parts).unwrap_or_else(|_| self.clone())
    }
}

impl ObservationKey {
    /// The key for a statement with this label: the one in `standing`, in any spelling, or else the
    /// spelling of the definition. So nothing is entered twice.
    pub fn spelled<'k>(
        &self,
        definition: &Definition,
        standing: impl IntoIterator<Item = &'k Self>,
    ) -> Self {
        let label = self.breakdown.folded();
        let beside = standing.into_iter().filter(|one| {
            (&one.indicator, &one.area, one.period) == (&self.indicator, &self.area, self.period)
                && one.breakdown.folded() == label
        });
        let beside: Vec<&Self> = beside.collect();
        if beside.contains(&self) {
            return self.clone();
        }
        let beside = beside.into_iter().min().map(|one| one.breakdown.clone());
        let spelled = beside.or_else(|| definition.spelled(&self.breakdown));
        Self {
            breakdown: spelled.unwrap_or_else(|| self.breakdown.clone()),
            ..self.clone()
        }
    }
}

impl Definition {
    /// Returns a breakdown in this definition's spelling; `None` if the definition does not name
    /// it. Values that the definition leaves open keep their spelling.
    pub fn spelled(&self, breakdown: &Breakdown) -> Option<Breakdown> {
        let parts = breakdown.parts().iter();
        let spelled = parts.map(|(name, value)| self.part(name, value));
        let spelled: Vec<(String, String)> = spelled.collect::<Option<_>>()?;
        let mut names: Vec<String> = spelled.iter().map(|(name, _)| name.clone()).collect();
        names.sort();
        let together = names.len() < 2 || self.crossed.contains(&names);
        Breakdown::crossed(spelled).ok().filter(|_| together)
    }

    fn part(&self, name: &str, value: &str) -> Option<(String, String)> {
        let declared = self.breakdowns.get_key_value(name).or_else(|| {
            let name = folded(name);
            self.breakdowns.iter().find(|(one, _)| folded(one) == name)
        });
        let (name, values) = declared?;
        if values.iter().any(|one| one == value) {
            return Some((name.clone(), value.to_owned()));
        }
        let wanted = folded(value);
        let spelled = values.iter().find(|one| folded(one) == wanted);
        let open = || values.iter().any(|one| one == ANY_VALUE);
        let spelled = spelled.cloned();
        let spelled = spelled.or_else(|| open().then(|| value.to_owned()))?;
        Some((name.clone(), spelled))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_label_are_one_and_macrons_differ() {
        for (a, b) in [
            ("Heat pump", "Heat Pump"),
            ("Heat pump", "  heat\u{a0} \t PUMP "),
            ("Heat pump", "Heat\u{200b} p\u{ad}ump\u{feff}"),
            ("12+", "１２＋"),
            ("Straße", "STRASSE"),
            ("ﬁre", "FIRE"),
            ("Ōpōtiki", "O\u{304}po\u{304}tiki"),
            ("ŌPŌTIKI", "ōpōtiki"),
        ] {
            assert_eq!(folded(a), folded(b), "{a:?} {b:?}");
        }
        for (a, b) in [
            ("Māori", "Maori"),
            ("5-11", "5–11"),
            ("12+", "12"),
            ("a b", "ab"),
        ] {
            assert_ne!(folded(a), folded(b), "{a:?} {b:?}");
        }
    }

    #[test]
    fn a_value_is_written_where_its_label_stands_already() {
        let toml = include_str!("../../../examples/data/indicators.toml");
        let mut definition = super::super::indicator::definitions_from_toml(toml)
            .unwrap()
            .remove(0);
        definition.breakdowns = [("kind".to_owned(), vec!["Heat pump".to_owned()])].into();
        let key = |area: &str, kind: &str| ObservationKey {
            indicator: definition.code.clone(),
            area: area.parse().unwrap(),
            period: "2023-05".parse().unwrap(),
            breakdown: Breakdown::by("kind", kind),
        };
        let typed = key("NORTH", "HEAT PUMP");
        assert_eq!(typed.spelled(&definition, []), key("NORTH", "Heat pump"));
        let standing = [key("SOUTH", "HEAT PUMP"), key("NORTH", "Heat Pump")];
        assert_eq!(typed.spelled(&definition, &standing), standing[1]);
        let own = [key("NORTH", "Heat pump"), typed.clone()];
        assert_eq!(typed.spelled(&definition, &own), typed);
        let unknown = key("NORTH", "Coal");
        assert_eq!(unknown.spelled(&definition, &standing), unknown);
    }

    #[test]
    fn a_name_that_nobody_sees_is_not_the_total() {
        let unseen = Breakdown::by("\u{200b}", "12+");
        assert_eq!(unseen.folded(), unseen);
        assert_ne!(unseen.folded(), Breakdown::Total);
    }

    proptest! {
        #[test]
        fn what_is_folded_stays_as_it_is(label in "\\PC{0,12}") {
            let once = folded(&label);
            prop_assert_eq!(folded(&once), once);
        }

        #[test]
        fn invisible_characters_and_blanks_change_nothing(
            label in "[a-zA-ZāēīōūĀĒĪŌŪ0-9+ ]{0,12}",
            at in any::<prop::sample::Index>(),
            (from, _) in prop::sample::select(INVISIBLE),
        ) {
            let mut chars: Vec<char> = label.chars().collect();
            chars.insert(at.index(chars.len() + 1), from);
            let noisy: String = chars.into_iter().collect();
            prop_assert_eq!(folded(&noisy), folded(&label));
            prop_assert_eq!(folded(&format!(" {label}\u{2003}")), folded(&label));
            prop_assert_eq!(folded(&label.to_uppercase()), folded(&label.to_lowercase()));
        }
    }
}
