//! What is wrong with a map, told so that a person can mend it: where, what, what was expected, and what was probably meant.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};
use serde::Serialize;

/// A place in the map's text. Lines and columns count from 1, columns and length in characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Position {
    pub line: usize,
    pub column: usize,
    pub length: usize,
    /// The same in bytes of the text.
    #[serde(skip)]
    pub bytes: Range<usize>,
}

impl Position {
    /// The position of these bytes; bytes outside the text stand for its end.
    pub fn of(text: &str, bytes: Range<usize>) -> Self {
        Self::within(text, &line_starts(text), bytes)
    }

    /// The position of these bytes in a text whose [`line_starts`] are known.
    pub(super) fn within(text: &str, line_starts: &[usize], bytes: Range<usize>) -> Self {
        let inside = |offset: usize| (0..=offset.min(text.len())).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0);
        let (start, end) = (inside(bytes.start), inside(bytes.end.max(bytes.start)));
        let line = line_starts.partition_point(|line_start| *line_start <= start).max(1);
        let line_start = line_starts.get(line - 1).copied().unwrap_or(0);
        Self { line, column: text[line_start..start].chars().count() + 1, length: text[start..end].chars().count(), bytes: start..end }
    }
}

/// Where each line of a text begins.
pub(super) fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(index, _)| index + 1)).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The map cannot be used until this is mended.
    Error,
    /// The map can be used; a person should look.
    Warning,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    pub severity: Severity,
    /// A lowercase sentence without a full stop.
    pub message: String,
    /// `None` where something is missing from the map as a whole.
    pub position: Option<Position>,
    /// What should stand there.
    pub expected: Option<String>,
    /// What to write instead.
    pub suggestion: Option<String>,
    pub notes: Vec<String>,
}

impl Diagnostic {
    /// Something that refuses the map.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message)
    }

    /// Something that a person should look at, and that refuses nothing.
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message)
    }

    fn new(severity: Severity, message: impl Into<String>) -> Self {
        Self { severity, message: message.into(), position: None, expected: None, suggestion: None, notes: Vec::new() }
    }

    /// Says where it is.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }

    /// Says what was expected there.
    #[must_use]
    pub fn expect(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Says what was probably meant.
    #[must_use]
    pub fn suggest(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }

    /// Suggests the nearest of the known names where one is near enough, else lists them where they are few.
    #[must_use]
    pub fn nearest<'a>(self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let mut known: Vec<&str> = known.into_iter().collect();
        known.dedup();
        match super::nearest::nearest(name, known.iter().copied()) {
            Some(near) => self.suggest(format!("did you mean `{near}`?")),
            None if known.is_empty() || known.len() > MOST_LISTED => self,
            None => self.suggest(format!("known are: {}", known.join(", "))),
        }
    }

    /// Adds what helps to understand it.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}

/// Names that a reader takes in at a glance.
const MOST_LISTED: usize = 12;

/// Writes diagnostics with excerpts of the map's text, in the order of the text.
pub fn render(file: &str, text: &str, diagnostics: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() }.decor_style(DecorStyle::Ascii);
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|diagnostic| diagnostic.position.as_ref().map_or(usize::MAX, |position| position.bytes.start));
    let shown: Vec<String> = sorted.into_iter().map(|diagnostic| render_one(&renderer, file, text, diagnostic)).collect();
    shown.join("\n\n")
}

fn render_one(renderer: &Renderer, file: &str, text: &str, diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str());
    let group = match &diagnostic.position {
        Some(position) => {
            let mut annotation = AnnotationKind::Primary.span(position.bytes.clone());
            if let Some(expected) = &diagnostic.expected {
                annotation = annotation.label(format!("expected {expected}"));
            }
            title.element(Snippet::source(text).path(file).annotation(annotation))
        }
        None => {
            let group = title.element(Origin::path(file));
            match &diagnostic.expected {
                Some(expected) => group.element(Level::NOTE.message(format!("expected {expected}"))),
                None => group,
            }
        }
    };
    let helps = diagnostic.suggestion.iter().map(|suggestion| Level::HELP.message(suggestion.as_str()));
    let notes = diagnostic.notes.iter().map(|note| Level::NOTE.message(note.as_str()));
    renderer.render(&[group.elements(helps).elements(notes)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let text = "a: 1\nßß: x\n";
        let got = Position::of(text, 11..12);
        assert_eq!((got.line, got.column, got.length), (2, 5, 1));
        let end = Position::of(text, 999..1000);
        assert_eq!((end.line, end.column, end.length), (3, 1, 0));
        assert_eq!(Position::of(text, 6..6).bytes, 5..5);
    }

    #[test]
    fn diagnostics_show_excerpt_expectation_and_suggestion() {
        let text = "name: x\ncategories:\n  a: { exprot: included }\n";
        let at = text.find("exprot").unwrap();
        let unknown = Diagnostic::error("a category has no field `exprot`")
            .at(Position::of(text, at..at + 6))
            .expect("label, export or applies")
            .nearest("exprot", ["label", "export", "applies"])
            .note("notes come last");
        let missing = Diagnostic::warning("nothing is mapped");
        let want = "\
error: a category has no field `exprot`
 --> a.map.yaml:3:8
  |
3 |   a: { exprot: included }
  |        ^^^^^^ expected label, export or applies
  |
  = help: did you mean `export`?
  = note: notes come last

warning: nothing is mapped
--> a.map.yaml";
        assert_eq!(render("a.map.yaml", text, &[missing, unknown], false), want);
    }
}
