//! Breakdowns: a part of the population, named by one or more pairs of name and value.

use std::{borrow::Cow, fmt, str::FromStr, sync::Arc};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::{
    model::clean_text,
    text::{BadText, counting_order},
};

/// Maximum bytes of a breakdown's name or value.
pub const BREAKDOWN_BYTES_MAX: usize = 100;
/// Maximum number of names that one breakdown may cross.
pub const BREAKDOWN_PARTS_MAX: usize = 4;

/// The word for the whole population, in place of a breakdown.
pub const TOTAL: &str = "total";

/// Characters that stay as they are in a key; everything else is percent-encoded.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Characters that are encoded in a key for people: those that would be parsed as something else.
const TYPED_NAME: &[char] = &['%', '=', ','];
const TYPED_VALUE: &[char] = &['%'];
const TYPED_CROSSED: &[char] = &['%', ','];

/// A part of the population, such as `age=12+` or `age=5-11,sex=female`, or all of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Breakdown {
    /// The whole population.
    #[default]
    Total,
    /// The people for whom each name has its value.
    By(Parts),
}

/// The names and values of a breakdown: at least one, sorted by name, each name once.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Parts(Arc<[(String, String)]>);

impl Breakdown {
    /// The people for whom `name` has `value`; the total if the name is empty.
    pub fn by(name: &str, value: &str) -> Self {
        if name.is_empty() {
            return Self::Total;
        }
        Self::By(Parts([(name.to_owned(), value.to_owned())].into()))
    }

    /// The people for whom each name has its value, in any order; the total if there is none.
    ///
    /// ```
    /// use weft_shared::model::observation::Breakdown;
    /// let parts = [("sex", "female"), ("age", "5-11")];
    /// let crossed = Breakdown::crossed(parts.map(|(n, v)| (n.to_owned(), v.to_owned()))).unwrap();
    /// assert_eq!(crossed.key(), "age=5-11,sex=female");
    /// ```
    ///
    /// # Errors
    /// If a name comes twice or is empty, or if there are more than [`BREAKDOWN_PARTS_MAX`].
    pub fn crossed(parts: impl IntoIterator<Item = (String, String)>) -> Result<Self, BadText> {
        let mut parts: Vec<_> = parts.into_iter().collect();
        if parts.is_empty() {
            return Ok(Self::Total);
        }
        parts.sort();
        let twice = parts.windows(2).any(|pair| pair[0].0 == pair[1].0);
        let nameless = parts.iter().any(|(name, _)| name.is_empty());
        if twice || nameless || parts.len() > BREAKDOWN_PARTS_MAX {
            let all: Vec<_> = parts.iter().map(|(n, v)| format!("{n}={v}")).collect();
            return Err(bad(&all.join(",")));
        }
        Ok(Self::By(Parts(parts.into())))
    }

    /// Whether a name and value are usable: as typed by a person, and as a document's key, they
    /// must be parsed back unchanged.
    ///
    /// ```
    /// use weft_shared::model::observation::Breakdown;
    /// assert!(Breakdown::is_usable("age", "12+"));
    /// assert!(!Breakdown::is_usable("age", "a\nb"));
    /// ```
    pub fn is_usable(name: &str, value: &str) -> bool {
        let meant = Self::by(name, value);
        let typed = Self::from_typed(&format!("{name}={value}"), [name]);
        let is_meant = |read: Result<Self, BadText>| read.is_ok_and(|read| read == meant);
        meant != Self::Total
            && !name.contains(',')
            && is_meant(typed)
            && is_meant(Self::from_key(&meant.key()))
    }

    /// Its names and values, sorted by name; empty for the total.
    pub fn parts(&self) -> &[(String, String)] {
        match self {
            Self::Total => &[],
            Self::By(Parts(parts)) => parts,
        }
    }

    /// A key that sorts parts of a population as people list them: the total first, and then as
    /// people count.
    pub fn order(&self) -> (bool, Vec<(String, usize, String)>) {
        let words = self.words();
        (words.is_some(), counting_order(&words.unwrap_or_default()))
    }

