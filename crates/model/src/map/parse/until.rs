//! Ends of retention: `issued_on + 10 years`, `closed_at + 1 year 6 months`.

use super::path::Mistake;
use crate::map::action::Until;

/// Longer than any ground lasts, and short enough for every calendar.
const MOST: u32 = 1000;

pub(super) fn until(text: &str) -> Result<Until, Mistake> {
    let refuse = |part: std::ops::Range<usize>, message: &str| Err(Mistake { part, message: message.to_owned(), suggestion: None });
    let Some(plus) = text.rfind('+') else {
        return refuse(0..text.len(), "the rule has no `+`");
    };
    let column = text[..plus].trim();
    if column.is_empty() {
        return refuse(0..plus + 1, "the rule names no column");
    }
    let mut end = Until { column: column.to_owned(), years: 0, months: 0, days: 0 };
    let mut words = words(text, plus + 1);
    if words.is_empty() {
        return refuse(plus..text.len(), "the rule has no span after `+`");
    }
    while !words.is_empty() {
        let (number, at) = words.remove(0);
        let count = match number.parse::<u32>() {
            Ok(count) if (1..=MOST).contains(&count) => count,
            Ok(_) | Err(_) => return refuse(at, &format!("`{number}` is no number from 1 to {MOST}")),
        };
        if words.is_empty() {
            return refuse(at, "the number has no unit");
        }
        let (unit, at) = words.remove(0);
        let field = match unit {
            "year" | "years" => &mut end.years,
            "month" | "months" => &mut end.months,
            "day" | "days" => &mut end.days,
            other => {
                let near = super::nearest::nearest(other, ["years", "months", "days"]);
                let weeks = matches!(other, "week" | "weeks").then(|| format!("write {} days", count.saturating_mul(7)));
                let suggestion = weeks.or_else(|| near.map(|near| format!("did you mean `{near}`?")));
                return Err(Mistake { part: at, message: format!("`{other}` is no unit; units are years, months and days"), suggestion });
            }
        };
        if *field != 0 {
            return refuse(at, &format!("`{unit}` stands twice"));
        }
        *field = count;
    }
    Ok(end)
}

fn words(text: &str, from: usize) -> Vec<(&str, std::ops::Range<usize>)> {
    let mut found = Vec::new();
    let mut at = from;
    for word in text[from..].split_whitespace() {
        let start = at + text[at..].find(word).unwrap_or(0);
        at = start + word.len();
        found.push((word, start..at));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_in_any_combination() {
        let want = |years, months, days| Ok(Until { column: "issued_on".to_owned(), years, months, days });
        assert_eq!(until("issued_on + 10 years"), want(10, 0, 0));
        assert_eq!(until("issued_on+1 year 6 months 15 days"), want(1, 6, 15));
        for (text, message) in [
            ("issued_on", "the rule has no `+`"),
            ("+ 10 years", "the rule names no column"),
            ("issued_on +", "the rule has no span after `+`"),
            ("issued_on + ten years", "`ten` is no number from 1 to 1000"),
            ("issued_on + 0 years", "`0` is no number from 1 to 1000"),
            ("issued_on + 10", "the number has no unit"),
            ("issued_on + 2 weeks", "`weeks` is no unit; units are years, months and days"),
            ("issued_on + 1 year 1 years", "`years` stands twice"),
        ] {
            assert_eq!(until(text).map_err(|mistake| mistake.message), Err(message.to_owned()), "{text}");
        }
    }
}
