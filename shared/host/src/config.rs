//! Settings in layers: flag, then environment, then file, then default. Each value knows its
//! origin, so that a message can name the source of a wrong one.

use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use toml::de::{DeTable, DeValue};

use crate::{file, limits};

/// A setting that a program knows.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key in the file, such as `listen`; the flag is `--listen`. `alert.command` is `command`
    /// in the section `[alert]`.
    pub key: &'static str,
    /// Its name in the environment, such as `WEFT_LISTEN`.
    pub env: &'static str,
    /// The value if none is given.
    pub default: Option<&'static str>,
}

impl Setting {
    /// Whether its value may be a list of texts: its default is one.
    fn takes_list(&self) -> bool {
        self.default.is_some_and(|text| text.contains(", "))
    }
}

/// The source of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag(&'static str),
    /// The environment.
    Environment(&'static str),
    /// The configuration file.
    File(PathBuf),
    /// The built-in default.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(key) => write!(f, "--{key}"),
            Self::Environment(name) => write!(f, "{name} in the environment"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// A value and its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The value as written.
    pub text: String,
    /// The source of the value.
    pub origin: Origin,
}

/// The reason the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        #[source]
        source: io::Error,
    },
    /// The file is not valid TOML.
    #[error("the configuration file {} is not in the form `key = \"value\"`", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The place and the reason.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// The file has a key that the program does not know.
    #[error("{}, line {line}: unknown key `{key}`; known keys: {known}", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The line of the key, counted from 1.
        line: usize,
        /// The key.
        key: String,
        /// The keys that are known.
        known: String,
    },
    /// A key's value is a table, a date, or a list although the key takes one text.
    #[error(
        "{}, line {line}: `{key}` must be a text, a number, true or false",
        path.display()
    )]
    NoScalar {
        /// The file.
        path: PathBuf,
        /// The line of the key, counted from 1.
        line: usize,
        /// The key.
        key: String,
    },
    /// A value of the wrong form.
    #[error("\"{text}\" from {origin} is no value for `{key}`: {why}")]
    BadValue {
        /// The key.
        key: &'static str,
        /// The value as written.
        text: String,
        /// The source of the value.
        origin: Origin,
        /// The reason it is not valid.
        why: String,
    },
    /// A required value is not set.
    #[error("`{key}` is not set: give --{key}, {env} in the environment, or the file a line")]
    Unset {
        /// The key.
        key: &'static str,
        /// Its name in the environment.
        env: &'static str,
    },
}

/// All settings of a program, resolved.
#[derive(Clone, Debug)]
pub struct Config {
    known: &'static [Setting],
    values: BTreeMap<&'static str, Value>,
}

