//! Certificates: making ours, and reading those of others.

use der::{
    AnyRef, Decode as _, Reader as _, SliceReader, Tag, Tagged as _,
    asn1::{BitStringRef, OctetStringRef},
};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair, PKCS_ED25519};
use rustls::{
    Error,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};
use weft_shared::{
    id::DeviceId,
    identity::{DeviceKey, HubStatement},
};

/// The extension for the root's statement in a hub's certificate: our own number under the arc for
/// UUIDs, which ITU-T X.667 allows anyone to use.
const STATEMENT_OID: [u64; 3] = [2, 25, 8_203_117_204_512_966_341];

/// The same in DER, because an arc of 64 bits is too large for the library's OID type.
const STATEMENT_OID_DER: &[u8] = &[0x69, 0xf1, 0xeb, 0xd4, 0xf4, 0xab, 0x8f, 0x90, 0x8d, 0x45];

/// id-Ed25519 (RFC 8410) in DER.
const ED25519_OID_DER: &[u8] = &[0x2b, 0x65, 0x70];

/// The relevant contents of a certificate.
#[derive(Debug)]
pub(super) struct Seen {
    /// The device whose key it shows.
    pub(super) device: DeviceId,
    /// The statement of a hub's root about that key.
    pub(super) statement: Option<HubStatement>,
}

/// Bytes of a certificate, if present.
type Part<'a> = Option<&'a [u8]>;

pub(super) fn self_signed(
    key: &DeviceKey,
    statement: Option<&HubStatement>,
) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), Error> {
    let secret = PrivatePkcs8KeyDer::from(key.pkcs8_der());
    let made = || {
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&secret, &PKCS_ED25519)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.custom_extensions.extend(statement.map(|statement| {
            let content = der_octets(&statement.encode());
            CustomExtension::from_oid_content(&STATEMENT_OID, content)
        }));
        params.self_signed(&pair)
    };
    let certificate = made().map_err(|error: rcgen::Error| Error::General(error.to_string()))?;
    Ok((certificate.der().clone(), PrivateKeyDer::Pkcs8(secret)))
}

/// Reads a certificate, if it is of the one kind in use here.
pub(super) fn read(certificate: &[u8]) -> Option<Seen> {
    let mut reader = SliceReader::new(certificate).ok()?;
    let (key, statement) = reader
        .sequence(|certificate| {
            let signed = certificate.sequence(to_be_signed)?;
            let (_algorithm, _signature) = (any(certificate)?, any(certificate)?);
            Ok::<_, der::Error>(signed)
        })
        .ok()?;
    reader.finish().ok()?;
    Some(Seen {
        device: DeviceId::from_slice(key?)?,
        statement: statement.and_then(|bytes| HubStatement::decode(bytes).ok()),
    })
}

/// Reads the key and the statement (RFC 5280, 4.1). Both are missing if none are of our kind.
fn to_be_signed<'a>(fields: &mut SliceReader<'a>) -> der::Result<(Part<'a>, Part<'a>)> {
    for _version_serial_algorithm_issuer_validity_subject in 0..6 {
        any(fields)?;
    }
    let key = fields.sequence(public_key)?;
    let mut statement = None;
    while !fields.is_finished() {
        let field = any(fields)?;
        if field.tag() == EXTENSIONS {
            statement = SliceReader::new(field.value())?.sequence(statement_in)?;
        }
    }
    Ok((key, statement))
}

fn public_key<'a>(info: &mut SliceReader<'a>) -> der::Result<Part<'a>> {
    let ed25519 = info.sequence(|algorithm| {
        let oid = any(algorithm)?;
        let alone = algorithm.is_finished();
        while !algorithm.is_finished() {
            any(algorithm)?;
        }
        Ok::<_, der::Error>(alone && is_oid(&oid, ED25519_OID_DER))
    })?;
    let key = BitStringRef::decode(info)?;
    Ok(key.as_bytes().filter(|_| ed25519))
}

