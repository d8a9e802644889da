//! Taking places out of a JSON text, leaving every other byte as it is.

use std::ops::Range;

use serde::de::IgnoredAny;

/// What is left of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Left {
    /// It holds none of the places.
    Same,
    Without(String),
    /// It is no JSON by the strict rules, or holds further JSON in a text where a place may hide.
    Unreadable,
}

/// Lists within lists, or objects, beyond which a value is not looked into.
const DEEPEST: usize = 128;

/// The names that lead from a value to a place inside it.
type Rest<'a> = &'a [String];

/// Takes every place out that one of the paths leads to: each of several equal names, and within lists each element, unless the path
/// says a position there.
pub(super) fn without(text: &str, paths: &[Rest<'_>]) -> Left {
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        return Left::Unreadable;
    }
    let walk = Walk { text };
    let start = walk.blanks(0);
    match walk.value(start, paths, 0) {
        Err(Unreadable) => Left::Unreadable,
        Ok((_, None)) => Left::Same,
        Ok((_, Some(value))) => Left::Without(value),
    }
}

struct Unreadable;

/// A walk over a text that is known to be JSON.
struct Walk<'a> {
    text: &'a str,
}

/// One element of a list or object: its bytes, and those of its value alone.
struct Member<'a> {
    whole: Range<usize>,
    kept: Option<String>,
    paths: Vec<Rest<'a>>,
}

