//! Finds room for words, so that none lies over another on any screen.
//!
//! Places are tried at the least width that a drawing is for. Words keep their size and only move
//! apart on a wider one, so what is free there is free everywhere.

/// Words on a chart, with their place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    /// Share of the width, 0 to 1.
    pub(super) x: f64,
    /// Base line, in pixels.
    pub(super) y: f64,
    /// Pixels right of `x`.
    pub(super) dx: f64,
    pub(super) anchor: Anchor,
}

/// Which part of the words stands at their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Start => "",
            Self::Middle => " mid",
            Self::End => " end",
        }
    }
}

/// The places that are taken on one chart.
#[derive(Debug)]
pub(super) struct Labels {
    width: f64,
    taken: Vec<[f64; 4]>,
}

impl Labels {
    /// `width` is the least that the chart can have, in pixels.
    pub(super) const fn new(width: f64) -> Self {
        Self {
            width,
            taken: Vec::new(),
        }
    }

    /// Takes the first free place, or none.
    pub(super) fn take(
        &mut self,
        words: &str,
        places: impl IntoIterator<Item = Place>,
    ) -> Option<Place> {
        let place = places.into_iter().find(|place| {
            let extent = self.extent(words, *place);
            self.holds(extent) && self.is_free(extent)
        })?;
        let extent = self.extent(words, place);
        self.taken.push(extent);
        Some(place)
    }

    /// Keeps words away from a dot.
    pub(super) fn keep_off(&mut self, (x, y): (f64, f64), radius: f64) {
        let x = x * self.width;
        self.taken
            .push([x - radius, x + radius, y - radius, y + radius]);
    }

    fn extent(&self, words: &str, place: Place) -> [f64; 4] {
        let letters = u32::try_from(words.chars().count()).unwrap_or(u32::MAX);
        let width = f64::from(letters) * LETTER;
        let at = place.x * self.width + place.dx;
        let left = match place.anchor {
            Anchor::Start => at,
            Anchor::Middle => at - width / 2.0,
            Anchor::End => at - width,
        };
        [left, left + width, place.y - ASCENT, place.y + DESCENT]
    }

    fn holds(&self, [left, right, ..]: [f64; 4]) -> bool {
        left >= -MARGIN && right <= self.width + MARGIN
    }

    fn is_free(&self, [left, right, top, bottom]: [f64; 4]) -> bool {
        let mut taken = self.taken.iter();
        taken.all(|[l, r, t, b]| right <= *l || left >= *r || bottom <= *t || top >= *b)
    }
}

/// The width that a letter of the labels takes on average, in pixels, on the safe side.
const LETTER: f64 = 8.0;
const ASCENT: f64 = 12.0;
const DESCENT: f64 = 4.0;
/// Words may reach this far beyond the plot, into its padding.
const MARGIN: f64 = 14.0;
