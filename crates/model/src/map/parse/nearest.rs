//! The name that was probably meant.

/// The known name with the fewest typing errors away from this one, where those are few for its length.
///
/// Case and the choice between `_`, `-` and blanks count less than a wrong letter. Ties go to the name
/// with the same letters, then to the first.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = folded(name);
    let most = (wanted.len() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (distance(&wanted, &folded(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= most && *candidate != name)
        .min_by_key(|(distance, candidate)| (*distance, unshared(&wanted, &folded(candidate))))
        .map(|(_, candidate)| candidate)
}

fn folded(name: &str) -> Vec<char> {
    let together = |character: char| if matches!(character, '-' | ' ') { '_' } else { character };
    name.chars().flat_map(char::to_lowercase).map(together).collect()
}

/// How many letters of the first name the second does not have.
fn unshared(a: &[char], b: &[char]) -> usize {
    let mut left = b.to_vec();
    a.iter().filter(|letter| left.iter().position(|other| other == *letter).map(|index| left.swap_remove(index)).is_none()).count()
}

/// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before_last[j - 2] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_name_is_the_one_with_fewest_typing_errors() {
        let known = ["saved_leads", "saved_accounts", "notes", "app.seat", "table", "label"];
        for (name, want) in [
            ("saved_lead", Some("saved_leads")),
            ("Saved-Leads", Some("saved_leads")),
            ("ntoes", Some("notes")),
            ("app.saet", Some("app.seat")),
            ("lable", Some("label")),
            ("messages", None),
            ("x", None),
            ("notes", None),
        ] {
            assert_eq!(nearest(name, known), want, "{name}");
        }
    }
}
