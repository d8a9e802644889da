//! What lies ready for those who run the desk fits together and fits the desk.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::repository;

fn yaml(path: &str) -> Value {
    let text = fs::read_to_string(repository(path)).unwrap_or_else(|error| panic!("read {path}: {error}"));
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names of figures in a text.
fn figures(text: &str) -> BTreeSet<&str> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("exeunt_")).collect()
}

#[test]
fn prometheus_scrapes_what_the_alerts_are_about() {
    let scraping = yaml("deploy/prometheus.yml");
    let rules: Vec<&str> = scraping["rule_files"].as_array().expect("files of rules").iter().filter_map(Value::as_str).collect();
    assert_eq!(rules, ["alerts.yaml"]);
    let jobs: Vec<&str> =
        scraping["scrape_configs"].as_array().expect("what is scraped").iter().filter_map(|one| one["job_name"].as_str()).collect();
    let alerts = yaml("deploy/alerts.yaml");
    let expressions: Vec<&str> =
        alerts["groups"][0]["rules"].as_array().expect("rules").iter().filter_map(|rule| rule["expr"].as_str()).collect();
    assert!(expressions.len() > 5, "{alerts}");
    let page = fs::read_to_string(repository("docs/how-to/run-the-desk-in-production.md")).expect("read the page");
    assert!(page.contains("deploy/prometheus.yml"));
    let known = figures(&page);
    for expression in expressions {
        for figure in figures(expression) {
            assert!(known.contains(figure), "{figure} in {expression} is no figure that the page explains");
        }
        for job in expression.split("job=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(jobs.contains(&job), "{expression}: nothing is scraped as {job}");
        }
    }
}