fn statement_in<'a>(extensions: &mut SliceReader<'a>) -> der::Result<Part<'a>> {
    let mut statement = None;
    while !extensions.is_finished() {
        let (ours, value) = extensions.sequence(|extension| {
            let oid = any(extension)?;
            let mut value = any(extension)?;
            if value.tag() == Tag::Boolean {
                // Skip the flag that marks it as critical.
                value = any(extension)?;
            }
            Ok::<_, der::Error>((is_oid(&oid, STATEMENT_OID_DER), value))
        })?;
        if ours {
            let content = value.decode_as::<&OctetStringRef>()?;
            let inner = <&OctetStringRef>::from_der(content.as_bytes())?;
            statement.get_or_insert(inner.as_bytes());
        }
    }
    Ok(statement)
}

fn any<'a>(reader: &mut SliceReader<'a>) -> der::Result<AnyRef<'a>> {
    AnyRef::decode(reader)
}

fn is_oid(value: &AnyRef<'_>, oid: &[u8]) -> bool {
    value.tag() == Tag::ObjectIdentifier && value.value() == oid
}

/// Encodes an ASN.1 OCTET STRING, which X.509 requires inside an extension.
fn der_octets(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a statement has a few hundred bytes");
    let [high, low] = length.to_be_bytes();
    let mut der = match (high, low) {
        (0, ..0x80) => vec![0x04, low],
        (0, _) => vec![0x04, 0x81, low],
        _ => vec![0x04, 0x82, high, low],
    };
    der.extend_from_slice(bytes);
    der
}

/// The field of a certificate that holds its extensions.
const EXTENSIONS: Tag = Tag::ContextSpecific {
    constructed: true,
    number: der::TagNumber(3),
};

#[cfg(test)]
mod tests {
    use weft_shared::identity::RootKey;

    use super::*;

    fn key() -> DeviceKey {
        DeviceKey::from_seed([7; 32])
    }

    #[test]
    fn the_key_and_the_statement_are_read_as_they_were_written() {
        let key = key();
        let root = RootKey::from_seed([9; 32]);
        let statement = HubStatement::sign(&root, key.id());
        for said in [None, Some(&statement)] {
            let (certificate, _) = self_signed(&key, said).unwrap();
            let seen = read(&certificate).unwrap();
            assert_eq!(seen.device, key.id());
            assert_eq!(
                seen.statement.map(|seen| seen.encode()),
                said.map(HubStatement::encode)
            );
        }
    }

    #[test]
    fn a_certificate_cut_short_drawn_out_or_overwritten_is_read_or_refused() {
        let statement = HubStatement::sign(&RootKey::from_seed([9; 32]), key().id());
        let (certificate, _) = self_signed(&key(), Some(&statement)).unwrap();
        for cut in 0..certificate.len() {
            assert!(read(&certificate[..cut]).is_none(), "cut at {cut}");
        }
        assert!(read(&[&certificate[..], &[0]].concat()).is_none());
        let mut read_all_the_same = 0;
        for at in 0..certificate.len() {
            for byte in [0x00, 0x01, 0x04, 0x30, 0x7f, 0x80, 0x84, 0xff] {
                let mut wrong = certificate.to_vec();
                wrong[at] = byte;
                read_all_the_same += usize::from(read(&wrong).is_some());
            }
        }
        // Only a small part matters. TLS itself checks the rest, such as the signature.
        assert!(read_all_the_same > certificate.len());
    }

    #[test]
    fn a_key_of_another_kind_is_none() {
        let (certificate, _) = self_signed(&key(), None).unwrap();
        let at = certificate
            .windows(ED25519_OID_DER.len() + 3)
            .rposition(|bytes| bytes.starts_with(ED25519_OID_DER) && bytes[3..] == [0x03, 0x21, 0])
            .unwrap();
        let mut x25519 = certificate.to_vec();
        x25519[at + 2] = 0x6e;
        assert!(read(&x25519).is_none());
    }
}
