//! Requests that come in by protocols which privacy tools speak already.
//!
//! They only propose: whoever sends a request says whose data it is about, and never decides about it. The protocols' states are coarser than
//! ours, and none can say that something stays for a reason, so that a certificate is always worth more than what is answered here.

pub mod drp;
