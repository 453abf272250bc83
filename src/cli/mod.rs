//! The command line: the only room that touches files, clock, environment and terminal.
//!
//! Raw arguments (`args`) become checked options (`options`), a command makes an answer, and `output` delivers it
//! whole or not at all. Exit codes: 0 everything asked holds or was answered, 1 something is violated, 2 usage or
//! input error, 3 undetermined.

mod args;
mod check;
mod coverage;
mod device;
mod diff;
mod doctor;
mod explain;
mod failure;
mod files;
mod graph;
mod init;
#[cfg(target_os = "linux")]
pub mod lab;
mod language;
mod mask;
mod matrix;
mod new_folder;
mod options;
mod output;
mod places;
mod progress;
mod reach;
mod run;
mod schema;
mod site;
mod trace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::source::Lang;

/// Stack of the thread that does the work: Windows gives the main thread 1 MB only.
const STACK: usize = 16 << 20;

/// Runs the program on the process's arguments.
pub fn main() -> ExitCode {
    let args: Vec<OsString> = wild::args_os().collect();
    let locale = sys_locale::get_locale();
    let worker = std::thread::Builder::new().stack_size(STACK).spawn(move || start(&args, locale.as_deref()));
    let code = match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        // The panic's own message was printed already.
        Ok(Err(_)) => ERROR,
        Err(e) => {
            output::complain(&format!("error: {e}\n"));
            ERROR
        }
    };
    ExitCode::from(code)
}

/// Exit code of everything that prevents an answer.
const ERROR: u8 = 2;

fn start(args: &[OsString], locale: Option<&str>) -> u8 {
    let lang = language::detect(args, locale);
    let mut command = args::CommandLine::command();
    if lang == Lang::Ja {
        command = language::japanese(command);
    }
    let line = match command.try_get_matches_from(args).and_then(|m| args::CommandLine::from_arg_matches(&m))
    {
        Ok(line) => line,
        Err(e) => return usage(&e, lang),
    };
    match run::run(&line, lang) {
        Ok(code) => code,
        Err(failure) => {
            output::complain(&failure.text(lang));
            ERROR
        }
    }
}

/// Help, version, or a usage error.
fn usage(error: &clap::Error, lang: Lang) -> u8 {
    use clap::error::ErrorKind as K;
    if !error.use_stderr() {
        return match output::Sink::Terminal.write(&error.render().ansi().to_string()) {
            Ok(()) => 0,
            Err(_) => ERROR,
        };
    }
    let help = error.kind() == K::DisplayHelpOnMissingArgumentOrSubcommand;
    let text = match lang {
        Lang::Ja if !help => language::error(error),
        _ => error.render().ansi().to_string(),
    };
    output::complain(&text);
    ERROR
}
