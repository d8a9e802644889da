//! Jobs: what workers do, and when they try again.

use crate::request::reason::Failure;
use crate::request::spelled;

spelled!(
    /// What a job does.
    JobKind {
        /// Make the plan of an erasure.
        Plan = "plan",
        /// Export a subject and store the archive.
        Export = "export",
        /// Erase a subject.
        Erase = "erase",
        /// Delete archives whose time is over.
        ExpireArchive = "expire_archive",
        /// Send a mail of the outbox.
        SendMail = "send_mail",
        /// Deliver a webhook.
        DeliverWebhook = "deliver_webhook",
        /// Look at a request's dates, and remind whom they concern.
        Remind = "remind",
        /// Look at an exit's dates, and do what is due.
        AdvanceExit = "advance_exit",
    }
);

spelled!(
    /// Which workers take a job: those that work on the platform's databases, or those that only write and send.
    Lane {
        Platform = "platform",
        Desk = "desk",
    }
);

spelled!(
    /// Where a job stands.
    JobState {
        /// It waits for its time and a worker.
        Queued = "queued",
        /// A worker has it until its lease ends.
        Running = "running",
        Done = "done",
        /// Nobody tries again by itself.
        Failed = "failed",
    }
);

impl JobKind {
    /// Who takes it.
    pub fn lane(self) -> Lane {
        match self {
            Self::Plan | Self::Export | Self::Erase => Lane::Platform,
            Self::ExpireArchive | Self::SendMail | Self::DeliverWebhook | Self::Remind | Self::AdvanceExit => Lane::Desk,
        }
    }

    /// Lower goes first among jobs of equally busy contracts: what a person waits for goes before what takes long.
    pub fn priority(self) -> i64 {
        match self {
            Self::Plan => 0,
            Self::Erase | Self::SendMail => 1,
            Self::Export | Self::DeliverWebhook => 2,
            Self::ExpireArchive | Self::Remind | Self::AdvanceExit => 3,
        }
    }

    /// How often it is tried before a person is asked.
    pub fn attempts(self) -> u32 {
        match self {
            Self::Plan | Self::Export => 8,
            // An erasure that has begun is brought to its end, however long that takes.
            Self::Erase => u32::MAX,
            // Mail servers and receivers may be away for a day: with the delays below this is about a day and a half.
            Self::SendMail | Self::DeliverWebhook => 24,
            Self::ExpireArchive | Self::Remind | Self::AdvanceExit => u32::MAX,
        }
    }
}

impl JobKind {
    /// Whether what it is about is a request; else it is a mail, a delivery or an exit.
    pub fn is_about_a_request(self) -> bool {
        match self {
            Self::Plan | Self::Export | Self::Erase | Self::ExpireArchive | Self::Remind => true,
            Self::SendMail | Self::DeliverWebhook | Self::AdvanceExit => false,
        }
    }

    /// Whether it ends when there are no further attempts. The others are tried for as long as it takes: what they owe to somebody stays owed.
    pub fn is_given_up(self) -> bool {
        self.attempts() < u32::MAX
    }
}

/// The first delay after a failure, in milliseconds.
const FIRST_DELAY_MS: u64 = 1_000;
/// The longest one: four hours.
const LONGEST_DELAY_MS: u64 = 4 * 60 * 60 * 1_000;

/// Milliseconds from the failure of attempt number `attempt` (from 1) to the next one: doubled each time, up to four hours, and spread by `spread`
/// (any number) over the last fifth, so that what failed together doesn't come back together.
pub fn retry_delay_ms(attempt: u32, spread: u64) -> u64 {
    let doubled = FIRST_DELAY_MS.saturating_mul(1_u64.checked_shl(attempt.saturating_sub(1).min(62)).unwrap_or(u64::MAX));
    let delay = doubled.min(LONGEST_DELAY_MS);
    let fifth = delay / 5;
    delay - fifth + spread % (fifth + 1)
}

