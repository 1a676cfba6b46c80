//! People by their names, and names like one that was mistyped.

use rusqlite::Connection;
use weft_host::text::there_are;
use weft_shared::model::spelling::folded_name;

use super::PersonError;
use crate::{
    app::AppError,
    store::people::{self, PersonRow},
};

/// Returns the person of this name.
pub(crate) fn known(conn: &Connection, name: String) -> Result<PersonRow, AppError> {
    match people::named(conn, &folded_name(&name))? {
        Some(person) => Ok(person),
        None => {
            let near = like(conn, &name)?;
            Err(PersonError::Unknown { name, near }.into())
        }
    }
}

/// Says which people have names like this one.
pub(crate) fn like(conn: &Connection, name: &str) -> Result<String, AppError> {
    let names: Vec<String> = people::list(conn)?
        .into_iter()
        .map(|one| one.name)
        .collect();
    let none = "No one has been invited yet: weft-hub person invite NAME.";
    Ok(there_are(name, &names, none))
}

/// Returns the person of this name, who has not left.
pub(super) fn present(conn: &Connection, name: String) -> Result<PersonRow, AppError> {
    let person = known(conn, name)?;
    if person.ended.is_some() {
        let name = person.name;
        return Err(PersonError::Left { name }.into());
    }
    Ok(person)
}
