//! PostgreSQL's wire protocol, version 3, as far as exporting and erasing need it.
//!
//! Why not a general driver: parameters travel as text, so that a key of any type (also one the driver has never heard of) is
//! compared by the server as its own type; many statements go out in one round trip; `COPY` needs no preparation and its bytes go
//! from the socket's buffer to the file without being taken apart; and the server's messages about values are dropped right here.

use std::io::{self, Read, Write};

use crate::fault::Fault;
use crate::postgres::stream::Stream;

/// A conversation with the server failed.
#[derive(Debug)]
pub(crate) enum WireError {
    /// The socket failed: the connection is over.
    Socket(io::Error),
    /// The server refused a statement; the connection goes on.
    Fault(Box<Fault>),
    /// The server said something that this client does not know: the connection is over.
    Unknown(String),
    /// The place where rows go failed; the connection is left in the middle of an answer and is over.
    Output(io::Error),
}

pub(crate) type Result<T> = std::result::Result<T, WireError>;

impl From<io::Error> for WireError {
    fn from(error: io::Error) -> Self {
        Self::Socket(error)
    }
}

/// Socket buffer: large enough that a bulk answer takes few system calls, small against every memory limit.
const INBOX_BYTES: usize = 256 * 1024;

/// Statements that may be on their way before their answers are read. Both sides' socket buffers hold at least this much, so neither
/// can wait for the other forever.
pub(crate) const IN_FLIGHT_BYTES: usize = 24 * 1024;

/// A message that is longer than this and is no row of data is taken for nonsense.
const MESSAGE_LIMIT: usize = 1 << 30;

pub(crate) struct Wire {
    stream: Stream,
    inbox: Vec<u8>,
    /// The unread part of `inbox`.
    from: usize,
    to: usize,
    outbox: Vec<u8>,
}

/// One message: its tag and where its body lies in the inbox.
#[derive(Clone, Copy)]
struct Frame {
    tag: u8,
    start: usize,
    end: usize,
}

/// The answer to one statement, in text form.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub rows: Vec<Vec<Option<String>>>,
    /// Rows that the statement returned or changed, from its completion tag.
    pub affected: u64,
}

