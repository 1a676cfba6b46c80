//! A line over time, large.

use super::{
    Join, Line, Name, Picture, Point, Scale, Target, Tick, Turn, Weight,
    canvas::Canvas,
    labels::{Anchor, Labels, Place},
    scale::Span,
};

/// One indicator over time, with its target and the turns in what was counted.
///
/// Put it into `<figure><figcaption>..</figcaption><div class="plot">..</div></figure>`.
#[derive(Clone, Debug, Default)]
pub struct Trend<'a> {
    /// The accessible name.
    pub name: Name<'a>,
    /// Stands at the top number; leave a unit longer than a sign to the caption.
    pub unit: &'a str,
    /// The labels of the axis of time, in order. On narrow screens some are left out.
    pub ticks: Vec<Tick>,
    /// The lines, of which one at most is [`Line::own`]. Others are drawn below it.
    pub lines: Vec<Line>,
    /// The value to reach.
    pub target: Option<Target>,
    /// The places where figures before and after are not the same thing.
    pub turns: Vec<Turn>,
    /// The least end of the scale, such as 100 to compare charts of percentages by eye.
    pub top: Option<f64>,
}

impl Trend<'_> {
    /// Draws it as SVG, 330 pixels high.
    pub fn svg(&self) -> String {
        self.drawn().svg()
    }

    /// Draws it as a PNG, in the light colours on white, for what shows no SVG, such as a word
    /// processor. It has two pixels for each of [`Picture::WIDTH`], so that it is sharp on paper.
    pub fn picture(&self) -> Picture {
        Picture::of(&self.drawn())
    }

    fn drawn(&self) -> Canvas {
        let target = self.target.iter().map(|target| target.value);
        let scale = Scale::over(
            self.lines.iter().flat_map(Line::values).chain(target),
            STEPS_MAX,
        );
        let scale = self.top.map_or(scale, |top| scale.up_to(top));
        let until = self.target.iter().filter_map(|target| target.until);
        let times = self.ticks.iter().map(|tick| tick.at).chain(until);
        let times = times.chain(self.lines.iter().flat_map(Line::times));
        let mut drawing = Drawing {
            canvas: Canvas::new(HEIGHT, self.name),
            scale,
            span: Span::over(times, MARGIN),
        };
        drawing.axes(self.unit, &self.ticks);
        for weight in [Weight::Other, Weight::Network, Weight::Own] {
            for line in self.lines.iter().filter(|line| line.weight == weight) {
                drawing.pieces(line);
                drawing.points(line);
            }
        }
        drawing.words(self);
        drawing.canvas
    }
}

struct Drawing {
    canvas: Canvas,
    scale: Scale,
    span: Span,
}

impl Drawing {
    fn at(&self, point: &Point) -> (f64, f64) {
        (self.span.share(point.at), self.scale.y(point.value, HEIGHT))
    }

    fn axes(&mut self, unit: &str, ticks: &[Tick]) {
        let lines: Vec<f64> = self.scale.grid().collect();
        for (index, value) in lines.iter().enumerate() {
            let y = self.scale.y(*value, HEIGHT);
            // Zero stands out; it is not the lowest line if a value is negative.
            let class = if *value == 0.0 { "base" } else { "grid" };
            self.canvas.across(class, (0.0, 1.0), y);
            let mut words = self.scale.words(*value);
            if index + 1 == lines.len() && !unit.is_empty() {
                words = format!("{words} {unit}");
            }
            self.canvas.text("end", (0.0, y + 5.0), -8.0, &words);
        }
        // On a narrow screen a label in `step` is shown, on a wide one a label in `step_wide`.
        let longest = ticks.iter().map(|tick| tick.words.chars().count()).max();
        let room = f64::from(u32::try_from(longest.unwrap_or(0)).unwrap_or(u32::MAX)) * 8.0 + 12.0;
        let (step, step_wide) = (
            every(ticks, room, WIDTH_MIN),
            every(ticks, room, WIDTH_WIDE),
        );
        for (index, tick) in ticks.iter().enumerate() {
            // Counted from the newest, which always has its label.
            let back = ticks.len() - 1 - index;
            let class = match (back.is_multiple_of(step), back.is_multiple_of(step_wide)) {
                (true, _) => "",
                (false, true) => " wide",
                (false, false) => continue,
            };
            let x = self.span.share(tick.at);
            self.canvas
                .down(&format!("base{class}"), x, (HEIGHT, HEIGHT + 5.0));
            let place = (x, HEIGHT + 21.0);
            self.canvas
                .text(&format!("mid{class}"), place, 0.0, &tick.words);
        }
    }

