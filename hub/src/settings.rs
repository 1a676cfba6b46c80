//! The hub's settings from flags, the environment and a file: `config.toml` in its data directory
//! unless another is named.

use std::{
    net::{AddrParseError, IpAddr, SocketAddr},
    str::FromStr,
};

use crate::access::site::PublicUrl;
use weft_host::{
    config::{Config, ConfigError, Setting},
    data_dir::DataDir,
    page,
    shell::{CONFIG_FILE, DATA_DIR, environment},
};

/// The addresses of a running hub, resolved.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The address to listen on for nodes.
    pub(crate) listen: SocketAddr,
    /// The address of the pages.
    pub(crate) http: SocketAddr,
    /// The address of the administration.
    pub(crate) admin: SocketAddr,
    /// The address of the pages on the web, if they are reached from other computers.
    pub(crate) public: Option<PublicWeb>,
}

/// The way to the pages from other computers.
#[derive(Clone, Debug)]
pub(crate) struct PublicWeb {
    pub(crate) url: PublicUrl,
    /// The addresses of the proxies that carry TLS.
    pub(crate) proxies: Proxies,
}

/// Addresses of proxies.
#[derive(Clone, Debug)]
pub(crate) struct Proxies(pub(crate) Vec<IpAddr>);

impl FromStr for Proxies {
    type Err = AddrParseError;

    fn from_str(text: &str) -> Result<Self, AddrParseError> {
        let addresses = text.split(',').map(|one| one.trim().parse());
        Ok(Self(addresses.collect::<Result<_, _>>()?))
    }
}

impl Settings {
    /// Reads the addresses.
    pub(crate) fn of(config: &Config) -> Result<Self, ConfigError> {
        Ok(Self {
            listen: config.require("listen")?,
            http: http(config)?,
            admin: config.require("admin")?,
            public: match config.get(PUBLIC_URL)? {
                None => None,
                Some(url) => Some(PublicWeb {
                    url,
                    proxies: config.require(PROXIES)?,
                }),
            },
        })
    }
}

/// The address of the pages on this computer: `[web] listen`, or else `http`.
fn http(config: &Config) -> Result<SocketAddr, ConfigError> {
    match config.get(WEB_LISTEN)? {
        Some(address) => Ok(address),
        None => config.require("http"),
    }
}

/// Returns the address on which a hub in this directory would listen.
pub(crate) fn listen(data_dir: &DataDir) -> Result<SocketAddr, ConfigError> {
    Config::resolve(KNOWN, &[], environment, &data_dir.path(CONFIG_FILE))?.require("listen")
}

/// Whether the pages of a hub in this directory are reached from other computers.
pub(crate) fn is_public(data_dir: &DataDir) -> Result<bool, ConfigError> {
    let config = Config::resolve(KNOWN, &[], environment, &data_dir.path(CONFIG_FILE))?;
    Ok(config.value(PUBLIC_URL).is_some())
}

/// Returns the address of the pages of a hub in this directory, with a final `/`.
pub(crate) fn pages_url(data_dir: &DataDir) -> Result<String, ConfigError> {
    let config = Config::resolve(KNOWN, &[], environment, &data_dir.path(CONFIG_FILE))?;
    Ok(match config.get::<PublicUrl>(PUBLIC_URL)? {
        Some(url) => format!("{url}/"),
        None => format!("{}/", page::origin(http(&config)?)),
    })
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
        key: PUBLIC_URL,
        env: "WEFT_WEB_PUBLIC_URL",
        default: None,
    },
    Setting {
        key: WEB_LISTEN,
        env: "WEFT_WEB_LISTEN",
        default: None,
    },
    Setting {
        key: PROXIES,
        env: "WEFT_WEB_PROXIES",
        default: Some("127.0.0.1, ::1"),
    },
    Setting {
        key: ALERT_COMMAND,
        env: "WEFT_ALERT_COMMAND",
        default: None,
    },
];

/// The command that gets a text when the hub needs a person.
pub(crate) const ALERT_COMMAND: &str = "alert.command";
/// The address of the pages on the web.
const PUBLIC_URL: &str = "web.public_url";
const WEB_LISTEN: &str = "web.listen";
const PROXIES: &str = "web.proxies";
