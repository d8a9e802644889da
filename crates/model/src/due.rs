//! By when a request must be acknowledged and answered, and when people are reminded of it.
//!
//! All is reckoned in UTC from the moment of receipt: a period ends at the time of day at which the request came in, which is never later than
//! the end of the last day by which the laws count. Days of the week and holidays are those of UTC as well. Nothing here is moved to the next working day when the last day is a holiday.

use std::str::FromStr;

use jiff::civil::{Date, Weekday};
use jiff::tz::Offset;
use jiff::{Span, ToSpan as _};
use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::request::spelled;

spelled!(
    /// The law whose dates a request has.
    #[derive(Serialize, Deserialize, schemars::JsonSchema)]
    #[serde(rename_all = "snake_case")]
    Regime {
        /// General Data Protection Regulation, Regulation (EU) 2016/679.
        Gdpr = "gdpr",
        /// California Consumer Privacy Act with its regulations, 11 CCR § 7000 and following.
        Ccpa = "ccpa",
        /// No law sets a date: the desk's own target counts.
        None = "none",
    }
);

spelled!(
    /// What a reminder says.
    ReminderKind {
        /// The date is seven days away.
        WeekBefore = "week_before",
        /// The date is two days away.
        TwoDaysBefore = "two_days_before",
        /// Half of a period is over that is too short for the others.
        HalfOver = "half_over",
        /// The date has come, and what was due is not done.
        Overdue = "overdue",
    }
);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no regime `{text}`; known are gdpr, ccpa and none")]
    Regime { text: String },
    #[error("the period that begins on {from} ends outside the years that can be written")]
    Calendar { from: Moment },
}

/// Why nobody can be told of more time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("what counts for this request gives no more time")]
    NoExtension,
    #[error("the extension was told at {told}, and there is no second one")]
    ToldBefore { told: Moment },
    #[error("it is too late to extend: the person had to be told by {tell_by}")]
    TooLate { tell_by: Moment },
}

/// The dates of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dates {
    /// By when the person must be told that the request has come in; `None` where no law asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledge_by: Option<Moment>,
    /// By when it must be answered, as long as no extension was told.
    pub answer_by: Moment,
    /// The extension that the law allows; `None` where it allows none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Extension>,
}

/// More time than the law gives at first. It holds only when the person is told of it, and of its reason, in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// The last moment at which the person can be told.
    pub tell_by: Moment,
    /// By when the request must be answered then. There is no second extension.
    pub answer_by: Moment,
}

/// A moment at which somebody is reminded of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reminder {
    pub at: Moment,
    pub kind: ReminderKind,
}

/// What reminders of a date come to at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reminding {
    /// The one to be sent now. Where several were missed, it is the last of them.
    pub now: Option<Reminder>,
    /// When to look again.
    pub next: Moment,
}

/// The dates of a request that came in at `received`.
///
/// `target_days` is the desk's own target, and counts where no law sets a date. `holidays` are the days between Monday and Friday on which
/// nobody works.
///
/// | regime | acknowledge | answer | extension |
/// |---|---|---|---|
/// | `gdpr` | | one month, art. 12(3) | two further months, told with the reason within the first, art. 12(3) |
/// | `ccpa` | 10 business days, 11 CCR § 7021(a) | 45 calendar days, § 7021(b) | 90 calendar days in all, told with the reason within the first 45, § 7021(b) |
/// | `none` | | the desk's target | |
///
/// # Errors
/// [`Error::Calendar`] when a date lies beyond the year 9999.
pub fn dates(regime: Regime, received: Moment, target_days: u16, holidays: &[Date]) -> Result<Dates, Error> {
    match regime {
        Regime::Gdpr => {
            let answer_by = later(received, 1.month())?;
            // Two months from the end of the first, and not three from receipt: from the end of January that may be some days less, and never
            // more.
            let extension = Extension { tell_by: answer_by, answer_by: later(answer_by, 2.months())? };
            Ok(Dates { acknowledge_by: None, answer_by, extension: Some(extension) })
        }
        Regime::Ccpa => {
            let answer_by = later(received, 45.days())?;
            let extension = Extension { tell_by: answer_by, answer_by: later(received, 90.days())? };
            let acknowledge_by = business_days_after(received, 10, holidays)?;
            Ok(Dates { acknowledge_by: Some(acknowledge_by), answer_by, extension: Some(extension) })
        }
        Regime::None => Ok(Dates { acknowledge_by: None, answer_by: later(received, i64::from(target_days).days())?, extension: None }),
    }
}

