//! Whose data a command is for: `--seat K`, `--contract K` or `--subject KIND=K`.

use exeunt_engine::planning::Subject;
use exeunt_model::map::DataMap;
use exeunt_model::names::SubjectKind;

use crate::failure::{ExitCode, Failure};

#[derive(Debug, clap::Args)]
#[group(id = "whose", required = true, multiple = false)]
pub struct SubjectArgument {
    /// Whose data: the seat with this key (the same as --subject seat=KEY)
    #[arg(long, value_name = "KEY", group = "whose")]
    seat: Option<String>,

    /// Whose data: the contract with this key, with every seat within it
    #[arg(long, value_name = "KEY", group = "whose")]
    contract: Option<String>,

    /// Whose data: a subject of any kind that the map declares, such as person=90021; the parts of a composite key are separated by commas
    #[arg(long, value_name = "KIND=KEY", group = "whose")]
    subject: Option<String>,
}

impl SubjectArgument {
    /// The subject by kind and key. Whether it exists is for the database to say.
    pub fn subject(&self, map: &DataMap) -> Result<Subject, Failure> {
        let (kind, key) = match (&self.seat, &self.contract, &self.subject) {
            (Some(key), _, _) => ("seat", key.as_str()),
            (_, Some(key), _) => ("contract", key.as_str()),
            (_, _, Some(text)) => text.split_once('=').ok_or_else(|| {
                Failure::message(ExitCode::Usage, "a subject is written KIND=KEY").next(format!("kinds of this map: {}", kinds(map)))
            })?,
            (None, None, None) => return Err(Failure::message(ExitCode::Usage, "say whose data: --seat, --contract or --subject")),
        };
        let kind = SubjectKind::new(kind);
        let declared = map.subject(&kind).ok_or_else(|| {
            Failure::message(ExitCode::Usage, format!("`{kind}` is no subject of this map"))
                .next(format!("its subjects are: {}", kinds(map)))
        })?;
        Ok(Subject { kind, key: split_key(key, declared.key.len()) })
    }
}

/// The parts of a key as it is written on the command line; the key of one column may itself hold commas.
pub fn split_key(text: &str, columns: usize) -> Vec<String> {
    if columns == 1 { vec![text.to_owned()] } else { text.split(',').map(str::to_owned).collect() }
}

fn kinds(map: &DataMap) -> String {
    map.subjects.iter().map(|subject| subject.kind.as_str()).collect::<Vec<_>>().join(", ")
}
