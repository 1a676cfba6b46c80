//! The `HOST:PORT` that an invite carries.

/// Parses `HOST:PORT`, in lower case. HOST is a name, an IPv4 address or a bracketed IPv6 address.
///
/// # Errors
/// If the text is not an address. The message says what form an address has.
pub fn address(text: &str) -> Result<String, BadAddress> {
    let bad = || BadAddress {
        text: text.chars().take(ADDRESS_BYTES_MAX).collect(),
    };
    let text = text.trim().to_ascii_lowercase();
    let (host, port) = text.rsplit_once(':').ok_or_else(bad)?;
    let v6 = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let host_ok = match v6 {
        Some(v6) => v6.parse::<core::net::Ipv6Addr>().is_ok(),
        None => is_host_name(host),
    };
    let port_ok =
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port != 0);
    if host_ok && port_ok {
        Ok(text)
    } else {
        Err(bad())
    }
}

/// Text that is not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is no address: it has a host and a port, such as hub.example.org.nz:4433")]
pub struct BadAddress {
    /// The text, cut short.
    pub text: String,
}

fn is_host_name(host: &str) -> bool {
    host.len() <= HOST_BYTES_MAX
        && host.split('.').all(|label| {
            (1..=HOST_LABEL_BYTES_MAX).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        })
}

const HOST_BYTES_MAX: usize = 253;
const HOST_LABEL_BYTES_MAX: usize = 63;
const ADDRESS_BYTES_MAX: usize = HOST_BYTES_MAX + 8;
