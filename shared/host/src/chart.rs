//! Charts as SVG that keep their text size on any screen, in dark mode and in print.
//!
//! A drawing has no view box: x is in per cent of the width, y in pixels, and colours come from
//! the classes of the stylesheet. Everything starts at zero. The own line is heavy and has its
//! name, the network's is thinner, others are hairlines, a target is dashed. A dotted piece joins
//! figures whose base was stated to have changed, and nothing joins figures across a break.
//!
//! Nothing here knows the domain: callers bring numbers, positions in time and words. A page puts
//! the result into a `figure` with a headline, and names the headline's id:
//!
//! ```
//! use weft_host::chart::{Line, Name, Point, Target, Tick, Trend, Turn};
//!
//! let svg = Trend {
//!     name: Name::Of("said"),
//!     unit: "%",
//!     ticks: [2006, 2013, 2018].map(|year| Tick::new(f64::from(year), &year.to_string())).into(),
//!     lines: vec![Line::own("Network", vec![
//!         Point::new(2006.0, 23.4).said("23.4"),
//!         Point::new(2013.0, 17.7).said("17.7"),
//!         Point::new(2018.0, 15.7).said("15.7 %").loose(),
//!     ])],
//!     target: Some(Target { value: 5.0, until: Some(2025.0), words: "under 5 % by 2025".into() }),
//!     turns: vec![Turn::Base { between: (2013.0, 2018.0) }],
//!     ..Trend::default()
//! }
//! .svg();
//! assert!(svg.starts_with("<svg height=\"330\" role=\"img\" aria-labelledby=\"said\">"));
//! assert!(svg.contains(">Network 15.7 %</text>"));
//! ```

mod canvas;
mod dots;
mod labels;
mod marks;
mod picture;
mod scale;
mod small;
#[cfg(test)]
mod tests;
mod trend;

pub use self::{
    dots::{Age, Dot, Dots},
    marks::{Mark, steps},
    picture::Picture,
    scale::Scale,
    small::Small,
    trend::Trend,
};

/// The accessible name of a drawing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Name<'a> {
    /// Hidden from screen readers: a sentence or a table beside it says the same.
    #[default]
    Hidden,
    /// The text of the element with this id, such as the headline of the figure.
    Of(&'a str),
    /// These words.
    Words(&'a str),
}

/// A label of the axis of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Position in time, in the unit of all points, such as years.
    pub at: f64,
    /// The words below the axis.
    pub words: String,
}

impl Tick {
    /// Labels a position in time.
    pub fn new(at: f64, words: &str) -> Self {
        let words = words.to_owned();
        Self { at, words }
    }
}

/// A figure at a position in time.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    at: f64,
    value: f64,
    range: Option<(f64, f64)>,
    words: Option<String>,
    join: Join,
}

/// The join of a point to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Join {
    Solid,
    Loose,
    Apart,
}

impl Point {
    /// A figure that can be compared with the one before it.
    pub const fn new(at: f64, value: f64) -> Self {
        Self {
            at,
            value,
            range: None,
            words: None,
            join: Join::Solid,
        }
    }

    /// Joins it by a dotted line: its base was stated to have changed, so neither better nor worse.
    #[must_use]
    pub const fn loose(mut self) -> Self {
        self.join = Join::Loose;
        self
    }

    /// Joins it to nothing before it: another question, or a period between is missing.
    #[must_use]
    pub const fn apart(mut self) -> Self {
        self.join = Join::Apart;
        self
    }

    /// Draws the interval of a survey around it.
    #[must_use]
    pub const fn range(mut self, lower: f64, upper: f64) -> Self {
        self.range = Some((lower, upper));
        self
    }

    /// Writes these words at the point where there is room; the last point always has them.
    #[must_use]
    pub fn said(mut self, words: &str) -> Self {
        self.words = Some(words.to_owned());
        self
    }

    fn is_drawable(&self) -> bool {
        let ends = self
            .range
            .is_none_or(|(lower, upper)| lower.is_finite() && upper.is_finite());
        self.at.is_finite() && self.value.is_finite() && ends
    }
}

/// A series of figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    name: String,
    weight: Weight,
    points: Vec<Point>,
    gone: Vec<f64>,
}

/// The weight of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    Own,
    Network,
    Other,
}

impl Line {
    /// The line that a chart is about: 3 px, with its name and figures. Points are in order.
    pub fn own(name: &str, points: Vec<Point>) -> Self {
        Self::new(name, Weight::Own, points)
    }

    /// The network's line beside a location's own: 2 px, with its name.
    pub fn network(name: &str, points: Vec<Point>) -> Self {
        Self::new(name, Weight::Network, points)
    }

    /// One of many others: 1 px, without a name. The line below the headline says what they are.
    pub fn other(points: Vec<Point>) -> Self {
        Self::new("", Weight::Other, points)
    }

    /// Marks periods whose figure exists and is not shown, such as suppressed ones. Give the point
    /// after one [`Point::apart`].
    #[must_use]
    pub fn gone(mut self, at: &[f64]) -> Self {
        self.gone = at.iter().copied().filter(|at| at.is_finite()).collect();
        self
    }

    fn new(name: &str, weight: Weight, points: Vec<Point>) -> Self {
        Self {
            name: name.to_owned(),
            weight,
            points: points.into_iter().filter(Point::is_drawable).collect(),
            gone: Vec::new(),
        }
    }

    /// Whether the point at `index` is joined to none.
    fn stands_alone(&self, index: usize) -> bool {
        let joined = |index: usize| {
            let point = self.points.get(index);
            point.is_some_and(|point| point.join != Join::Apart)
        };
        (index == 0 || !joined(index)) && !joined(index + 1)
    }

    /// Every value that must be on the scale.
    fn values(&self) -> impl Iterator<Item = f64> {
        let ends = |point: &Point| {
            point
                .range
                .map_or([point.value; 2], |(low, high)| [low, high])
        };
        self.points.iter().flat_map(move |point| {
            let [low, high] = ends(point);
            [point.value, low, high]
        })
    }

    fn times(&self) -> impl Iterator<Item = f64> {
        let points = self.points.iter().map(|point| point.at);
        points.chain(self.gone.iter().copied())
    }
}

/// The value to reach.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// In the unit of the chart.
    pub value: f64,
    /// The position in time by which it is to be reached, where its line ends.
    pub until: Option<f64>,
    /// The words at the line, such as "under 5 % by 2025".
    pub words: String,
}

/// A place in time where figures before and after are not the same thing.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// The base was stated to have changed. Make the first point after it [`Point::loose`].
    Base {
        /// The last position before it, and the first after.
        between: (f64, f64),
    },
    /// The question changed. Make the first point after it [`Point::apart`].
    Question {
        /// The last position before it, and the first after.
        between: (f64, f64),
        /// The question before, such as "asked about census day".
        before: String,
        /// The question since.
        after: String,
    },
}

impl Turn {
    const fn at(&self) -> f64 {
        let (Self::Base { between } | Self::Question { between, .. }) = self;
        f64::midpoint(between.0, between.1)
    }
}
