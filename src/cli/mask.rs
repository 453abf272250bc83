//! `bunri mask`: a copy of a folder without passwords and keys.

use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::files::{SiteFolder, shown};
use super::new_folder::{self, Contents};
use super::run::{Answer, Run};
use super::site;
use crate::checks::{CheckError, Options, assess};
use crate::msg;
use crate::network::{BuildError, Site, TOPOLOGY, build};
use crate::report::mask::{Copied, Copy, json, text};
use crate::source::{FileId, Msg, SitePath, Sources, encode_like};
use crate::vendor::{VENDORS, VendorInput, detect};

/// Suspicious lines listed.
const MOST: usize = 20;
/// Words that often stand before a secret.
const WORDS: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "psk",
    "community",
    "private key",
    "pre-shared",
    "api-key",
];

pub(super) fn mask(run: &mut Run, folder: &Path) -> Result<Answer, Failure> {
    let target = target(run.common.output.as_deref(), folder)?;
    let source = SiteFolder::open(folder, run.limits)?;
    let paths = source.list().map_err(|(_, why)| why)?;
    let topology = SitePath::new(TOPOLOGY).ok().filter(|t| paths.contains(t));
    let site = topology.map(|_| site::load(run, folder)).transpose()?;
    let (copy, contents) = files(run, &source, &paths, site.as_ref())?;
    let mut copy = copy;
    if let Some(site) = &site {
        run.progress.stage(&msg!("comparing the copy with the site", "複製と元のサイトを比較中"));
        compare(run, site, &contents, &mut copy)?;
    }
    new_folder::write(&target, &contents)?;
    let code = if copy.different.is_empty() { 0 } else { 3 };
    let name = shown(&target);
    let report = json(&copy, run.common.lang);
    Ok(Answer { text: run.render(&report, |style| text(&copy, &name, style)), code })
}

/// The new folder, checked before the work begins.
fn target(output: Option<&Path>, folder: &Path) -> Result<PathBuf, Msg> {
    let Some(path) = output else {
        return Err(msg!(
            "name a new folder for the copy: `bunri mask FOLDER -o COPY`",
            "複製を作る新しいフォルダを指定する: `bunri mask フォルダ -o 複製先`"
        ));
    };
    new_folder::target(path, folder)
}

/// What every file of the folder becomes. A file that no vendor and no topology vouches for may hold anything.
fn files(
    run: &mut Run,
    folder: &SiteFolder,
    paths: &[SitePath],
    site: Option<&Site>,
) -> Result<(Copy, Contents), Failure> {
    let mut loose = Sources::new();
    let mut contents = Contents::new();
    let mut files = Vec::new();
    let (mut suspicious, mut workbooks) = (Vec::new(), Vec::new());
    for path in paths {
        let left_out = |reason| Copied { path: path.clone(), secrets: None, reason: Some(reason) };
        let bytes = match folder.read(path) {
            Ok(bytes) => bytes,
            Err((_, why)) => {
                files.push(left_out(why));
                continue;
            }
        };
        let of_site = site.and_then(|s| Some((&s.sources, s.sources.by_path(path)?)));
        if site.zip(of_site).is_some_and(|(site, (_, file))| nobody_reads(site, file)) {
            files.push(left_out(msg!(
                "no vendor that this version reads knows it, so its secrets are unknown",
                "この版で読み込める機種の設定ではなく、取り除くべき箇所が分からない"
            )));
            continue;
        }
        let (sources, file) = match of_site {
            Some(known) => known,
            None => match configuration(run, &mut loose, path, &bytes)? {
                Some(file) => (&loose, file),
                None => {
                    files.push(left_out(msg!(
                        "not a file of the site, and no configuration that this version reads",
                        "サイトのファイルではなく、この版で読み込める設定ファイルでもない"
                    )));
                    continue;
                }
            },
        };
        let sheets: Vec<FileId> =
            sources.files().filter(|(_, f)| f.part_of() == Some(file)).map(|(id, _)| id).collect();
        if sheets.iter().any(|sheet| sources.secrets(*sheet) > 0) {
            return Err(msg!(
                "`{path}` has a column of passwords or keys, which cannot be taken out of a workbook: delete it there first",
                "「{path}」にはパスワード又は鍵の列があり、Excelファイルからは取り除けない。先にその列を削除する"
            )
            .into());
        }
        workbooks.extend((!sheets.is_empty()).then(|| path.clone()));
        let secrets = sources.secrets(file);
        suspects(sources, file, &mut suspicious);
        contents.insert(path.clone(), masked(sources, file, bytes)?);
        files.push(Copied { path: path.clone(), secrets: Some(secrets), reason: None });
    }
    let suspicious_truncated = suspicious.len() > MOST;
    suspicious.truncate(MOST);
    let (compared, different) = (None, Vec::new());
    let copy = Copy { files, suspicious, suspicious_truncated, workbooks, compared, different };
    Ok((copy, contents))
}

