//! Requests that come in by protocols which privacy tools speak already.
//!
//! ```text
//! intake ─┬─ drp      Data Rights Protocol 1.0: signed requests of authorized agents, for persons under the CCPA or without a law
//!         ├─ opendsr  OpenDSR 2: requests that a controller sends to its processors, under the GDPR or the CCPA
//!         └─ sum      one answer about the several requests that what came in has become
//! ```
//!
//! Both only propose: whoever sends a request says whose data it is about, and never decides about it. Their states are coarser than ours, and
//! neither can say that something stays for a reason, so that a certificate is always worth more than what is answered here.

pub mod drp;
pub mod opendsr;
pub mod sum;
