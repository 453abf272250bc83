//! A site from its folder.

use std::io;
use std::path::Path;

use super::failure::Failure;
use super::files::SiteFolder;
use super::output::complaint_colour;
use super::run::Run;
use crate::msg;
use crate::network::{BuildError, FileSource, Site, build};
use crate::report::diagnostics;
use crate::source::{Diagnostic, Lang, Msg, Severity, SitePath, Sources};
use crate::vendor::VENDORS;

/// Most diagnostics printed for one site.
const MOST: usize = 20;

/// A folder whose refusals are in the reader's language.
struct Files {
    folder: SiteFolder,
    lang: Lang,
}

impl Files {
    fn error(&self, refusal: (io::ErrorKind, Msg)) -> io::Error {
        io::Error::new(refusal.0, refusal.1.text(self.lang).to_owned())
    }
}

impl FileSource for Files {
    fn read(&self, path: &SitePath) -> io::Result<Vec<u8>> {
        self.folder.read(path).map_err(|e| self.error(e))
    }
    fn list(&self) -> io::Result<Vec<SitePath>> {
        self.folder.list().map_err(|e| self.error(e))
    }
}

/// Reads a site. Its files count as inputs of the run.
pub(super) fn load(run: &mut Run, folder: &Path) -> Result<Site, Failure> {
    let lang = run.common.lang;
    run.progress.stage(&msg!("reading the site", "サイトを読み込み中"));
    let files = Files { folder: SiteFolder::open(folder, run.limits)?, lang };
    match build(&files, VENDORS, &run.limits) {
        Ok(site) => {
            let whole = site.sources.files().filter(|(_, f)| f.part_of().is_none());
            let paths = whole.map(|(_, f)| folder.join(f.path().as_str()));
            run.inputs.extend(paths);
            Ok(site)
        }
        Err(BuildError::NoTopology(why)) => Err(why.into()),
        Err(BuildError::Malformed { sources, diagnostics: list }) => Err(malformed(&sources, &list, lang)),
    }
}

/// Mistakes in a topology or register.
pub(super) fn malformed(sources: &Sources, list: &[Diagnostic], lang: Lang) -> Failure {
    let rendered = diagnostics(sources, list, MOST, lang, complaint_colour());
    // Whatever stops a run says so.
    let stops = list.iter().take(MOST).any(|d| d.code.severity() == Severity::Error);
    let said = msg!(
        "the site cannot be read until this is settled",
        "上記の事項を解消するまで、サイトを読み込むことができない"
    );
    Failure { messages: if stops { Vec::new() } else { vec![said] }, rendered }
}
