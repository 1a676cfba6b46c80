//! Holds the parts of a drawing and writes them as SVG. Positions across are shares of the width,
//! 0 to 1; positions down are pixels.

use super::Name;

/// A drawing that is being made.
#[derive(Debug)]
pub(super) struct Canvas {
    /// The first tag of the SVG.
    head: String,
    parts: Vec<Part>,
}

/// A part of a drawing. Its looks come from its classes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    pub(super) class: String,
    pub(super) shape: Shape,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Line {
        from: (f64, f64),
        to: (f64, f64),
    },
    Dot {
        at: (f64, f64),
        radius: f64,
    },
    Cross {
        at: (f64, f64),
    },
    Text {
        at: (f64, f64),
        dx: f64,
        words: String,
    },
}

impl Canvas {
    /// Begins a drawing as wide as its place, and `height` pixels high.
    pub(super) fn new(height: f64, name: Name<'_>) -> Self {
        let name = match name {
            Name::Hidden => "aria-hidden=\"true\"".to_owned(),
            Name::Of(id) => format!("role=\"img\" aria-labelledby=\"{}\"", escape(id)),
            Name::Words(words) => format!("role=\"img\" aria-label=\"{}\"", escape(words)),
        };
        Self {
            head: format!("<svg height=\"{height}\" {name}>"),
            parts: Vec::new(),
        }
    }

    pub(super) fn across(&mut self, class: &str, (from, to): (f64, f64), y: f64) {
        self.line(class, (from, y), (to, y));
    }

    pub(super) fn down(&mut self, class: &str, x: f64, (from, to): (f64, f64)) {
        self.line(class, (x, from), (x, to));
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        self.add(class, Shape::Line { from, to });
    }

    pub(super) fn dot(&mut self, class: &str, at: (f64, f64), radius: f64) {
        self.add(class, Shape::Dot { at, radius });
    }

    pub(super) fn cross(&mut self, at: (f64, f64)) {
        self.add("gone", Shape::Cross { at });
    }

    /// Writes words `dx` pixels right of `x`.
    pub(super) fn text(&mut self, class: &str, at: (f64, f64), dx: f64, words: &str) {
        let words = words.to_owned();
        self.add(class, Shape::Text { at, dx, words });
    }

    fn add(&mut self, class: &str, shape: Shape) {
        let class = class.to_owned();
        self.parts.push(Part { class, shape });
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(super) fn svg(&self) -> String {
        let mut svg = self.head.clone();
        for part in &self.parts {
            svg.push('\n');
            svg.push_str(&part.svg());
        }
        svg + "\n</svg>"
    }
}

impl Part {
    fn svg(&self) -> String {
        let class = &self.class;
        match &self.shape {
            Shape::Line { from, to } => {
                let ((x1, y1), (x2, y2)) = (*from, *to);
                let (x1, x2) = (percent(x1), percent(x2));
                let ends = format!("x1=\"{x1}\" y1=\"{y1:.1}\" x2=\"{x2}\" y2=\"{y2:.1}\"");
                format!("<line class=\"{class}\" {ends}/>")
            }
            Shape::Dot { at: (x, y), radius } => {
                let x = percent(*x);
                format!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y:.1}\" r=\"{radius}\"/>")
            }
            // A path has no size in per cent and therefore a place of its own.
            Shape::Cross { at: (x, y) } => {
                let x = percent(*x);
                format!(
                    "<svg x=\"{x}\" y=\"{y:.1}\" width=\"1\" height=\"1\">\
                     <path class=\"{class}\" d=\"M-4-4 4 4M-4 4 4-4\"/></svg>"
                )
            }
            Shape::Text { at, dx, words } => {
                let (x, y) = (percent(at.0), at.1);
                let words = escape(words);
                let class = match class.as_str() {
                    "" => String::new(),
                    class => format!(" class=\"{class}\""),
                };
                let dx = match *dx {
                    0.0 => String::new(),
                    dx => format!(" dx=\"{dx}\""),
                };
                format!("<text{class} x=\"{x}\"{dx} y=\"{y:.1}\">{words}</text>")
            }
        }
    }
}

fn percent(share: f64) -> String {
    format!("{:.2}%", share * 100.0)
}

/// Makes text safe between tags and in attributes.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}