    /// Its parts as people read them, such as `age 5-11, sex female`; `None` for the total.
    pub fn words(&self) -> Option<String> {
        let parts = self.parts().iter();
        let parts: Vec<_> = parts
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// The column `breakdown`: the name, or all names separated by commas; empty for the total.
    pub fn name(&self) -> Cow<'_, str> {
        self.column(|(name, _)| name)
    }

    /// The column `breakdown_value`: the value, or all values in the order of their names; empty
    /// for the total. Among several, a comma in a value is written `%2C`, a percent sign `%25`.
    pub fn value(&self) -> Cow<'_, str> {
        self.column(|(_, value)| value)
    }

    fn column(&self, of: impl Fn(&(String, String)) -> &str) -> Cow<'_, str> {
        match self.parts() {
            [] => Cow::Borrowed(""),
            [one] => Cow::Borrowed(of(one)),
            several => {
                let texts = several.iter().map(|part| readable(of(part), TYPED_CROSSED));
                Cow::Owned(texts.collect::<Vec<_>>().join(","))
            }
        }
    }

    /// Parses the columns `breakdown` and `breakdown_value` as [`Breakdown::name`] and
    /// [`Breakdown::value`] wrote them, or with the same parts in another order. Only a name with a
    /// comma means several parts, so a single value keeps its commas and percent signs.
    ///
    /// ```
    /// use weft_shared::model::observation::Breakdown;
    /// let read = Breakdown::from_columns("sex,age", "female,5-11").unwrap();
    /// assert_eq!((&*read.name(), &*read.value()), ("age,sex", "5-11,female"));
    /// ```
    ///
    /// # Errors
    /// If there are not as many values as names, or a name comes twice.
    pub fn from_columns(name: &str, value: &str) -> Result<Self, BadText> {
        if !name.contains(',') {
            return Ok(Self::by(name, value));
        }
        let bad = || bad(&format!("{name}={value}"));
        let (names, values) = (name.split(','), value.split(','));
        if names.clone().count() != values.clone().count() {
            return Err(bad());
        }
        let parts = names.zip(values).map(|(name, value)| {
            let decode =
                |text: &str| Some(percent_decode_str(text.trim()).decode_utf8().ok()?.into());
            Some((decode(name)?, decode(value)?))
        });
        Self::crossed(parts.collect::<Option<Vec<_>>>().ok_or_else(bad)?)
    }

    /// Parses text that a person types: `age=12+`, `age=5-11,sex=female` or `total`. A comma begins
    /// another part only before one of the `declared` names and `=`, so values keep theirs.
    ///
    /// ```
    /// use weft_shared::model::observation::Breakdown;
    /// let typed = |text| Breakdown::from_typed(text, ["age", "tenure"]).unwrap().key();
    /// assert_eq!(typed("tenure=Rented, public,age=12+"), "age=12%2B,tenure=Rented%2C%20public");
    /// ```
    ///
    /// # Errors
    /// If it is not a name and value.
    pub fn from_typed<'n>(
        text: &str,
        declared: impl IntoIterator<Item = &'n str>,
    ) -> Result<Self, BadText> {
        let text = clean_text(text);
        if text.is_empty() || text == TOTAL {
            return Ok(Self::Total);
        }
        let declared: Vec<&str> = declared.into_iter().collect();
        let begins = |rest: &str| {
            let rest = rest.trim_start();
            declared.iter().any(|name| {
                let after = rest.strip_prefix(name).map(str::trim_start);
                after.is_some_and(|after| after.starts_with('='))
            })
        };
        let mut pieces = Vec::new();
        let mut from = 0;
        for (at, _) in text.match_indices(',') {
            if begins(&text[at + 1..]) {
                pieces.push(&text[from..at]);
                from = at + 1;
            }
        }
        pieces.push(&text[from..]);
        let fits = |part: &str| {
            !part.is_empty()
                && part.len() <= BREAKDOWN_BYTES_MAX
                && !part.chars().any(char::is_control)
        };
        let parts = pieces.into_iter().map(|piece| {
            let (name, value) = piece.split_once('=')?;
            let (name, value) = (name.trim(), value.trim());
            (fits(name) && fits(value)).then(|| (name.to_owned(), value.to_owned()))
        });
        let parts = parts.collect::<Option<Vec<_>>>();
        Self::crossed(parts.ok_or_else(|| bad(&text))?)
    }

    /// Its canonical spelling in keys and tables: `age=12%2B`, `age=5-11,sex=female`, `total`.
    /// [`Breakdown::from_key`] parses it.
    pub fn key(&self) -> String {
        self.joined(|(name, value)| {
            format!(
                "{}={}",
                utf8_percent_encode(name, KEPT),
                utf8_percent_encode(value, KEPT)
            )
        })
    }

    /// Parses the output of [`Breakdown::key`].
    ///
    /// # Errors
    /// If it is another spelling, or not a breakdown.
    pub fn from_key(text: &str) -> Result<Self, BadText> {
        Self::read(text)
            .filter(|read| read.key() == text)
            .ok_or_else(|| bad(text))
    }

    /// The breakdown within a key for people.
    pub fn typed(&self) -> String {
        let parts = self.parts();
        // Copying would lose blanks at the ends.
        if parts.iter().any(|(_, value)| value.trim() != value) {
            return self.key();
        }
        self.joined(|(name, value)| {
            // A comma followed by a name and `=` would begin another part.
            let encoded = match parts {
                [_] if !value.contains('=') => TYPED_VALUE,
                _ => TYPED_CROSSED,
            };
            format!(
                "{}={}",
                readable(name, TYPED_NAME),
                readable(value, encoded)
            )
        })
    }

    fn joined(&self, part: impl FnMut(&(String, String)) -> String) -> String {
        match self {
            Self::Total => TOTAL.to_owned(),
            Self::By(Parts(parts)) => parts.iter().map(part).collect::<Vec<_>>().join(","),
        }
    }

    /// Parses the breakdown of a key in any spelling. A comma ends a part only if a name and `=`
    /// follow: we never write an unencoded comma within a value, but people type it.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text == TOTAL {
            return Some(Self::Total);
        }
        let mut pieces: Vec<String> = Vec::new();
        for piece in text.split(',') {
            match pieces.last_mut() {
                Some(last) if !piece.contains('=') => {
                    last.push(',');
                    last.push_str(piece);
                }
                Some(_) | None => pieces.push(piece.to_owned()),
            }
        }
        let decode = |part| Some(percent_decode_str(part).decode_utf8().ok()?.into_owned());
        let parts = pieces.iter().map(|piece| {
            let (name, value) = piece.split_once('=')?;
            let (name, value): (String, String) = (decode(name)?, decode(value)?);
            let fits = !name.is_empty() && name.len().max(value.len()) <= BREAKDOWN_BYTES_MAX;
            fits.then_some((name, value))
        });
        Self::crossed(parts.collect::<Option<Vec<_>>>()?).ok()
    }
}

fn bad(text: &str) -> BadText {
    let form = "write a name and a value, such as age=12+, or total";
    BadText::new(text, format!("is not a breakdown: {form}"))
}

/// A part of a key as people read it: letters with macrons are kept.
fn readable(part: &str, encoded: &[char]) -> String {
    let mut text = String::with_capacity(part.len());
    for c in part.chars() {
        if c.is_control() || encoded.contains(&c) {
            let bytes = c.to_string();
            text.extend(utf8_percent_encode(&bytes, NON_ALPHANUMERIC));
        } else {
            text.push(c);
        }
    }
    text
}

impl fmt::Display for Breakdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.joined(|(name, value)| format!("{name}={value}")))
    }
}

impl FromStr for Breakdown {
    type Err = BadText;

    /// Parses one name and value as a person types them; [`Breakdown::from_typed`] parses several.
    fn from_str(text: &str) -> Result<Self, BadText> {
        Self::from_typed(text, [])
    }
}
