//! Figures: the median, minimum and maximum of the runs, and the growth of a cost with size.

use std::fmt::Write as _;

/// One measurement: a name, a unit and a value per run.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// The workload, such as `W2`.
    pub(crate) workload: &'static str,
    /// The thing measured, with its size if there are several.
    pub(crate) name: String,
    /// The unit of every value.
    pub(crate) unit: &'static str,
    /// One value per run.
    pub(crate) runs: Vec<f64>,
    /// The target in `design/benchmarks.md`, and whether more or less is better.
    pub(crate) target: Option<Target>,
}

/// The target of a figure.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// At least this much.
    AtLeast(f64),
    /// At most this much.
    AtMost(f64),
}

impl Figure {
    /// Makes a figure without a target.
    pub(crate) fn new(
        workload: &'static str,
        name: impl Into<String>,
        unit: &'static str,
        runs: Vec<f64>,
    ) -> Self {
        Self {
            workload,
            name: name.into(),
            unit,
            runs,
            target: None,
        }
    }

    /// Adds a target.
    pub(crate) fn must(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }

    /// Returns the median of the runs.
    pub(crate) fn median(&self) -> f64 {
        median(&self.runs)
    }

    /// Whether the target was reached; `None` without a target.
    pub(crate) fn reached(&self) -> Option<bool> {
        self.target.map(|target| match target {
            Target::AtLeast(least) => self.median() >= least,
            Target::AtMost(most) => self.median() <= most,
        })
    }

    /// Returns a row of the table in Markdown.
    pub(crate) fn row(&self) -> String {
        let least = self.runs.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.runs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut row = format!(
            "| {} | {} | {} | {} to {} | {} |",
            self.workload,
            self.name,
            number(self.median()),
            number(least),
            number(most),
            self.unit
        );
        let target = match self.target {
            None => String::new(),
            Some(Target::AtLeast(least)) => format!(">= {}", number(least)),
            Some(Target::AtMost(most)) => format!("<= {}", number(most)),
        };
        let verdict = match self.reached() {
            None => "",
            Some(true) => ", reached",
            Some(false) => ", **missed**",
        };
        let _ = write!(row, " {target}{verdict} |");
        row
    }

    /// Returns the figure as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        let target = self.target.map(|target| match target {
            Target::AtLeast(least) => serde_json::json!({ "at_least": least }),
            Target::AtMost(most) => serde_json::json!({ "at_most": most }),
        });
        serde_json::json!({
            "workload": self.workload,
            "name": self.name,
            "unit": self.unit,
            "runs": self.runs,
            "median": self.median(),
            "target": target,
            "reached": self.reached(),
        })
    }
}

/// Returns the median; 0 if there are no values.
pub(crate) fn median(values: &[f64]) -> f64 {
    percentile(values, 0.5)
}

/// Returns the value below which a `share` of the values lie; 0 if there are none.
pub(crate) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index into a few thousand values"
    )]
    let index = (last as f64 * share).round() as usize;
    sorted.get(index).copied().unwrap_or(0.0)
}

/// Returns the exponent b of cost = a x size^b, fitted by least squares on the logarithms: 0 is
/// flat, 1 is linear.
pub(crate) fn growth(points: &[(f64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = points
        .iter()
        .map(|(size, cost)| (size.ln(), cost.max(1e-9).ln()))
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "a handful of points")]
    let count = logs.len() as f64;
    let mean_x = logs.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = logs.iter().map(|(_, y)| y).sum::<f64>() / count;
    let above: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let below: f64 = logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    above / below
}

fn number(value: f64) -> String {
    match value.abs() {
        v if v >= 1_000.0 => grouped(value),
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        0.0 => "0".to_owned(),
        _ => format!("{value:.3}"),
    }
}

fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