impl Wire {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, inbox: vec![0; INBOX_BYTES], from: 0, to: 0, outbox: Vec::with_capacity(8 * 1024) }
    }

    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Appends one message to what is sent next.
    pub(crate) fn put(&mut self, tag: Option<u8>, body: impl FnOnce(&mut Vec<u8>)) {
        self.outbox.extend(tag);
        let length_at = self.outbox.len();
        self.outbox.extend([0; 4]);
        body(&mut self.outbox);
        // Statements are bounded by what this crate renders, far below the protocol's 2 GiB.
        let length = u32::try_from(self.outbox.len() - length_at).unwrap_or(u32::MAX);
        self.outbox[length_at..length_at + 4].copy_from_slice(&length.to_be_bytes());
    }

    pub(crate) fn put_query(&mut self, sql: &str) {
        self.put(Some(b'Q'), |body| put_text(body, sql));
    }

    /// A statement with parameters in text form; the server infers their types.
    pub(crate) fn put_statement(&mut self, sql: &str, parameters: &[Option<&str>]) {
        self.put(Some(b'P'), |body| {
            put_text(body, "");
            put_text(body, sql);
            body.extend(0u16.to_be_bytes());
        });
        self.put(Some(b'B'), |body| {
            put_text(body, "");
            put_text(body, "");
            body.extend(0u16.to_be_bytes());
            // A statement takes at most 65,535 parameters; this crate passes sets as arrays and stays far below.
            body.extend(u16::try_from(parameters.len()).unwrap_or(u16::MAX).to_be_bytes());
            for parameter in parameters {
                match parameter {
                    None => body.extend((-1i32).to_be_bytes()),
                    Some(text) => {
                        body.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
                        body.extend(text.as_bytes());
                    }
                }
            }
            body.extend(0u16.to_be_bytes());
        });
        self.put(Some(b'E'), |body| {
            put_text(body, "");
            body.extend(0u32.to_be_bytes());
        });
    }

    pub(crate) fn put_sync(&mut self) {
        self.put(Some(b'S'), |_| ());
    }

    pub(crate) fn outbox_bytes(&self) -> usize {
        self.outbox.len()
    }

    pub(crate) fn flush(&mut self) -> Result<()> {
        self.stream.write_all(&self.outbox)?;
        self.stream.flush()?;
        self.outbox.clear();
        Ok(())
    }

    /// Reads more bytes, making room first.
    fn fill(&mut self) -> Result<()> {
        if self.from == self.to {
            self.from = 0;
            self.to = 0;
        } else if self.to == self.inbox.len() {
            self.inbox.copy_within(self.from..self.to, 0);
            self.to -= self.from;
            self.from = 0;
        }
        let read = self.stream.read(&mut self.inbox[self.to..])?;
        if read == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        self.to += read;
        Ok(())
    }

    /// Tag and body length of the next message, without consuming it.
    fn header(&mut self) -> Result<(u8, usize)> {
        while self.to - self.from < 5 {
            self.fill()?;
        }
        let bytes = &self.inbox[self.from..self.from + 5];
        let length = u32::from_be_bytes([bytes[1], bytes[2], bytes[3], bytes[4]]) as usize;
        match length.checked_sub(4) {
            Some(body) if body <= MESSAGE_LIMIT => Ok((bytes[0], body)),
            _ => Err(WireError::Unknown("a message of impossible length".into())),
        }
    }

    /// The next message with its whole body in the inbox. It stays valid until the next read.
    fn frame(&mut self) -> Result<Frame> {
        let (tag, length) = self.header()?;
        if self.inbox.len() < length + 5 {
            // Only a single row larger than the inbox comes here, and only outside of COPY.
            self.inbox.resize((length + 5).next_power_of_two(), 0);
        }
        while self.to - self.from < length + 5 {
            self.fill()?;
        }
        let start = self.from + 5;
        self.from = start + length;
        Ok(Frame { tag, start, end: start + length })
    }

    fn body(&self, frame: Frame) -> &[u8] {
        &self.inbox[frame.start..frame.end]
    }

    /// The next message that is not a notice, a notification or a changed setting.
    fn next(&mut self) -> Result<Frame> {
        loop {
            let frame = self.frame()?;
            if !matches!(frame.tag, b'N' | b'A' | b'S') {
                return Ok(frame);
            }
        }
    }

    /// The next message while signing in, copied: tag and body.
    pub(crate) fn next_owned(&mut self) -> Result<(u8, Vec<u8>)> {
        let frame = self.next()?;
        let body = self.body(frame).to_vec();
        match frame.tag {
            b'E' => Err(WireError::Fault(Box::new(parse_fault(&body)))),
            tag => Ok((tag, body)),
        }
    }

    /// Reads the answers up to the server's next "ready", one per completed statement.
    ///
    /// Returns the server's first refusal after reading on to "ready", so that the connection can go on.
    pub(crate) fn answers(&mut self) -> Result<Vec<Answer>> {
        let mut answers = Vec::new();
        let mut rows = Vec::new();
        let mut fault = None;
        loop {
            let frame = self.next()?;
            match frame.tag {
                b'D' => rows.push(parse_row(self.body(frame))?),
                b'C' => {
                    let affected = parse_affected(self.body(frame));
                    answers.push(Answer { rows: std::mem::take(&mut rows), affected });
                }
                b'I' => answers.push(Answer::default()),
                b'E' => {
                    let parsed = parse_fault(self.body(frame));
                    fault.get_or_insert_with(|| Box::new(parsed));
                }
                // Row description, parse, bind and close complete, no data, parameter description, portal suspended.
                b'T' | b'1' | b'2' | b'3' | b'n' | b't' | b's' => {}
                b'Z' => return fault.map_or(Ok(answers), |fault| Err(WireError::Fault(fault))),
                other => return Err(unknown(other)),
            }
        }
    }

    /// Passes the rows of a `COPY … TO STDOUT` that was asked for on to `output`, untouched, and returns their number.
    ///
    /// Rows go through in constant memory whatever their length.
    pub(crate) fn copy_out(&mut self, output: &mut dyn Write) -> Result<u64> {
        let mut rows = 0u64;
        let mut completed = None;
        let mut fault = None;
        loop {
            rows += self.pass_buffered_rows(output)?;
            let (tag, length) = self.header()?;
            if tag == b'd' && length + 5 > self.inbox.len() {
                self.pass_long_row(length, output)?;
                rows += 1;
                continue;
            }
            if tag == b'd' && self.to - self.from < length + 5 {
                self.fill()?;
                continue;
            }
            let frame = self.next()?;
            match frame.tag {
                // COPY begins, COPY ends.
                b'H' | b'c' => {}
                b'd' => {
                    let (start, end) = (frame.start, frame.end);
                    output.write_all(&self.inbox[start..end]).map_err(WireError::Output)?;
                    rows += 1;
                }
                b'C' => completed = Some(parse_affected(self.body(frame))),
                b'E' => {
                    let parsed = parse_fault(self.body(frame));
                    fault.get_or_insert_with(|| Box::new(parsed));
                }
                b'Z' => break,
                other => return Err(unknown(other)),
            }
        }
        match (fault, completed) {
            (Some(fault), _) => Err(WireError::Fault(fault)),
            (None, Some(count)) if count == rows => Ok(rows),
            (None, _) => Err(WireError::Unknown("a COPY that counts other rows than it sent".into())),
        }
    }

    /// Passes on the run of whole rows that the inbox holds, with one write: headers are closed up in place.
    fn pass_buffered_rows(&mut self, output: &mut dyn Write) -> Result<u64> {
        let first = self.from;
        let mut at = first;
        let mut written = first;
        let mut rows = 0;
        while self.to - at >= 5 && self.inbox[at] == b'd' {
            let header = &self.inbox[at + 1..at + 5];
            let length = u32::from_be_bytes([header[0], header[1], header[2], header[3]]) as usize;
            let Some(body) = length.checked_sub(4).filter(|body| self.to - at >= body + 5) else { break };
            self.inbox.copy_within(at + 5..at + 5 + body, written);
            written += body;
            at += body + 5;
            rows += 1;
        }
        self.from = at;
        if written > first {
            output.write_all(&self.inbox[first..written]).map_err(WireError::Output)?;
        }
        Ok(rows)
    }

    fn pass_long_row(&mut self, length: usize, output: &mut dyn Write) -> Result<()> {
        self.from += 5;
        let mut left = length;
        loop {
            let part = left.min(self.to - self.from);
            output.write_all(&self.inbox[self.from..self.from + part]).map_err(WireError::Output)?;
            self.from += part;
            left -= part;
            if left == 0 {
                return Ok(());
            }
            self.fill()?;
        }
    }
}

