//! The form that defines one of this location's own indicators, or a new version of it.

use askama::Template;
use weft_host::words::{Lang, words};
use weft_shared::{
    model::{
        Audience,
        indicator::{DRAFT, Definition, Settings, Texts},
        record::FieldProblem,
        schema::FieldSpec,
    },
    text::sentence,
};

use super::{
    Answered, Fault, Reply, Visit,
    audience::AudienceChoice,
    form::{FieldView, Sent, field_id},
    shell::{ErrorLink, Section, Shell},
};
use crate::{
    edits::define::{define, drafted, own_code},
    view::{Choices, IndicatorRow, Whose},
};

#[derive(Template)]
#[template(path = "define.html")]
struct DefinePage {
    shell: Shell,
    heading: String,
    action: String,
    /// The prefix of every code of our own.
    prefix: String,
    /// The code as typed, and its problem; `None` if it is given.
    code: Option<(String, Option<String>)>,
    /// The fields that most indicators need.
    main: Vec<FieldView>,
    /// The fields that a new version needs.
    version: Vec<FieldView>,
    /// The fields that some indicators need.
    more: Vec<FieldView>,
    /// Whether those are shown at once.
    is_open: bool,
    /// The version as which a change is saved.
    next: u32,
    audience: AudienceChoice,
}

/// The form as it was filled in.
struct Filled {
    code: String,
    texts: Texts,
    audience: Option<Audience>,
    problems: Vec<FieldProblem>,
    /// Whether no audience was chosen.
    is_unseen: bool,
}

/// The fields that are shown at once, in the order of the form.
const MAIN: [&str; 8] = [
    "name",
    "type",
    "unit",
    "numerator",
    "denominator",
    "factor",
    "period",
    "direction",
];
/// The fields of a new version.
const VERSION: [&str; 3] = ["mapping", "reason", "valid_from"];
/// The field of the code, in errors.
const CODE: &str = "code";

