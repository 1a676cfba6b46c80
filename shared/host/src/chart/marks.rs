//! Marks of 14 pixels that stand beside words, never instead of them.

/// A mark. The words beside it say what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// All of it: heard from today, all areas.
    Disc,
    /// A part of it.
    Half,
    /// None of it: heard from longest ago, not published, an open action.
    Ring,
    /// Suppressed by its publisher.
    Square,
    /// Due, and not reported.
    Triangle,
    /// Not asked, or not collected here.
    Dash,
    /// A priority named high.
    DiamondFull,
    /// A priority named.
    DiamondHalf,
    /// No priority now.
    Diamond,
    /// Done.
    Tick,
    /// On this computer.
    Computer,
    /// Waits.
    Clock,
    /// For the team alone.
    Lock,
    /// A sample of the own line, 26 pixels wide.
    OwnLine,
    /// A sample of the network's line.
    NetworkLine,
    /// A sample of the target's line.
    TargetLine,
}

impl Mark {
    /// Draws it, hidden from screen readers.
    ///
    /// ```
    /// use weft_host::chart::Mark;
    ///
    /// assert!(Mark::Disc.svg().contains("<circle class=\"ink\""));
    /// ```
    pub fn svg(self) -> String {
        let line = |class: &str| {
            format!(
                "<svg class=\"in\" width=\"26\" height=\"10\" aria-hidden=\"true\">\
                 <line class=\"{class}\" x1=\"2\" x2=\"24\" y1=\"5\" y2=\"5\"/></svg>"
            )
        };
        let inside = match self {
            Self::OwnLine => return line("own"),
            Self::NetworkLine => return line("net"),
            Self::TargetLine => return line("aim"),
            Self::Disc => "<circle class=\"ink\" cx=\"7\" cy=\"7\" r=\"5.5\"/>",
            Self::Half => {
                "<circle class=\"hole\" cx=\"7\" cy=\"7\" r=\"5\"/>\
                 <path class=\"ink\" d=\"M7 2a5 5 0 0 1 0 10z\"/>"
            }
            Self::Ring => "<circle class=\"hole\" cx=\"7\" cy=\"7\" r=\"5\"/>",
            Self::Square => {
                "<rect class=\"hole\" x=\"2\" y=\"2\" width=\"10\" height=\"10\"/>\
                 <path class=\"base\" d=\"M2 12 12 2M2 7l5-5M7 12l5-5\"/>"
            }
            Self::Triangle => {
                "<path class=\"hole\" d=\"M7 1.6 12.6 12H1.4z\"/>\
                 <path class=\"ink\" d=\"M6.3 5h1.4v3.4H6.3zM6.3 9.3h1.4v1.4H6.3z\"/>"
            }
            Self::Dash => "<path class=\"base\" d=\"M3 7h8\"/>",
            Self::DiamondFull => "<path class=\"ink\" d=\"M7 .8 13.2 7 7 13.2.8 7z\"/>",
            Self::DiamondHalf => {
                "<path class=\"hole\" d=\"M7 1.6 12.4 7 7 12.4 1.6 7z\"/>\
                 <path class=\"ink\" d=\"M7 1.6V12.4L1.6 7z\"/>"
            }
            Self::Diamond => "<path class=\"hole\" d=\"M7 1.6 12.4 7 7 12.4 1.6 7z\"/>",
            Self::Tick => {
                "<circle class=\"ink\" cx=\"7\" cy=\"7\" r=\"6\"/>\
                 <path class=\"tick\" d=\"M4 7.2l2.2 2.2L10.2 5\"/>"
            }
            Self::Computer => {
                "<rect class=\"ink\" x=\"1.5\" y=\"2\" width=\"11\" height=\"8\" rx=\"1\"/>\
                 <path class=\"ink\" d=\"M4 11.5h6v1H4z\"/>"
            }
            Self::Clock => {
                "<circle class=\"hole\" cx=\"7\" cy=\"7\" r=\"5\"/>\
                 <path class=\"base\" d=\"M7 4v3.2l2.2 1.6\"/>"
            }
            Self::Lock => {
                "<rect class=\"ink\" x=\"2.5\" y=\"6\" width=\"9\" height=\"6.5\" rx=\"1\"/>\
                 <path class=\"base\" d=\"M4.5 6V4.3a2.5 2.5 0 0 1 5 0V6\"/>"
            }
        };
        format!("<svg width=\"14\" height=\"14\" aria-hidden=\"true\">{inside}</svg>")
    }
}

/// Draws how far something has come, as `done` of five steps, for a chip with the status's word.
pub fn steps(done: u8) -> String {
    let bars = (0..5_u8).map(|step| {
        let class = if step < done { "ink" } else { "bar open" };
        let x = u16::from(step) * 5;
        format!("<rect class=\"{class}\" x=\"{x}\" y=\"1\" width=\"3.5\" height=\"9\"/>")
    });
    let bars: String = bars.collect();
    format!("<svg width=\"24\" height=\"11\" aria-hidden=\"true\">{bars}</svg>")
}
