//! The hub's settings from flags, the environment and a file: `config.toml` in its data directory
//! unless another is named.

use std::net::SocketAddr;

use weft_host::{
    config::{Config, ConfigError, Setting},
    data_dir::DataDir,
    shell::{CONFIG_FILE, DATA_DIR, environment},
};

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

/// Returns the address on which a hub in this directory would listen.
pub(crate) fn listen(data_dir: &DataDir) -> Result<SocketAddr, ConfigError> {
    Config::resolve(KNOWN, &[], environment, &data_dir.path(CONFIG_FILE))?.require("listen")
}

/// The settings that `config.toml` may hold.
pub(crate) const KNOWN: &[Setting] = &[
    DATA_DIR,
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
    Setting {
        key: ALERT_COMMAND,
        env: "WEFT_ALERT_COMMAND",
        default: None,
    },
];

/// The command that gets a text when the hub needs a person.
pub(crate) const ALERT_COMMAND: &str = "alert.command";