impl Config {
    /// Resolves `known` from the given flags (key and value), the environment and the file, if
    /// there is one.
    ///
    /// # Errors
    /// If a key of the file is unknown or cannot be read. The error names the key.
    pub fn resolve(
        known: &'static [Setting],
        flags: &[(&'static str, Option<String>)],
        environment: impl Fn(&str) -> Option<String>,
        file: &Path,
    ) -> Result<Self, ConfigError> {
        let mut from_file = read_file(known, file)?;
        let mut values = BTreeMap::new();
        for setting in known {
            let flag = flags.iter().find(|(key, _)| *key == setting.key);
            let flag = flag.and_then(|(_, text)| text.clone());
            let layers = [
                (flag, Origin::Flag(setting.key)),
                (environment(setting.env), Origin::Environment(setting.env)),
                (from_file.remove(setting.key), Origin::File(file.to_owned())),
                (setting.default.map(str::to_owned), Origin::Default),
            ];
            let first = layers.into_iter().find_map(|(text, origin)| {
                let text = text?;
                Some(Value { text, origin })
            });
            values.extend(first.map(|value| (setting.key, value)));
        }
        Ok(Self { known, values })
    }

    /// Returns the value of `key`, if one is set.
    ///
    /// # Panics
    /// If the program does not know such a key.
    pub fn value(&self, key: &str) -> Option<&Value> {
        assert!(
            self.known.iter().any(|setting| setting.key == key),
            "{key} is none of the settings"
        );
        self.values.get(key)
    }

    /// Returns the value of `key`, parsed as a `T`.
    ///
    /// # Errors
    /// If the value is not valid. The error says why, and names its source.
    ///
    /// # Panics
    /// If the program does not know such a key.
    pub fn get<T>(&self, key: &str) -> Result<Option<T>, ConfigError>
    where
        T: FromStr<Err: fmt::Display>,
    {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let parsed = value.text.trim().parse();
        parsed
            .map(Some)
            .map_err(|why: T::Err| ConfigError::BadValue {
                key: self.setting(key).key,
                text: value.text.clone(),
                origin: value.origin.clone(),
                why: why.to_string(),
            })
    }

    /// As [`Config::get`], for a required value.
    ///
    /// # Errors
    /// If it is not set, or is not valid.
    ///
    /// # Panics
    /// If the program does not know such a key.
    pub fn require<T>(&self, key: &str) -> Result<T, ConfigError>
    where
        T: FromStr<Err: fmt::Display>,
    {
        let Setting { key, env, .. } = *self.setting(key);
        self.get(key)?.ok_or(ConfigError::Unset { key, env })
    }

    /// Returns every value with its source, for `doctor`.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.values.iter().map(|(key, value)| (*key, value))
    }

    fn setting(&self, key: &str) -> &'static Setting {
        let found = self.known.iter().find(|setting| setting.key == key);
        found.expect("callers name keys that they declared")
    }
}

fn read_file(known: &[Setting], path: &Path) -> Result<BTreeMap<String, String>, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let text = match file::read_text(path, limits::CONFIG_BYTES_MAX) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        text => text.map_err(unreadable)?,
    };
    let table = DeTable::parse(&text).map_err(|source| ConfigError::Malformed {
        path: path.to_owned(),
        source: Box::new(source),
    })?;
    let line = |at: usize| 1 + text[..at].matches('\n').count();
    let entries = flat(table.get_ref(), known)
        .into_iter()
        .map(|(key, at, value)| {
            let line = line(at);
            if !known.iter().any(|setting| setting.key == key) {
                let names: Vec<&str> = known.iter().map(|setting| setting.key).collect();
                return Err(ConfigError::UnknownKey {
                    path: path.to_owned(),
                    line,
                    key,
                    known: names.join(", "),
                });
            }
            let takes_list = known.iter().any(|one| one.key == key && one.takes_list());
            match scalar(value, takes_list) {
                Some(text) => Ok((key, text)),
                None => Err(ConfigError::NoScalar {
                    path: path.to_owned(),
                    line,
                    key,
                }),
            }
        });
    entries.collect()
}

/// Returns each key with its place and value; a key in a section has the section's name before it.
fn flat<'a>(table: &'a DeTable<'a>, known: &[Setting]) -> Vec<(String, usize, &'a DeValue<'a>)> {
    let mut found = Vec::new();
    for (key, value) in table {
        let (name, at) = (key.get_ref().to_string(), key.span().start);
        let prefix = format!("{name}.");
        match value.get_ref() {
            DeValue::Table(section) if known.iter().any(|one| one.key.starts_with(&prefix)) => {
                found.extend(section.iter().map(|(key, value)| {
                    let name = format!("{prefix}{}", key.get_ref());
                    (name, key.span().start, value.get_ref())
                }));
            }
            value => found.push((name, at, value)),
        }
    }
    found
}

