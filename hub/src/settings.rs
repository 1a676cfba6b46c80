//! The hub's settings from flags, the environment and a file: `config.toml` in its data directory
//! unless another is named.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use weft_host::{
    config::{Config, ConfigError, Setting},
    data_dir::{DataDir, default_path},
    failure::Failure,
};

use crate::limits::LAYOUT;

/// Settings given on the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) config: Option<PathBuf>,
    pub(crate) listen: Option<String>,
    pub(crate) http: Option<String>,
    pub(crate) admin: Option<String>,
}

/// The addresses of a running hub, resolved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// The address to listen on for nodes.
    pub(crate) listen: SocketAddr,
    /// The address of the pages.
    pub(crate) http: SocketAddr,
    /// The address of the administration.
    pub(crate) admin: SocketAddr,
}

impl Settings {
    /// Reads the addresses.
    pub(crate) fn of(config: &Config) -> Result<Self, ConfigError> {
        Ok(Self {
            listen: config.require("listen")?,
            http: config.require("http")?,
            admin: config.require("admin")?,
        })
    }
}

/// Resolves the settings and the data directory: flag, then environment, then file, then default.
pub(crate) fn resolve(flags: &Flags) -> Result<(PathBuf, Config), Failure> {
    let presumed = flags.data_dir.clone();
    let presumed = presumed.or_else(|| default_path(LAYOUT.program));
    let presumed = presumed.ok_or_else(|| {
        Failure::usage("This system names no folder for programs' data; give --data-dir DIR.")
    })?;
    let file = flags.config.clone();
    let file = file.unwrap_or_else(|| presumed.join(FILE));
    if flags.config.is_some() && !file.exists() {
        return Err(Failure::usage(format!(
            "There is no configuration file {}. Name another with --config, or leave it out.",
            file.display()
        )));
    }
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let values = [
        ("data-dir", flags.data_dir.as_deref().map(text)),
        ("listen", flags.listen.clone()),
        ("http", flags.http.clone()),
        ("admin", flags.admin.clone()),
    ];
    let config = Config::resolve(KNOWN, &values, environment, &file);
    let config = config.map_err(Failure::usage_error)?;
    let folder = config
        .value("data-dir")
        .map(|value| PathBuf::from(&value.text));
    Ok((folder.unwrap_or(presumed), config))
}

/// Returns the address on which a hub in this directory would listen.
pub(crate) fn listen(data_dir: &DataDir) -> Result<SocketAddr, ConfigError> {
    Config::resolve(KNOWN, &[], environment, &data_dir.path(FILE))?.require("listen")
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The configuration file in the data directory.
const FILE: &str = "config.toml";

const KNOWN: &[Setting] = &[
    Setting {
        key: "data-dir",
        env: "WEFT_DATA_DIR",
        default: None,
    },
    Setting {
        key: "listen",
        env: "WEFT_LISTEN",
        default: Some("127.0.0.1:4433"),
    },
    Setting {
        key: "http",
        env: "WEFT_HTTP",
        default: Some("127.0.0.1:8433"),
    },
    Setting {
        key: "admin",
        env: "WEFT_ADMIN",
        default: Some("127.0.0.1:0"),
    },
];
