//! Mails: what they say in each language, as text and as HTML, and how they are sent.
//!
//! Each notice of the desk is a subject, paragraphs, at most one quotation and at most one link; a language is one folder that says them all. To add a
//! language: a variant of [`Language`], and a folder beside `english`.

mod english;
mod german;
mod message;
mod smtp;
#[cfg(test)]
mod tests;

pub use message::{Attachment, Message, Quotation, Words, render};
pub use smtp::{Error, Smtp};

use exeunt_model::identity::Language;

use crate::desk::{Notice, Particulars, Settings};

/// What a notice says in a language.
pub fn words(notice: &Notice, particulars: &Particulars, language: Language, settings: &Settings) -> Words {
    match language {
        Language::English => english::words(notice, particulars, settings),
        Language::German => german::words(notice, particulars, settings),
    }
}
