//! Rows of dots in a table: one location a row, on one horizontal scale.

use super::{
    Scale, Target,
    canvas::Canvas,
    labels::{Anchor, Labels, Place},
};

/// The scale of a column of dots.
///
/// ```
/// use weft_host::chart::{Age, Dot, Dots};
///
/// let row = [Dot::new(21.9, Age::Before), Dot::new(21.0, Age::Now).loose()];
/// let dots = Dots::over([&row[..]]).unit("%").network(15.7, "network 15.7");
/// assert!(dots.head().contains(">network 15.7</text>"));
/// assert!(dots.row(&row).contains("<circle class=\"dot\""));
/// ```
#[derive(Clone, Debug)]
pub struct Dots {
    values: Vec<f64>,
    unit: String,
    network: Option<(f64, String)>,
    target: Option<(f64, String)>,
}

/// A figure of one location in one period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    value: f64,
    age: Age,
    range: Option<(f64, f64)>,
    class: Option<&'static str>,
}

/// The form of a dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Filled and large: the period that the page is about.
    Now,
    /// Hollow: the period before it.
    Before,
    /// Hollow and small: the ones before those.
    Earlier,
}

impl Dot {
    /// A figure that can be compared with the one before it, to which a line joins it.
    pub const fn new(value: f64, age: Age) -> Self {
        Self {
            value,
            age,
            range: None,
            class: Some("range"),
        }
    }

    /// Joins it by a dotted line: its base was stated to have changed.
    #[must_use]
    pub const fn loose(mut self) -> Self {
        self.class = Some("range loose");
        self
    }

    /// Joins it to nothing before it.
    #[must_use]
    pub const fn apart(mut self) -> Self {
        self.class = None;
        self
    }

    /// Draws the interval of a survey around it.
    #[must_use]
    pub const fn range(mut self, lower: f64, upper: f64) -> Self {
        self.range = Some((lower, upper));
        self
    }
}

impl Dots {
    /// Makes the scale that holds every row.
    pub fn over<'a>(rows: impl IntoIterator<Item = &'a [Dot]>) -> Self {
        let dots = rows.into_iter().flatten();
        let values = dots.flat_map(|dot| {
            let (low, high) = dot.range.unwrap_or((dot.value, dot.value));
            [dot.value, low, high]
        });
        Self {
            values: values.collect(),
            unit: String::new(),
            network: None,
            target: None,
        }
    }

    /// Sets the sign at the last number.
    #[must_use]
    pub fn unit(mut self, unit: &str) -> Self {
        unit.clone_into(&mut self.unit);
        self
    }

    /// Draws the network's figure through all rows.
    #[must_use]
    pub fn network(mut self, value: f64, words: &str) -> Self {
        self.values.push(value);
        self.network = Some((value, words.to_owned()));
        self
    }

    /// Draws the target through all rows; its words should be short, such as "target 5".
    #[must_use]
    pub fn target(mut self, target: &Target) -> Self {
        self.values.push(target.value);
        self.target = Some((target.value, target.words.clone()));
        self
    }

    /// Draws the heading, for `<th class="dotcell">`. It is hidden from screen readers: give the
    /// heading hidden words (`.vh`) as well.
    pub fn head(&self) -> String {
        let scale = self.scale();
        let mut canvas = Canvas::new(HEAD, super::Name::Hidden);
        let grid: Vec<f64> = scale.grid().collect();
        for (index, value) in grid.iter().enumerate() {
            let mut words = scale.words(*value);
            if index + 1 == grid.len() && !self.unit.is_empty() {
                words = format!("{words} {}", self.unit);
            }
            let place = (across(scale, *value), HEAD - 2.0);
            canvas.text("mid", place, 0.0, &words);
        }
        let mut labels = Labels::new(WIDTH_MIN);
        for (class, line) in [("aim", &self.target), ("net", &self.network)] {
            let Some((value, words)) = line else { continue };
            let x = across(scale, *value);
            let places = [34.0, 17.0].into_iter().flat_map(|y| {
                let anchors = [Anchor::Middle, Anchor::Start, Anchor::End].into_iter();
                anchors.map(move |anchor| Place {
                    x,
                    y: y - 1.0,
                    dx: 0.0,
                    anchor,
                })
            });
            let first = Place {
                x,
                y: 16.0,
                dx: 0.0,
                anchor: Anchor::Middle,
            };
            let place = labels.take(words, places).unwrap_or(first);
            let class = format!("{class}{}", place.anchor.class());
            canvas.text(&class, (place.x, place.y), place.dx, words);
        }
        canvas.svg()
    }

    /// Draws a row, the earliest figure first, for `<td class="dotcell">`. It is hidden from screen
    /// readers: the figures stand in the row's other cells.
    pub fn row(&self, dots: &[Dot]) -> String {
        let scale = self.scale();
        let mut canvas = Canvas::new(ROW, super::Name::Hidden);
        for value in scale.grid() {
            canvas.down("grid", across(scale, value), (0.0, ROW));
        }
        for (class, line) in [("net", &self.network), ("aim", &self.target)] {
            if let Some((value, _)) = line {
                canvas.down(class, across(scale, *value), (0.0, ROW));
            }
        }
        let drawable: Vec<&Dot> = dots.iter().filter(|dot| dot.value.is_finite()).collect();
        for pair in drawable.windows(2) {
            let [from, to] = pair else { continue };
            if let Some(class) = to.class {
                let ends = (across(scale, from.value), across(scale, to.value));
                canvas.across(class, ends, ROW / 2.0);
            }
        }
        for dot in drawable {
            if let Some((low, high)) = dot.range {
                let ends = (across(scale, low), across(scale, high));
                // Below the dots, where it cannot be taken for a change.
                canvas.across("range own", ends, ROW / 2.0 + 10.0);
            }
            let (class, radius) = match dot.age {
                Age::Now => ("dot", 6.5),
                Age::Before => ("dot old", 4.5),
                Age::Earlier => ("dot old", 3.5),
            };
            canvas.dot(class, (across(scale, dot.value), ROW / 2.0), radius);
        }
        canvas.svg()
    }

    fn scale(&self) -> Scale {
        Scale::over(self.values.iter().copied(), 4)
    }
}

/// The last number's words need room at the right.
fn across(scale: Scale, value: f64) -> f64 {
    scale.share(value) * 0.94
}

/// Pixels.
const HEAD: f64 = 56.0;
const ROW: f64 = 34.0;
/// The least width of the column.
const WIDTH_MIN: f64 = 160.0;
