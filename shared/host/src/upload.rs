//! A file that a person chose in a form.

use axum::extract::{Multipart, multipart::MultipartError};

/// Returns the name and the bytes of the file in the form's field `file`.
///
/// # Errors
/// If none was chosen, it is empty, or it did not arrive whole; in words for the person.
pub async fn received(mut parts: Multipart) -> Result<(String, Vec<u8>), String> {
    let broken = |error: MultipartError| {
        format!(
            "The file did not arrive whole ({}). Nothing was saved; choose it again.",
            error.status()
        )
    };
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        if part.name() != Some("file") {
            continue;
        }
        let name = part.file_name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(broken)?;
        return match (name.is_empty(), bytes.is_empty()) {
            (true, _) => Err("Choose a file first.".to_owned()),
            (false, true) => Err(format!("The file {name} is empty. Choose another one.")),
            (false, false) => Ok((name, bytes.to_vec())),
        };
    }
    Err("Choose a file first.".to_owned())
}
