//! Exits with their dates, from notice to erasure.

use jiff::ToSpan as _;

use super::super::{Act, Election, Error, Notice, State, Terms};
use super::*;
use crate::due::later;

fn at(text: &str) -> Moment {
    Moment::new(text.parse().unwrap())
}

fn begun() -> Exit {
    Exit::begin(Terms::default(), at("2026-11-24T09:30:00Z")).unwrap()
}

/// Acts one after the other, each at its moment.
fn acted(exit: &Exit, acts: &[(&str, Act)]) -> Exit {
    acts.iter()
        .fold(exit.clone(), |exit, (moment, act)| exit.after(act, at(moment), &[]).unwrap_or_else(|error| panic!("{act:?}: {error}")))
}

fn elect(election: Election) -> Act {
    Act::Elect(election)
}

#[test]
fn a_switch_takes_notice_transition_and_retrieval_before_anything_is_erased() {
    let exit = acted(
        &begun(),
        &[
            ("2026-11-25T09:30:00Z", elect(Election::OtherProvider)),
            ("2027-01-24T09:30:00Z", Act::BeginTransition),
            ("2027-02-10T12:00:00Z", Act::ConfirmSwitch),
        ],
    );
    assert_eq!(exit.notice_ends(), at("2027-01-24T09:30:00Z"));
    assert_eq!(exit.transition_ends(), Some(at("2027-02-23T09:30:00Z")));
    // 30 whole days after 23 February, over everywhere at noon of the day after.
    assert_eq!(exit.retrieval_ends(), Some(at("2027-03-26T12:00:00Z")));
    assert_eq!(exit.erasure_from(), exit.retrieval_ends());
    let early = exit.after(&Act::EndRetrieval, at("2027-03-26T11:59:59Z"), &[]);
    assert_eq!(early, Err(Error::TooEarly { attempted: Move::EndRetrieval, not_before: at("2027-03-26T12:00:00Z") }));
    let done = acted(&exit, &[("2027-03-26T12:00:00Z", Act::EndRetrieval), ("2027-03-26T12:01:00Z", Act::ConfirmErasure)]);
    assert_eq!((done.state(), done.finished()), (State::Erased, Some(at("2027-03-26T12:01:00Z"))));
    assert_eq!(next(&done, at("2027-04-01T00:00:00Z")), Next { due: vec![], possible: vec![], act: None, look_again: None });
}

#[test]
fn an_election_of_erasure_takes_effect_at_the_end_of_notice() {
    let exit = acted(&begun(), &[("2026-11-24T10:00:00Z", elect(Election::Erase))]);
    assert_eq!(exit.erasure_from(), Some(at("2027-01-24T09:30:00Z")));
    assert!(matches!(exit.after(&Act::EndNotice, at("2027-01-24T09:29:59Z"), &[]), Err(Error::TooEarly { .. })));
    let got = next(&exit, at("2027-01-24T09:30:00Z"));
    assert_eq!(got.act, Some(Move::EndNotice));
    let due = acted(&exit, &[("2027-01-24T09:30:00Z", Act::EndNotice)]);
    assert_eq!(due.state(), State::ErasureDue);
    assert_eq!(next(&due, at("2027-01-25T09:30:00Z")).act, None, "an erasure is confirmed by its certificate alone");
    assert!(next(&due, at("2027-01-25T09:30:00Z")).due[0].overdue);
}

#[test]
fn a_customer_who_never_elects_keeps_its_data() {
    let exit = begun();
    let got = next(&exit, at("2030-01-01T00:00:00Z"));
    assert_eq!(got.act, None);
    let want = Due { duty: Duty::Elect, by: Party::Customer, at: exit.notice_ends(), article: "art. 25(3)", overdue: true };
    assert_eq!(got.due, vec![want]);
    let late = acted(&exit, &[("2030-01-01T00:00:00Z", elect(Election::Erase))]);
    assert_eq!(late.erasure_from(), Some(at("2030-01-01T00:00:00Z")));
}

#[test]
fn a_switch_that_is_never_confirmed_is_overdue_and_erases_nothing() {
    let exit = acted(&begun(), &[("2026-11-25T09:30:00Z", elect(Election::OnPremises)), ("2027-01-24T09:30:00Z", Act::BeginTransition)]);
    let got = next(&exit, at("2030-01-01T00:00:00Z"));
    assert_eq!((got.act, exit.erasure_from()), (None, None));
    assert!(got.due[0].overdue);
    assert!(got.possible.iter().any(|possible| possible.attempted == Move::ConfirmSwitch && possible.by == Party::Customer));
}