/// The same time of day after so many days from Monday to Friday that are no holidays. The day it begins on is not counted.
///
/// Regulation (EEC, Euratom) No 1182/71, art. 2(2), and California Civil Code § 10 count in this way.
///
/// # Errors
/// [`Error::Calendar`] when the day lies beyond the year 9999.
pub fn business_days_after(from: Moment, days: u16, holidays: &[Date]) -> Result<Moment, Error> {
    let mut left = days;
    let mut reached = from;
    while left > 0 {
        reached = later(reached, 1.day()).map_err(|_| Error::Calendar { from })?;
        let date = Offset::UTC.to_datetime(reached.timestamp()).date();
        let is_weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        if !is_weekend && !holidays.contains(&date) {
            left -= 1;
        }
    }
    Ok(reached)
}

/// The same time of day in UTC after a span of days or months. In a month that has no such day, it is the month's last.
///
/// Regulation (EEC, Euratom) No 1182/71, art. 3(2)(c), ends months in this way.
///
/// # Errors
/// [`Error::Calendar`] when the day lies beyond the year 9999.
pub fn later(from: Moment, span: Span) -> Result<Moment, Error> {
    let refused = |_| Error::Calendar { from };
    let reached = Offset::UTC.to_datetime(from.timestamp()).checked_add(span).map_err(refused)?;
    Offset::UTC.to_timestamp(reached).map(Moment::new).map_err(refused)
}

impl Dates {
    /// By when the request must be answered, given whether the person was told of the extension.
    pub fn answer_by(&self, extended: bool) -> Moment {
        match self.extension {
            Some(extension) if extended => extension.answer_by,
            Some(_) | None => self.answer_by,
        }
    }

    /// The extension, if the person can still be told of it now.
    pub fn open_extension(&self, now: Moment) -> Option<Extension> {
        self.extension.filter(|extension| now <= extension.tell_by)
    }

    /// By when the request must be answered when the person is told of the extension now. `told` is when they were told before.
    ///
    /// # Errors
    /// [`Refusal`] says why there is no (more) extension.
    pub fn extend(&self, told: Option<Moment>, now: Moment) -> Result<Moment, Refusal> {
        let extension = self.extension.ok_or(Refusal::NoExtension)?;
        match (told, self.open_extension(now)) {
            (Some(told), _) => Err(Refusal::ToldBefore { told }),
            (None, Some(open)) => Ok(open.answer_by),
            (None, None) => Err(Refusal::TooLate { tell_by: extension.tell_by }),
        }
    }
}

/// When to remind of a date in a period that began at `from`: seven and two days before it, and when it has come.
///
/// A reminder never comes in the first half of the period. One that is too short for either has a reminder at its half. The list is in order
/// of time and ends with the date itself, even where the period has no length.
pub fn reminders(from: Moment, due: Moment) -> Vec<Reminder> {
    const DAY_MICROSECONDS: i64 = 24 * 60 * 60 * 1_000_000;
    let (begin, end) = (from.microseconds(), due.microseconds());
    let half = begin + (end - begin) / 2;
    let before = |days: i64, kind| {
        let at = end - days * DAY_MICROSECONDS;
        if at < half { None } else { Moment::from_microseconds(at).map(|at| Reminder { at, kind }) }
    };
    let mut list: Vec<Reminder> =
        [before(7, ReminderKind::WeekBefore), before(2, ReminderKind::TwoDaysBefore)].into_iter().flatten().collect();
    if list.is_empty() && end > begin {
        list.extend(Moment::from_microseconds(half).map(|at| Reminder { at, kind: ReminderKind::HalfOver }));
    }
    list.push(Reminder { at: due, kind: ReminderKind::Overdue });
    list
}

