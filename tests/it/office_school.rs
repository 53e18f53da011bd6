//! A school that follows an education office: what it keeps is in force, whatever becomes of office, network and clock.

mod back;
mod decided;
mod harm;
mod held;
mod kept;
mod rounds;
mod tables;
