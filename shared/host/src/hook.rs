//! A command that the operator of a program chose, which gets a text.

use std::{
    io::{self, Write as _},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::Instant,
};

use crate::limits;

/// The reason why a command did not take its text.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// It cannot be started, or not be given the text.
    #[error("the command cannot be run")]
    Run(#[from] io::Error),
    /// It ended with a failure. Its own messages went where the program's go.
    #[error("the command failed ({0})")]
    Failed(ExitStatus),
    /// It did not end.
    #[error(
        "the command had not ended after {} seconds and was stopped",
        limits::HOOK_TIME_MAX.as_secs()
    )]
    Late,
}

/// Runs `command` as the system's shell reads it, with `text` as its input, and waits for its end.
///
/// # Errors
/// If it cannot be run, fails, or takes longer than [`limits::HOOK_TIME_MAX`].
pub fn run(command: &str, text: &str) -> Result<(), HookError> {
    let (shell, flag) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    let mut child = Command::new(shell)
        .args([flag, command])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    let mut input = child.stdin.take().expect("stdin is piped");
    let text = text.to_owned();
    // A command that does not read must not hold up this thread.
    drop(thread::spawn(move || {
        if let Err(error) = input.write_all(text.as_bytes()) {
            tracing::debug!(%error, "the command did not read its text");
        }
    }));
    let status = ended(&mut child)?;
    match status {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(HookError::Failed(status)),
        None => Err(HookError::Late),
    }
}

/// Waits for the end. Returns `None` if it did not come in time.
fn ended(child: &mut Child) -> io::Result<Option<ExitStatus>> {
    let until = Instant::now() + limits::HOOK_TIME_MAX;
    loop {
        match child.try_wait()? {
            Some(status) => return Ok(Some(status)),
            None if Instant::now() < until => thread::sleep(limits::HOOK_POLL_INTERVAL),
            None => {
                child.kill()?;
                child.wait()?;
                return Ok(None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_gets_the_text_and_its_failure_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("it's here");
        let command = format!("cat > \"{}\"", file.display());
        run(&command, "The disk is full.\nĀ").unwrap();
        assert_eq!(
            std::fs::read_to_string(&file).unwrap(),
            "The disk is full.\nĀ"
        );
        // It need not read.
        run("true", &"x".repeat(1 << 20)).unwrap();
        let error = run("exit 3", "").unwrap_err();
        assert!(matches!(error, HookError::Failed(status) if status.code() == Some(3)));
        assert!(run("no-such-command-here 2>/dev/null", "").is_err());
    }
}
