//! The hub's settings from flags, the environment and a file: `config.toml` in its data directory
//! unless another is named.

use std::{
    net::{AddrParseError, IpAddr, SocketAddr},
    path::PathBuf,
    str::FromStr,
};

use crate::access::site::PublicUrl;
use weft_host::{
    config::{Config, ConfigError, Setting},
    data_dir::DataDir,
    page,
    shell::{CONFIG_FILE, DATA_DIR, environment},
};
use weft_shared::model::clean_text;

/// The addresses of a running hub, resolved.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The address to listen on for nodes.
    pub(crate) listen: SocketAddr,
    /// The way to the pages.
    pub(crate) web: Web,
    /// The address of the administration.
    pub(crate) admin: SocketAddr,
}

/// The way to the pages.
#[derive(Clone, Debug)]
pub(crate) enum Web {
    /// From this computer alone, at a port of it.
    Here(SocketAddr),
    /// From other computers, by a proxy of this one.
    Public(PublicWeb),
}

/// The way to the pages from other computers.
#[derive(Clone, Debug)]
pub(crate) struct PublicWeb {
    /// The place at which the proxy asks.
    pub(crate) at: Listen,
    pub(crate) url: PublicUrl,
    /// The addresses of the proxies that carry TLS.
    pub(crate) proxies: Proxies,
}

/// A place of this computer at which the pages are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Listen {
    /// A port.
    Port(SocketAddr),
    /// A Unix socket.
    Socket(PathBuf),
}

/// The reason a text is no place for pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadListen {
    #[error(
        "it must be an address and a port of this computer, such as 127.0.0.1:8433, or unix: and \
         the whole path of a socket, such as unix:/run/weft-hub/web.sock"
    )]
    Neither,
    #[error(
        "only a proxy asks at a socket, and then the pages need their address on the web: set \
         public_url under [web] too"
    )]
    NotPublic,
}

impl FromStr for Listen {
    type Err = BadListen;

    fn from_str(text: &str) -> Result<Self, BadListen> {
        if let Some(path) = text.strip_prefix("unix:") {
            let whole = path.starts_with('/') && !path.ends_with('/') && !path.contains('\0');
            return match whole {
                true => Ok(Self::Socket(path.into())),
                false => Err(BadListen::Neither),
            };
        }
        text.parse().map(Self::Port).map_err(|_| BadListen::Neither)
    }
}

/// The port of pages that are for this computer alone.
struct Here(SocketAddr);

impl FromStr for Here {
    type Err = BadListen;

    fn from_str(text: &str) -> Result<Self, BadListen> {
        match text.parse()? {
            Listen::Port(address) => Ok(Self(address)),
            Listen::Socket(_) => Err(BadListen::NotPublic),
        }
    }
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
        // A hub does not start with a country that it cannot show.
        Countries::of(config)?;
        Ok(Self {
            listen: config.require("listen")?,
            web: web(config)?,
            admin: config.require("admin")?,
        })
    }
}

