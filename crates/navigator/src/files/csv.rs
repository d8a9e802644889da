//! CSV as people send it: with commas or semicolons, with or without a byte order mark.

/// Builds a CSV line by line.
#[derive(Debug)]
pub struct Csv {
    text: String,
    delimiter: char,
    line_end: &'static str,
}

/// How an uploaded file was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawCsv {
    pub delimiter: char,
    pub byte_order_mark: bool,
}

impl RawCsv {
    pub fn encoding(self) -> &'static str {
        if self.byte_order_mark { "UTF-8-BOM" } else { "UTF-8" }
    }

    pub fn start(self) -> Csv {
        let text = if self.byte_order_mark { "\u{feff}".to_owned() } else { String::new() };
        Csv { text, delimiter: self.delimiter, line_end: "\r\n" }
    }
}

impl Csv {
    /// Commas, no mark, as reports are written.
    pub fn plain() -> Self {
        Self { text: String::new(), delimiter: ',', line_end: "\r\n" }
    }

    pub fn line(&mut self, cells: &[&str]) {
        for (cell, index) in cells.iter().zip(0..) {
            if index > 0 {
                self.text.push(self.delimiter);
            }
            if cell.contains([self.delimiter, '"', '\n', '\r']) {
                self.text.push('"');
                self.text.push_str(&cell.replace('"', "\"\""));
                self.text.push('"');
            } else {
                self.text.push_str(cell);
            }
        }
        self.text.push_str(self.line_end);
    }

    pub fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_with_delimiters_and_quotes_are_quoted() {
        let mut csv = RawCsv { delimiter: ';', byte_order_mark: true }.start();
        csv.line(&["a;b", "say \"x\"", "=HYPERLINK(1)"]);
        assert_eq!(csv.bytes(), "\u{feff}\"a;b\";\"say \"\"x\"\"\";=HYPERLINK(1)\r\n".as_bytes());
    }
}
