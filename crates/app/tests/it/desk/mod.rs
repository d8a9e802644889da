//! The desk over HTTP and SMTP, as people use it: the real program, real databases, a real mail server.

mod authorization;
mod cases;
mod dates;
mod exits;
mod inside;
mod journey;
mod kills;
mod limits;
mod openid;
mod operation;
mod outages;
mod schemathesis;
mod sessions;
mod world;
