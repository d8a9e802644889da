use super::*;
use crate::run::{Ending, RunId};
use crate::signature;

#[test]
fn a_certificate_verifies_from_its_bytes_alone() {
    let (certificate, key) = sample::certificate();
    let got = verify(&certificate.to_bytes(), None).unwrap();
    assert_eq!(got.key, key);
    assert_eq!(got.certificate, certificate);
    assert!(verify(&certificate.to_bytes(), Some(&key)).is_ok());
}

#[test]
fn every_flipped_bit_is_noticed() {
    let (certificate, _) = sample::certificate();
    let mut bytes = certificate.to_bytes();
    for index in 0..bytes.len() * 8 {
        bytes[index / 8] ^= 1 << (index % 8);
        assert!(verify(&bytes, None).is_err(), "bit {} of byte {}", index % 8, index / 8);
        bytes[index / 8] ^= 1 << (index % 8);
    }
    assert!(verify(&bytes, None).is_ok());
}

#[test]
fn another_spelling_of_the_same_json_is_refused() {
    let (certificate, _) = sample::certificate();
    let bytes = certificate.to_bytes();
    let compact = serde_json::to_vec(&certificate).unwrap();
    for other in [compact, [b" ", bytes.as_slice()].concat(), [bytes.as_slice(), b"\n"].concat(), bytes[..bytes.len() - 1].to_vec()] {
        assert!(matches!(verify(&other, None), Err(Error::Spelling)));
    }
}

#[test]
fn another_key_than_the_expected_one_is_named() {
    let (certificate, key) = sample::certificate();
    let other = SigningKey::from_seed(&[6; 32]);
    let got = verify(&certificate.to_bytes(), Some(&other.id()));
    assert!(matches!(got, Err(Error::Signature(signature::Error::OtherKey { got, .. })) if got == key));
    // Signed again by somebody else: the log's checkpoints are still those of the first key.
    let forged = Certificate::sign(certificate.statement, certificate.log, &other);
    assert!(matches!(verify(&forged.to_bytes(), None), Err(Error::Checkpoint(_))));
}

/// Even the holder of the key cannot sign a statement that the log does not bear out, or that contradicts itself.
#[test]
fn a_signed_statement_that_the_log_does_not_bear_out_is_refused() {
    let (certificate, _) = sample::certificate();
    let key = SigningKey::from_seed(&[5; 32]);
    let mut prettier = certificate.clone();
    prettier.statement.kept.clear();
    prettier.statement.state = Ending::Completed;
    let forged = Certificate::sign(prettier.statement, prettier.log, &key);
    assert!(matches!(verify(&forged.to_bytes(), None), Err(Error::OtherEntry { which: "closing" })));

    let mut other_run = certificate.clone();
    other_run.statement.id = RunId::from_random(8);
    let forged = Certificate::sign(other_run.statement, other_run.log, &key);
    assert!(matches!(verify(&forged.to_bytes(), None), Err(Error::OtherEntry { which: "opening" })));
}

#[test]
fn a_statement_that_claims_more_than_its_counts_is_refused() {
    let spoil: [fn(&mut Statement); 6] = [
        |statement| statement.tables[1].affected -= 1,
        |statement| statement.tables[1].remaining = Some(1),
        |statement| statement.files[0].deleted += 1,
        |statement| statement.verification.recount = Recount::NotDone,
        |statement| statement.state = Ending::Completed,
        |statement| statement.categories[0].affected += 1,
    ];
    for (number, spoil) in spoil.into_iter().enumerate() {
        let mut statement = sample::statement();
        spoil(&mut statement);
        let (certificate, _) = sample::seal(statement);
        assert!(matches!(verify(&certificate.to_bytes(), None), Err(Error::Contradiction)), "{number}");
    }
}

#[test]
fn what_is_not_done_is_partly_failed() {
    let spoil: [fn(&mut Statement); 4] = [
        |statement| statement.tables[1].affected -= 1,
        |statement| statement.tables[1].remaining = Some(1),
        |statement| statement.files[0].remaining = 1,
        |statement| statement.verification.recount = Recount::NotDone,
    ];
    for spoil in spoil {
        let mut statement = sample::statement();
        spoil(&mut statement);
        assert_eq!(statement.ending(), Ending::PartlyFailed);
    }
}

#[test]
fn completed_needs_that_nothing_stays() {
    let mut statement = sample::statement();
    assert_eq!(statement.ending(), Ending::CompletedWithRetained);
    statement.kept.clear();
    assert_eq!(statement.ending(), Ending::CompletedWithRetained, "a shared file stays");
    statement.files.clear();
    assert_eq!(statement.ending(), Ending::Completed);
    if let Residual::Searched { tables, .. } = &mut statement.verification.residual {
        tables[0].after = Some(1);
        tables[0].verdict = Verdict::Residual;
    }
    assert_eq!(statement.ending(), Ending::CompletedWithRetained, "an identifier was found elsewhere");
}

#[test]
fn a_search_that_could_not_be_made_is_no_plain_success() {
    let mut statement = sample::certificate().0.statement;
    statement.kept.clear();
    statement.files.clear();
    assert_eq!(statement.ending(), Ending::Completed);
    for (after, doubt) in [(Some(0), false), (Some(1), true), (None, true)] {
        let Residual::Searched { tables, .. } = &mut statement.verification.residual else { panic!("the sample was searched") };
        tables[0].after = after;
        tables[0].verdict = Verdict::of(tables[0].before, after, 0);
        assert_eq!(statement.leaves_doubt(), doubt, "{after:?}");
        assert_eq!(statement.ending(), if doubt { Ending::CompletedWithRetained } else { Ending::Completed });
    }
}

/// The sample's statement, about two categories.
fn of_some_categories() -> Statement {
    let mut statement = sample::statement();
    let chosen = ["saved_leads", "user_information"].map(crate::names::CategoryName::new);
    statement.scope.categories = Some(chosen.to_vec());
    statement
}

#[test]
fn a_certificate_about_everything_is_of_the_first_version_and_one_about_categories_of_the_second() {
    let (whole, _) = sample::certificate();
    assert_eq!(whole.exeunt_certificate, 1);
    assert!(!String::from_utf8(whole.to_bytes()).unwrap().contains("\"successor\": null,"), "nothing follows the successor");
    let (some, _) = sample::seal(of_some_categories());
    assert_eq!(some.exeunt_certificate, 2);
    assert_eq!(verify(&some.to_bytes(), None).unwrap().certificate, some);
    // One that hides what it is about, or names it in the old form, is none.
    let mut wrong = some.clone();
    wrong.exeunt_certificate = 1;
    assert!(matches!(verify(&wrong.to_bytes(), None), Err(Error::Version { got: 1 })));
}

#[test]
fn a_certificate_about_categories_counts_nothing_of_others() {
    // Of seat management, the sample clears links, and that is all: such links may be cleared.
    assert!(of_some_categories().is_consistent());
    let mut more = of_some_categories();
    more.tables[0].action = "delete".to_owned();
    more.categories = Statement::sums(&more.tables);
    more.state = more.ending();
    assert!(!more.is_consistent());
}