/// Days between two reminders of a date that is over.
const OVERDUE_EVERY_DAYS: i64 = 7;

/// What is to be sent now about a date in a period that began at `from`, when the last reminder that was sent is the one of `last`.
///
/// The reminders are those of [`reminders`]; once the date is over, another one follows each week.
pub fn reminding(from: Moment, due: Moment, last: Option<Moment>, now: Moment) -> Reminding {
    const WEEK_MICROSECONDS: i64 = OVERDUE_EVERY_DAYS * 24 * 60 * 60 * 1_000_000;
    let is_new = |reminder: &Reminder| last.is_none_or(|last| reminder.at > last);
    if now < due {
        let list = reminders(from, due);
        let past = list.iter().copied().take_while(|reminder| reminder.at <= now).last();
        let next = list.iter().find(|reminder| reminder.at > now).map_or(due, |reminder| reminder.at);
        return Reminding { now: past.filter(is_new), next };
    }
    let weeks = (now.microseconds() - due.microseconds()) / WEEK_MICROSECONDS;
    let after = |weeks: i64| due.microseconds().checked_add(weeks * WEEK_MICROSECONDS).and_then(Moment::from_microseconds);
    let past = Reminder { at: after(weeks).unwrap_or(due), kind: ReminderKind::Overdue };
    // At the end of the calendar nobody is left to be reminded.
    Reminding { now: Some(past).filter(is_new), next: after(weeks + 1).unwrap_or(now) }
}

