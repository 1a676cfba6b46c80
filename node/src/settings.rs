//! This program's settings, taken from flag, environment, file and default, in this order.

use std::path::{Path, PathBuf};

use weft_host::{
    config::{Config, Setting},
    data_dir::{DataDirError, default_path},
    failure::Failure,
    output::{ExitCode, sentence},
};

use crate::limits::LAYOUT;

/// The settings that `config.toml` may hold.
const KNOWN: &[Setting] = &[
    Setting {
        key: "data-dir",
        env: "WEFT_DATA_DIR",
        default: None,
    },
    Setting {
        key: "device-name",
        env: "WEFT_DEVICE_NAME",
        default: Some("Unnamed device"),
    },
    Setting {
        key: "http",
        env: "WEFT_HTTP",
        default: Some("127.0.0.1:0"),
    },
];

/// The file in the data directory.
const FILE: &str = "config.toml";

/// The settings on the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) config: Option<PathBuf>,
    pub(crate) device_name: Option<String>,
    pub(crate) http: Option<std::net::SocketAddr>,
}

/// Resolves all settings, and the data directory with them.
pub(crate) fn resolve(flags: &Flags) -> Result<(PathBuf, Config), Failure> {
    let given = flags
        .data_dir
        .clone()
        .or_else(|| std::env::var_os("WEFT_DATA_DIR").map(PathBuf::from));
    let presumed = given
        .or_else(|| default_path(LAYOUT.program))
        .ok_or_else(|| {
            Failure::usage(
                "This system names no home directory. Say where to keep things: --data-dir.",
            )
        })?;
    let file = flags.config.clone().unwrap_or_else(|| presumed.join(FILE));
    if flags.config.is_some() && !file.exists() {
        return Err(Failure::usage(format_args!(
            "There is no configuration file {}. Name another with --config, or leave it out.",
            file.display()
        )));
    }
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let values = [
        ("data-dir", flags.data_dir.as_deref().map(text)),
        ("device-name", flags.device_name.clone()),
        ("http", flags.http.map(|address| address.to_string())),
    ];
    let environment = |name: &str| std::env::var(name).ok();
    let config =
        Config::resolve(KNOWN, &values, environment, &file).map_err(Failure::usage_error)?;
    let folder = config
        .value("data-dir")
        .map(|value| PathBuf::from(&value.text));
    Ok((folder.unwrap_or(presumed), config))
}

/// Describes a problem with the data directory. A missing one has an exit code of its own.
pub(crate) fn unusable(error: DataDirError) -> Failure {
    match &error {
        DataDirError::Missing { path } => Failure::new(
            ExitCode::NoDataDir,
            format_args!(
                "There is no node at {}. Join with an invite (weft-node join INVITE), or name the \
                 directory of one with --data-dir.",
                path.display()
            ),
        ),
        DataDirError::InUse { .. } => Failure::needs_action(sentence(&error)),
        _ => Failure::failed_error(error),
    }
}
