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
    if crate::logging::is_installed() {
        let causes: Vec<String> = failure.error.chain().skip(1).map(ToString::to_string).collect();
        let code = failure.code as u8;
        let details = failure.details.as_ref().map(|details| details.0.as_str());
        tracing::error!(details, causes = causes.join(": "), next = failure.next.join("; "), code, "{}", failure.sentence());
        return failure.code;
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

/// Help and version go to standard output and end well; everything else is a usage error on standard error, as one JSON object where JSON is
/// asked for.
pub fn refused_arguments(refused: &clap::Error) -> std::process::ExitCode {
    if !refused.use_stderr() {
        // A closed pipe takes the message with it; there is nobody left to tell.
        let _ = refused.print();
        return ExitCode::Done.into();
    }
    // What was given is not understood, so that it is looked at as it stands.
    if std::env::args_os().any(|argument| argument == "--json") {
        let text = refused.render().to_string();
        let sentence = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let failure = Failure::message(ExitCode::Usage, sentence).next("exeunt COMMAND --help");
        return print(&failure, &Output::new(true)).into();
    }
    let _ = refused.print();
    ExitCode::Usage.into()
}