impl Visit<'_> {
    /// Shows the empty form.
    pub(super) fn ask_definition(&mut self) -> Answered {
        let prefix = format!("{}_", self.replica.membership()?.code);
        self.define_page(
            None,
            Filled {
                code: prefix,
                texts: Texts::new(),
                audience: Some(Audience::Team),
                problems: Vec::new(),
                is_unseen: false,
            },
        )
    }

    /// Shows the form of one of our own indicators.
    pub(super) fn ask_redefinition(&mut self, code: &str) -> Answered {
        let row = self.own_indicator(code)?;
        let newest = row.versions.version(row.definition.version);
        let settings = newest.map_or_else(Settings::default, |(_, settings)| settings.clone());
        let filled = Filled {
            code: row.definition.code.to_string(),
            texts: row.definition.to_draft(&settings),
            audience: row.decided().map(|adoption| adoption.audience),
            problems: Vec::new(),
            is_unseen: false,
        };
        self.define_page(Some(&row), filled)
    }

    /// Saves a new indicator, or shows the form again with every problem.
    pub(super) fn take_definition(&mut self, sent: &Sent) -> Answered {
        self.save_definition(None, sent)
    }

    /// Saves a change of an own indicator, or shows the form again.
    pub(super) fn take_redefinition(&mut self, code: &str, sent: &Sent) -> Answered {
        let row = self.own_indicator(code)?;
        self.save_definition(Some(&row), sent)
    }

    fn save_definition(&mut self, row: Option<&IndicatorRow>, sent: &Sent) -> Answered {
        let texts = DRAFT.iter().map(|field| {
            let text = sent.first(field.key).to_owned();
            (field.key.to_owned(), text)
        });
        let texts: Texts = texts.collect();
        let code = match row {
            Some(row) => row.definition.code.to_string(),
            None => sent.first(CODE).to_owned(),
        };
        let audience: Option<Audience> = sent.first("audience").parse().ok();
        let read = match own_code(self.replica, &code) {
            Ok(code) if row.is_none() && self.replica.indicator(&code)?.is_some() => {
                let text = format!("{code} is defined already: choose another code");
                Err(vec![problem(text)])
            }
            Ok(code) => drafted(self.replica, &code, &texts)?,
            Err(message) => {
                // The other fields are judged as well, so that every problem is shown at once.
                let any = format!("{}_NEW", self.replica.membership()?.code).parse();
                let others = any.map(|any| Definition::from_draft(&any, &texts, None));
                let others = others.ok().and_then(Result::err).unwrap_or_default();
                Err([vec![problem(message)], others].concat())
            }
        };
        let (drafted, audience) = match (read, audience) {
            (Ok(drafted), Some(audience)) => (drafted, audience),
            (read, audience) => {
                let filled = Filled {
                    code,
                    texts,
                    audience,
                    problems: read.err().unwrap_or_default(),
                    is_unseen: audience.is_none(),
                };
                return self.define_page(row, filled);
            }
        };
        let place = format!("/indicators/{}", drafted.definition.code);
        let edit = define(self.replica, drafted, audience)?;
        let saved = self.save(vec![edit])?;
        Ok(Reply::see(&place, saved, "saved"))
    }

    /// Finds one of our own indicators.
    fn own_indicator(&mut self, code: &str) -> Result<IndicatorRow, Fault> {
        let row = self.indicator(code)?;
        Some(row)
            .filter(|row| row.whose == Whose::Own)
            .ok_or(Fault::NotFound)
    }

    fn define_page(&mut self, row: Option<&IndicatorRow>, filled: Filled) -> Answered {
        let heading = match row {
            Some(row) => format!("Change {}", row.definition.name),
            None => words(Lang::English, "define-an-indicator").0,
        };
        let mut shell = self.shell(Section::Indicators, &heading)?;
        let kept = self.replica.team_only()?;
        let legend = "Who may see this indicator and its values?";
        let mut audience = AudienceChoice::new(legend, &shell.operator, kept, filled.audience);
        let mut errors: Vec<ErrorLink> = filled.problems.iter().map(link).collect();
        if filled.is_unseen {
            let text = "Choose who may see it.".to_owned();
            audience.error = Some(text.clone());
            errors.push(ErrorLink {
                id: AudienceChoice::FIRST_ID.to_owned(),
                text,
            });
        }
        let refused = !errors.is_empty();
        if refused {
            shell.refuse(errors);
        }
        let (main, version, more) = views(&filled);
        let of_code = filled.problems.iter().find(|one| one.field == CODE);
        let of_code = of_code.map(|one| sentence(&one.message));
        let action = match row {
            Some(row) => format!("/indicators/{}/define", row.definition.code),
            None => "/indicators/define".to_owned(),
        };
        let page = DefinePage {
            heading,
            action,
            prefix: format!("{}_", self.replica.membership()?.code),
            code: row.is_none().then_some((filled.code, of_code)),
            is_open: more.iter().any(|field| field.error.is_some()),
            main,
            version: row.map_or_else(Vec::new, |_| version),
            more,
            next: row.map_or(1, |row| row.definition.version.saturating_add(1)),
            audience,
            shell,
        };
        Reply::page(refused, &page)
    }
}

/// The fields in their three groups.
fn views(filled: &Filled) -> (Vec<FieldView>, Vec<FieldView>, Vec<FieldView>) {
    let choices = Choices::default();
    let view = |field: &'static FieldSpec| {
        let text = filled.texts.get(field.key).map_or("", String::as_str);
        let problem = filled.problems.iter().find(|one| one.field == field.key);
        let error = problem.map(|one| sentence(&one.message));
        FieldView::typed(field, text, error, &choices)
    };
    let named = |keys: &[&str]| -> Vec<FieldView> {
        let fields = DRAFT.iter().filter(|field| keys.contains(&field.key));
        fields.map(view).collect()
    };
    let rest = DRAFT
        .iter()
        .filter(|field| !MAIN.contains(&field.key) && !VERSION.contains(&field.key));
    (named(&MAIN), named(&VERSION), rest.map(view).collect())
}

fn problem(message: String) -> FieldProblem {
    FieldProblem {
        field: CODE.to_owned(),
        message,
    }
}

/// A line of the error summary.
fn link(problem: &FieldProblem) -> ErrorLink {
    let spec = DRAFT.iter().find(|spec| spec.key == problem.field);
    let label = spec.map_or("Code", |spec| spec.label);
    ErrorLink {
        id: field_id(&problem.field),
        text: format!("{label}: {}", problem.message),
    }
}