impl Walk<'_> {
    /// Where the value that begins here ends, and what is to stand in its place if it changes.
    fn value(&self, start: usize, paths: &[Rest<'_>], depth: usize) -> Result<(usize, Option<String>), Unreadable> {
        let first = self.byte(start)?;
        if paths.is_empty() || !matches!(first, b'{' | b'[' | b'"') {
            return Ok((self.end(start)?, None));
        }
        if first == b'"' {
            let end = self.end(start)?;
            let inner = self.string(start..end)?;
            let hides = inner.trim_start().starts_with(['{', '[', '"']);
            return if hides { Err(Unreadable) } else { Ok((end, None)) };
        }
        if depth == DEEPEST {
            return Err(Unreadable);
        }
        let is_object = first == b'{';
        let (spans, end) = self.members(start)?;
        let mut members = Vec::with_capacity(spans.len());
        for (position, span) in spans.iter().enumerate() {
            let inner = match is_object {
                true => self.named(span, paths)?,
                false => listed(paths, position, spans.len()),
            };
            let goes = inner.iter().any(|path| path.is_empty());
            members.push(Member { whole: span.clone(), kept: (!goes).then(String::new), paths: inner });
        }
        let mut changed = false;
        for member in &mut members {
            let Some(kept) = &mut member.kept else {
                changed = true;
                continue;
            };
            let at = if is_object { self.after_name(member.whole.start)? } else { self.blanks(member.whole.start) };
            let (value_end, replaced) = self.value(at, &member.paths, depth + 1)?;
            changed |= replaced.is_some();
            kept.push_str(&self.text[member.whole.start..at]);
            kept.push_str(replaced.as_deref().unwrap_or(&self.text[at..value_end]));
            kept.push_str(&self.text[value_end..member.whole.end]);
        }
        if !changed {
            return Ok((end, None));
        }
        let kept: Vec<&str> = members.iter().filter_map(|member| member.kept.as_deref()).collect();
        let (open, close) = if is_object { ('{', '}') } else { ('[', ']') };
        Ok((end, Some(format!("{open}{}{close}", kept.join(",").trim_start()))))
    }

    /// What the paths say of the member of an object.
    fn named<'p>(&self, span: &Range<usize>, paths: &[Rest<'p>]) -> Result<Vec<Rest<'p>>, Unreadable> {
        let start = self.blanks(span.start);
        let name = self.string(start..self.end(start)?)?;
        Ok(paths.iter().filter_map(|path| path.split_first()).filter(|(first, _)| **first == name).map(|(_, rest)| rest).collect())
    }

    /// Where the value of an object's member begins.
    fn after_name(&self, member: usize) -> Result<usize, Unreadable> {
        let colon = self.blanks(self.end(self.blanks(member))?);
        Ok(self.blanks(colon + 1))
    }

    /// The members of the list or object that begins here, between its commas, and where it ends.
    fn members(&self, start: usize) -> Result<(Vec<Range<usize>>, usize), Unreadable> {
        let mut found = Vec::new();
        let mut at = start + 1;
        let mut member = at;
        let mut depth = 0_usize;
        loop {
            match self.byte(at)? {
                b'"' => {
                    at = self.end(at)?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth > 0 => depth -= 1,
                b'}' | b']' => {
                    if !self.text[member..at].trim().is_empty() {
                        found.push(member..at);
                    }
                    return Ok((found, at + 1));
                }
                b',' if depth == 0 => {
                    found.push(member..at);
                    member = at + 1;
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Where the value that begins here ends.
    fn end(&self, start: usize) -> Result<usize, Unreadable> {
        let mut at = start;
        let mut depth = 0_usize;
        loop {
            match self.byte(at)? {
                b'"' => {
                    at += 1;
                    while self.byte(at)? != b'"' {
                        at += if self.byte(at)? == b'\\' { 2 } else { 1 };
                    }
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.checked_sub(1).ok_or(Unreadable)?,
                b',' | b':' if depth > 0 => {}
                byte if depth == 0 && !byte.is_ascii_whitespace() => {
                    let rest = &self.text.as_bytes()[at..];
                    let length = rest.iter().position(|byte| matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace());
                    return Ok(at + length.unwrap_or(rest.len()));
                }
                _ => {}
            }
            at += 1;
            if depth == 0 {
                return Ok(at);
            }
        }
    }

    fn string(&self, span: Range<usize>) -> Result<String, Unreadable> {
        serde_json::from_str(&self.text[span]).map_err(|_| Unreadable)
    }

    fn blanks(&self, start: usize) -> usize {
        let rest = &self.text.as_bytes()[start.min(self.text.len())..];
        start + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
    }

    fn byte(&self, at: usize) -> Result<u8, Unreadable> {
        self.text.as_bytes().get(at).copied().ok_or(Unreadable)
    }
}

/// What the paths say of an element of a list: a position means that one alone, a name is looked for in each.
fn listed<'p>(paths: &[Rest<'p>], position: usize, length: usize) -> Vec<Rest<'p>> {
    let of = |path: &Rest<'p>| {
        let (first, rest) = path.split_first()?;
        match first.parse::<i64>() {
            Err(_) => Some(*path),
            Ok(meant) => {
                let meant = if meant < 0 { meant + length as i64 } else { meant };
                (meant == position as i64).then_some(rest)
            }
        }
    };
    paths.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &str, paths: &[&str]) -> Left {
        let paths: Vec<Vec<String>> = paths.iter().map(|path| path.split('/').map(str::to_owned).collect()).collect();
        let paths: Vec<&[String]> = paths.iter().map(Vec::as_slice).collect();
        without(text, &paths)
    }

    #[test]
    fn places_go_and_every_other_byte_stays() {
        let cases = [
            (r#"{"a": 1.0e5, "token": "x", "b": [1, 2]}"#, "token", r#"{"a": 1.0e5, "b": [1, 2]}"#),
            (r#" { "token" : {"deep": [1]} , "b":2 } "#, "token", r#"{"b":2 }"#),
            (r#"{"token": 1}"#, "token", "{}"),
            (r#"{"token": 1, "token": 2, "b": "}\",{"}"#, "token", r#"{"b": "}\",{"}"#),
            (r#"{"tok\u0065n": "escaped"}"#, "token", "{}"),
            (r#"{"actor": {"token": 1, "id": 7}}"#, "actor/token", r#"{"actor": {"id": 7}}"#),
            (r#"[{"token": 1}, {"id": 2}, [{"token": 3, "id": 4}]]"#, "token", r#"[{}, {"id": 2}, [{"id": 4}]]"#),
            (r#"{"a": [1, 2, 3]}"#, "a/1", r#"{"a": [1, 3]}"#),
            (r#"{"a": [1, 2, 3]}"#, "a/-1", r#"{"a": [1, 2]}"#),
            (r#"{"a": {"1": 2, "x": 3}}"#, "a/1", r#"{"a": {"x": 3}}"#),
            (r#"{"": 1, "ü": {"token": null}}"#, "ü/token", r#"{"": 1, "ü": {}}"#),
        ];
        for (text, path, want) in cases {
            assert_eq!(taken(text, &[path]), Left::Without(want.to_owned()), "{text}");
        }
        let both = taken(r#"{"a": [1, 2, 3], "b": 4}"#, &["a/0", "a/1", "b"]);
        assert_eq!(both, Left::Without(r#"{"a": [3]}"#.to_owned()));
    }

    #[test]
    fn what_holds_no_such_place_stays() {
        for text in ["5", "null", r#""token""#, "{}", " [ ] ", r#"{"x": {"token": 1}, "y": "{"}"#, r#"["token"]"#, "[1, [2, []]]"] {
            assert_eq!(taken(text, &["token"]), Left::Same, "{text}");
        }
    }

    #[test]
    fn what_may_hide_a_place_is_unreadable() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let hidden = [
            "{token: 1}",
            "{\"token\": 1,}",
            "{'token': 1}",
            "{\"token\": 1",
            "{\"token\": 1} {\"token\": 2}",
            "token=abc",
            "",
            "\u{feff}{\"token\": 1}",
            r#""{\"token\": 1}""#,
            r#"["{\"token\": 1}"]"#,
            r#"{"a": NaN}"#,
            deep.as_str(),
        ];
        for text in hidden {
            assert_eq!(taken(text, &["token"]), Left::Unreadable, "{text}");
        }
    }
}
