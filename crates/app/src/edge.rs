//! Where failures leave the program.

use serde_json::json;

use crate::failure::{ExitCode, Failure};
use crate::interrupt;
use crate::output::Output;

/// Prints the failure on standard error, as text or as one JSON object, and returns the code to exit with.
pub fn print(failure: &Failure, output: &Output) -> ExitCode {
    if interrupt::requested() && failure.code == ExitCode::Failed {
        output.note("interrupted");
        return ExitCode::Interrupted;
    }
    let causes: Vec<String> = failure.error.chain().skip(1).map(ToString::to_string).collect();
    if output.is_json() {
        let object = json!({
            "error": failure.sentence(),
            "causes": causes,
            "next": failure.next,
            "code": failure.code as u8,
            "details": failure.details.as_ref().map(|details| &details.1),
        });
        output.note(object);
    } else {
        if let Some(details) = &failure.details {
            output.note(format!("{}\n", details.0));
        }
        output.note(format!("{BAD}error:{PLAIN} {}", failure.sentence()));
        for cause in causes {
            output.note(format!("  because: {cause}"));
        }
        match failure.next.as_slice() {
            [] => {}
            [step] => output.note(format!("{HINT}  what to do:{PLAIN} {step}")),
            steps => {
                output.note(format!("{HINT}  what to do:{PLAIN}"));
                for step in steps {
                    output.note(format!("    {step}"));
                }
            }
        }
    }
    failure.code
}

const BAD: &str = "\u{1b}[1;31m";
const HINT: &str = "\u{1b}[1;36m";
const PLAIN: &str = "\u{1b}[0m";

/// Help and version go to standard output and end well; everything else is a usage error on standard error.
pub fn refused_arguments(refused: &clap::Error) -> std::process::ExitCode {
    // A closed pipe takes the message with it; there is nobody left to tell.
    let _ = refused.print();
    let code = if refused.use_stderr() { ExitCode::Usage } else { ExitCode::Done };
    code.into()
}
