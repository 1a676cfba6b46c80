//! The note after real processes end, and the consequences of each end.

use std::{
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use super::{note::Wary, *};

const VERSION: &str = "1.2.3";
/// Tells a child process the file of the note, and what to do.
const CHILD_FILE: &str = "WEFT_TEST_INTAKE_FILE";
const CHILD_END: &str = "WEFT_TEST_INTAKE_END";

/// Takes in entries 1 to 9 of a document, as a program does, and ends at the seventh.
#[test]
fn child() {
    let Ok(file) = std::env::var(CHILD_FILE) else {
        return;
    };
    let mut intake = Intake::open(&PathBuf::from(file), VERSION);
    let condemned = intake.condemned().map(|suspect| suspect.entry.clone());
    intake.settle();
    let entries: Vec<String> = (1..=9).map(|entry| entry.to_string()).collect();
    let entries = entries.into_iter();
    let entries: Vec<String> = entries
        .filter(|one| Some(one) != condemned.as_ref())
        .collect();
    let mut witness = intake.witness("document".to_owned(), entries.clone());
    let all: Vec<usize> = (0..entries.len()).collect();
    let alone: Vec<&[usize]> = all.chunks(1).collect();
    let bites = if witness.is_careful() {
        alone
    } else {
        vec![all.as_slice()]
    };
    for bite in bites {
        witness.note(bite);
        if bite.iter().any(|place| entries[*place] == "7") {
            end();
        }
    }
    drop(witness);
    intake.done();
}

fn end() {
    match std::env::var(CHILD_END).as_deref() {
        Ok("abort") => std::process::abort(),
        Ok("stack") => {
            let depth = deeper(std::hint::black_box(1));
            println!("{depth}");
        }
        Ok("memory") => {
            // More than any computer has: the allocator gives up and aborts the process.
            let _much: Vec<u8> = Vec::with_capacity(isize::MAX as usize);
        }
        _ => loop {
            println!("ready");
            std::thread::sleep(Duration::from_millis(1));
        },
    }
}

/// Calls itself until the stack overflows.
#[expect(unconditional_recursion, reason = "its end is what is tried")]
fn deeper(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 64]);
    deeper(room[0] + 1) + room[63]
}

/// Runs the child until it ends. Returns whether it exited successfully.
fn run(file: &Path, end: &str) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["intake::tests::child", "--exact", "--nocapture"])
        .env(CHILD_FILE, file)
        .env(CHILD_END, end)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    if end == "kill" {
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let at_it = lines.any(|line| line.is_ok_and(|line| line.ends_with("ready")));
        child.kill().unwrap();
        child.wait().unwrap();
        return !at_it;
    }
    child.wait().unwrap().success()
}

#[test]
fn an_entry_that_ends_the_process_is_set_aside_after_three_times_alone() {
    for end in ["abort", "memory", "stack"] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("intake");
        // Once among others, three times alone.
        for _ in 0..4 {
            assert!(!run(&file, end));
        }
        let condemned = Intake::open(&file, VERSION).condemned().cloned();
        assert_eq!(condemned, Some(seventh()), "{end}");
        assert!(run(&file, end), "the others are taken in");
        assert_eq!(Intake::open(&file, VERSION).plan, Plan::default());
    }
}

#[test]
fn sigkill_sets_nothing_aside() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("intake");
    for _ in 0..20 {
        assert!(!run(&file, "kill"));
        assert_eq!(Intake::open(&file, VERSION).condemned(), None);
    }
    // Kills do not replace a missing end either.
    for _ in 0..2 {
        assert!(!run(&file, "abort"));
        assert!(!run(&file, "kill"));
        assert_eq!(Intake::open(&file, VERSION).condemned(), None);
    }
    assert!(!run(&file, "abort"));
    let condemned = Intake::open(&file, VERSION).condemned().cloned();
    assert_eq!(condemned, Some(seventh()));
}

fn seventh() -> Suspect {
    Suspect {
        document: "document".to_owned(),
        entry: "7".to_owned(),
    }
}

fn computer(boot: &str, oom_kills: u64) -> Computer {
    Computer {
        boot: boot.to_owned(),
        oom_kills: Some(oom_kills),
    }
}

