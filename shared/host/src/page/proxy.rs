//! Pages behind a proxy of this computer, which carries TLS for an address of the web.
//!
//! What the proxy says of a request counts only if it is one of ours. No header ever says who
//! somebody is.

use std::net::{IpAddr, SocketAddr};

use axum::{
    http::{HeaderMap, HeaderName, StatusCode, Uri, header},
    response::Response,
};

use super::{Guard, PageRequest, guard::text, plain_page};
use crate::http::Peer;

/// The address of the web at which a proxy serves pages.
#[derive(Clone, Debug)]
pub struct Public {
    /// The host that browsers ask for, such as `hub.example.org.nz`.
    pub host: String,
    /// The addresses of the proxies.
    pub proxies: Vec<IpAddr>,
    /// Paths that programs of this computer ask for without the proxy, such as monitors do.
    pub local: &'static [&'static str],
}

/// The origin of a request.
#[derive(Clone, Copy, Debug)]
pub struct Came {
    /// The address of the one who asks, if it is known.
    pub from: Option<IpAddr>,
    /// Whether it came from this computer, and not by way of a proxy.
    pub is_local: bool,
}

impl Public {
    /// Whether a request is of a program of this computer, for a path that is meant for it.
    pub(super) fn is_for_here(&self, guard: &Guard, request: &PageRequest) -> bool {
        let headers = request.headers();
        let here = text(headers, &header::HOST).is_some_and(|host| guard.knows_host(host));
        let forwarded = FORWARDED.iter().any(|name| headers.contains_key(*name));
        here && !forwarded && self.local.contains(&request.uri().path())
    }

    /// Returns where a request came from that a proxy passed on.
    pub(super) fn came(
        &self,
        headers: &HeaderMap,
        uri: &Uri,
        peer: Option<Peer>,
    ) -> Result<Came, Box<Response>> {
        let is_host = |host: &str| host.eq_ignore_ascii_case(&self.host);
        let host = text(headers, &header::HOST).is_some_and(is_host);
        let absolute = uri.authority().is_none_or(|named| is_host(named.as_str()));
        if !host || !absolute {
            let text = format!("These pages are at https://{}/ only.", self.host);
            return Err(Box::new(plain_page(
                StatusCode::MISDIRECTED_REQUEST,
                "Wrong address",
                &text,
            )));
        }
        let is_proxy = match peer {
            Some(Peer::Port(address)) => self.proxies.contains(&address),
            // The file system says who may ask there.
            Some(Peer::Socket) => true,
            None => false,
        };
        if !is_proxy {
            let text = "This request came by no proxy that the hub knows. Name the address of the \
                        proxy under [web] in config.toml: proxies = [\"127.0.0.1\"]";
            return Err(Box::new(plain_page(
                StatusCode::FORBIDDEN,
                "Not by the proxy",
                text,
            )));
        }
        let mut protos = headers.get_all(PROTO).iter();
        let proto = protos.next().map(|proto| proto.as_bytes());
        if proto != Some(b"https") || protos.next().is_some() {
            let text = "These pages are served over https alone, and the proxy did not say that \
                        this request came by it. The proxy must send X-Forwarded-Proto: https, as \
                        Caddy does by itself.";
            return Err(Box::new(plain_page(
                StatusCode::FORBIDDEN,
                "Not over https",
                text,
            )));
        }
        Ok(Came {
            from: self.client(headers),
            is_local: false,
        })
    }

    /// The last address that is no proxy of ours: what stands before it, anybody can write.
    fn client(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let lines = headers.get_all(FOR).iter().rev();
        let lines = lines.filter_map(|line| line.to_str().ok());
        let mut addresses = lines
            .flat_map(|line| line.rsplit(','))
            .map(|one| address(one.trim()).map(|address| address.to_canonical()));
        let last = addresses.find(|one| !matches!(one, Some(one) if self.proxies.contains(one)));
        last?
    }
}

/// Reads an address; some gateways write its port as well.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse().ok();
    address.or_else(|| text.parse::<SocketAddr>().ok().map(|one| one.ip()))
}

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED: [&str; 4] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn came(peer: &str, pairs: &[(&'static str, &'static str)]) -> Result<Option<IpAddr>, u16> {
        let peer = match peer {
            "socket" => Some(Peer::Socket),
            _ => peer.parse().ok().map(Peer::Port),
        };
        let public = Public {
            host: "hub.example.org.nz".to_owned(),
            proxies: vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()],
            local: &["/metrics"],
        };
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let came = public.came(&headers, &Uri::from_static("/"), peer);
        came.map(|came| came.from)
            .map_err(|refusal| refusal.status().as_u16())
    }

    #[test]
    fn what_a_proxy_says_counts_and_what_others_say_does_not() {
        let host = ("host", "hub.example.org.nz");
        let https = ("x-forwarded-proto", "https");
        let of = |text: &str| Ok(Some(text.parse().unwrap()));
        assert_eq!(came("127.0.0.1", &[host, https]), Ok(None));
        let client = ("x-forwarded-for", "192.0.2.7");
        assert_eq!(came("::1", &[host, https, client]), of("192.0.2.7"));
        // A program that may write to the socket is a proxy, under the rules of any proxy.
        assert_eq!(came("socket", &[host, https, client]), of("192.0.2.7"));
        assert_eq!(came("socket", &[host, client]), Err(403));
        assert_eq!(came("socket", &[https]), Err(421));
        assert_eq!(came("", &[host, https]), Err(403));
        // The client's own words stand before those of the proxy.
        let forged = ("x-forwarded-for", "198.51.100.1, 192.0.2.7, 127.0.0.1");
        assert_eq!(came("127.0.0.1", &[host, https, forged]), of("192.0.2.7"));
        let own = ("x-forwarded-for", "198.51.100.1");
        assert_eq!(
            came("127.0.0.1", &[host, https, own, client]),
            of("192.0.2.7")
        );
        let nonsense = ("x-forwarded-for", "198.51.100.1, nonsense");
        assert_eq!(came("127.0.0.1", &[host, https, nonsense]), Ok(None));
        // With the port, as some gateways write it, for clients and for proxies.
        let with_port = ("x-forwarded-for", "192.0.2.7:50123, 127.0.0.1:443");
        assert_eq!(
            came("127.0.0.1", &[host, https, with_port]),
            of("192.0.2.7")
        );
        for six in ["[2001:db8::7]:50123", "[2001:db8::7]", "2001:db8::7"] {
            let six = ("x-forwarded-for", six);
            assert_eq!(came("socket", &[host, https, six]), of("2001:db8::7"));
        }
        // Another peer, another proto, another host.
        assert_eq!(came("192.0.2.9", &[host, https, client]), Err(403));
        assert_eq!(came("127.0.0.1", &[host, client]), Err(403));
        assert_eq!(
            came("127.0.0.1", &[host, ("x-forwarded-proto", "http")]),
            Err(403)
        );
        let both = [host, ("x-forwarded-proto", "http"), https];
        assert_eq!(came("127.0.0.1", &both), Err(403));
        assert_eq!(
            came("127.0.0.1", &[("host", "127.0.0.1:8433"), https]),
            Err(421)
        );
        assert_eq!(came("127.0.0.1", &[https]), Err(421));
    }
}
