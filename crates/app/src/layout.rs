//! Tables of text that fit the width there is: columns get narrower, and their words go on below.

use unicode_width::UnicodeWidthStr as _;

/// Between two columns.
const GAP: usize = 2;

/// A column is not made narrower than this.
const NARROWEST: usize = 12;

/// Columns of text below a header.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
    numbers: Option<usize>,
    names: Option<usize>,
}

impl Table {
    pub fn new<const COLUMNS: usize>(header: [&str; COLUMNS]) -> Self {
        Self { rows: vec![header.iter().map(|&cell| cell.to_owned()).collect()], numbers: None, names: None }
    }

    /// The column that holds numbers: it is aligned to the right and keeps its width.
    #[must_use]
    pub fn numbers_in(mut self, column: usize) -> Self {
        self.numbers = Some(column);
        self
    }

    /// The column of names, which keeps its width for as long as others can give way.
    #[must_use]
    pub fn names_in(mut self, column: usize) -> Self {
        self.names = Some(column);
        self
    }

    /// Adds a row; cells that are not given are empty.
    pub fn row<const COLUMNS: usize>(&mut self, cells: [String; COLUMNS]) {
        self.rows.push(cells.into());
    }

    /// The table in lines of at most `width` columns, unless there are too many columns for it.
    pub fn to_text(&self, width: usize) -> String {
        let widths = self.widths(width);
        let lines = self.rows.iter().flat_map(|row| self.lines(row, &widths, width));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Each column as wide as its widest cell; then the widest give way.
    fn widths(&self, width: usize) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        // What stands alone in its row is a heading, and may go over the other columns.
        let cells = |column: usize| self.rows.iter().filter(|row| row.len() > 1).filter_map(move |row| row.get(column));
        let mut widths: Vec<usize> = (0..columns).map(|column| cells(column).map(|cell| cell.width()).max().unwrap_or(0)).collect();
        let room = width.saturating_sub(GAP * columns.saturating_sub(1));
        while widths.iter().sum::<usize>() > room {
            let wide = |column: &usize| Some(*column) != self.numbers && widths[*column] > NARROWEST;
            let others = (0..columns).filter(|column| Some(*column) != self.names).filter(wide);
            let widest = others.max_by_key(|column| widths[*column]).or_else(|| self.names.filter(wide));
            match widest {
                Some(column) => widths[column] -= 1,
                None => break,
            }
        }
        widths
    }

    fn lines(&self, row: &[String], widths: &[usize], width: usize) -> Vec<String> {
        if let [heading] = row {
            return wrap(heading, width);
        }
        let cells: Vec<Vec<String>> = row.iter().zip(widths).map(|(cell, width)| wrap(cell, *width)).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        let line = |at: usize| {
            let mut text = String::new();
            for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
                let part = cell.get(at).map_or("", String::as_str);
                let blank = " ".repeat(width.saturating_sub(part.width()));
                let gap = if column > 0 { " ".repeat(GAP) } else { String::new() };
                text += &if Some(column) == self.numbers { format!("{gap}{blank}{part}") } else { format!("{gap}{part}{blank}") };
            }
            text.trim_end().to_owned()
        };
        (0..height).map(line).collect()
    }
}

/// The text in lines of at most `width` columns, broken at line feeds, between words, and long names after their dots and underscores. Lines
/// that go on keep the indent of the first.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    text.split('\n').flat_map(|line| wrap_line(line, width)).collect()
}

fn wrap_line(text: &str, width: usize) -> Vec<String> {
    let indent: String = text.chars().take_while(|character| *character == ' ').collect();
    let mut lines = Vec::new();
    let mut line = indent.clone();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut rest = word;
        if line.len() > indent.len() {
            if line.width() + 1 + rest.width() <= width {
                line.push(' ');
                line.push_str(rest);
                continue;
            }
            lines.push(std::mem::replace(&mut line, indent.clone()));
        }
        while indent.len() + rest.width() > width {
            let (first, others) = rest.split_at(breaking(rest, width.saturating_sub(indent.len())));
            lines.push(format!("{indent}{first}"));
            rest = others;
        }
        line.push_str(rest);
    }
    lines.push(line);
    lines
}

/// Where a word that is too long is broken: after the last dot that fits, else after the last `_`, `-` or `,`, else where the room ends.
fn breaking(word: &str, width: usize) -> usize {
    let mut fits = 0;
    let (mut dot, mut good) = (0, 0);
    for (at, character) in word.char_indices() {
        let end = at + character.len_utf8();
        if word[..end].width() > width && fits > 0 {
            break;
        }
        fits = end;
        match character {
            '.' => dot = end,
            '_' | '-' | ',' => good = end,
            _ => {}
        }
    }
    // A short first piece, such as the source's name alone, helps nobody.
    [dot, good].into_iter().find(|end| *end * 3 > fits && *end < word.len()).unwrap_or(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_fit_the_width_and_lose_no_letter() {
        let mut table = Table::new(["category", "table", "rows"]).numbers_in(2);
        table.row([
            "Account list import files and matching reports".into(),
            "app.account_import_report_of_everything".into(),
            "12345".into(),
        ]);
        for width in [40, 60, 80, 200] {
            let text = table.to_text(width);
            assert!(text.lines().all(|line| line.width() <= width), "{width}\n{text}");
            let letters = |text: &str| {
                let mut letters: Vec<char> = text.chars().filter(|character| !character.is_whitespace()).collect();
                letters.sort_unstable();
                letters
            };
            assert_eq!(letters(&text), letters(&table.rows.concat().concat()), "{width}");
        }
        assert_eq!(table.to_text(200).lines().count(), 2);
    }

    #[test]
    fn long_names_break_after_their_dots_and_underscores() {
        assert_eq!(wrap("app.account_import_report", 12), ["app.account_", "import_", "report"]);
        assert_eq!(wrap("  seat via owner_id", 12), ["  seat via", "  owner_id"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
    }
}