/// Whether a configuration of the site was understood by nobody in any line: then nobody marked its secrets.
fn nobody_reads(site: &Site, file: FileId) -> bool {
    let tally = site.lines.tally(&site.sources, file);
    let known = tally.modelled + tally.inert + tally.partial + tally.unmodelled;
    known == 0 && tally.unrecognized > 0 && site.config_files().any(|config| config == file)
}

/// Reads a file that belongs to no site, so that its vendor marks the secrets; `None` if no vendor knows it.
fn configuration(
    run: &Run,
    sources: &mut Sources,
    path: &SitePath,
    bytes: &[u8],
) -> Result<Option<FileId>, Msg> {
    let config = sources.add(path.clone(), bytes, &run.limits).map_err(|e| {
        let e = e.to_string();
        msg!("{e}", "{e}")
    })?;
    let Some(vendor) = detect(sources, config) else { return Ok(None) };
    let limits = &run.limits;
    vendor.read(VendorInput { name: None, config, companions: &[], interfaces: &[], sources, limits });
    Ok(Some(config))
}

/// The bytes of the copy: the file's own where it holds no secret, and no output of a command that nobody reads.
fn masked(sources: &Sources, file: FileId, bytes: Vec<u8>) -> Result<Vec<u8>, Msg> {
    if sources.secrets(file) == 0 && !sources.pruned(file) {
        return Ok(bytes);
    }
    let whole = sources.file(file).filter(|f| !f.lossy());
    let copy = whole.and_then(|_| encode_like(&sources.masked_text(file), &bytes));
    copy.ok_or_else(|| {
        let path = sources.file(file).map_or_else(String::new, |f| f.path().to_string());
        msg!(
            "`{path}` holds secrets and bytes that are no text, so no faithful copy of it can be written: save it as UTF-8 first",
            "「{path}」は取り除くべき箇所を含むが、文字として読めないバイトがあるため正しく複製できない。UTF-8 で保存し直す"
        )
    })
}

/// Lines on which a secret would not surprise, and none is known.
fn suspects(sources: &Sources, file: FileId, found: &mut Vec<String>) {
    let Some(source) = sources.file(file) else { return };
    for (number, line) in (1..).zip(sources.masked_text(file).lines()) {
        let lower = line.to_lowercase();
        let said = WORDS.iter().any(|w| lower.contains(w)) && !line.contains("*****");
        if said && found.len() <= MOST {
            found.push(format!("{}:{number}", source.path()));
        }
    }
}

/// Checks the site and its copy, and every line of both. A copy that reads otherwise is not written.
fn compare(run: &Run, site: &Site, contents: &Contents, copy: &mut Copy) -> Result<(), Failure> {
    let other = build(contents, VENDORS, &run.limits).map_err(|e| match e {
        BuildError::NoTopology(why) => Failure::from(why),
        BuildError::Malformed { sources, diagnostics } => {
            site::malformed(&sources, &diagnostics, run.common.lang)
        }
    })?;
    for (id, file) in other.sources.files() {
        let before = site.sources.by_path(file.path()).map(|old| site.lines.tally(&site.sources, old));
        if before.is_some_and(|tally| tally != other.lines.tally(&other.sources, id)) {
            let path = file.path();
            return Err(msg!(
                "`{path}` would be read differently without its secrets, so nothing was written",
                "「{path}」は、秘密情報を取り除くと異なる内容として読まれるため、複製を作成しなかった"
            )
            .into());
        }
    }
    let options = Options { limits: run.limits, today: Some(run.common.today), shared: None };
    let (old, new) = (verdicts(run, site, &options)?, verdicts(run, &other, &options)?);
    copy.compared = Some(old.len());
    let changed =
        old.iter().filter(|item| !new.contains(item)).chain(new.iter().filter(|i| !old.contains(i)));
    copy.different = changed.map(|(item, _)| item.clone()).collect();
    copy.different.sort();
    copy.different.dedup();
    let whole = copy.files.iter().all(|f| f.secrets.is_some());
    if whole && !copy.different.is_empty() {
        let items = copy.different.join(", ");
        return Err(msg!(
            "the copy would be judged differently ({items}), so nothing was written",
            "複製では判定が異なるため({items})、複製を作成しなかった"
        )
        .into());
    }
    Ok(())
}

/// Every check by name, with its answer.
fn verdicts(run: &Run, site: &Site, options: &Options<'_>) -> Result<Vec<(String, String)>, Failure> {
    let assessment = assess(site, options).map_err(|e| match e {
        CheckError::Register(list) => site::malformed(&site.sources, &list, run.common.lang),
        error => super::check::without_verdict(&error),
    })?;
    let named = |a: &crate::analysis::answer::Assertion| {
        (format!("{} ({})", a.id, a.scope), format!("{:?} {:?}", a.level, a.verdict))
    };
    Ok(assessment.assertions.iter().map(named).collect())
}
