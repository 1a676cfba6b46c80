//! A hostile device against the built programs: what each of its inputs meets, and that an honest
//! location's figures stay right throughout. `README.md` beside this file is the table.

mod attacks;
mod client;
mod forge;
mod table;
