//! What a receiver's answer means, and when a receiver is given up.

use crate::moment::Moment;
use crate::request::spelled;

spelled!(
    /// What was wrong with a call.
    Trouble {
        /// The receiver answered, but not that it took the event.
        Status = "status",
        /// It did not answer in time.
        Timeout = "timeout",
        /// Nobody is there.
        Unreachable = "unreachable",
        /// Its certificate is not trusted, or it speaks no TLS of today.
        Encryption = "encryption",
        /// Its name leads to an address that is not public, or its URL is none that may be called.
        Address = "address",
    }
);

spelled!(
    /// Why a webhook is disabled.
    Disabled {
        /// Whoever manages it wants it so.
        Asked = "asked",
        /// The receiver said that it is gone: 410.
        Gone = "gone",
        /// It has taken nothing for days.
        Failing = "failing",
    }
);

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver has it.
    Taken,
    /// Nothing is to be sent there any more.
    Gone,
    /// The receiver cannot take anything for now: all that waits for it waits longer.
    Ill,
    /// The receiver doesn't take this one; others may be taken.
    Refused,
}

/// What a status of HTTP says about a delivery. A redirection is not followed, so that it is a refusal.
pub fn verdict(status: u16) -> Verdict {
    match status {
        200..=299 => Verdict::Taken,
        410 => Verdict::Gone,
        408 | 425 | 429 | 500..=599 => Verdict::Ill,
        _ => Verdict::Refused,
    }
}

/// Whether a receiver that has failed since then is given up now.
pub fn is_given_up(failing_since: Moment, now: Moment, patience_hours: u32) -> bool {
    now.microseconds() - failing_since.microseconds() >= i64::from(patience_hours) * 3_600_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_means_what_the_standard_says() {
        let want = [
            (200, Verdict::Taken),
            (204, Verdict::Taken),
            (302, Verdict::Refused),
            (400, Verdict::Refused),
            (404, Verdict::Refused),
            (410, Verdict::Gone),
            (429, Verdict::Ill),
            (500, Verdict::Ill),
            (503, Verdict::Ill),
        ];
        for (status, want) in want {
            assert_eq!(verdict(status), want, "{status}");
        }
    }

    #[test]
    fn a_receiver_is_given_up_when_patience_ends() {
        let at = |hours: i64| Moment::from_microseconds(hours * 3_600_000_000).unwrap();
        assert!(!is_given_up(at(0), at(71), 72));
        assert!(is_given_up(at(0), at(72), 72));
        assert!(is_given_up(at(5), at(5), 0));
    }
}
