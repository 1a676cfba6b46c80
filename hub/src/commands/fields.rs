//! The arguments of the hub's records, made from the model's table of fields.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches};
use weft_host::{
    failure::Failure,
    file,
    output::{Io, plain},
};
use weft_shared::model::{
    record::{FieldValue, Fields},
    schema::{FieldKind, FieldSpec},
};

/// The options for a table of fields. If `adding`, the required ones must be given.
pub(super) fn options(
    fields: impl IntoIterator<Item = &'static FieldSpec>,
    adding: bool,
) -> Vec<Arg> {
    let option = |field: &'static FieldSpec| {
        let arg = Arg::new(field.key)
            .long(name(field))
            .required(adding && field.required)
            .allow_hyphen_values(true)
            .value_name(value_name(field.kind));
        let arg = match field.kind {
            FieldKind::Choice(words) => arg.help(format!("{}: {}", field.hint, words.join(", "))),
            _ if field.is_set() => arg.help(format!("{}: once for each", field.hint)),
            _ => arg.help(field.hint),
        };
        match field.is_set() {
            // The plural is taken as well.
            true => arg.action(ArgAction::Append).alias(plural(field)),
            false => arg,
        }
    };
    fields.into_iter().map(option).collect()
}

/// The name of a field's option. That of a set is given once for each member, so it is in the
/// singular: `--outcome VAX --outcome SMOKE`.
fn name(field: &FieldSpec) -> String {
    let name = plural(field);
    match name.strip_suffix('s') {
        Some(one) if field.is_set() => one.to_owned(),
        _ => name,
    }
}

fn plural(field: &FieldSpec) -> String {
    field.key.replace('_', "-")
}

const fn value_name(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Choice(_) | FieldKind::Tags(_) => "WORD",
        FieldKind::Text(_) | FieldKind::Prose(_) | FieldKind::Words => "TEXT",
        FieldKind::Date => "YYYY-MM-DD",
        FieldKind::Number => "NUMBER",
        FieldKind::Amount => "AMOUNT",
        FieldKind::Period => "PERIOD",
        FieldKind::Link => "URL",
        FieldKind::Indicator
        | FieldKind::Area
        | FieldKind::Outcome
        | FieldKind::Outcomes
        | FieldKind::Locations
        | FieldKind::Currency => "CODE",
        FieldKind::Reference(_) | FieldKind::References(_) | FieldKind::Organisation => "ID",
    }
}

/// The fields that were given.
pub(super) fn given(
    fields: impl IntoIterator<Item = &'static FieldSpec>,
    matches: &ArgMatches,
) -> Fields {
    let value = |field: &'static FieldSpec| {
        let values = matches.get_many::<String>(field.key)?.cloned();
        let value = match field.is_set() {
            true => FieldValue::Set(values.filter(|text| !text.trim().is_empty()).collect()),
            false => FieldValue::Text(values.collect()),
        };
        Some((field.key.to_owned(), value))
    };
    fields.into_iter().filter_map(value).collect()
}

/// A text that is too long for a command line: in a file, or from standard input.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct TextFile {
    /// A file with the text, in UTF-8; - reads standard input, and an empty value clears the text.
    #[arg(long, value_name = "FILE", allow_hyphen_values = true)]
    pub text: Option<PathBuf>,
}

impl TextFile {
    /// Reads it into the field `text`, if it is given.
    pub(super) fn read_into(
        &self,
        fields: &mut Fields,
        cwd: &Path,
        io: &Io,
    ) -> Result<(), Failure> {
        let Some(path) = &self.text else {
            return Ok(());
        };
        let text = match (path.to_str(), io.input()) {
            (Some(""), _) => String::new(),
            (Some("-"), Some(input)) => input.to_owned(),
            _ => {
                let path = cwd.join(path);
                file::read_text(&path, TEXT_BYTES_MAX).map_err(|error| {
                    let why = plain(&error);
                    Failure::usage(format_args!(
                        "The text in {} cannot be read: {why}. Nothing was changed; name a file \
                         with the text, or - for standard input.",
                        path.display()
                    ))
                })?
            }
        };
        fields.insert("text".to_owned(), FieldValue::Text(text.trim().to_owned()));
        Ok(())
    }
}

/// Maximum bytes of a file with a text; the field itself takes fewer, and says so.
const TEXT_BYTES_MAX: u64 = 64 << 10;

/// Gives a type that holds [`Fields`] the arguments of a table.
macro_rules! field_args {
    ($(#[$doc:meta])* $name:ident, $fields:expr, $adding:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub weft_shared::model::record::Fields);

        impl clap::Args for $name {
            fn augment_args(command: clap::Command) -> clap::Command {
                command.args($crate::commands::fields::options($fields, $adding))
            }

            fn augment_args_for_update(command: clap::Command) -> clap::Command {
                Self::augment_args(command)
            }
        }

        impl clap::FromArgMatches for $name {
            fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self($crate::commands::fields::given($fields, matches)))
            }

            fn update_from_arg_matches(
                &mut self,
                matches: &clap::ArgMatches,
            ) -> Result<(), clap::Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }
    };
}
pub(super) use field_args;
