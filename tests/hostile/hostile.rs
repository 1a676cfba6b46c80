//! A hostile device against the built programs. Each of its inputs has a defined answer, and an
//! honest location's figures stay right throughout. `README.md` beside this file is the table.

mod attacks;
#[path = "../forge/mod.rs"]
mod bytes;
mod client;
#[cfg(unix)]
mod doors;
mod forge;
#[cfg(unix)]
mod requests;
#[cfg(unix)]
mod scene;
#[cfg(unix)]
mod surface;
mod table;
