//! Certificates for tests, anchored in a small log in memory.

use std::collections::BTreeMap;
use std::convert::Infallible;

use super::*;
use crate::log::merkle::{self, NodeId, TreeHead};
use crate::log::{Event, LogKey};
use crate::moment::Moment;
use crate::names::{CategoryName, SourceName, SubjectKind, TableName};
use crate::run::{Ending, RunId};
use crate::signature::KeyId;

const SEED: [u8; 32] = [5; 32];

pub fn moment(seconds: i64) -> Moment {
    Moment::from_microseconds((1_795_456_743 + seconds) * 1_000_000).unwrap()
}

/// The statement of an ordinary erasure that kept two invoices.
pub fn statement() -> Statement {
    let app = SourceName::new("app");
    let table = |name: &str| TableName::new(&app, None, name);
    let digest = |text: &str| Digest::of_bytes(text.as_bytes());
    let count = |name: &str, category: &str, action: &str, rows: u64, remaining: Option<u64>| TableCount {
        table: table(name),
        category: Some(CategoryName::new(category)),
        action: action.to_owned(),
        columns: if action == "delete" { Vec::new() } else { vec!["seat_id".to_owned()] },
        planned: rows,
        affected: rows,
        remaining,
    };
    let tables = vec![
        count("assignment", "seat_management", "unlink", 3, Some(0)),
        count("saved_lead", "saved_leads", "delete", 1234, Some(0)),
        count("saved_lead_tag", "saved_leads", "delete", 17, Some(0)),
        count("user", "user_information", "change", 1, None),
        count("alert", "saved_leads", "delete", 0, Some(0)),
        count("alert", "saved_leads", "unlink", 0, None),
        count("seat", "user_information", "delete", 1, Some(0)),
    ];
    let mut statement = Statement {
        id: RunId::from_random(7),
        state: Ending::Completed,
        purpose: Purpose::Request,
        reference: Some("R-1041".to_owned()),
        scope: Scope { kind: SubjectKind::new("seat"), subject: digest("subject"), successor: None, categories: None },
        started: moment(0),
        closed: moment(2),
        attempts: 1,
        tool: Tool { name: "exeunt".to_owned(), version: "0.1.0".to_owned() },
        map: MapBinding { name: "navigator".to_owned(), digest: digest("map"), lock: digest("lock") },
        sources: vec![SourceBinding { source: app.clone(), identity: digest("identity"), catalog: digest("catalog") }],
        plan: digest("plan"),
        choices: ["note", "presentation"].map(|name| ChoiceMade { table: table(name), action: "hand_over".to_owned() }).to_vec(),
        categories: Statement::sums(&tables),
        tables,
        kept: vec![KeptRows {
            table: table("invoice"),
            category: None,
            rows: 2,
            why: KeptWhy::Ground { ground: "tax law, 10 years".to_owned(), until: Some("2036-11-23".to_owned()) },
        }],
        files: vec![FileCount {
            source: SourceName::new("files"),
            table: table("attachment"),
            column: "blob_key".to_owned(),
            named: 6,
            deleted: 4,
            shared: 1,
            missing: 1,
            remaining: 0,
        }],
        outside: vec![Outside { what: "backups of the database".to_owned(), until: Some("2027-01-31".to_owned()) }],
        verification: Verification {
            recount: Recount::Done { at: moment(1) },
            residual: Residual::Searched {
                identifiers: 2,
                tables: vec![ResidualTable { table: table("note"), columns: 2, before: Some(4), after: Some(0), verdict: Verdict::Erased }],
            },
        },
        failures: Vec::new(),
    };
    statement.state = statement.ending();
    statement
}

/// Signs and anchors a statement in a log that other runs have written to.
pub fn seal(statement: Statement) -> (Certificate, KeyId) {
    let other = |number: u128| Event::ErasureResumed { run: RunId::from_random(number) };
    let opening = Event::ErasureStarted {
        run: statement.id.clone(),
        kind: statement.scope.kind.clone(),
        subject: statement.scope.subject.clone(),
        map: statement.map.digest.clone(),
        catalogs: statement.sources.iter().map(|source| source.catalog.clone()).collect(),
        plan: statement.plan.clone(),
    };
    let closing = Event::ErasureClosed { run: statement.id.clone(), state: statement.state, statement: statement.digest() };
    let entries: Vec<Entry> =
        [(moment(-9), other(1)), (moment(-8), other(2)), (statement.started, opening), (moment(1), other(3)), (statement.closed, closing)]
            .into_iter()
            .map(|(time, event)| Entry::new(time, event))
            .collect();

    let mut nodes: BTreeMap<NodeId, Hash> = BTreeMap::new();
    for (size, entry) in entries.iter().enumerate() {
        let added = merkle::append(size as u64, entry.leaf_hash(), &mut |node| Ok::<_, Infallible>(nodes[&node])).unwrap();
        nodes.extend(added);
    }
    let mut read = |node: NodeId| Ok::<_, Infallible>(nodes[&node]);
    let log_key = LogKey::from_seed(&SEED);
    let mut checkpoint = |size: u64| log_key.sign(&TreeHead { size, root: merkle::root(size, &mut read).unwrap() }).as_str().to_owned();
    let (opened_checkpoint, closed_checkpoint) = (checkpoint(3), checkpoint(5));
    let mut anchored = |index: usize| AnchoredEntry {
        index: index as u64,
        entry: entries[index].clone(),
        inclusion: merkle::inclusion_proof(index as u64, 5, &mut read).unwrap(),
    };
    let anchor = Anchor {
        opening: anchored(2),
        closing: anchored(4),
        opened_checkpoint,
        checkpoint: closed_checkpoint,
        consistency: merkle::consistency_proof(3, 5, &mut read).unwrap(),
    };
    let key = SigningKey::from_seed(&SEED);
    (Certificate::sign(statement, anchor, &key), key.id())
}

pub fn certificate() -> (Certificate, KeyId) {
    seal(statement())
}

/// A certificate whose every free text tries to be markup.
pub fn hostile() -> (Certificate, KeyId) {
    let script = || "<script>alert(1)</script>".to_owned();
    let mut statement = statement();
    statement.reference = Some(script());
    statement.map.name = script();
    statement.tool.name = "<img src=\"http://tracker.example/\">".to_owned();
    statement.tables[0].table.name = script();
    statement.tables[1].action = script();
    statement.kept[0].why = KeptWhy::Ground { ground: script(), until: Some(script()) };
    statement.outside[0] = Outside { what: script(), until: Some(script()) };
    statement.files[0].column = script();
    statement.failures = vec![Failure { source: SourceName::new(script()), during: Phase::Erasing, reason: script() }];
    statement.categories = Statement::sums(&statement.tables);
    statement.state = statement.ending();
    seal(statement)
}
