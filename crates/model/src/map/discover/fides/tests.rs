use super::{Import, import};
use crate::map::parse::parse;

const BAKERY: &str = include_str!("bakery.yml");
const MARKETING: &str = include_str!("marketing.yml");

fn imported() -> Import {
    let files = [("bakery.yml".to_owned(), BAKERY.to_owned()), ("marketing.yml".to_owned(), MARKETING.to_owned())];
    import("bakery", &files).unwrap()
}

#[test]
fn datasets_become_a_draft() {
    let text = imported().draft.text;
    assert_eq!(text, include_str!("bakery.map.yaml"), "\n{text}");
}

#[test]
fn whatever_has_no_place_is_remarked_on() {
    let remarks: Vec<String> = imported().remarks.iter().map(ToString::to_string).collect();
    let remarks = remarks.join("\n") + "\n";
    assert_eq!(remarks, include_str!("bakery.remarks.txt"), "\n{remarks}");
}

#[test]
fn the_draft_can_be_finished() {
    let text = imported().draft.text;
    assert!(parse(&text).unwrap_err().iter().all(|diagnostic| diagnostic.message.contains("undecided")));
    let done: Vec<String> =
        text.lines().map(|line| if line.starts_with('#') { line.to_owned() } else { line.replace("todo: ", "") }).collect();
    let done = done.join("\n");
    let parsed = parse(&done).unwrap_or_else(|diagnostics| panic!("{diagnostics:#?}\n{done}"));
    assert_eq!(parsed.map.sources.len(), 2);
    assert_eq!(parsed.map.tables.len() + parsed.map.ignore.len(), 10);
}

#[test]
fn what_is_no_dataset_is_refused_with_its_place() {
    let files = [("a.yml".to_owned(), "datasets: []\n".to_owned()), ("b.yml".to_owned(), "dataset: [\n".to_owned())];
    let refused = import("x", &files).unwrap_err();
    let told: Vec<(usize, &str)> = refused.iter().map(|refused| (refused.file, refused.diagnostic.message.as_str())).collect();
    assert_eq!(told, [(0, "the file has no `dataset`"), (1, "this is not YAML: unclosed bracket '['")]);
}

#[test]
fn an_empty_dataset_gives_a_draft_that_asks_for_everything() {
    for text in ["dataset: []\n", "dataset:\n  - fides_key: a\n", "dataset:\n  - fides_key: a\n    collections: [{ name: t }]\n"] {
        let import = import("x", &[("a.yml".to_owned(), text.to_owned())]).unwrap();
        assert!(import.draft.undecided > 0);
        assert!(parse(&import.draft.text).is_err());
    }
}
