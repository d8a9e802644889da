//! The exit of a contract under the EU Data Act, Regulation (EU) 2023/2854, art. 25: its states, its clocks, and what is due when.
//!
//! ```text
//! exit ─┬─ state        the states, and the one function that moves them
//!       ├─ clock        an exit with its dates, and what an act makes of it
//!       ├─ next         what is due when, what can be asked by whom, what is overdue
//!       ├─ remind       who is reminded of which date
//!       └─ declaration  what somebody said in an exit, as the desk signs it, and who has decided about the erasure
//! ```
//!
//! A customer gives notice, and by its end elects to move to another provider, to move to its own premises, or only to have everything erased.
//! A switch has a transition, and after it a window in which the customer can still fetch its data. Nothing is erased unless the customer has
//! confirmed the switch, or has elected erasure and kept to it until the notice was over.
//!
//! Every date errs to the customer's side: a period that may last at most so long ends at the time of day at which it began; one that must last
//! at least so long ends when its last day is over everywhere on Earth.

mod clock;
mod declaration;
mod next;
mod remind;
mod state;

pub use clock::{Act, Alternative, Error, Exit, Notice, Terms};
pub use declaration::{Declaration, SIGNED_FOR, decided_by, words_digest};
pub use next::{Due, Duty, Next, Possible, next};
pub use remind::{Reminding, reminding};
pub use state::{Election, IllegalMove, Move, Party, State};
