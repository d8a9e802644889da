//! Compares what a command printed with what a page says it prints.
//!
//! Digests, keys, times, ports and the like differ from run to run. They are masked on both sides, and only where they have exactly the
//! form that the mask stands for, so that a digest that has become a blank is noticed. Widths of columns depend on them and are no matter.
//!
//! What is masked is still compared within a page ([`Identities`]): a key that the page shows twice is one key in the run too.

use std::collections::BTreeMap;

/// What one run printed where the page says something else for the same digest, key or identity.
#[derive(Debug, Default)]
pub struct Identities {
    on_page: BTreeMap<String, String>,
    in_run: BTreeMap<String, String>,
}

impl Identities {
    /// Takes up an output that matches. False where the page's outputs come from several runs: one identity here would be two there.
    pub fn agree(&mut self, page: &str, run: &str) -> bool {
        let lines = page.lines().zip(run.lines());
        let pairs = lines.flat_map(|(page, run)| identities(page).into_iter().zip(identities(run)));
        let mut agree = true;
        for (page, run) in pairs {
            agree &= *self.on_page.entry(page.clone()).or_insert_with(|| run.clone()) == run;
            agree &= *self.in_run.entry(run).or_insert_with(|| page.clone()) == page;
        }
        agree
    }
}

/// The first eight digits of every digest, key and identity of a line: names of files hold no more.
fn identities(line: &str) -> Vec<String> {
    let named = |character: char| character.is_ascii_alphanumeric() || matches!(character, ':' | '.' | '-' | '_' | '+');
    let mut found = Vec::new();
    for run in line.split(|character| !named(character)) {
        let core = run.trim_end_matches([':', '.', '-']);
        let core = if is_digest(core) || is_key(core) { core.rsplit(':').next().unwrap_or(core) } else { core };
        for part in core.split('-') {
            let stem = part.split('.').next().unwrap_or(part);
            if (is_digest(stem) || is_run(stem) || is_short_digest(stem)) && !is_stamp(stem) {
                found.push(stem[..8].to_owned());
            }
        }
    }
    found
}

/// The output in the form of the page, a line for each of the page's: where the page leaves lines out (`…`), it does so too. `None` where
/// the output is not as expected.
pub fn aligned(want: &str, got: &str) -> Option<String> {
    let got: Vec<&str> = got.trim_end().lines().collect();
    let masked_want: Vec<String> = want.trim_end().lines().map(masked).collect();
    let masked_got: Vec<String> = got.iter().map(|line| masked(line)).collect();
    let lines = align(&masked_want, &masked_got, 0)?;
    let text = lines.into_iter().map(|at| at.map_or("…", |at| got[at]).to_owned() + "\n");
    Some(text.collect())
}

/// For each line of `want` the line of `got` that it matches, or nothing for `…`.
fn align(want: &[String], got: &[String], at: usize) -> Option<Vec<Option<usize>>> {
    match want.split_first() {
        None => got.is_empty().then(Vec::new),
        Some((first, rest)) if first == "…" => (0..=got.len()).find_map(|skipped| {
            let mut lines = align(rest, &got[skipped..], at + skipped)?;
            lines.insert(0, None);
            Some(lines)
        }),
        Some((first, rest)) => {
            let (line, others) = got.split_first()?;
            let mut lines = (line == first).then(|| align(rest, others, at + 1))??;
            lines.insert(0, Some(at));
            Some(lines)
        }
    }
}

/// A line with everything masked that may differ between two runs.
fn masked(line: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        // `2026-11-23 18:04:05 UTC` is one moment in three words, `0.4 s` one span in two.
        let masked = mask_word(word);
        let previous = words.last().map(String::as_str);
        match (previous, masked.as_str()) {
            (Some("<date>"), "<clock>") => replace_last(&mut words, "<time>"),
            (Some("<time>"), "UTC") => {}
            (Some(number), unit) if is_number(number) && is_unit(unit) => replace_last(&mut words, "<measure>"),
            (Some(_) | None, _) => words.push(masked),
        }
    }
    words.join(" ")
}

fn replace_last(words: &mut [String], with: &str) {
    if let Some(last) = words.last_mut() {
        with.clone_into(last);
    }
}

/// Masks the runs of name characters inside a word, leaving the punctuation around them.
fn mask_word(word: &str) -> String {
    if word.chars().all(|character| matches!(character, '─' | '═' | '-' | '=' | '━' | '╌')) {
        return "─".to_owned();
    }
    let mut masked = String::new();
    let mut run = String::new();
    for character in word.chars() {
        if character.is_ascii_alphanumeric() || matches!(character, ':' | '.' | '-' | '_' | '+') {
            run.push(character);
        } else {
            masked.push_str(&mask_run(&run));
            run.clear();
            masked.push(character);
        }
    }
    masked + &mask_run(&run)
}

fn mask_run(run: &str) -> String {
    let core = run.trim_end_matches([':', '.', '-']);
    let tail = &run[core.len()..];
    let masked = if is_digest(core) {
        "<digest>"
    } else if is_key(core) {
        "<key>"
    } else if is_date(core) {
        "<date>"
    } else if is_time(core) {
        "<time>"
    } else if is_clock(core) {
        "<clock>"
    } else if is_local_address(core) {
        "<address>"
    } else {
        // Names of files carry identities between their words: `certificate-3f1c9a0b.json`.
        let parts = core.split('-').map(mask_part).collect::<Vec<_>>().join("-");
        return parts.replace("<time>-<clock>", "<time>") + tail;
    };
    masked.to_owned() + tail
}

