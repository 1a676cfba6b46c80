//! Passkeys (WebAuthn): a key in somebody's device or security key, which asks for a finger, a face
//! or a PIN before it signs.

use data_encoding::HEXLOWER;
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthentication64, DiscoverableAuthenticationServerState,
    DiscoverableCredentialRequestOptions, PublicKeyCredentialCreationOptions, Registration,
    RegistrationServerState,
    bin::{Decode as _, Encode},
    request::{
        AsciiDomain, ExtensionInfo, PublicKeyCredentialDescriptor, RpId,
        auth::AuthenticationVerificationOptions,
        register::{
            CredProtect, Nickname, PublicKeyCredentialUserEntity, RegistrationVerificationOptions,
            UserHandle64, Username,
        },
    },
    response::{
        AuthTransports, CredentialId,
        register::{CompressedPubKey, DynamicState, StaticState},
    },
};

use super::site::Site;

/// A ceremony with a passkey is refused. The reason is for the log: a person begins again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the passkey was refused: {0}")]
pub(crate) struct BadPasskey(String);

impl BadPasskey {
    fn of(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// A passkey as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Passkey {
    /// Its id.
    pub(crate) key: Vec<u8>,
    /// The handle of its person, its counter, and its public key.
    pub(crate) secret: Vec<u8>,
}

/// A ceremony that began.
#[derive(Clone, Debug)]
pub(crate) struct Begun {
    /// The options for the browser, as JSON.
    pub(crate) options: String,
    /// The hub's half, for its end. Nothing in it is secret.
    pub(crate) ours: Vec<u8>,
}

/// Begins a registration.
pub(crate) fn begin_registration(
    site: &Site,
    (folded, name): (&str, &str),
    known: &[Vec<u8>],
) -> Result<Begun, BadPasskey> {
    let rp = party(site)?;
    let handle = UserHandle64::new();
    let user = PublicKeyCredentialUserEntity {
        name: Username::try_from(folded).map_err(BadPasskey::of)?,
        id: &handle,
        display_name: Nickname::try_from(name).ok(),
    };
    // A device that has one of them makes no second.
    let known = known.iter().filter_map(|key| {
        Some(PublicKeyCredentialDescriptor {
            id: CredentialId::<Vec<u8>>::decode(key.clone()).ok()?,
            transports: AuthTransports::decode(0).ok()?,
        })
    });
    let known = known.collect();
    let mut options = PublicKeyCredentialCreationOptions::passkey(&rp, user, known);
    // A key that cannot hide itself is as good: each use of it is verified here.
    options.extensions.cred_protect =
        CredProtect::UserVerificationRequired(ExtensionInfo::AllowDontEnforceValue);
    let (server, client) = options.start_ceremony().map_err(BadPasskey::of)?;
    begun(&client, &server)
}

/// Ends a registration with what the browser answered.
pub(crate) fn end_registration(
    site: &Site,
    ours: &[u8],
    answer: &str,
) -> Result<Passkey, BadPasskey> {
    let begun = RegistrationServerState::<HANDLE_BYTES>::decode(ours).map_err(BadPasskey::of)?;
    let answer = Registration::from_json_relaxed(answer.as_bytes()).map_err(BadPasskey::of)?;
    let origins = [site.origin.as_str()];
    let options = RegistrationVerificationOptions::<&str, &str> {
        allowed_origins: &origins,
        error_on_unsolicited_extensions: false,
        ..RegistrationVerificationOptions::default()
    };
    let made = begun.verify(&party(site)?, &answer, &options);
    let made = made.map_err(BadPasskey::of)?;
    let Ok(fixed) = made.static_state().encode();
    let Ok(moving) = made.dynamic_state().encode();
    Ok(Passkey {
        key: made.id().as_ref().to_vec(),
        secret: [made.user_id().as_ref(), &moving, &fixed].concat(),
    })
}

/// Begins a sign-in with any passkey of this hub.
pub(crate) fn begin_signing(site: &Site) -> Result<Begun, BadPasskey> {
    let rp = party(site)?;
    let options = DiscoverableCredentialRequestOptions::passkey(&rp);
    let (server, client) = options.start_ceremony().map_err(BadPasskey::of)?;
    begun(&client, &server)
}

/// An answer of a browser that signs in, not looked at yet.
#[derive(Debug)]
pub(crate) struct Answer(DiscoverableAuthentication64);

impl Answer {
    /// Reads an answer.
    pub(crate) fn read(answer: &str) -> Result<Self, BadPasskey> {
        let answer = DiscoverableAuthentication64::from_json_relaxed(answer.as_bytes());
        answer.map(Self).map_err(BadPasskey::of)
    }

    /// The id of the passkey that it says signed.
    pub(crate) fn key(&self) -> Vec<u8> {
        self.0.raw_id().as_ref().to_vec()
    }

    /// Ends a sign-in. Returns the passkey as it is to be stored, with its counter raised.
    pub(crate) fn end(
        &self,
        site: &Site,
        ours: &[u8],
        stored: &[u8],
    ) -> Result<Vec<u8>, BadPasskey> {
        let begun = DiscoverableAuthenticationServerState::decode(ours).map_err(BadPasskey::of)?;
        let damaged = || BadPasskey("it cannot be read".to_owned());
        let (handle, rest) = stored
            .split_first_chunk::<HANDLE_BYTES>()
            .ok_or_else(damaged)?;
        let (moving, fixed) = rest
            .split_first_chunk::<MOVING_BYTES>()
            .ok_or_else(damaged)?;
        let Ok(user) = UserHandle64::decode(*handle);
        let fixed_state = StaticState::<PublicKey>::decode(fixed);
        let fixed_state = fixed_state.map_err(BadPasskey::of)?;
        let moving = DynamicState::decode(*moving).map_err(BadPasskey::of)?;
        let known = AuthenticatedCredential::new(self.0.raw_id(), &user, fixed_state, moving);
        let mut known = known.map_err(BadPasskey::of)?;
        let origins = [site.origin.as_str()];
        let options = AuthenticationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            error_on_unsolicited_extensions: false,
            ..AuthenticationVerificationOptions::default()
        };
        begun
            .verify(&party(site)?, &self.0, &mut known, &options)
            .map_err(BadPasskey::of)?;
        let Ok(moving) = known.dynamic_state().encode();
        Ok([handle.as_slice(), &moving, fixed].concat())
    }
}

/// The name to which passkeys belong.
fn party(site: &Site) -> Result<RpId, BadPasskey> {
    let domain = AsciiDomain::try_from(site.host().to_owned());
    domain.map(RpId::Domain).map_err(BadPasskey::of)
}

/// Returns both halves of a ceremony: of the options, the part that a browser reads.
fn begun<'a, S>(options: &impl serde::Serialize, ours: &'a S) -> Result<Begun, BadPasskey>
where
    S: Encode<Output<'a> = Vec<u8>>,
    S::Err: std::fmt::Display,
{
    let options = serde_json::to_value(options).map_err(BadPasskey::of)?;
    Ok(Begun {
        options: options.get("publicKey").unwrap_or(&options).to_string(),
        ours: ours.encode().map_err(BadPasskey::of)?,
    })
}

/// Shows the beginning of an id, to tell passkeys apart.
pub(crate) fn short(key: &[u8]) -> String {
    HEXLOWER.encode(&key[..key.len().min(3)])
}

type PublicKey = CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>;
const HANDLE_BYTES: usize = 64;
const MOVING_BYTES: usize = 7;
