//! One run of the command, from its arguments to its exit code.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::args::{Arguments, Colour, Verb};
use crate::{bug, escape, verb};

/// The exit code when nothing was found.
pub(crate) const EXIT_OK: u8 = 0;
/// The exit code when something was found.
pub(crate) const EXIT_FINDINGS: u8 = 1;
/// The exit code when the command cannot be carried out as it was given.
const EXIT_USAGE: u8 = 2;

/// Why the command could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A file cannot be read.
    #[error("cannot read `{name}`: {reason}")]
    Read { name: String, reason: String },
    /// A file cannot be written.
    #[error("cannot write `{name}`: {reason}")]
    Write { name: String, reason: String },
    /// A file to be written is there already.
    #[error("`{name}` is there already; {fix}")]
    Exists { name: String, fix: &'static str },
    /// A pattern cannot be read.
    #[error("`{pattern}` is no pattern: {reason}")]
    Pattern { pattern: String, reason: String },
    /// A folder or pattern stands for nothing.
    #[error(
        "`{name}` holds no contract; contracts end in `.odcs.yaml`, products in `.odps.yaml`, and other \
         files are named one by one"
    )]
    NothingFound { name: String },
    /// Folders and patterns stand for too many files.
    #[error("more than {limit} files; name fewer at a time")]
    TooManyFiles { limit: usize },
    /// An argument does not hold what it should.
    #[error("{0}")]
    Argument(String),
    /// Standard output is closed.
    #[error("standard output cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// How output is to look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// With colours.
    pub(crate) colour: bool,
    /// Columns that a line of output may have.
    pub(crate) width: usize,
}

impl Look {
    /// The look of output to a stream.
    fn of(colour: Colour, is_terminal: bool) -> Self {
        let not_empty = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let colour = match colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => is_terminal && !dumb && !not_empty("NO_COLOR"),
        };
        let columns = std::env::var("COLUMNS")
            .ok()
            .and_then(|text| text.parse().ok());
        Self {
            colour,
            width: columns.unwrap_or(80_usize).clamp(40, 200),
        }
    }
}

/// Runs the command with the arguments of the process.
///
/// The exit code is 0 when nothing was found or everything was done, 1 when there are findings, 2 when the
/// command cannot be carried out as given, and 70 when the command itself is wrong.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::from(bug::guarded(|| {
        let arguments = match Arguments::try_parse() {
            Ok(arguments) => arguments,
            // Help and version are no mistakes; clap knows which stream and code each has.
            Err(error) => {
                let _printed = error.print();
                return u8::try_from(error.exit_code()).unwrap_or(EXIT_USAGE);
            }
        };
        finish(run(arguments))
    }))
}

fn run(arguments: Arguments) -> Result<u8, Failure> {
    let look = Look::of(arguments.color, io::stdout().is_terminal());
    match arguments.verb {
        Verb::Lint(lint) => verb::lint::run(&lint, look),
        Verb::Diff(diff) => verb::diff::run(&diff, look),
        Verb::Check(check) => verb::check::run(&check, look),
        Verb::Import(import) => verb::import::run(&import),
        Verb::Draft(draft) => verb::draft::run(&draft),
        Verb::Export(export) => verb::export::run(&export),
        Verb::Test(test) => verb::test::run(&test, look),
        Verb::Publish(publish) => verb::publish::run(&publish),
        Verb::Read(read) => verb::rows::run(&read),
        Verb::Quarantine(quarantine) => verb::quarantine::run(&quarantine),
        Verb::Verify(verify) => verb::verify::run(&verify),
        Verb::Doctor(doctor) => verb::doctor::run(&doctor),
        Verb::Maintain(maintain) => verb::maintain::run(&maintain),
        Verb::Init(init) => verb::init::run(&init),
        Verb::Explain(explain) => verb::explain::run(&explain),
        Verb::Completions { shell } => {
            let mut script = Vec::new();
            let mut command = Arguments::command();
            clap_complete::generate(shell, &mut command, "dataproduct", &mut script);
            print(&script)
        }
    }
}

/// The exit code of a run; failures are told on standard error.
fn finish(result: Result<u8, Failure>) -> u8 {
    match result {
        Ok(code) => code,
        // Whoever reads the output has seen enough (`| head`); that is no mistake of anyone.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => EXIT_OK,
        Err(failure) => {
            complain(&format!("error: {failure}"));
            EXIT_USAGE
        }
    }
}

/// Writes to standard output.
pub(crate) fn print(bytes: &[u8]) -> Result<u8, Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(EXIT_OK)
}

/// Writes lines to standard error. When nobody can be told, there is nobody to tell that.
pub(crate) fn complain(text: &str) {
    let _written = writeln!(io::stderr().lock(), "{}", escape::lines(text));
}
