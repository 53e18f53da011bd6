//! What did the operator write? From the file (`file`: what TOML may say) to the program (`build`: what it means), all faults at once.
//! Reading a configuration changes nothing: a reload that finds faults leaves the old state in force.

mod build;
pub mod check;
pub mod file;
mod load;
mod program;
mod word;

use crate::fault;
use crate::fault::nearest;
pub use crate::fault::{Fault, Severity};
pub use load::{Surroundings, again, examine, load, load_anew, load_in, read, state_directory};
pub use program::{Fetched, ForwardedZone, ListPart, ListSource, OfficeSource, Place, Program, Source, ZoneSource};
pub use word::{By, Conflict};