/// From this attempt on, the delays after an outage no longer grow: about a minute.
const OUTAGE_LONGEST_AT: u32 = 7;
/// What is away may be away for about three days.
const OUTAGE_ATTEMPTS: u32 = 4_000;
/// A job whose worker was lost so often is not taken again by itself: it may be what ends them.
pub const MOST_LOSSES: u32 = 10;

/// Milliseconds from the failure of attempt number `attempt` (from 1) to the next one, where something that is needed is away: what is back is
/// noticed within about a minute.
pub fn outage_delay_ms(attempt: u32, spread: u64) -> u64 {
    retry_delay_ms(attempt.min(OUTAGE_LONGEST_AT), spread)
}

/// Milliseconds until a job is tried again whose attempt number `attempt` (from 1) stopped for this reason; `None` when a person is asked.
///
/// `outage`: something that is needed is away, so that nothing is wrong with the job itself.
pub fn next_delay_ms(kind: JobKind, reason: Failure, outage: bool, attempt: u32, spread: u64) -> Option<u64> {
    match outage {
        true => (attempt < OUTAGE_ATTEMPTS).then(|| outage_delay_ms(attempt, spread)),
        false => (reason.may_pass() && attempt < kind.attempts()).then(|| retry_delay_ms(attempt, spread)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_away_is_looked_for_each_minute_for_days() {
        let mut total = 0;
        let mut attempt = 1;
        while let Some(delay) = next_delay_ms(JobKind::Export, Failure::SourceUnavailable, true, attempt, 0) {
            assert!(delay <= 64_000, "{attempt}: {delay}");
            total += delay;
            attempt += 1;
        }
        assert!((2 * 86_400_000..4 * 86_400_000).contains(&total), "{total}");
    }

    #[test]
    fn what_no_time_mends_is_not_tried_again() {
        for reason in [Failure::CatalogDrift, Failure::PlanRefused, Failure::NoSubject, Failure::FilesMissing, Failure::WorkersLost] {
            assert_eq!(next_delay_ms(JobKind::Export, reason, false, 1, 0), None, "{reason}");
        }
        assert!(next_delay_ms(JobKind::Export, Failure::Internal, false, 7, 0).is_some());
        assert_eq!(next_delay_ms(JobKind::Export, Failure::Internal, false, 8, 0), None);
    }

    #[test]
    fn mails_and_events_are_tried_for_longer_than_a_day() {
        for kind in [JobKind::SendMail, JobKind::DeliverWebhook] {
            for spread in [0, u64::MAX] {
                let total: u64 = (1..).map_while(|attempt| next_delay_ms(kind, Failure::Internal, false, attempt, spread)).sum();
                assert!((86_400_000 * 13 / 10..86_400_000 * 17 / 10).contains(&total), "{kind}: {total}");
            }
        }
        let for_ever = JobKind::ALL.iter().copied().filter(|kind| !kind.is_given_up());
        assert!(for_ever.eq([JobKind::Erase, JobKind::ExpireArchive, JobKind::Remind, JobKind::AdvanceExit]));
    }

    #[test]
    fn delays_double_up_to_four_hours() {
        let want = [
            (1, 1_000),
            (2, 2_000),
            (3, 4_000),
            (10, 512_000),
            (14, 8_192_000),
            (15, 14_400_000),
            (64, 14_400_000),
            (u32::MAX, 14_400_000),
        ];
        for (attempt, longest) in want {
            for spread in [0, 1, 7_919, u64::MAX] {
                let got = retry_delay_ms(attempt, spread);
                assert!(got <= longest && got >= longest - longest / 5, "{attempt}: {got}");
            }
        }
    }

    #[test]
    fn only_what_touches_the_platform_is_in_its_lane() {
        for kind in JobKind::ALL.iter().copied() {
            let touches = matches!(kind, JobKind::Plan | JobKind::Export | JobKind::Erase);
            assert_eq!(kind.lane() == Lane::Platform, touches, "{kind}");
        }
    }
}
