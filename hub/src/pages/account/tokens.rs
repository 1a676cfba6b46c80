//! The tokens of a person, on their account.

use axum::{
    Form,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use weft_shared::{
    text::sentence,
    time::{Timestamp, Zone},
};

use super::{Numbered, PageFailure, Web, back, minute, show};
use crate::{
    access::{scope::Scope, visitor::Signed},
    app::{AppError, NewToken, TokenError, TokenRow},
    limits::{TOKEN_DAYS, TOKEN_DAYS_MAX},
};

/// The part of the account about tokens.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    pub(super) lines: Vec<TokenLine>,
    /// The scopes to choose from; none for somebody who reads no figures.
    pub(super) scopes: Vec<Choice>,
    /// The form as it was sent, if it is to be mended.
    pub(super) said: Said,
    /// The token that was made, which is shown this once.
    pub(super) made: String,
}

/// A token that stands.
#[derive(Debug)]
pub(super) struct TokenLine {
    pub(super) number: i64,
    pub(super) name: String,
    pub(super) words: String,
}

/// A scope, in words.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) word: &'static str,
    pub(super) label: &'static str,
    pub(super) is_chosen: bool,
}

/// The form that makes a token.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::pages) struct Said {
    #[serde(default)]
    pub(super) purpose: String,
    #[serde(default)]
    pub(super) days: String,
    #[serde(default)]
    pub(super) scope: String,
}

impl Said {
    fn read(&self) -> Result<NewToken, TokenError> {
        Ok(NewToken {
            name: None,
            purpose: self.purpose.clone(),
            days: self.days.trim().parse().map_err(|_| TokenError::Days)?,
            scope: self.scope.parse()?,
        })
    }

    /// The days of the form.
    pub(super) fn days(&self) -> String {
        match self.days.is_empty() {
            true => TOKEN_DAYS.to_string(),
            false => self.days.clone(),
        }
    }
}

impl Tokens {
    /// Lists the tokens of a person, and what they may choose.
    pub(super) fn list(&mut self, signed: &Signed, tokens: &[TokenRow], zone: &Zone) {
        let lines = tokens.iter().map(|token| TokenLine {
            number: token.number,
            name: token.name.clone(),
            words: words(token, signed, zone),
        });
        self.lines = lines.collect();
        let widest = Scope::of(signed.roles);
        let may = Scope::ALL
            .into_iter()
            .filter(|scope| Some(*scope) <= widest);
        let choices = may.map(|scope| Choice {
            word: scope.as_str(),
            label: match scope {
                Scope::Releases => "Releases, which passed disclosure control",
                Scope::Live => "Live figures as well, which are not for publication",
            },
            is_chosen: match self.said.scope.is_empty() {
                true => scope == Scope::Releases,
                false => self.said.scope == scope.as_str(),
            },
        });
        self.scopes = choices.collect();
    }

    /// The days that a token lasts at most.
    pub(super) const fn days_max(&self) -> u32 {
        TOKEN_DAYS_MAX
    }
}

fn words(token: &TokenRow, signed: &Signed, zone: &Zone) -> String {
    let today = token.scope.within(signed.roles);
    let scope = match today {
        Some(scope) if scope == token.scope => scope.to_string(),
        // The person's roles have become fewer.
        Some(scope) => format!("{scope}, made for {}", token.scope),
        None => format!("nothing, made for {}", token.scope),
    };
    let on = |at: Timestamp| minute(at, zone);
    let used = match token.used {
        Some(at) => format!("last used {}", on(at)),
        None => "not used yet".to_owned(),
    };
    format!(
        "{}: reads {scope}; until {}; {used}",
        token.purpose,
        on(token.expires)
    )
}

pub(in crate::pages) async fn make_token(
    web: Web,
    Form(said): Form<Said>,
) -> Result<Response, PageFailure> {
    let Some(signed) = web.visitor.signed() else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let made = match said.read() {
        Ok(new) => web.app.create_own_token(signed, new).await,
        Err(error) => Err(error.into()),
    };
    match made {
        Ok(made) => {
            let tokens = Tokens {
                made,
                ..Tokens::default()
            };
            show(&web, String::new(), tokens).await
        }
        Err(AppError::Token(error)) => {
            let tokens = Tokens {
                said,
                ..Tokens::default()
            };
            show(&web, sentence(&error.to_string()), tokens).await
        }
        Err(error) => Err(error.into()),
    }
}

pub(in crate::pages) async fn revoke_token(
    web: Web,
    Form(form): Form<Numbered>,
) -> Result<Response, PageFailure> {
    if let (Some(signed), Ok(token)) = (web.visitor.signed(), form.number.parse()) {
        web.app.revoke_own_token(signed, token).await?;
    }
    Ok(back())
}
