//! Words of pages, by language: navigation, audiences, statuses, buttons and headings.
//!
//! They stand in Fluent files (`words/`). English is complete. Māori falls back to it word by word.

use std::sync::LazyLock;

use fluent_bundle::{FluentResource, concurrent::FluentBundle};

/// A language of pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English of New Zealand.
    #[default]
    English,
    /// Te reo Māori.
    Maori,
}

impl Lang {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::Maori];

    /// The tag for `lang` in HTML.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en-NZ",
            Self::Maori => "mi",
        }
    }

    /// Reads a tag.
    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.tag() == tag)
    }

    const fn file(self) -> &'static str {
        match self {
            Self::English => include_str!("../words/en-NZ.ftl"),
            Self::Maori => include_str!("../words/mi.ftl"),
        }
    }
}

/// Returns the words with this id, and the language that they are in: English if `lang` lacks them.
///
/// ```
/// use weft_host::words::{Lang, words};
///
/// assert_eq!(words(Lang::Maori, "help"), ("Āwhina".to_owned(), Lang::Maori));
/// assert_eq!(words(Lang::Maori, "coverage"), ("Coverage".to_owned(), Lang::English));
/// ```
///
/// # Panics
/// If English lacks the id: ids are written in the program, and English is complete.
pub fn words(lang: Lang, id: &str) -> (String, Lang) {
    [lang, Lang::English]
        .into_iter()
        .find_map(|lang| find(lang, id).map(|words| (words, lang)))
        .unwrap_or_else(|| panic!("words/en-NZ.ftl has no `{id}`"))
}

type Bundle = FluentBundle<FluentResource>;

static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| read(Lang::English));
static MAORI: LazyLock<Bundle> = LazyLock::new(|| read(Lang::Maori));

fn find(lang: Lang, id: &str) -> Option<String> {
    let bundle = match lang {
        Lang::English => &ENGLISH,
        Lang::Maori => &MAORI,
    };
    let pattern = bundle.get_message(id)?.value()?;
    let mut problems = Vec::new();
    let words = bundle.format_pattern(pattern, None, &mut problems);
    problems.is_empty().then(|| words.into_owned())
}

fn read(lang: Lang) -> Bundle {
    let file = FluentResource::try_new(lang.file().to_owned());
    let file = file.expect("the files of words are valid: a test reads them");
    let tag = lang.tag().parse().expect("tags of languages are valid");
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    let added = bundle.add_resource(file);
    added.expect("no file of words has an id twice: a test reads them");
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(lang: Lang) -> Vec<&'static str> {
        let lines = lang.file().lines().filter(|line| !line.starts_with('#'));
        let ids = lines.filter_map(|line| Some(line.split_once(" = ")?.0));
        ids.collect()
    }

    #[test]
    fn every_word_of_every_language_is_read_and_english_has_them_all() {
        assert!(ids(Lang::English).len() >= 30);
        for lang in Lang::ALL {
            assert_eq!(Lang::parse(lang.tag()), Some(lang));
            for id in ids(lang) {
                assert_eq!(words(lang, id).1, lang, "{id}");
                assert!(!words(Lang::English, id).0.is_empty(), "{id}");
            }
        }
    }
}
