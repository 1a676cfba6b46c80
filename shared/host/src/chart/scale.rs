//! Positions of values and of times.

/// The vertical scale of a chart, or of a row of charts that are read together. Contains zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    step: f64,
}

impl Scale {
    /// Chooses the smallest scale of round steps from zero that holds every value.
    ///
    /// `steps_max` is at least 1. Values that are not finite are left out.
    pub fn over(values: impl IntoIterator<Item = f64>, steps_max: u8) -> Self {
        let mut ends = (0.0_f64, 0.0_f64);
        for value in values.into_iter().filter(|value| value.is_finite()) {
            ends = (ends.0.min(value), ends.1.max(value));
        }
        let (lowest, highest) = ends;
        let extent = highest - lowest;
        // Beyond these no axis is legible, and exponents would leave what f64 holds.
        if !(1e-9..1e15).contains(&extent) {
            return Self {
                low: 0.0,
                high: 1.0,
                step: 1.0,
            };
        }
        let rough = extent / f64::from(steps_max.max(1));
        let power = 10.0_f64.powf(rough.log10().floor());
        let fits = |step: f64| (highest / step).ceil() - (lowest / step).floor();
        // With two steps alone, coarse ones would leave much of the height empty.
        let round: &[f64] = if steps_max <= 2 { &ROUND_FINE } else { &ROUND };
        let mut steps = round.iter().map(|round| round * power);
        let step = steps
            .clone()
            .find(|step| fits(*step) <= f64::from(steps_max.max(1)) + 1e-9);
        let step = step.or_else(|| steps.next_back()).unwrap_or(1.0);
        Self {
            low: (lowest / step).floor() * step,
            high: (highest / step).ceil() * step,
            step,
        }
    }

    /// Ends the scale at `high` exactly, such as 100 for percentages that are read together.
    #[must_use]
    pub fn up_to(self, high: f64) -> Self {
        let high = self.high.max(high);
        let step = Self::over([self.low, high], 7).step;
        Self { high, step, ..self }
    }

    /// The values at the grid's lines, from the lowest.
    pub(super) fn grid(self) -> impl Iterator<Item = f64> {
        let count = move |index: u32| self.low + f64::from(index) * self.step;
        let end = self.high + self.step * 1e-6;
        (0..=GRID_MAX)
            .map(count)
            .take_while(move |value| *value <= end)
    }

    /// The distance from the top, in pixels, of a chart that is `height` pixels high.
    pub(super) fn y(self, value: f64, height: f64) -> f64 {
        height * (self.high - value) / (self.high - self.low)
    }

    /// The share of the width, 0 to 1, of a value on a horizontal axis.
    pub(super) fn share(self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// Writes a value of the grid: grouped by thousands, with the decimals that the step needs.
    pub(super) fn words(self, value: f64) -> String {
        let decimals = (0..9).find(|decimals| {
            let scaled = self.step * 10.0_f64.powi(*decimals);
            (scaled - scaled.round()).abs() < 1e-6
        });
        let decimals = usize::try_from(decimals.unwrap_or(0)).unwrap_or(0);
        let plain = format!("{:.decimals$}", value.abs());
        let (whole, rest) = plain.split_at(plain.find('.').unwrap_or(plain.len()));
        let mut grouped = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let is_negative = value < 0.0 && plain.contains(|digit: char| ('1'..='9').contains(&digit));
        let sign = if is_negative { "−" } else { "" };
        format!("{sign}{grouped}{rest}")
    }
}

/// Positions in time, from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    first: f64,
    last: f64,
    /// The part of the width that stays free at either side.
    margin: f64,
}

impl Span {
    pub(super) fn over(times: impl IntoIterator<Item = f64>, margin: f64) -> Self {
        let times = times.into_iter().filter(|at| at.is_finite());
        let ends = times.fold((f64::INFINITY, f64::NEG_INFINITY), |ends, at| {
            (ends.0.min(at), ends.1.max(at))
        });
        Self {
            first: ends.0,
            last: ends.1,
            margin,
        }
    }

    /// The share of the width, 0 to 1. One position alone is in the middle.
    pub(super) fn share(self, at: f64) -> f64 {
        let extent = self.last - self.first;
        if extent > 0.0 && extent.is_finite() {
            self.margin + (1.0 - 2.0 * self.margin) * (at - self.first) / extent
        } else {
            0.5
        }
    }
}

/// Round steps within a power of ten and the next.
const ROUND: [f64; 6] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0];
const ROUND_FINE: [f64; 10] = [1.0, 1.2, 1.6, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 20.0];
/// More lines than any scale has.
const GRID_MAX: u32 = 24;