fn unknown(tag: u8) -> WireError {
    WireError::Unknown(format!("message `{}` at an unexpected moment", tag.escape_ascii()))
}

/// Appends a text and the protocol's closing zero. A zero inside would end the text early, so it becomes a byte that no UTF-8 text
/// holds and that the server therefore refuses.
pub(crate) fn put_text(body: &mut Vec<u8>, text: &str) {
    let start = body.len();
    body.extend(text.as_bytes());
    body[start..].iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = 0xff);
    body.push(0);
}

fn parse_row(body: &[u8]) -> Result<Vec<Option<String>>> {
    let broken = || WireError::Unknown("a row of impossible length".into());
    let (count, mut rest) = body.split_first_chunk::<2>().ok_or_else(broken)?;
    let count = u16::from_be_bytes(*count) as usize;
    let mut row = Vec::with_capacity(count);
    for _ in 0..count {
        let (length, tail) = rest.split_first_chunk::<4>().ok_or_else(broken)?;
        let length = i32::from_be_bytes(*length);
        rest = tail;
        match usize::try_from(length) {
            Err(_) => row.push(None),
            Ok(length) => {
                let (value, tail) = rest.split_at_checked(length).ok_or_else(broken)?;
                row.push(Some(String::from_utf8(value.to_vec()).map_err(|_| WireError::Unknown("text that is no UTF-8".into()))?));
                rest = tail;
            }
        }
    }
    Ok(row)
}

/// The count at the end of a completion tag such as `DELETE 7` or `COPY 7`; tags without one count nothing.
fn parse_affected(body: &[u8]) -> u64 {
    let tag = body.strip_suffix(&[0]).unwrap_or(body);
    let number = tag.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    std::str::from_utf8(number).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Keeps the names of an error message's fields and drops those that may quote values.
fn parse_fault(body: &[u8]) -> Fault {
    let mut fault = Fault::default();
    let mut message = String::new();
    for field in body.split(|byte| *byte == 0) {
        let Some((kind, text)) = field.split_first() else { continue };
        let text = String::from_utf8_lossy(text).into_owned();
        match kind {
            b'V' => fault.severity = text,
            b'S' if fault.severity.is_empty() => fault.severity = text,
            b'C' => fault.code = text,
            b's' => fault.schema = Some(text),
            b't' => fault.table = Some(text),
            b'c' => fault.column = Some(text),
            b'n' => fault.constraint = Some(text),
            b'M' => message = text,
            _ => {}
        }
    }
    // These codes speak of names alone; all others may quote a value.
    if matches!(fault.code.as_str(), "42P01" | "42703" | "42704" | "3F000" | "3D000") {
        fault.subject = quoted_name(&message);
    } else if fault.code == "42501" {
        fault.subject = quoted_name(&message).or_else(|| message.rsplit(' ').next().map(str::to_owned));
    }
    fault
}

/// The first double-quoted part of a message.
fn quoted_name(message: &str) -> Option<String> {
    let (_, rest) = message.split_once('"')?;
    let (name, _) = rest.split_once('"')?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completion_tags_give_their_count() {
        assert_eq!(parse_affected(b"DELETE 12\0"), 12);
        assert_eq!(parse_affected(b"INSERT 0 5\0"), 5);
        assert_eq!(parse_affected(b"COPY 0\0"), 0);
        assert_eq!(parse_affected(b"BEGIN\0"), 0);
    }

    #[test]
    fn values_in_a_server_message_are_dropped() {
        let body =
            b"SERROR\0VERROR\0C23503\0Mupdate on \"seat\" violates\0DKey (email)=(ada@mail.example) is referenced\0tnote\0nnote_fk\0\0";
        let got = parse_fault(body);
        assert!(!format!("{got} {got:?}").contains("ada@"));
        assert_eq!((got.table.as_deref(), got.constraint.as_deref()), (Some("note"), Some("note_fk")));
    }

    #[test]
    fn vanished_things_are_named() {
        let got = parse_fault(b"VERROR\0C42P01\0Mrelation \"public.seat\" does not exist\0\0");
        assert_eq!(got.subject.as_deref(), Some("public.seat"));
        let got = parse_fault(b"VERROR\0C42501\0Mpermission denied for table seat\0\0");
        assert_eq!(got.subject.as_deref(), Some("seat"));
    }
}