#[test]
fn a_provider_has_14_working_days_to_tell_that_it_takes_longer() {
    let holidays = ["2026-12-08".parse().unwrap()];
    let asked = begun().after(&elect(Election::OtherProvider), at("2026-11-25T09:30:00Z"), &holidays).unwrap();
    let offer = |ends: &str, justification: &str| Act::OfferAlternative { ends: at(ends), justification: justification.to_owned() };
    // 14 working days from Wednesday, 25 November: 15 December, and a day more for the holiday.
    let last = at("2026-12-16T09:30:00Z");
    let told = |act: &Act, now: Moment| asked.after(act, now, &holidays);
    let long = offer("2027-08-24T09:30:00Z", "4 TB leave at 20 MB/s");
    assert_eq!(told(&long, at("2026-12-16T09:30:00.000001Z")), Err(Error::TooLate { attempted: Move::OfferAlternative, not_after: last }));
    assert_eq!(told(&offer("2027-08-24T09:30:00Z", " "), last), Err(Error::NoJustification));
    assert_eq!(told(&offer("2027-08-24T09:30:01Z", "large"), last), Err(Error::AlternativeTooLong { limit: at("2027-08-24T09:30:00Z") }));
    assert!(matches!(told(&offer("2027-02-23T09:30:00Z", "large"), last), Err(Error::NotLater { .. })));
    let offered = told(&long, last).unwrap();
    assert_eq!(offered.after(&long, last, &holidays), Err(Error::AlternativeToldBefore));
    let moving = acted(&offered, &[("2027-01-24T09:30:00Z", Act::BeginTransition)]);
    assert_eq!(moving.transition_ends(), Some(at("2027-08-24T09:30:00Z")));
    assert_eq!(next(&moving, at("2027-02-01T00:00:00Z")).due[0].article, "art. 25(4)");
}

#[test]
fn asking_again_gives_the_provider_no_more_time() {
    let exit = acted(
        &begun(),
        &[
            ("2026-11-25T09:30:00Z", elect(Election::OtherProvider)),
            ("2026-12-10T09:30:00Z", elect(Election::Erase)),
            ("2026-12-14T09:30:00Z", elect(Election::OnPremises)),
        ],
    );
    assert_eq!(exit.tell_alternative_by, Some(at("2026-12-15T09:30:00Z")));
    assert_eq!(exit.erasure_from(), None, "the election of erasure doesn't stand any more");
}

#[test]
fn a_customer_extends_the_transition_once_and_for_as_long_as_it_likes() {
    let moving =
        acted(&begun(), &[("2026-11-25T09:30:00Z", elect(Election::OtherProvider)), ("2027-01-24T09:30:00Z", Act::BeginTransition)]);
    let now = at("2027-02-01T00:00:00Z");
    let shorter = moving.after(&Act::Extend { until: at("2027-02-23T09:30:00Z") }, now, &[]);
    assert_eq!(shorter, Err(Error::NotLater { attempted: Move::Extend, after: at("2027-02-23T09:30:00Z") }));
    let extended = moving.after(&Act::Extend { until: at("2031-01-01T00:00:00Z") }, now, &[]).unwrap();
    assert_eq!(extended.state(), State::ExtendedTransition);
    let again = extended.after(&Act::Extend { until: at("2032-01-01T00:00:00Z") }, now, &[]);
    assert!(matches!(again, Err(Error::IllegalMove(_))));
    let confirmed = extended.after(&Act::ConfirmSwitch, at("2027-06-01T00:00:00Z"), &[]).unwrap();
    assert_eq!(confirmed.retrieval_ends(), Some(at("2031-02-01T12:00:00Z")), "counted from the end of the extended transition");
}

#[test]
fn an_agreed_date_of_erasure_is_later_than_the_retrieval() {
    let exit = acted(
        &begun(),
        &[
            ("2026-11-25T09:30:00Z", elect(Election::OtherProvider)),
            ("2027-01-24T09:30:00Z", Act::BeginTransition),
            ("2027-02-23T09:30:00Z", Act::ConfirmSwitch),
        ],
    );
    let now = at("2027-03-01T00:00:00Z");
    let earlier = exit.after(&Act::AgreeLaterErasure { at: at("2027-03-26T12:00:00Z") }, now, &[]);
    assert!(matches!(earlier, Err(Error::NotLater { .. })));
    let agreed = exit.after(&Act::AgreeLaterErasure { at: at("2027-06-30T00:00:00Z") }, now, &[]).unwrap();
    assert!(agreed.after(&Act::EndRetrieval, at("2027-06-29T23:59:59Z"), &[]).is_err());
    let got = next(&agreed, now);
    assert_eq!(got.due.iter().map(|due| due.at).collect::<Vec<_>>(), [at("2027-03-26T12:00:00Z"), at("2027-06-30T00:00:00Z")]);
    assert_eq!(got.look_again, Some(at("2027-03-26T12:00:00Z")));
}

#[test]
fn archives_stay_as_long_as_they_can_be_retrieved() {
    let exit = begun();
    let stays = |exit: &Exit| exit.archives_stay_until().unwrap();
    assert_eq!(stays(&exit), Some(at("2027-03-26T12:00:00Z")), "as if the switch were done in time");
    let switching = acted(
        &exit,
        &[
            ("2026-11-25T09:30:00Z", elect(Election::OtherProvider)),
            ("2027-01-24T09:30:00Z", Act::BeginTransition),
            ("2027-02-01T00:00:00Z", Act::Extend { until: at("2027-06-01T00:00:00Z") }),
        ],
    );
    assert_eq!(stays(&switching), Some(at("2027-07-02T12:00:00Z")));
    let confirmed = acted(&switching, &[("2027-03-01T00:00:00Z", Act::ConfirmSwitch)]);
    assert_eq!(stays(&confirmed), confirmed.retrieval_ends());
    let erased = acted(&exit, &[("2026-11-25T09:30:00Z", elect(Election::Erase))]);
    assert_eq!(stays(&erased), Some(exit.notice_ends()));
    assert_eq!(stays(&acted(&erased, &[("2026-11-26T09:30:00Z", Act::Withdraw)])), None);
}

