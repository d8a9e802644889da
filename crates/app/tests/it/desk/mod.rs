//! The desk over HTTP and SMTP, as people use it: the real program, real databases, a real mail server.

mod attachments;
mod authorization;
mod buckets;
mod cases;
mod choosing;
mod contracts;
mod dates;
mod exits;
mod inside;
mod intake;
mod journey;
mod kills;
mod limits;
mod links;
mod lists;
mod nulls;
mod openid;
mod operation;
mod outages;
mod progress;
mod schemathesis;
mod scim;
mod sessions;
mod tags;
mod webhooks;
mod world;