    /// Draws the pieces between points that may be compared.
    fn pieces(&mut self, line: &Line) {
        for pair in line.points.windows(2) {
            let [from, to] = pair else { continue };
            let class = match to.join {
                Join::Apart => continue,
                Join::Solid => line.weight.class().to_owned(),
                Join::Loose => format!("{} loose", line.weight.class()),
            };
            let (from, to) = (self.at(from), self.at(to));
            self.canvas.line(&class, from, to);
        }
    }

    fn points(&mut self, line: &Line) {
        // Many dots in a row hide their line; single ones are all there is of theirs.
        let crowded = line.points.len() > DOTS_MAX;
        for (index, point) in line.points.iter().enumerate() {
            let (x, y) = self.at(point);
            if let Some((low, high)) = point.range {
                let ends = (self.scale.y(high, HEIGHT), self.scale.y(low, HEIGHT));
                self.canvas
                    .down(&format!("range {}", line.weight.class()), x, ends);
            }
            let last = index + 1 == line.points.len();
            let own = line.weight == Weight::Own && (!crowded || last);
            if own || line.stands_alone(index) {
                let (class, radius) = line.weight.dot();
                self.canvas.dot(class, (x, y), radius);
            }
        }
        for at in &line.gone {
            let place = (self.span.share(*at), self.scale.y(0.0, HEIGHT) - 8.0);
            self.canvas.cross(place);
        }
    }

    /// Draws what stands at a value or at a time, and writes the words inside the plot.
    fn words(&mut self, trend: &Trend<'_>) {
        if let Some(target) = &trend.target {
            let end = target.until.map_or(1.0, |at| self.span.share(at));
            let y = self.scale.y(target.value, HEIGHT);
            self.canvas.across("aim", (0.0, end), y);
        }
        for turn in &trend.turns {
            let x = self.span.share(turn.at());
            self.canvas.down("break", x, (0.0, HEIGHT));
        }
        let place = |width| Writing::place(trend, (self.scale, self.span), width);
        let (slim, wide) = (place(WIDTH_MIN), place(WIDTH_WIDE));
        let (both, slim): (Vec<_>, Vec<_>) = slim.into_iter().partition(|one| wide.contains(one));
        let wide = wide.into_iter().filter(|one| !both.contains(one));
        let wide: Vec<Words> = wide.collect();
        for (words, screen) in [(&both, ""), (&slim, " slim"), (&wide, " wide")] {
            for Words {
                class,
                place,
                words,
            } in words
            {
                let class = format!("{class}{}{screen}", place.anchor.class());
                self.canvas
                    .text(&class, (place.x, place.y), place.dx, words);
            }
        }
    }
}

/// Words inside the plot.
#[derive(Clone, Debug, PartialEq)]
struct Words {
    class: String,
    place: Place,
    words: String,
}

/// Finds places for words on a plot of one width.
struct Writing {
    scale: Scale,
    span: Span,
    labels: Labels,
    said: Vec<Words>,
}

impl Writing {
    /// Places words, what matters most first.
    fn place(trend: &Trend<'_>, (scale, span): (Scale, Span), width: f64) -> Vec<Words> {
        let mut writing = Self {
            scale,
            span,
            labels: Labels::new(width),
            said: Vec::new(),
        };
        let lines = |weight| trend.lines.iter().filter(move |line| line.weight == weight);
        let (own, networks) = (lines(Weight::Own).next(), || lines(Weight::Network));
        for point in own
            .into_iter()
            .chain(networks())
            .flat_map(|line| &line.points)
        {
            let place = writing.at(point);
            writing.labels.keep_off(place, 6.0);
        }
        if let Some(own) = own {
            writing.name(own);
        }
        if let Some(target) = &trend.target {
            writing.target(target);
        }
        for network in networks() {
            writing.name(network);
        }
        for turn in &trend.turns {
            writing.turn(turn);
        }
        for point in own.iter().flat_map(|own| own.points.iter().rev().skip(1)) {
            let Some(words) = &point.words else { continue };
            let (x, y) = writing.at(point);
            let beside = |y| Place {
                x,
                y,
                dx: 0.0,
                anchor: Anchor::Middle,
            };
            let places = [beside(y - 13.0), beside(y + 24.0)];
            if let Some(place) = writing.labels.take(words, places) {
                writing.say("own halo", place, words);
            }
        }
        writing.said
    }

    fn at(&self, point: &Point) -> (f64, f64) {
        (self.span.share(point.at), self.scale.y(point.value, HEIGHT))
    }