#[test]
fn terms_keep_to_the_law() {
    assert_eq!(Terms::new(Notice::Days(60), 30, 30), Err(Error::NoticeTooLong { days: 60 }));
    assert_eq!(Terms::new(Notice::TwoMonths, 31, 30), Err(Error::Transition { days: 31 }));
    assert_eq!(Terms::new(Notice::TwoMonths, 0, 30), Err(Error::Transition { days: 0 }));
    assert_eq!(Terms::new(Notice::Days(0), 30, 29), Err(Error::RetrievalTooShort { days: 29 }));
    assert!(Terms::new(Notice::Days(59), 1, 365).is_ok());
    assert!(serde_json::from_str::<Terms>(r#"{"notice":"two_months","transition_days":30,"retrieval_days":7}"#).is_err());
}

#[test]
fn an_exit_survives_the_round_trip_through_json() {
    let exit = acted(&begun(), &[("2026-11-25T09:30:00Z", elect(Election::OtherProvider))]);
    let text = serde_json::to_string(&exit).unwrap();
    assert_eq!(serde_json::from_str::<Exit>(&text).unwrap(), exit);
}

/// The next number of a fixed sequence (Knuth's MMIX constants), enough to choose acts and moments.
fn following(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

/// Thousands of random lives: whatever is tried and whenever, no date is earlier or later than the law says.
#[test]
fn no_life_of_an_exit_breaks_a_date_of_the_law() {
    let mut erased = 0;
    for life in 0..3000_u64 {
        let mut seed = life;
        let noticed = later(at("2026-11-24T09:30:00Z"), i64::try_from(following(&mut seed) % 800).unwrap().days()).unwrap();
        let notice =
            if following(&mut seed).is_multiple_of(2) { Notice::TwoMonths } else { Notice::Days((following(&mut seed) % 60) as u16) };
        let mut exit = Exit::begin(Terms::new(notice, 30, 30).unwrap(), noticed).unwrap();
        assert!(exit.notice_ends() <= later(noticed, 2.months()).unwrap(), "art. 25(2)(d)");
        let mut now = noticed;
        for _ in 0..40 {
            now = later(now, i64::try_from(following(&mut seed) % 400).unwrap().hours()).unwrap();
            let then = later(now, i64::try_from(following(&mut seed) % 300).unwrap().days()).unwrap();
            let act = match following(&mut seed) % 12 {
                0 => elect(Election::OtherProvider),
                1 => elect(Election::OnPremises),
                2 => elect(Election::Erase),
                3 => Act::OfferAlternative { ends: then, justification: "large".to_owned() },
                4 => Act::Extend { until: then },
                5 => Act::AgreeLaterErasure { at: then },
                6 => Act::ConfirmSwitch,
                7 => Act::BeginTransition,
                8 => Act::EndNotice,
                9 => Act::EndRetrieval,
                10 => Act::ConfirmErasure,
                _ if following(&mut seed).is_multiple_of(8) => Act::Withdraw,
                _ => Act::ConfirmErasure,
            };
            let before = next(&exit, now);
            let Ok(after) = exit.after(&act, now, &[]) else { continue };
            let allowed = before.possible.iter().any(|possible| possible.attempted == act.attempted() && possible.from.is_none());
            assert!(allowed, "{act:?} was made, though it was not told as possible: {before:?}");
            if act == Act::BeginTransition {
                assert!(now >= after.notice_ends());
                assert!(after.transition_ends.unwrap() <= later(now, 7.months()).unwrap(), "art. 25(4)");
                let told = after.alternative.is_some();
                assert!(told || after.transition_ends.unwrap() <= later(now, 30.days()).unwrap(), "art. 25(2)(a)");
            }
            exit = after;
        }
        if let (State::ErasureDue | State::Erased, Some(erasure_from)) = (exit.state(), exit.erasure_from()) {
            erased += 1;
            match (exit.election().unwrap(), exit.switched()) {
                (Election::Erase, None) => assert!(erasure_from >= exit.notice_ends(), "art. 25(2)(c)"),
                (Election::OtherProvider | Election::OnPremises, Some(switched)) => {
                    let floor = later(exit.transition_ends().unwrap().max(switched), 30.days()).unwrap();
                    assert!(erasure_from > floor && exit.retrieval_ends().unwrap() > floor, "art. 25(2)(g)");
                }
                other => panic!("erasure without a ground: {other:?}"),
            }
        }
    }
    assert!(erased > 300, "only {erased} lives came to an erasure");
}
