//! One run: options in, answer out.

use std::path::PathBuf;

use serde::Serialize;

use super::args::{Command, CommandLine};
use super::failure::Failure;
use super::options::{Common, Format};
use super::output::Sink;
use super::progress::Progress;
use super::{check, coverage, diff, doctor, explain, graph, init, mask, matrix, reach, schema, trace};
use crate::msg;
use crate::report::json::to_text;
use crate::report::{Colour, Style};
use crate::source::{Lang, Limits};

/// What every command needs.
pub(super) struct Run {
    pub(super) common: Common,
    pub(super) limits: Limits,
    pub(super) progress: Progress,
    /// Files that were read: never overwritten.
    pub(super) inputs: Vec<PathBuf>,
    colour: Colour,
}

/// What a command says, and the exit code that goes with it.
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) code: u8,
}

/// Runs a command and delivers its answer; the exit code.
pub(super) fn run(line: &CommandLine, lang: Lang) -> Result<u8, Failure> {
    let common = Common::check(&line.global, lang)?;
    // A masked copy and a new site are folders, and what is said about them goes to the terminal.
    let makes_folder = matches!(line.command, Command::Mask { .. } | Command::Init { .. });
    let file = common.output.as_deref().filter(|_| !makes_folder);
    let sink = Sink::open(file)?;
    let progress = Progress::start(common.progress, lang);
    let colour = sink.colour();
    let mut run = Run { common, limits: Limits::default(), progress, inputs: Vec::new(), colour };
    let answer = dispatch(&mut run, &line.command)?;
    sink.spare(&run.inputs)?;
    drop(run);
    sink.write(&answer.text)?;
    Ok(answer.code)
}

fn dispatch(run: &mut Run, command: &Command) -> Result<Answer, Failure> {
    let draws = matches!(command, Command::Graph { .. });
    if run.common.format.is_some_and(|f| f.is_picture() != draws) {
        return Err(match draws {
            true => msg!(
                "`bunri graph` draws a picture: write `--format svg`, `dot` or `mermaid`",
                "`bunri graph` が出力するのは図である。`--format` には svg、dot 又は mermaid を指定する"
            ),
            false => msg!(
                "`--format svg`, `dot` and `mermaid` are for `bunri graph`: write text or json",
                "`--format` の svg、dot 及び mermaid は `bunri graph` 専用である。text 又は json を指定する"
            ),
        }
        .into());
    }
    match command {
        Command::Check { site, baseline, fail_on, draft_register } => {
            let draft = draft_register.as_deref();
            check::check(run, site, (baseline.as_deref(), fail_on.as_deref()), draft)
        }
        Command::Trace { site: Some(site), packets, .. } => trace::over_site(run, site, packets),
        Command::Trace { site: None, device, packets } => trace::on_one_device(run, device, packets),
        Command::Reach { device, ingress, egress, src, dst, proto, dport } => {
            let files = device;
            let (egress, src, dst) = (egress.as_deref(), src.as_deref(), dst.as_deref());
            let (proto, dport) = (proto.as_deref(), dport.as_deref());
            reach::reach(run, &reach::Ask { files, ingress, egress, src, dst, proto, dport })
        }
        Command::Coverage { paths, vendor, lines } => {
            coverage::coverage(run, &coverage::Ask { paths, vendor: vendor.as_deref(), most: *lines })
        }
        Command::Matrix { site } => matrix::matrix(run, site),
        Command::Graph { site } => graph::graph(run, site),
        Command::Doctor { site } => doctor::doctor(run, site),
        Command::Explain { what, id, site, finding, from, to, src, dst, proto, dport } => {
            let (site, finding) = (site.as_deref(), finding.as_deref().or(id.as_deref()));
            let (from, to) = (from.as_deref(), to.as_deref());
            let (src, dst) = (src.as_deref(), dst.as_deref());
            let (proto, dport) = (proto.as_deref(), dport.as_deref());
            let ask = explain::Ask { what, site, finding, from, to, src, dst, proto, dport };
            explain::explain(run, &ask)
        }
        Command::Diff { before, after, vendor } => {
            diff::diff(run, &diff::Ask { before, after, vendor: vendor.as_deref() })
        }
        Command::Init { folder } => init::init(run, folder),
        Command::Mask { folder } => mask::mask(run, folder),
        #[cfg(target_os = "linux")]
        Command::Lab { site } => super::lab::lab(run, site),
        #[cfg(not(target_os = "linux"))]
        Command::Lab { .. } => Err(msg!(
            "the laboratory needs a Linux kernel: run it on a Linux machine",
            "実機検証には Linux のカーネルが必要である。Linux の端末で実行する"
        )
        .into()),
        Command::Schema { form } => schema::schema(run, form.as_deref()),
    }
}

impl Run {
    pub(super) fn style(&self) -> Style {
        Style { colour: self.colour, ..Style::plain(self.common.lang) }
    }

    /// The answer in the format asked for; text where nothing was asked.
    pub(super) fn render(&self, json: &impl Serialize, text: impl FnOnce(Style) -> String) -> String {
        match self.common.format {
            Some(Format::Json) => to_text(json),
            _ => text(self.style()),
        }
    }
}
