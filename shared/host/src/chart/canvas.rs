//! Writes SVG. Positions across are shares of the width, 0 to 1; positions down are pixels.

use super::Name;

/// A drawing that is being written.
#[derive(Debug)]
pub(super) struct Canvas {
    svg: String,
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
            svg: format!("<svg height=\"{height}\" {name}>"),
        }
    }

    pub(super) fn across(&mut self, class: &str, (from, to): (f64, f64), y: f64) {
        self.line(class, (from, y), (to, y));
    }

    pub(super) fn down(&mut self, class: &str, x: f64, (from, to): (f64, f64)) {
        self.line(class, (x, from), (x, to));
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        let (x1, x2) = (percent(x1), percent(x2));
        self.svg.push_str(&format!(
            "\n<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1:.1}\" x2=\"{x2}\" y2=\"{y2:.1}\"/>"
        ));
    }

    pub(super) fn dot(&mut self, class: &str, (x, y): (f64, f64), radius: f64) {
        let x = percent(x);
        self.svg.push_str(&format!(
            "\n<circle class=\"{class}\" cx=\"{x}\" cy=\"{y:.1}\" r=\"{radius}\"/>"
        ));
    }

    /// Draws a small cross, which has no size in per cent and therefore a place of its own.
    pub(super) fn cross(&mut self, (x, y): (f64, f64)) {
        let x = percent(x);
        self.svg.push_str(&format!(
            "\n<svg x=\"{x}\" y=\"{y:.1}\" width=\"1\" height=\"1\">\
             <path class=\"gone\" d=\"M-4-4 4 4M-4 4 4-4\"/></svg>"
        ));
    }

    /// Writes words `dx` pixels right of `x`.
    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), dx: f64, words: &str) {
        let (x, words) = (percent(x), escape(words));
        let class = if class.is_empty() {
            String::new()
        } else {
            format!(" class=\"{class}\"")
        };
        let dx = if dx == 0.0 {
            String::new()
        } else {
            format!(" dx=\"{dx}\"")
        };
        self.svg.push_str(&format!(
            "\n<text{class} x=\"{x}\"{dx} y=\"{y:.1}\">{words}</text>"
        ));
    }

    pub(super) fn finish(self) -> String {
        self.svg + "\n</svg>"
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
