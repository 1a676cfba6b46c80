//! Calls the judge: `tests/oracle/js/check.mjs`, with Automerge's own JavaScript library.

use std::{path::Path, process::Command};

/// Runs the script on an exported directory. Returns its output, or the differences it found.
pub(crate) fn check(export: &Path) -> Result<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/js");
    assert!(
        folder.join("node_modules/@automerge/automerge").is_dir(),
        "Automerge's JavaScript library is missing: run npm ci --prefix tests/oracle/js \
         (tests/all does)"
    );
    let output = Command::new("node")
        .arg(folder.join("check.mjs"))
        .arg(export)
        .output()
        .expect("Node.js 20 or later is needed on the PATH");
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
