//! Links between pages lead somewhere, and what may not be in the documentation is not.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{generated, page, repository};

pub fn all_pages() -> Vec<PathBuf> {
    ["README.md", "ARCHITECTURE.md", "docs"].iter().flat_map(|path| generated::pages(&repository(path))).collect()
}

/// The page without its code: a link inside a sample is no link.
fn prose(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    for fence in page::fences(text) {
        lines[fence.lines].fill("");
    }
    lines.join("\n")
}

/// The targets of `[text](target)`.
fn targets(prose: &str) -> Vec<&str> {
    prose.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect()
}

/// The anchors that GitHub and others give to headings.
fn anchors(prose: &str) -> BTreeSet<String> {
    let headings = prose.lines().filter_map(|line| line.strip_prefix('#'));
    let anchor = |heading: &str| -> String {
        let text = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = text.chars().filter(|character| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_'));
        kept.map(|character| if character == ' ' { '-' } else { character }).collect()
    };
    headings.map(anchor).collect()
}

fn leads_nowhere(from: &Path, target: &str) -> bool {
    if target.starts_with("https://") || target.starts_with("mailto:") {
        return false;
    }
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let file = if path.is_empty() { from.to_owned() } else { from.parent().expect("a page lies in a folder").join(path) };
    if !file.exists() {
        return true;
    }
    let known = |anchor: &str| anchors(&prose(&fs::read_to_string(&file).expect("read a page"))).contains(anchor);
    anchor.is_some_and(|anchor| !known(anchor))
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    for path in all_pages() {
        let text = prose(&fs::read_to_string(&path).expect("read a page"));
        wrong.extend(
            targets(&text).into_iter().filter(|target| leads_nowhere(&path, target)).map(|target| format!("{}: {target}", path.display())),
        );
    }
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
}

/// Paths of the repository in `code`, such as `crates/model/src/plan.rs`.
#[test]
fn every_path_that_is_named_exists() {
    let mut wrong = Vec::new();
    for path in all_pages() {
        let text = prose(&fs::read_to_string(&path).expect("read a page"));
        let named = text
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|code| ["crates/", "docs/", "scripts/", "xtask/"].iter().any(|root| code.starts_with(root)));
        let missing = named.filter(|code| !code.contains(['<', '*', '{', ' ']) && !repository(code).exists());
        wrong.extend(missing.map(|code| format!("{}: {code}", path.display())));
    }
    assert!(wrong.is_empty(), "paths that do not exist:\n{}", wrong.join("\n"));
}

/// From the README a reader reaches every page.
#[test]
fn every_page_is_reached_from_the_readme() {
    let mut reached: BTreeSet<PathBuf> = BTreeSet::new();
    let mut next = vec![repository("README.md").canonicalize().expect("there is a README")];
    while let Some(path) = next.pop() {
        if !reached.insert(path.clone()) || path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let text = prose(&fs::read_to_string(&path).expect("read a page"));
        let folder = path.parent().expect("a page lies in a folder");
        next.extend(targets(&text).into_iter().filter_map(|target| folder.join(target.split('#').next()?).canonicalize().ok()));
    }
    let lost: Vec<_> = all_pages().into_iter().filter(|path| !reached.contains(&path.canonicalize().expect("a page"))).collect();
    assert!(lost.is_empty(), "no page links to {lost:?}");
}

#[test]
fn samples_name_only_example_domains() {
    let mut wrong = Vec::new();
    for path in all_pages() {
        let text = fs::read_to_string(&path).expect("read a page");
        let words = text.split(|character: char| character.is_whitespace() || "\"'`()<>,;|{}[]".contains(character));
        let addresses = words.filter(|word| word.contains('@') && !word.contains("://"));
        let foreign = addresses.filter(|word| {
            let domain = word.rsplit('@').next().unwrap_or_default().trim_end_matches(['.', ':', '…']);
            domain.contains('.')
                && !domain.ends_with(".example")
                && !domain.chars().all(|character| character.is_ascii_digit() || character == '.')
        });
        wrong.extend(foreign.map(|word| format!("{}: {word}", path.display())));
    }
    assert!(wrong.is_empty(), "addresses in samples end in .example:\n{}", wrong.join("\n"));
}
