//! Codes that people type: of locations, areas, indicators, outcomes and currencies.

use std::{fmt, ops::Deref, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::text::{BadText, parsed};

/// At most eight letters, held in place: there are millions of location codes in a release, and
/// each would be a piece of memory of its own. Unused bytes are zero, so they sort as text does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Letters([u8; 8]);

impl From<&str> for Letters {
    fn from(text: &str) -> Self {
        let mut letters = [0; 8];
        for (to, from) in letters.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Self(letters)
    }
}

impl Deref for Letters {
    type Target = str;

    fn deref(&self) -> &str {
        let end = self.0.iter().position(|byte| *byte == 0);
        let letters = &self.0[..end.unwrap_or(self.0.len())];
        str::from_utf8(letters).expect("they came from ASCII text")
    }
}

macro_rules! code {
    ($(#[$doc:meta])* $name:ident($held:ty), $kind:literal, $rule:literal, $accepts:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($held);

        impl $name {
            /// Parses a code. Surrounding blanks and lower case are allowed.
            ///
            /// # Errors
            /// If the text is not such a code. The error says what form a code has.
            pub fn parse(text: &str) -> Result<Self, BadText> {
                let code = text.trim().to_ascii_uppercase();
                let accepts: fn(&str) -> bool = $accepts;
                if accepts(&code) {
                    Ok(Self(code.as_str().into()))
                } else {
                    Err(BadText::new(text, concat!("is not ", $kind, ": ", $rule)))
                }
            }

            /// The code as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadText;

            fn from_str(text: &str) -> Result<Self, BadText> {
                Self::parse(text)
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.str(&self.0)?.ok()
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(
                d: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                Self::parse(d.str()?).map_err(|_| minicbor::decode::Error::message($rule))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                parsed(d)
            }
        }
    };
}

code! {
    /// A location's code, such as `FN`: letters, so that no spreadsheet turns it into a number.
    LocationCode(Letters), "a location code", "it has 2 to 8 letters, such as FN",
    |code| (2..=8).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_uppercase())
}
code! {
    /// An area's code, such as `FAR_NORTH`.
    AreaCode(Arc<str>), "an area code",
    "it begins with a letter and has 2 to 40 letters, digits and underscores, such as FAR_NORTH",
    |code| {
        (2..=40).contains(&code.len())
            && code.starts_with(|c: char| c.is_ascii_uppercase())
            && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    }
}
code! {
    /// An indicator's code, such as `VAX_PRIMARY`.
    IndicatorCode(Arc<str>), "an indicator code",
    "it begins with a letter and has 2 to 40 letters, digits and underscores, such as VAX_PRIMARY",
    |code| {
        (2..=40).contains(&code.len())
            && code.starts_with(|c: char| c.is_ascii_uppercase())
            && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    }
}

code! {
    /// The code of one of the network's outcomes, such as `VAX`.
    OutcomeCode(Arc<str>), "an outcome's code",
    "it begins with a letter and has 2 to 40 letters, digits and underscores, such as VAX",
    |code| {
        (2..=40).contains(&code.len())
            && code.starts_with(|c: char| c.is_ascii_uppercase())
            && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    }
}
code! {
    /// A currency by its code in ISO 4217, such as `NZD`.
    CurrencyCode(Letters), "a currency", "write its code of 3 letters in ISO 4217, such as NZD",
    |code| code.len() == 3 && CURRENCIES.split_ascii_whitespace().any(|one| one == code)
}

/// The codes of currencies and funds in list one of ISO 4217, with the last that left it. Metals,
/// units of account and codes for tests are no money of an investment.
const CURRENCIES: &str = "\
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN \
    BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN \
    ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD \
    JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT \
    MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG \
    QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT \
    TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF \
    XPF YER ZAR ZMW ZWG";

impl From<&AreaCode> for Arc<str> {
    fn from(code: &AreaCode) -> Self {
        code.0.clone()
    }
}

impl IndicatorCode {
    /// The location whose own indicator has such a code, if there is a location of that code: `FN`
    /// of `FN_SWIM`. `None` if the code begins with no location's code and an underscore.
    pub fn location(&self) -> Option<LocationCode> {
        let (location, rest) = self.0.split_once('_')?;
        let location = LocationCode::parse(location).ok()?;
        (!rest.is_empty()).then_some(location)
    }
}
