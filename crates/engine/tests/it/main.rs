//! Tests of the engine's public face, against real programs and servers.

mod archive;
mod oracle;
