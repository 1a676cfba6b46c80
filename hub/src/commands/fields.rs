//! The arguments of the hub's records, made from the model's table of fields.

use clap::{Arg, ArgAction, ArgMatches};
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
            .long(field.key.replace('_', "-"))
            .required(adding && field.required)
            .allow_hyphen_values(true)
            .value_name(value_name(field.kind));
        let arg = match field.kind {
            FieldKind::Choice(words) => arg.help(format!("{}: {}", field.hint, words.join(", "))),
            _ if field.is_set() => arg.help(format!("{}: once for each", field.hint)),
            _ => arg.help(field.hint),
        };
        match field.is_set() {
            true => arg.action(ArgAction::Append),
            false => arg,
        }
    };
    fields.into_iter().map(option).collect()
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
