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
    wrapped(text, ("", ""));
}

/// Prints one item of a numbered list.
pub(crate) fn item(number: usize, text: &str) {
    wrapped(text, (&format!("  {number}. "), "     "));
}

/// Prints text, wrapped between words, with `first` before its first line and `rest` before others.
fn wrapped(text: &str, (first, rest): (&str, &str)) {
    let mut row = first.to_owned();
    let mut begun = false;
    for word in text.split_whitespace() {
        if begun && row.chars().count() + 1 + word.chars().count() > WIDTH {
            line(&row);
            rest.clone_into(&mut row);
            begun = false;
        }
        if begun {
            row.push(' ');
        }
        row.push_str(word);
        begun = true;
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
