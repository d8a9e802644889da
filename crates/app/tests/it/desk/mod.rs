//! The desk over HTTP and SMTP, as people use it: the real program, real databases, a real mail server.

mod attachments;
mod authorization;
mod buckets;
mod cases;
mod dates;
mod exits;
mod inside;
mod journey;
mod kills;
mod limits;
mod links;
mod openid;
mod outages;
mod progress;
mod schemathesis;
mod sessions;
mod webhooks;
mod world;
