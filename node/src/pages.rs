//! The node's pages on this computer.

use axum::{Router, routing::get};

use crate::{app::AppHandle, replica::Replica};

/// Every page; the safeguards go around it.
pub(crate) fn router(node: AppHandle) -> Router {
    Router::new().route("/", get(async move || today(&node).await))
}

async fn today(node: &AppHandle) -> String {
    match node.call(Replica::status).await {
        Ok(Ok(status)) => format!("{} entries wait to be shared.\n", status.waiting),
        Ok(Err(error)) => format!("{error}\n"),
        Err(failure) => format!("{failure}\n"),
    }
}
