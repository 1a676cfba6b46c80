//! The person's browser.

use std::io;

/// Opens `link` in the person's browser: by `xdg-open` or its like on Linux, `open` on macOS,
/// `start` on Windows.
///
/// # Errors
/// If the system has none of these, or it fails at once.
pub fn open(link: &str) -> io::Result<()> {
    open::that_detached(link)
}
