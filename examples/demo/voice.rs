//! The demonstration's output: headings, sentences, and progress bars on a terminal.

use std::io::{IsTerminal as _, Write as _, stdout};

use indicatif::{ProgressBar, ProgressStyle};

/// Columns of the terminal that the text uses.
const WIDTH: usize = 78;

/// Starts a part of the story.
pub(crate) fn heading(text: &str) {
    line(&format!("\n== {text} =="));
}

/// Prints text, wrapped between words.
pub(crate) fn say(text: &str) {
    let mut row = String::new();
    for word in text.split_whitespace() {
        if !row.is_empty() && row.chars().count() + 1 + word.chars().count() > WIDTH {
            line(&row);
            row.clear();
        }
        if !row.is_empty() {
            row.push(' ');
        }
        row.push_str(word);
    }
    line(&row);
}

/// Prints text as it is, such as a table.
pub(crate) fn show(text: &str) {
    line(text.trim_end());
}

/// Returns a progress bar over `steps` steps; it is hidden without a terminal.
pub(crate) fn bar(steps: usize) -> ProgressBar {
    if !stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("  {bar:30} {pos} of {len}  {msg}")
        .expect("the template is right");
    ProgressBar::new(steps as u64).with_style(style)
}

fn line(text: &str) {
    // The terminal may be closed; then no one reads this.
    let _closed = writeln!(stdout(), "{text}");
}
