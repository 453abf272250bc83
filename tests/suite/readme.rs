//! The README's console blocks are run, and print what the README says they print.

use std::fs;
use std::path::Path;
use std::process::Command;

/// A line that stands for any number of lines.
const ANYTHING: &str = "…";

struct Session {
    command: String,
    expected: Vec<String>,
}

fn sessions(readme: &str) -> Vec<Session> {
    let mut out: Vec<Session> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            _ => match line.strip_prefix("$ ") {
                Some(command) => out.push(Session { command: command.to_owned(), expected: Vec::new() }),
                None => out
                    .last_mut()
                    .expect("a console block starts with a command")
                    .expected
                    .push(line.to_owned()),
            },
        }
    }
    out
}

/// Runs `cargo run --quiet -- ARGS` as the built program with ARGS.
fn run(command: &str) -> (String, i32) {
    let arguments = command.strip_prefix("cargo run --quiet -- ").expect("a command of the README");
    let mut program = Command::new(env!("CARGO_BIN_EXE_bunri"));
    program.args(arguments.split_whitespace()).current_dir(env!("CARGO_MANIFEST_DIR"));
    program.env_clear().env("LANG", "C.UTF-8");
    let output = program.output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
}

fn compare(command: &str, expected: &[String], printed: &str) {
    let mut left = printed.lines();
    let mut skipping = false;
    for line in expected {
        if line == ANYTHING {
            skipping = true;
            continue;
        }
        let found = if skipping { left.find(|l| l == line) } else { left.next().filter(|l| l == line) };
        assert!(
            found.is_some(),
            "`{command}` did not print this line where the README has it:\n{line}\n\n{printed}"
        );
        skipping = false;
    }
    assert!(skipping || left.next().is_none(), "`{command}` printed more than the README shows");
}

#[test]
fn console_blocks_print_what_they_say() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let sessions = sessions(&readme);
    let mut code = None;
    let mut commands = 0;
    for session in &sessions {
        if session.command == "echo $?" {
            let code: i32 = code.take().expect("a command before echo");
            assert_eq!(session.expected, [code.to_string()], "exit code in the README");
            continue;
        }
        let (printed, status) = run(&session.command);
        compare(&session.command, &session.expected, &printed);
        code = Some(status);
        commands += 1;
    }
    assert!(commands >= 4, "only {commands} commands found: does the test still read the README?");
}
