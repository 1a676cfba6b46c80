//! Tasks with one boxed type of future. The runtime compiles some thirty functions for each type of
//! future it is given, and both programs have dozens of types.

use std::pin::Pin;

use tokio::{runtime::Handle, task::JoinHandle};

/// Boxed work that returns a `T`.
pub type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Boxes a future for [`tokio::task::JoinSet`].
pub fn work<T>(future: impl Future<Output = T> + Send + 'static) -> Work<T> {
    Box::pin(future)
}

/// Runs a future in the background, as [`tokio::spawn`] does.
///
/// # Panics
/// If called outside a runtime.
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
