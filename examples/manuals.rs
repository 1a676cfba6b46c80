//! Writes the manual pages and shell completions of both programs, for packages:
//! `cargo run --example manuals -- FOLDER`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Command, CommandFactory as _};
use clap_complete::{Shell, generate_to};

fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.context("name the folder: cargo run --example manuals -- FOLDER")?;
    for program in programs() {
        write(program, &folder)?;
    }
    Ok(())
}

/// Returns the trees of commands. Their help names the data directory of any computer, not of this
/// one.
fn programs() -> [Command; 2] {
    let node = weft_node::command();
    let hub = weft_hub::commands::cli::Cli::command();
    [node, hub].map(|program| {
        let folder = format!("~/.local/share/{}", program.get_name());
        let help = format!("The folder of the program's keys and data [default: {folder}]");
        program.mut_arg("data_dir", |arg| arg.help(help))
    })
}

/// Writes a page for each command to `man/`, and the completions to a folder for each shell.
fn write(mut program: Command, folder: &Path) -> anyhow::Result<()> {
    let pages = folder.join("man");
    fs::create_dir_all(&pages)?;
    clap_mangen::generate_to(program.clone(), &pages)?;
    let name = program.get_name().to_owned();
    for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
        let completions = folder.join(shell.to_string());
        fs::create_dir_all(&completions)?;
        generate_to(shell, &mut program, &name, &completions)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const UNITS: [&str; 3] = [
        "node/package/weft-node.service",
        "node/package/weft-node.desktop",
        "hub/package/weft-hub.service",
    ];

    fn text(path: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    #[test]
    fn units_and_the_desktop_entry_run_commands_that_exist() {
        for path in UNITS {
            let text = text(path);
            let starts = ["ExecStart=/usr/bin/", "Exec="];
            let mut lines = text.lines();
            let line = lines.find_map(|line| starts.iter().find_map(|at| line.strip_prefix(at)));
            let words: Vec<&str> = line.expect("a command").split(' ').collect();
            let program = programs().into_iter();
            let mut program = program.filter(|program| program.get_name() == words[0]);
            let program = program.next().expect("a program of ours");
            let parsed = program.try_get_matches_from(&words);
            assert!(parsed.is_ok(), "{path}: {words:?}: {parsed:?}");
        }
    }

    #[test]
    fn every_command_has_a_page_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut expected = BTreeSet::new();
        for program in programs() {
            write(program.clone(), folder.path()).unwrap();
            names(&program, "", &mut expected);
        }
        for name in &expected {
            let page = folder.path().join(format!("man/{name}.1"));
            let page = fs::read_to_string(&page).unwrap_or_else(|_| panic!("no page of {name}"));
            assert!(page.contains(&name.replace('-', "\\-")), "{name}");
            let home = std::env::var("HOME").unwrap_or_default();
            assert!(home.len() < 2 || !page.contains(&home), "{name}: {home}");
        }
        let others = fs::read_dir(folder.path().join("man")).unwrap();
        let others = others.map(|page| page.unwrap().file_name().into_string().unwrap());
        let others: BTreeSet<_> = others.map(|page| page.replace(".1", "")).collect();
        assert!(others.is_superset(&expected), "{others:?}");
        for completion in [
            "bash/weft-node.bash",
            "fish/weft-hub.fish",
            "zsh/_weft-node",
        ] {
            assert!(folder.path().join(completion).exists(), "{completion}");
        }
    }

    fn names(command: &Command, before: &str, found: &mut BTreeSet<String>) {
        let name = format!("{before}{}", command.get_name());
        for part in command.get_subcommands() {
            if part.get_name() != "help" {
                names(part, &format!("{name}-"), found);
            }
        }
        found.insert(name);
    }

    /// Files that a package takes, and that no build makes.
    #[test]
    fn packages_take_files_that_exist() {
        for (folder, own) in [("node", "package/"), ("hub", "package/")] {
            let manifest = text(&format!("{folder}/Cargo.toml"));
            let taken = manifest.split('"').skip(1).step_by(2);
            let taken: Vec<&str> = taken.filter(|path| path.starts_with(own)).collect();
            assert!(!taken.is_empty(), "{folder}/Cargo.toml");
            for path in taken {
                let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                    .join(folder)
                    .join(path);
                assert!(path.exists(), "{}", path.display());
            }
        }
    }
}
