//! A mail as text and as HTML.

use exeunt_model::text::in_one_line;

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub subject: String,
    pub greeting: &'static str,
    pub paragraphs: Vec<String>,
    /// What somebody else than the desk wrote, and what introduces it.
    pub quotation: Option<Quotation>,
    /// What to click, and where it leads.
    pub link: Option<(String, String)>,
    /// Who writes, in a line at the end.
    pub closing: String,
}

/// Words of somebody else. However they are put, they are marked as such in every line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quotation {
    pub introduction: String,
    pub words: String,
}

/// A mail, rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub subject: String,
    pub text: String,
    pub html: String,
    pub attachments: Vec<Attachment>,
}

/// A file that comes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub name: String,
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// Renders both forms. No part of them loads anything from anywhere, and each paragraph is a line: whatever somebody is called begins none of its own.
pub fn render(words: &Words, language: &str, attachments: Vec<Attachment>) -> Message {
    // A line break in a subject would begin another header.
    let subject = in_one_line(&words.subject);
    let mut text = format!("{}\n\n", words.greeting);
    let mut html = format!(
        "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\"><title>{}</title></head><body><p>{}</p>",
        escaped(&subject),
        escaped(words.greeting)
    );
    for paragraph in words.paragraphs.iter().map(|paragraph| in_one_line(paragraph)) {
        text.push_str(&paragraph);
        text.push_str("\n\n");
        html.push_str(&format!("<p>{}</p>", escaped(&paragraph)));
    }
    if let Some(Quotation { introduction, words }) = &words.quotation {
        let lines: Vec<String> = words.lines().map(in_one_line).collect();
        text.push_str(&format!("{}\n", in_one_line(introduction)));
        for line in &lines {
            text.push_str(format!("> {line}").trim_end());
            text.push('\n');
        }
        text.push('\n');
        html.push_str(&format!("<p>{}</p><blockquote>", escaped(&in_one_line(introduction))));
        html.push_str(&lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br>"));
        html.push_str("</blockquote>");
    }
    if let Some((what, link)) = &words.link {
        text.push_str(&format!("{what}:\n{link}\n\n"));
        html.push_str(&format!("<p><a href=\"{}\">{}</a></p>", escaped(link), escaped(what)));
    }
    text.push_str(&format!("-- \n{}\n", words.closing));
    html.push_str(&format!("<hr><p>{}</p></body></html>", escaped(&words.closing)));
    Message { subject, text, html, attachments }
}

/// A name as short as a subject has room for.
pub fn short(name: &str) -> String {
    const LONGEST: usize = 24;
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default().trim_end()),
        None => name.to_owned(),
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_are_called_is_no_markup_and_no_header() {
        let words = Words {
            subject: "About <b>\r\nBcc: all@others.example".into(),
            greeting: "Hello,",
            paragraphs: vec!["<script>alert('1')</script> & more".into(), "About Alder\r\n\r\nPay here: \u{202e}gro".into()],
            quotation: Some(Quotation {
                introduction: "They wrote:".into(),
                words: "<b>no</b>\r\n\r\nSigned, the desk\u{2028}-- \u{202e}".into(),
            }),
            link: Some(("Go & see".into(), "https://desk.example/?a=1&b=\"2\"".into())),
            closing: "Desk".into(),
        };
        let got = render(&words, "en", Vec::new());
        assert!(!got.subject.contains(['\r', '\n']));
        assert!(!got.html.contains("<script>") && got.html.contains("&lt;script&gt;"));
        assert!(got.html.contains("href=\"https://desk.example/?a=1&amp;b=&quot;2&quot;\""));
        assert!(got.text.contains("<script>alert('1')</script> & more"));
        for form in [&got.text, &got.html] {
            assert!(form.contains("About Alder Pay here:  gro"), "{form}");
        }
        assert!(got.text.contains("They wrote:\n> <b>no</b>\n>\n> Signed, the desk --\n\nGo & see"), "{}", got.text);
        assert!(got.html.contains("<blockquote>&lt;b&gt;no&lt;/b&gt;<br><br>Signed, the desk -- </blockquote>"), "{}", got.html);
    }
}
