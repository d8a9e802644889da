//! The blocks of a documentation page, and what the test does with each.
//!
//! | block | meaning |
//! |---|---|
//! | ```` ```sh ```` | run, in the page's own folder; ends with 0 unless `sh exit=N` says otherwise; `sh with=NAME=VALUE` sets a variable for it alone |
//! | `sh background` | started, and left running until the page ends; the next block begins when it listens |
//! | `sh mail=ADDRESS`, and `subject=WORD` | run when a mail to that address has come, with that word in its subject: its text is in `mail.txt`, and its files beside it |
//! | ```` ```text ```` | what the block before it prints, on both streams; a line `…` stands for any lines |
//! | ```` ```yaml ````, ```` ```sql ````, … | saved under the name that its first line gives in a comment |
//! | any of them with `sketch`, or with the name of another test's work (`schema`, `map`, `generated`) | not touched here |
//! | ```` ```console ```` | what a reader does on the own machine; not run |

use std::ops::Range;

/// Notes on blocks that are not this module's.
const ELSEWHERE: [&str; 4] = ["sketch", "schema", "map", "generated"];

#[derive(Debug, PartialEq, Eq)]
pub enum Block {
    Run(Run),
    Save { line: usize, name: String, content: String },
}

/// A script, and what is known of its run.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Run {
    pub line: usize,
    pub script: String,
    pub exit: i32,
    pub with: Option<(String, String)>,
    /// Left running.
    pub background: bool,
    /// The mail that must have come: to whom, and a word of its subject.
    pub mail: Option<(String, String)>,
    pub want: Option<Expected>,
}

/// Expected output, with the lines of the page that hold it.
#[derive(Debug, PartialEq, Eq)]
pub struct Expected {
    pub text: String,
    /// Counted from 0, without the fences.
    pub lines: Range<usize>,
}

/// A fenced block as it stands on the page.
#[derive(Debug)]
pub struct Fence<'a> {
    pub language: &'a str,
    pub notes: Vec<&'a str>,
    /// Lines of the content, counted from 0.
    pub lines: Range<usize>,
    pub content: String,
}

/// Every fenced block of a page.
///
/// # Panics
/// When a block is not closed.
pub fn fences(page: &str) -> Vec<Fence<'_>> {
    let lines: Vec<&str> = page.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let opening = lines[at].trim_start();
        let indent = lines[at].len() - opening.len();
        let ticks = opening.chars().take_while(|character| *character == '`').count();
        at += 1;
        if ticks < 3 {
            continue;
        }
        let start = at;
        let closes = |line: &str| line.trim_end().trim_start_matches(' ') == "`".repeat(ticks);
        while !lines.get(at).map_or_else(|| panic!("line {start}: the block is not closed"), |line| closes(line)) {
            at += 1;
        }
        let mut words = opening[ticks..].split_whitespace();
        let content: String = lines[start..at].iter().map(|line| format!("{}\n", line.get(indent..).unwrap_or_default())).collect();
        found.push(Fence { language: words.next().unwrap_or_default(), notes: words.collect(), lines: start..at, content });
        at += 1;
    }
    found
}

/// What there is to do on a page, in order.
///
/// # Panics
/// When a block is none of those above: what is neither run nor saved must say that it is a `sketch`.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut may_have_output = false;
    for fence in fences(page) {
        let line = fence.lines.start;
        let sketch = fence.notes.iter().any(|note| ELSEWHERE.contains(note));
        let was_run = std::mem::take(&mut may_have_output);
        match fence.language {
            _ if sketch => {}
            "console" => {}
            "sh" => {
                let exit = fence.notes.iter().find_map(|note| note.strip_prefix("exit="));
                let exit = exit.map_or(0, |code| code.parse().unwrap_or_else(|_| panic!("line {line}: exit={code}")));
                let with = fence.notes.iter().find_map(|note| note.strip_prefix("with=")?.split_once('='));
                let with = with.map(|(name, value)| (name.to_owned(), value.to_owned()));
                let background = fence.notes.contains(&"background");
                let mail = fence.notes.iter().find_map(|note| note.strip_prefix("mail="));
                let subject = fence.notes.iter().find_map(|note| note.strip_prefix("subject=")).unwrap_or_default();
                let mail = mail.map(|to| (to.to_owned(), subject.to_owned()));
                found.push(Block::Run(Run { line, script: fence.content, exit, with, background, mail, want: None }));
                may_have_output = !background;
            }
            "text" => match found.last_mut() {
                Some(Block::Run(run)) if was_run => run.want = Some(Expected { text: fence.content, lines: fence.lines }),
                Some(Block::Run(_) | Block::Save { .. }) | None => {
                    panic!("line {line}: a text block is the output of the `sh` block before it; mark others `text sketch`")
                }
            },
            language => {
                let name = file_name(&fence.content);
                let name = name.unwrap_or_else(|| {
                    panic!("line {line}: begin the {language} block with a comment that names its file, or mark it `{language} sketch`")
                });
                found.push(Block::Save { line, name, content: fence.content });
            }
        }
    }
    found
}

/// The name in a first line such as `# shop.map.yaml` or `-- shop.sql`.
fn file_name(content: &str) -> Option<String> {
    let first = content.lines().next()?;
    let name = first.strip_prefix("# ").or_else(|| first.strip_prefix("-- "))?.trim();
    let plain = name.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_'));
    (plain && name.contains('.')).then(|| name.to_owned())
}

#[test]
fn blocks_are_told_apart() {
    let page = "\
Text with `code`.

```sh
echo one
```

It prints:

```text
one
```

```yaml
# a.map.yaml
exeunt: 1
```

```yaml sketch
owner: seat
```

- in a list:

  ```sh exit=3
  false
  ```
";
    let want = [
        Block::Run(Run {
            line: 3,
            script: "echo one\n".into(),
            want: Some(Expected { text: "one\n".into(), lines: 9..10 }),
            ..Run::default()
        }),
        Block::Save { line: 13, name: "a.map.yaml".into(), content: "# a.map.yaml\nexeunt: 1\n".into() },
        Block::Run(Run { line: 24, script: "false\n".into(), exit: 3, ..Run::default() }),
    ];
    assert_eq!(blocks(page), want);
}
