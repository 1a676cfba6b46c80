//! What the hub is told by flags, the environment and the file `config.toml` in its data directory.

use std::net::SocketAddr;

use weft_host::{
    config::{Config, ConfigError, Setting},
    data_dir::DataDir,
};

/// The hub's settings, resolved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Where to listen for nodes.
    pub(crate) listen: SocketAddr,
    /// Where to serve pages.
    pub(crate) http: SocketAddr,
    /// Where to serve the administration.
    pub(crate) admin: SocketAddr,
}

/// Flag before environment before file before default.
pub(crate) fn resolve(
    data_dir: &DataDir,
    flags: &[(&'static str, Option<String>)],
) -> Result<Settings, ConfigError> {
    let environment = |name: &str| std::env::var(name).ok();
    let config = Config::resolve(KNOWN, flags, environment, &data_dir.path("config.toml"))?;
    Ok(Settings {
        listen: config.require("listen")?,
        http: config.require("http")?,
        admin: config.require("admin")?,
    })
}

const KNOWN: &[Setting] = &[
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
