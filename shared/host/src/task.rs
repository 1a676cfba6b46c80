//! Work beside the caller, all of one kind: the runtime compiles some thirty functions anew for
//! each kind of future that it is given, and the work of both programs is of dozens.

use std::pin::Pin;

use tokio::{runtime::Handle, task::JoinHandle};

/// Work that gives back a `T`, of whatever kind.
pub type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Makes work of a future, for [`tokio::task::JoinSet`].
pub fn work<T>(future: impl Future<Output = T> + Send + 'static) -> Work<T> {
    Box::pin(future)
}

/// Runs a future beside the caller, as [`tokio::spawn`] does.
///
/// # Panics
/// Outside of a runtime.
pub fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    spawn_on(&Handle::current(), future)
}

/// Runs a future on a runtime.
pub fn spawn_on<T: Send + 'static>(
    runtime: &Handle,
    future: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    runtime.spawn(work(future))
}