fn note(doing: Doing) -> Note {
    Note {
        boot: "this-boot".to_owned(),
        oom_kills: Some(5),
        version: VERSION.to_owned(),
        doing,
    }
}

fn alone(ends: u32) -> Vec<u8> {
    let suspect = seventh();
    note(Doing::One { suspect, ends }).encode()
}

fn ends_after(bytes: &[u8], computer: &Computer, version: &str) -> Option<u32> {
    let careful = plan(bytes, computer, version).careful?;
    careful.entry.map(|(_, ends)| ends)
}

#[test]
fn power_loss_another_version_and_a_spoilt_note_say_nothing() {
    let here = computer("this-boot", 5);
    let mut aborted = alone(1);
    assert_eq!(ends_after(&aborted, &here, VERSION), Some(1));
    aborted.push(b'X');
    assert_eq!(ends_after(&aborted, &here, VERSION), Some(2));
    // After another start of the computer, whatever ended the process is forgotten.
    let later = computer("next-boot", 5);
    assert_eq!(plan(&aborted, &later, VERSION), Plan::default());
    assert_eq!(ends_after(&aborted, &here, "1.2.4"), Some(0));
    let mut guilty = alone(2);
    guilty.push(b'X');
    assert_eq!(plan(&guilty, &here, VERSION).condemned, Some(seventh()));
    assert_eq!(plan(&guilty, &later, VERSION).condemned, None);
    assert_eq!(plan(&guilty, &here, "1.2.4").condemned, None);
    for bytes in [
        &b""[..],
        &guilty[..100],
        &[0; NOTE_BYTES + 1],
        &[0xff; NOTE_BYTES],
    ] {
        assert_eq!(plan(bytes, &here, VERSION), Plan::default());
    }
}

#[test]
fn an_end_for_want_of_memory_counts_although_it_is_a_sigkill() {
    assert_eq!(
        ends_after(&alone(1), &computer("this-boot", 6), VERSION),
        Some(2)
    );
    assert_eq!(
        ends_after(&alone(1), &computer("this-boot", 5), VERSION),
        Some(1)
    );
}

#[test]
fn what_is_known_of_an_entry_outlives_other_documents() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("intake");
    let Computer { boot, oom_kills } = Computer::look();
    let suspect = seventh();
    let left = Note {
        boot,
        oom_kills,
        ..note(Doing::One { suspect, ends: 1 })
    };
    std::fs::write(&file, [left.encode(), b"X".to_vec()].concat()).unwrap();
    for _ in 0..3 {
        let mut intake = Intake::open(&file, VERSION);
        intake
            .witness("other".to_owned(), vec!["1".to_owned()])
            .note(&[0]);
        intake.done();
        let wary = intake.plan.careful.clone().unwrap();
        assert_eq!(wary.entry, Some(("7".to_owned(), 2)));
    }
    let mut intake = Intake::open(&file, VERSION);
    let mut witness = intake.witness("document".to_owned(), vec!["7".to_owned()]);
    assert!(witness.is_careful());
    witness.note(&[0]);
    drop(witness);
    intake.done();
    assert_eq!(Intake::open(&file, VERSION).plan, Plan::default());
}

#[test]
fn every_note_reads_back() {
    let document = || "1/2f".to_owned();
    for doing in [
        Doing::Nothing,
        Doing::Many {
            document: document(),
        },
        Doing::One {
            suspect: seventh(),
            ends: 2,
        },
        Doing::Wary(Wary {
            document: document(),
            entry: None,
        }),
        Doing::Wary(Wary {
            document: document(),
            entry: Some(("9".to_owned(), 1)),
        }),
    ] {
        let written = Note {
            oom_kills: None,
            ..note(doing)
        };
        let bytes = written.encode();
        assert_eq!(bytes.len(), NOTE_BYTES);
        assert_eq!(Note::decode(&bytes), Some(written));
    }
    let long = Doing::Many {
        document: "x".repeat(NOTE_BYTES),
    };
    assert_eq!(Note::decode(&note(long).encode()), None);
}