/// The way to the pages: at `[web] listen`, or else `http`.
fn web(config: &Config) -> Result<Web, ConfigError> {
    let Some(url) = config.get(PUBLIC_URL)? else {
        return Ok(Web::Here(match config.get(WEB_LISTEN)? {
            Some(Here(address)) => address,
            None => config.require("http")?,
        }));
    };
    Ok(Web::Public(PublicWeb {
        at: match config.get(WEB_LISTEN)? {
            Some(at) => at,
            None => Listen::Port(config.require("http")?),
        },
        url,
        proxies: config.require(PROXIES)?,
    }))
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

/// Returns the countries in which a hub in this directory keeps what it knows.
pub(crate) fn countries(data_dir: &DataDir) -> Result<Countries, ConfigError> {
    let config = Config::resolve(KNOWN, &[], environment, &data_dir.path(CONFIG_FILE))?;
    Countries::of(&config)
}

/// The countries in which the hub and its backups are. People may know where their words are kept
/// (Privacy Act 2020, information privacy principles 3 and 12).
#[derive(Clone, Debug, Default)]
pub(crate) struct Countries {
    pub(crate) hub: Option<Country>,
    pub(crate) backups: Option<Country>,
}

impl Countries {
    fn of(config: &Config) -> Result<Self, ConfigError> {
        Ok(Self {
            hub: config.get(COUNTRY)?,
            backups: config.get(BACKUP_COUNTRY)?,
        })
    }

    /// Whether both are named.
    pub(crate) const fn are_named(&self) -> bool {
        self.hub.is_some() && self.backups.is_some()
    }

    /// Says where the hub and its backups are.
    pub(crate) fn said(&self) -> String {
        let unnamed = "a country that is not named yet";
        let named = |country: &Option<Country>| {
            let country = country.as_ref();
            country.map_or_else(|| unnamed.to_owned(), |country| country.0.clone())
        };
        let (hub, backups) = (named(&self.hub), named(&self.backups));
        format!("This hub is kept in {hub}, and its backups in {backups}.")
    }

    /// The same, with what to do if it is not known.
    pub(crate) fn words(&self) -> String {
        let said = self.said();
        match self.are_named() {
            true => said,
            false => format!(
                "{said} Name them as country and backup_country in the section [operator] of \
                 config.toml: locations are to know it (Privacy Act 2020, principle 12)."
            ),
        }
    }
}

/// The name of a country.
#[derive(Clone, Debug)]
pub(crate) struct Country(pub(crate) String);

impl FromStr for Country {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = clean_text(text);
        let chars = name.chars().count();
        match COUNTRY_CHARS.contains(&chars) && name.chars().any(char::is_alphabetic) {
            true => Ok(Self(name)),
            false => Err("it must be the name of a country, of 2 to 60 characters".to_owned()),
        }
    }
}

/// Returns the address of the pages of a hub in this directory, with a final `/`.
pub(crate) fn pages_url(data_dir: &DataDir) -> Result<String, ConfigError> {
    let config = Config::resolve(KNOWN, &[], environment, &data_dir.path(CONFIG_FILE))?;
    Ok(match web(&config)? {
        Web::Here(address) => format!("{}/", page::origin(address)),
        Web::Public(PublicWeb { url, .. }) => format!("{url}/"),
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
        key: COUNTRY,
        env: "WEFT_OPERATOR_COUNTRY",
        default: None,
    },
    Setting {
        key: BACKUP_COUNTRY,
        env: "WEFT_OPERATOR_BACKUP_COUNTRY",
        default: None,
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
/// The country in which the hub is.
const COUNTRY: &str = "operator.country";
/// The country in which its backups are.
const BACKUP_COUNTRY: &str = "operator.backup_country";
const COUNTRY_CHARS: std::ops::RangeInclusive<usize> = 2..=60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_asked_for_at_a_port_or_at_a_socket() {
        let listen = |text: &str| text.parse::<Listen>();
        let port = Listen::Port("127.0.0.1:8433".parse().unwrap());
        assert_eq!(listen("127.0.0.1:8433"), Ok(port));
        let here = |text: &str| text.parse::<Here>().map(|here| here.0.port());
        assert_eq!(here("[::1]:8433"), Ok(8433));
        let socket = Listen::Socket("/run/weft-hub/web.sock".into());
        assert_eq!(listen("unix:/run/weft-hub/web.sock"), Ok(socket));
        let alone = here("unix:/run/weft-hub/web.sock");
        assert_eq!(alone, Err(BadListen::NotPublic));
        for bad in [
            "",
            "8433",
            "unix:",
            "unix:web.sock",
            "unix:/run/",
            "/run/web.sock",
            "a:b",
        ] {
            assert_eq!(listen(bad), Err(BadListen::Neither), "{bad}");
            assert_eq!(here(bad), Err(BadListen::Neither), "{bad}");
        }
    }
}