fn scalar(value: &DeValue<'_>, takes_list: bool) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        DeValue::Array(items) if takes_list => {
            let texts = items.iter().map(|item| match item.get_ref() {
                DeValue::String(text) => Some(text.to_string()),
                _ => None,
            });
            Some(texts.collect::<Option<Vec<_>>>()?.join(", "))
        }
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Setting] = &[
        Setting {
            key: "web.proxies",
            env: "WEFT_WEB_PROXIES",
            default: Some("127.0.0.1, ::1"),
        },
        Setting {
            key: "listen",
            env: "WEFT_LISTEN",
            default: Some("127.0.0.1:4433"),
        },
        Setting {
            key: "public-address",
            env: "WEFT_PUBLIC_ADDRESS",
            default: None,
        },
        Setting {
            key: "alert.command",
            env: "WEFT_ALERT_COMMAND",
            default: None,
        },
    ];

    fn resolve(flag: Option<&str>, env: Option<&str>, file: &str) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, file).unwrap();
        let environment = |name: &str| {
            (name == "WEFT_LISTEN")
                .then(|| env.map(str::to_owned))
                .flatten()
        };
        Config::resolve(
            KNOWN,
            &[("listen", flag.map(str::to_owned))],
            environment,
            &path,
        )
    }

    #[test]
    fn flag_before_environment_before_file_before_default() {
        let check = |flag, env, file, text: &str| {
            let config = resolve(flag, env, file).unwrap();
            assert_eq!(config.value("listen").unwrap().text, text);
            config.value("listen").unwrap().origin.clone()
        };
        let file = "listen = \"file:1\"";
        assert_eq!(
            check(Some("flag:1"), Some("env:1"), file, "flag:1"),
            Origin::Flag("listen")
        );
        assert_eq!(
            check(None, Some("env:1"), file, "env:1"),
            Origin::Environment("WEFT_LISTEN")
        );
        assert!(matches!(check(None, None, file, "file:1"), Origin::File(_)));
        assert_eq!(check(None, None, "", "127.0.0.1:4433"), Origin::Default);
    }

    #[test]
    fn an_unknown_key_names_the_known_ones() {
        let error = resolve(None, None, "# a file\nlisten = \"x\"\nlisen = \"x\"")
            .unwrap_err()
            .to_string();
        assert!(error.contains("line 3: unknown key `lisen`"), "{error}");
        assert!(error.contains("listen, public-address"), "{error}");
        let error = resolve(None, None, "[alert]\ncomand = \"x\"").unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("line 2: unknown key `alert.comand`"),
            "{error}"
        );
    }

    #[test]
    fn a_key_may_be_in_a_section() {
        let command = |file: &str| {
            let config = resolve(None, None, file).unwrap();
            config
                .value("alert.command")
                .map(|value| value.text.clone())
        };
        let both = "listen = \"x\"\n[alert]\ncommand = \"mail ops\"\n";
        assert_eq!(command(both).as_deref(), Some("mail ops"));
        assert_eq!(command("[alert]\n"), None);
        assert!(matches!(
            resolve(None, None, "[listen]\nx = 1").unwrap_err(),
            ConfigError::NoScalar { .. }
        ));
    }

    #[test]
    fn a_wrong_value_names_its_origin() {
        let config = resolve(None, Some("nowhere"), "").unwrap();
        let error = config
            .get::<std::net::SocketAddr>("listen")
            .unwrap_err()
            .to_string();
        assert!(error.contains("WEFT_LISTEN in the environment"), "{error}");
        assert!(error.contains("nowhere"), "{error}");
    }

    #[test]
    fn a_required_value_that_nobody_gave_says_how_to_give_it() {
        let error = resolve(None, None, "").unwrap();
        let error = error
            .require::<String>("public-address")
            .unwrap_err()
            .to_string();
        assert!(error.contains("--public-address"), "{error}");
        assert!(error.contains("WEFT_PUBLIC_ADDRESS"), "{error}");
    }

    #[test]
    fn a_file_that_is_no_toml_or_no_scalar_is_refused() {
        assert!(matches!(
            resolve(None, None, "listen = ").unwrap_err(),
            ConfigError::Malformed { .. }
        ));
        assert!(matches!(
            resolve(None, None, "listen = [1]").unwrap_err(),
            ConfigError::NoScalar { .. }
        ));
    }

    #[test]
    fn a_list_of_texts_is_one_text_with_commas_where_a_setting_takes_one() {
        let config = resolve(None, None, "[web]\nproxies = [\"a\", \"b\"]").unwrap();
        assert_eq!(config.value("web.proxies").unwrap().text, "a, b");
        let error = resolve(None, None, "listen = [\"a\"]").unwrap_err();
        assert!(matches!(error, ConfigError::NoScalar { .. }), "{error}");
    }
}
