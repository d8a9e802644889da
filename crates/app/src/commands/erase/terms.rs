//! What the certificate of an erasure states beside the counts.

use std::path::PathBuf;

use exeunt_engine::erasure::{Terms, standard_outside};
use exeunt_model::certificate::{Outside, Purpose};

/// What the certificate states beside the counts, and where it is written.
#[derive(Debug, clap::Args)]
pub struct TermsArguments {
    /// The request that is answered, such as a ticket's number; no name, for it stands in the certificate
    #[arg(long, value_name = "NUMBER", value_parser = parse_reference)]
    reference: Option<String>,

    /// A copy that the erasure does not reach, for the certificate; may be given several times
    #[arg(long = "outside", value_name = "TEXT")]
    outside: Vec<String>,

    /// The day on which the last backup with this data is gone, for the certificate
    #[arg(long, value_name = "DATE")]
    backups_until: Option<jiff::civil::Date>,

    /// The folder to write the certificate to; made where there is none
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
}

impl TermsArguments {
    pub fn terms(&self, purpose: Purpose, search_residuals: bool, batch_rows: Option<u64>) -> Terms {
        let mut outside = standard_outside(self.backups_until.map(|day| day.to_string()));
        outside.extend(self.outside.iter().map(|what| Outside { what: what.clone(), until: None }));
        Terms { purpose, reference: self.reference.clone(), outside, search_residuals, batch_rows }
    }
}

/// A number, not a name: what stands in a certificate for good must not be personal.
fn parse_reference(text: &str) -> Result<String, String> {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./#".contains(character);
    match text.len() {
        1..=64 if text.chars().all(plain) => Ok(text.to_owned()),
        _ => Err("a reference is up to 64 letters, digits and - _ . / #".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_number_and_no_address() {
        assert_eq!(parse_reference("R-1041/2026"), Ok("R-1041/2026".to_owned()));
        for text in ["", "mara@example", "Mara Lindqvist", &"1".repeat(65)] {
            assert!(parse_reference(text).is_err(), "{text}");
        }
    }
}
