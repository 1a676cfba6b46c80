//! The place of the hub's pages: this computer alone, or an address of the web by way of a proxy.

use std::{fmt, net::IpAddr, str::FromStr};

/// The place of the pages.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// The origin, such as `https://hub.example.org.nz`, without a final `/`.
    pub(crate) origin: String,
    /// The name of the session's cookie.
    cookie: String,
    /// Whether people reach it from other computers.
    pub(crate) is_public: bool,
}

impl Site {
    /// Pages on this computer alone.
    pub(crate) fn local(origin: String, port: u16) -> Self {
        Self {
            origin,
            // Browsers share cookies between a host's ports: each hub needs its own name.
            cookie: format!("weft-{port}"),
            is_public: false,
        }
    }

    /// Pages at an address of the web.
    pub(crate) fn public(url: &PublicUrl) -> Self {
        Self {
            origin: url.to_string(),
            cookie: "__Host-weft".to_owned(),
            is_public: true,
        }
    }

    /// The name of the computer, which passkeys belong to.
    pub(crate) fn host(&self) -> &str {
        let (_, rest) = self.origin.split_once("://").unwrap_or_default();
        rest.split_once(':').map_or(rest, |(host, _)| host)
    }

    /// Returns the header that gives a browser its session.
    pub(crate) fn cookie(&self, kind: Cookie, value: &str) -> String {
        let secure = if self.is_public { "Secure; " } else { "" };
        let (name, end) = (
            self.name(kind),
            if value.is_empty() { "; Max-Age=0" } else { "" },
        );
        format!("{name}={value}; {secure}HttpOnly; SameSite=Lax; Path=/{end}")
    }

    /// Reads the value of a cookie from what a browser sends.
    pub(crate) fn read<'a>(
        &self,
        kind: Cookie,
        lines: impl Iterator<Item = &'a str>,
    ) -> Option<&'a str> {
        let name = self.name(kind);
        let pairs = lines.flat_map(|line| line.split(';'));
        let mut values = pairs.filter_map(|pair| {
            let (found, value) = pair.trim().split_once('=')?;
            (found == name && !value.is_empty()).then_some(value)
        });
        values.next()
    }

    fn name(&self, kind: Cookie) -> String {
        match kind {
            Cookie::Session => self.cookie.clone(),
            Cookie::Waits => format!("{}-waits", self.cookie),
        }
    }
}

/// The cookies of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// Somebody who has signed in.
    Session,
    /// The browser in which somebody enrolled, which shows their four words.
    Waits,
}

/// The address of the pages on the web: `https://` and a host, nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicUrl(String);

impl PublicUrl {
    /// The host, with its port if it has one, as a browser sends it.
    pub(crate) fn host(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}", self.0)
    }
}

/// The reason a text is no address of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it must be https:// and the name of a computer, such as https://hub.example.org.nz")]
pub(crate) struct BadUrl;

impl FromStr for PublicUrl {
    type Err = BadUrl;

    fn from_str(text: &str) -> Result<Self, BadUrl> {
        let host = text.strip_prefix("https://").ok_or(BadUrl)?;
        let host = host.strip_suffix('/').unwrap_or(host).to_ascii_lowercase();
        let (name, port) = host.split_once(':').unwrap_or((&host, "443"));
        let label = |label: &str| {
            let letters = |c: char| c.is_ascii_alphanumeric() || c == '-';
            (1..=63).contains(&label.len()) && label.chars().all(letters)
        };
        // Passkeys belong to a name: no address of numbers has any.
        let is_name = name.parse::<IpAddr>().is_err() && name.split('.').all(label);
        if !is_name || host.len() > HOST_BYTES_MAX || port.parse::<u16>().is_err() {
            return Err(BadUrl);
        }
        Ok(Self(host.strip_suffix(":443").unwrap_or(&host).to_owned()))
    }
}

const HOST_BYTES_MAX: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_https_and_a_name() {
        let host = |text: &str| text.parse::<PublicUrl>().map(|url| url.host().to_owned());
        let known = Ok("hub.example.org.nz".to_owned());
        assert_eq!(host("https://hub.example.org.nz"), known);
        assert_eq!(host("https://Hub.example.org.nz:443/"), known);
        assert_eq!(
            host("https://localhost:8443"),
            Ok("localhost:8443".to_owned())
        );
        for bad in [
            "http://hub.example.org.nz",
            "hub.example.org.nz",
            "https://",
            "https://192.0.2.1",
            "https://hub.example.org.nz/weft",
            "https://hub.example.org.nz:x",
            "https://a b",
            "https://user@hub.example.org.nz",
        ] {
            assert_eq!(host(bad), Err(BadUrl), "{bad}");
        }
    }

    #[test]
    fn a_cookie_is_of_one_place() {
        let local = Site::local("http://localhost:8433".to_owned(), 8433);
        assert_eq!(local.host(), "localhost");
        assert_eq!(
            local.cookie(Cookie::Session, "abc"),
            "weft-8433=abc; HttpOnly; SameSite=Lax; Path=/"
        );
        let public = Site::public(&"https://hub.example.org.nz".parse().unwrap());
        assert_eq!(
            public.cookie(Cookie::Session, "abc"),
            "__Host-weft=abc; Secure; HttpOnly; SameSite=Lax; Path=/"
        );
        assert!(public.cookie(Cookie::Session, "").ends_with("Max-Age=0"));
        let sent = ["weft-8434=no; weft-8433=abc", "weft-8433-waits=w"];
        assert_eq!(local.read(Cookie::Session, sent.into_iter()), Some("abc"));
        assert_eq!(local.read(Cookie::Waits, sent.into_iter()), Some("w"));
        assert_eq!(public.read(Cookie::Session, sent.into_iter()), None);
    }
}