impl FromStr for Regime {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.iter().copied().find(|regime| regime.as_str() == text).ok_or_else(|| Error::Regime { text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        Moment::new(text.parse().unwrap())
    }

    fn of(regime: Regime, received: &str) -> Dates {
        dates(regime, at(received), 14, &[]).unwrap()
    }

    #[test]
    fn a_month_ends_on_the_same_day_or_on_the_last_of_a_shorter_month() {
        for (received, want, want_extended) in [
            ("2026-11-24T09:30:00Z", "2026-12-24T09:30:00Z", "2027-02-24T09:30:00Z"),
            ("2026-01-31T23:59:59.999999Z", "2026-02-28T23:59:59.999999Z", "2026-04-28T23:59:59.999999Z"),
            ("2028-01-31T00:00:00Z", "2028-02-29T00:00:00Z", "2028-04-29T00:00:00Z"),
            ("2028-01-30T12:00:00Z", "2028-02-29T12:00:00Z", "2028-04-29T12:00:00Z"),
            ("2028-02-29T12:00:00Z", "2028-03-29T12:00:00Z", "2028-05-29T12:00:00Z"),
            ("2026-03-31T12:00:00Z", "2026-04-30T12:00:00Z", "2026-06-30T12:00:00Z"),
            ("2026-12-31T12:00:00Z", "2027-01-31T12:00:00Z", "2027-03-31T12:00:00Z"),
            ("2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z", "2027-03-01T00:00:00Z"),
        ] {
            let got = of(Regime::Gdpr, received);
            assert_eq!(got.acknowledge_by, None);
            assert_eq!(got.answer_by, at(want), "{received}");
            assert_eq!(got.extension, Some(Extension { tell_by: at(want), answer_by: at(want_extended) }), "{received}");
        }
    }

    #[test]
    fn california_gives_ten_business_days_and_45_or_90_days() {
        for (received, want_acknowledged, want, want_extended) in [
            // A Tuesday.
            ("2026-11-24T09:30:00Z", "2026-12-08T09:30:00Z", "2027-01-08T09:30:00Z", "2027-02-22T09:30:00Z"),
            // A Saturday and a Sunday: the Monday is the first day.
            ("2026-11-28T09:30:00Z", "2026-12-11T09:30:00Z", "2027-01-12T09:30:00Z", "2027-02-26T09:30:00Z"),
            ("2026-11-29T09:30:00Z", "2026-12-11T09:30:00Z", "2027-01-13T09:30:00Z", "2027-02-27T09:30:00Z"),
            // Over the 29th of February.
            ("2028-01-31T00:00:00Z", "2028-02-14T00:00:00Z", "2028-03-16T00:00:00Z", "2028-04-30T00:00:00Z"),
        ] {
            let got = of(Regime::Ccpa, received);
            assert_eq!(got.acknowledge_by, Some(at(want_acknowledged)), "{received}");
            assert_eq!(got.answer_by, at(want), "{received}");
            assert_eq!(got.extension, Some(Extension { tell_by: at(want), answer_by: at(want_extended) }), "{received}");
        }
    }

    #[test]
    fn holidays_are_no_business_days_and_weekends_are_none_anyway() {
        let holidays = ["2026-11-26", "2026-11-27", "2026-11-28"].map(|date| date.parse().unwrap());
        let got = dates(Regime::Ccpa, at("2026-11-24T09:30:00Z"), 14, &holidays).unwrap();
        assert_eq!(got.acknowledge_by, Some(at("2026-12-10T09:30:00Z")));
        assert_eq!(got.answer_by, at("2027-01-08T09:30:00Z"), "calendar days know no holidays");
    }

    #[test]
    fn without_a_law_the_target_of_the_desk_counts() {
        let got = of(Regime::None, "2026-12-24T09:30:00Z");
        assert_eq!(got, Dates { acknowledge_by: None, answer_by: at("2027-01-07T09:30:00Z"), extension: None });
        assert_eq!(got.answer_by(true), got.answer_by, "there is nothing to extend");
    }

    #[test]
    fn an_extension_is_told_within_the_first_period() {
        let got = of(Regime::Gdpr, "2026-11-24T09:30:00Z");
        assert!(got.open_extension(at("2026-12-24T09:30:00Z")).is_some());
        assert!(got.open_extension(at("2026-12-24T09:30:00.000001Z")).is_none());
        assert_eq!(got.answer_by(false), at("2026-12-24T09:30:00Z"));
        assert_eq!(got.answer_by(true), at("2027-02-24T09:30:00Z"));
    }

    #[test]
    fn no_date_is_later_than_its_law_allows() {
        let mut received = at("2027-01-01T13:37:00Z");
        for _ in 0..1500 {
            let gdpr = dates(Regime::Gdpr, received, 14, &[]).unwrap();
            assert!(gdpr.answer_by <= later(received, 1.month()).unwrap());
            assert!(gdpr.answer_by(true) <= later(received, 3.months()).unwrap());
            let ccpa = dates(Regime::Ccpa, received, 14, &[]).unwrap();
            let days = |until: Moment| (until.microseconds() - received.microseconds()) / 86_400_000_000;
            assert_eq!((days(ccpa.answer_by), days(ccpa.answer_by(true))), (45, 90));
            // Ten business days are two weeks, less the days of a weekend on which it came in.
            assert!((12..=14).contains(&days(ccpa.acknowledge_by.unwrap())));
            received = later(received, 1.day()).unwrap();
        }
    }

    #[test]
    fn reminders_come_in_the_second_half_and_end_with_the_date() {
        use ReminderKind::{HalfOver, Overdue, TwoDaysBefore, WeekBefore};
        let from = at("2026-11-24T00:00:00Z");
        for (due, want) in [
            ("2026-12-24T00:00:00Z", vec![("2026-12-17T00:00:00Z", WeekBefore), ("2026-12-22T00:00:00Z", TwoDaysBefore)]),
            ("2026-12-08T00:00:00Z", vec![("2026-12-01T00:00:00Z", WeekBefore), ("2026-12-06T00:00:00Z", TwoDaysBefore)]),
            ("2026-12-07T00:00:00Z", vec![("2026-12-05T00:00:00Z", TwoDaysBefore)]),
            ("2026-11-28T00:00:00Z", vec![("2026-11-26T00:00:00Z", TwoDaysBefore)]),
            ("2026-11-27T00:00:00Z", vec![("2026-11-25T12:00:00Z", HalfOver)]),
            ("2026-11-24T00:00:00Z", vec![]),
        ] {
            let mut want: Vec<_> = want.into_iter().map(|(moment, kind)| Reminder { at: at(moment), kind }).collect();
            want.push(Reminder { at: at(due), kind: Overdue });
            assert_eq!(reminders(from, at(due)), want, "{due}");
        }
    }

    #[test]
    fn more_time_is_told_once_and_in_time() {
        let gdpr = of(Regime::Gdpr, "2026-11-24T09:30:00Z");
        let last = at("2026-12-24T09:30:00Z");
        assert_eq!(gdpr.extend(None, last), Ok(at("2027-02-24T09:30:00Z")));
        assert_eq!(gdpr.extend(None, at("2026-12-24T09:30:00.000001Z")), Err(Refusal::TooLate { tell_by: last }));
        let told = at("2026-12-01T00:00:00Z");
        assert_eq!(gdpr.extend(Some(told), told), Err(Refusal::ToldBefore { told }));
        assert_eq!(of(Regime::None, "2026-11-24T09:30:00Z").extend(None, told), Err(Refusal::NoExtension));
    }

    #[test]
    fn each_reminder_comes_once_and_the_last_of_those_that_were_missed() {
        let (from, due) = (at("2026-11-24T00:00:00Z"), at("2026-12-24T00:00:00Z"));
        let (week, days) = (at("2026-12-17T00:00:00Z"), at("2026-12-22T00:00:00Z"));
        let overdue = |text: &str| Some(Reminder { at: at(text), kind: ReminderKind::Overdue });
        for (last, now, want, want_next) in [
            (None, from, None, week),
            (None, week, Some(Reminder { at: week, kind: ReminderKind::WeekBefore }), days),
            (Some(week), at("2026-12-21T23:59:59Z"), None, days),
            (None, at("2026-12-23T00:00:00Z"), Some(Reminder { at: days, kind: ReminderKind::TwoDaysBefore }), due),
            (Some(days), due, overdue("2026-12-24T00:00:00Z"), at("2026-12-31T00:00:00Z")),
            (Some(due), at("2026-12-30T00:00:00Z"), None, at("2026-12-31T00:00:00Z")),
            (Some(due), at("2027-01-10T00:00:00Z"), overdue("2027-01-07T00:00:00Z"), at("2027-01-14T00:00:00Z")),
        ] {
            assert_eq!(reminding(from, due, last, now), Reminding { now: want, next: want_next }, "{now}");
        }
        let end = at("9999-12-30T00:00:00Z");
        assert_eq!(reminding(from, end, Some(end), end).now, None);
    }

    #[test]
    fn reminders_follow_each_other_until_the_date_and_beyond() {
        let (from, due) = (at("2026-11-24T00:00:00Z"), at("2026-12-24T00:00:00Z"));
        let (mut now, mut last, mut sent) = (from, None, Vec::new());
        for _ in 0..6 {
            let got = reminding(from, due, last, now);
            sent.extend(got.now);
            last = got.now.map(|reminder| reminder.at).or(last);
            assert!(got.next > now);
            now = got.next;
        }
        let kinds: Vec<_> = sent.iter().map(|reminder| reminder.kind).collect();
        use ReminderKind::{Overdue, TwoDaysBefore, WeekBefore};
        assert_eq!(kinds, [WeekBefore, TwoDaysBefore, Overdue, Overdue, Overdue]);
    }

    #[test]
    fn the_end_of_the_calendar_is_an_error() {
        let from = at("9999-12-01T00:00:00Z");
        for regime in Regime::ALL.iter().copied() {
            assert!(matches!(dates(regime, from, 60, &[]), Err(Error::Calendar { .. })), "{regime}");
        }
    }

    #[test]
    fn regimes_have_one_spelling() {
        for regime in Regime::ALL.iter().copied() {
            assert_eq!(regime.as_str().parse(), Ok(regime));
            assert_eq!(serde_json::to_string(&regime).unwrap(), format!("\"{regime}\""));
        }
        assert!("lgpd".parse::<Regime>().is_err());
    }
}