fn mask_part(part: &str) -> String {
    let (stem, ending) = part.split_once('.').map_or((part, None), |(stem, ending)| (stem, Some(ending)));
    let masked = if is_short_digest(stem) || is_run(stem) {
        "<id>"
    } else if is_stamp(stem) {
        "<time>"
    } else if fits(stem, "000000") {
        // The second half of `20261123-180405`.
        "<clock>"
    } else {
        stem
    };
    match ending {
        Some(ending) => format!("{masked}.{ending}"),
        None => masked.to_owned(),
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn is_digest(text: &str) -> bool {
    is_hex(text.strip_prefix("sha256:").unwrap_or(text), 64)
}

/// Eight hexadecimal digits, at least one of them a letter or a zero in front: a plain count is none.
fn is_short_digest(text: &str) -> bool {
    is_hex(text, 8)
}

fn is_run(text: &str) -> bool {
    is_hex(text, 32)
}

fn is_key(text: &str) -> bool {
    text.strip_prefix("key:").is_some_and(|digits| is_hex(digits, 32))
}

fn fits(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, form)| if form == b'0' { byte.is_ascii_digit() } else { byte == form })
}

/// A day of this century's twenties or later, which a run may have been made on; dates of the samples lie before.
fn is_date(text: &str) -> bool {
    fits(text, "0000-00-00") && text >= "2025-07-01"
}

fn is_time(text: &str) -> bool {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let seconds = text.split('.').next().unwrap_or_default();
    fits(seconds, "0000-00-00T00:00:00")
}

fn is_clock(text: &str) -> bool {
    let seconds = text.split('.').next().unwrap_or_default();
    fits(seconds, "00:00:00") || fits(seconds, "00:00")
}

/// `20261123T180405Z`, as in names of files.
fn is_stamp(text: &str) -> bool {
    fits(text, "00000000T000000Z") || (fits(text, "00000000") && ("20250701".."21000000").contains(&text))
}

fn is_local_address(text: &str) -> bool {
    ["localhost:", "127.0.0.1:"]
        .iter()
        .any(|host| text.strip_prefix(host).is_some_and(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())))
}

fn is_number(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit()) && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
}

/// Times and sizes; counts of rows are no measure.
fn is_unit(text: &str) -> bool {
    matches!(
        text.trim_end_matches([',', ';', '.', ')']),
        "s" | "ms" | "B" | "bytes" | "kB" | "KB" | "KiB" | "MB" | "MiB" | "rows/s" | "MB/s" | "MiB/s"
    )
}

#[test]
fn what_differs_between_runs_is_masked() {
    let digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    for (want, got) in [
        (format!("plan {digest}"), format!("plan {}", digest.replace('9', "1"))),
        ("out/seat-20261123T180405Z.zip".into(), "out/seat-20270101T000000Z.zip".into()),
        ("out/seat-20261123-180405.zip".into(), "out/seat-20270101-000000.zip".into()),
        ("certificate-0a1b2c3d.json   12.4 KiB".into(), "certificate-ffffffff.json  9 B".into()),
        ("taken 2026-11-23 18:04:05 UTC".into(), "taken 2026-12-24 01:02:03 UTC".into()),
        ("────── ───".into(), "── ──────────".into()),
        ("at postgres://ada@localhost:5432/shop".into(), "at postgres://ada@127.0.0.1:40123/shop".into()),
        ("first\n…\nlast".into(), "first\nany\nlines\nlast".into()),
        ("…".into(), String::new()),
    ] {
        assert!(aligned(&want, &got).is_some(), "{want} / {got}");
    }
}

#[test]
fn what_must_not_differ_is_compared() {
    for (want, got) in [
        ("12 rows", "13 rows"),
        ("placed 2024-03-01", "placed 2024-03-02"),
        ("plan sha256:9f86", "plan sha256:9f87"),
        ("certificate-0a1b2c3d.json", "certificate-.json"),
        ("one\ntwo", "one"),
        ("one", "one\ntwo"),
        ("a\n…\nb", "a\nb\nc"),
    ] {
        assert!(aligned(want, got).is_none(), "{want} / {got}");
    }
}

#[test]
fn left_out_lines_stay_left_out() {
    assert_eq!(aligned("…\nkey-0a1b2c3d\n…", "one\nkey-ffffffff\ntwo").as_deref(), Some("…\nkey-ffffffff\n…\n"));
}

#[test]
fn outputs_of_a_page_come_from_one_run() {
    let (one, two) = ("0a1b2c3d".repeat(4), "ffffffff".repeat(4));
    let mut same = Identities::default();
    assert!(same.agree(&format!("signed by key:{one}"), &format!("signed by key:{two}")));
    assert!(same.agree("certificates/certificate-seat-0a1b2c3d.json", "certificates/certificate-seat-ffffffff.json"));
    assert!(!same.agree("certificate-seat-0a1b2c3d.json", "certificate-seat-11111111.json"), "one on the page, two in the run");
    let mut other = Identities::default();
    assert!(other.agree(&format!("signed by key:{one}"), &format!("signed by key:{two}")));
    assert!(
        !other.agree("signed by key:00000000000000000000000000000000", &format!("signed by key:{two}")),
        "two on the page, one in the run"
    );
}