    /// Writes the name of a line and its last figure at its end.
    fn name(&mut self, line: &Line) {
        let Some(last) = line.points.last() else {
            return;
        };
        let words = last.words.iter().fold(line.name.clone(), |name, words| {
            if name.is_empty() {
                words.clone()
            } else {
                format!("{name} {words}")
            }
        });
        let (x, y) = self.at(last);
        let right = Place {
            x,
            y: y + 5.0,
            dx: 11.0,
            anchor: Anchor::Start,
        };
        let over = |dy: f64| Place {
            y: y + dy,
            dx: 0.0,
            anchor: Anchor::End,
            ..right
        };
        let further = (1..ROWS_MAX).flat_map(|row| {
            let rows = f64::from(row) * 17.0;
            let beside = |dy: f64| Place {
                y: right.y + dy,
                ..right
            };
            [
                beside(-rows),
                beside(rows),
                over(4.0 - rows),
                over(4.0 + rows),
            ]
        });
        let places = [right, over(-13.0), over(24.0)].into_iter().chain(further);
        let inside = places.filter(|place| place.y > 8.0 && place.y < HEIGHT);
        let place = self
            .labels
            .take(&words, inside)
            .unwrap_or_else(|| over(-13.0));
        self.say(&format!("{} halo", line.weight.class()), place, &words);
    }

    fn target(&mut self, target: &Target) {
        let end = target.until.map_or(1.0, |at| self.span.share(at));
        let y = self.scale.y(target.value, HEIGHT);
        let places = [end, 0.05].into_iter().flat_map(|x| {
            let anchor = if x < 0.3 { Anchor::Start } else { Anchor::End };
            let rows = (0..ROWS_MAX).map(|row| f64::from(row) * 17.0);
            let rows = rows.flat_map(|row| [-9.0 - row, 18.0 + row]);
            rows.map(move |dy| Place {
                x,
                y: y + dy,
                dx: 0.0,
                anchor,
            })
        });
        let inside = places.filter(|place| place.y > 8.0 && place.y < HEIGHT - 2.0);
        let over = Place {
            x: end,
            y: y - 9.0,
            dx: 0.0,
            anchor: Anchor::End,
        };
        let place = self.labels.take(&target.words, inside).unwrap_or(over);
        self.say("aim halo", place, &target.words);
    }

    fn turn(&mut self, turn: &Turn) {
        let x = self.span.share(turn.at());
        let rows = [14.0, 31.0, 48.0, 65.0];
        let at = |dx: f64, anchor| rows.map(move |y| Place { x, y, dx, anchor });
        match turn {
            Turn::Base { .. } => self.take_or_leave("base changed", at(0.0, Anchor::Middle), x),
            Turn::Question { before, after, .. } => {
                self.take_or_leave(before, at(-8.0, Anchor::End), x);
                self.take_or_leave(after, at(8.0, Anchor::Start), x);
            }
        }
    }

    /// Writes words at a turn, or at the edge of the plot if there is no room at the line.
    fn take_or_leave(&mut self, words: &str, places: [Place; 4], x: f64) {
        let [first, ..] = places;
        let (x, anchor) = match first.anchor {
            Anchor::End => (0.0, Anchor::Start),
            Anchor::Start => (1.0, Anchor::End),
            Anchor::Middle if x < 0.5 => (0.0, Anchor::Start),
            Anchor::Middle => (1.0, Anchor::End),
        };
        let edge = places.map(|place| Place {
            x,
            dx: 0.0,
            anchor,
            ..place
        });
        let place = self.labels.take(words, places.into_iter().chain(edge));
        self.say("halo", place.unwrap_or(edge[0]), words);
    }

    fn say(&mut self, class: &str, place: Place, words: &str) {
        self.said.push(Words {
            class: class.to_owned(),
            place,
            words: words.to_owned(),
        });
    }
}

impl Weight {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Network => "net",
            Self::Other => "each",
        }
    }

    const fn dot(self) -> (&'static str, f64) {
        match self {
            Self::Own => ("dot", 5.5),
            Self::Network => ("dot net", 4.5),
            Self::Other => ("dot thin", 2.5),
        }
    }
}

/// One label in how many has room on `width` pixels.
fn every(ticks: &[Tick], room: f64, width: f64) -> usize {
    let count = ticks.len().max(1);
    let fits = |step: &usize| {
        let labels = u32::try_from(count.div_ceil(*step)).unwrap_or(u32::MAX);
        f64::from(labels) * room <= width
    };
    (1..=count).find(fits).unwrap_or(count)
}

/// Pixels.
const HEIGHT: f64 = 330.0;
/// The plot on a screen of 320 pixels, and on the least one that counts as wide.
const WIDTH_MIN: f64 = 250.0;
const WIDTH_WIDE: f64 = 560.0;
/// Free at either side of the first and last period, as a share of the width.
const MARGIN: f64 = 1.0 / 21.0;
const STEPS_MAX: u8 = 7;
/// Maximum distance of words from what they name, in lines of text either way.
const ROWS_MAX: u8 = 12;
/// More points than this have no dots.
const DOTS_MAX: usize = 24;
