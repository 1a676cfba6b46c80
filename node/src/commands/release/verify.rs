//! `release verify`: a downloaded release against what this computer knows.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

use weft_host::{
    failure::Failure,
    output::{ExitCode, plain},
    reply::Outcome,
};
use weft_shared::{
    model::release::ReleaseId,
    release::manifest::{CHANGES, MANIFEST, MANIFEST_BYTES_MAX},
};

use super::{
    super::Context,
    Verify,
    ours::{OURS, Ours},
};
use crate::{
    replica::DocumentError,
    verify::{
        files::{ReleaseFiles, release_files},
        release::ReleaseChecked,
    },
};

pub(super) fn verify(context: &mut Context<'_>, args: &Verify) -> Outcome {
    let folder = context.path(&args.from);
    let path = folder.join(MANIFEST);
    let text = manifest(&path).map_err(|error| no_manifest(&folder, &error))?;
    let id = args.release.clone();
    let repeats = context
        .node
        .read(move |replica| replica.release_repeats(&id))??;
    let files = release_files(&folder, &text, repeats.is_some());
    let (id, manifest) = (args.release.clone(), text);
    let (checked, gone, files) = context.node.read(move |replica| {
        let gone = replica.release_gone(&id)?;
        let checked = replica.check_release(&id, (&manifest, &files))?;
        Ok::<_, DocumentError>((checked, gone, files))
    })??;
    let ReleaseFiles {
        mut faults,
        unread,
        strange,
        not_given,
        ..
    } = files;
    let id = &args.release;
    let (ours, waits) = outcome(checked, id, &mut faults);
    if !faults.is_empty() {
        let more = (!strange.is_empty()).then(|| apart(&strange));
        let more = more.into_iter().chain(waits);
        let more: String = more.map(|words| format!("\n{words}")).collect();
        return Err(Failure::failed(format_args!(
            "{id} is not as it should be:\n{}\nDownload it again into a new folder, and check \
             that: a broken download looks the same. If it is not as it should be either, keep the \
             files as they are, and tell the people who run the hub, and another location.{more}",
            faults.join("\n")
        )));
    }
    if let Some(words) = waits {
        return Err(Failure::needs_action(words));
    }
    let ours = ours.unwrap_or_default();
    match args.json.json {
        true => context
            .io
            .json_rows(ours.rows().iter().map(|row| OURS.json(row)))?,
        false => {
            for line in ours.lines(id) {
                context.io.say(line)?;
            }
            ExitCode::Ok
        }
    };
    if let Some(why) = gone {
        context.io.tell(format_args!(
            "{id} was withdrawn: {why}. Its files are as they went out, and no one is to use them \
             any more."
        ))?;
    }
    if let Some(before) = repeats.filter(|_| not_given) {
        context.io.tell(format_args!(
            "{CHANGES} is not there, and that is right: it repeats what {before} said, which was \
             withdrawn, so the hub gives it to no one any more."
        ))?;
    }
    if !strange.is_empty() {
        context.io.tell(apart(&strange))?;
    }
    context.io.tell(unchecked(&unread))
}

/// The files in the folder that are none of the release, in a sentence.
fn apart(strange: &[String]) -> String {
    format!(
        "In the folder, and not of this release: {}. Nothing of that was checked.",
        strange.join(", ")
    )
}

/// The parts of a release that were not checked, each with who can, and what is to be done.
fn unchecked(unread: &[String]) -> String {
    let mut lines = vec![
        "Not checked by this:".to_owned(),
        "  - The numbers of other locations, and why some are left out: each checks its own."
            .into(),
        "  - Whether a second person published it: the ledger of the hub says so.".into(),
        "  - Sources, what is not comparable, and whether a withheld row had to be withheld: ask \
         the people who run the hub."
            .into(),
        "  - When a place had the name or the areas of its row, if it ever had them.".into(),
    ];
    if !unread.is_empty() {
        lines.push(format!(
            "  - The contents of {}: the bytes are those that the manifest names, and no more of \
             that was read.",
            unread.join(", ")
        ));
    }
    lines.push(
        "Next: compare the words of weft-node release words with another location. A hub that \
         shows each its own history has other words for each."
            .into(),
    );
    lines.join("\n")
}

/// The rows of a check that found nothing wrong, and what keeps it from being whole; what is wrong
/// joins the faults.
fn outcome(
    checked: ReleaseChecked,
    id: &ReleaseId,
    faults: &mut Vec<String>,
) -> (Option<Ours>, Option<String>) {
    match checked {
        ReleaseChecked::In {
            counted,
            left_out,
            before,
        } => (Some(Ours::of(counted, left_out, before)), None),
        ReleaseChecked::Out { why, before } => {
            let ours = Ours::of(Vec::new(), Vec::new(), before);
            (Some(ours.without(why)), None)
        }
        ReleaseChecked::Unproven => (None, Some(UNPROVEN.to_owned())),
        ReleaseChecked::Unheard => (None, Some(unheard(id))),
        ReleaseChecked::Faults(found) => {
            faults.extend(found);
            (None, None)
        }
    }
}

const UNPROVEN: &str = "Numbers of ours are in it, and the hub has not sent us its proof. Next: \
                        weft-node sync --once, then check again. If it says the same then, tell \
                        the people who run the hub.";

/// A release that the chain on this computer does not name: most likely it is newer.
fn unheard(id: &ReleaseId) -> String {
    format!(
        "This computer has not heard of {id} yet: the chain of releases that it has does not name \
         it. Next: weft-node sync --once, then check again. If it says the same then, the network \
         has published no such release: keep the files, and tell the people who run the hub."
    )
}

/// Reads a manifest, if it is no longer than any may be.
fn manifest(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let most = MANIFEST_BYTES_MAX as u64;
    let read = File::open(path)?.take(most + 1).read_to_string(&mut text)?;
    match read as u64 > most {
        true => Err(io::Error::other(format!(
            "it is longer than {most} bytes, and no manifest is"
        ))),
        false => Ok(text),
    }
}

/// The refusal of a folder without a manifest, by what is in it.
fn no_manifest(folder: &Path, error: &io::Error) -> Failure {
    let entries = || fs::read_dir(folder).into_iter().flatten().flatten();
    let next = if let Some(inside) = entries().find(|one| one.path().join(MANIFEST).is_file()) {
        format!(
            "The files are in the folder {}: name that one.",
            inside.path().display()
        )
    } else if let Some(zip) = entries().find(|one| {
        one.path()
            .extension()
            .is_some_and(|ends| ends.eq_ignore_ascii_case("zip"))
    }) {
        let zip = zip.path();
        format!(
            "{} is packed: unpack it, and name the folder that comes out of it.",
            zip.display()
        )
    } else if folder.is_file() {
        "It is a file: if it is the zip of the release, unpack it, and name the folder that comes \
         out of it."
            .to_owned()
    } else {
        "Download all files of the release into one folder, and name that.".to_owned()
    };
    Failure::usage(format_args!(
        "There is no {MANIFEST} that can be read in {}: {}. {next}",
        folder.display(),
        plain(error)
    ))
}
