//! Reading files, without surprises: regular files only, bounded, and inside a site folder no symbolic links.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::failure::io;
use crate::msg;
use crate::source::{Limits, Msg, SitePath};

/// Deepest folder below a site folder that is looked at.
const DEPTH: usize = 32;
/// Most files of a site folder.
const FILES: usize = 100_000;

/// Reads a file that the user named. Links are the user's own choice here.
pub(super) fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, Msg> {
    let shown = shown(path);
    let meta = fs::metadata(path).map_err(|e| io(&shown, &e))?;
    if meta.is_dir() {
        return Err(msg!(
            "`{shown}` is a folder, not a file",
            "「{shown}」はフォルダであり、ファイルではない"
        ));
    }
    read_regular(path, &meta, &shown, limit)
}

/// Standard input, as bounded as a file.
pub(super) fn read_stdin(limit: u64) -> Result<Vec<u8>, Msg> {
    read_bounded(std::io::stdin().lock(), "-", limit)
}

/// A path as messages show it.
pub(super) fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The name under which a file that the user named is kept: the path as written if it is relative and clean,
/// its last `parts` components otherwise.
pub(super) fn site_path(path: &Path, parts: usize) -> Result<SitePath, Msg> {
    let text = shown(path);
    if parts <= 1
        && let Ok(clean) = SitePath::new(&text)
    {
        return Ok(clean);
    }
    let all: Vec<String> = path
        .components()
        .filter_map(|c| match c {
            std::path::Component::Normal(part) => Some(printable_part(&part.to_string_lossy())),
            _ => None,
        })
        .collect();
    let tail = all.iter().skip(all.len().saturating_sub(parts)).cloned().collect::<Vec<_>>().join("/");
    SitePath::new(&tail).map_err(|_| msg!("`{text}` is not a file name", "「{text}」はファイル名ではない"))
}

fn printable_part(part: &str) -> String {
    part.chars().map(|c| if c.is_control() || c == ':' { '_' } else { c }).collect()
}

/// What kind of refusal, and why.
pub(super) type Refusal = (ErrorKind, Msg);

/// A site's folder.
#[derive(Debug)]
pub(super) struct SiteFolder {
    root: PathBuf,
    limits: Limits,
}

impl SiteFolder {
    /// Opens a folder.
    pub(super) fn open(root: &Path, limits: Limits) -> Result<Self, Msg> {
        let text = shown(root);
        let meta = fs::metadata(root).map_err(|e| io(&text, &e))?;
        if !meta.is_dir() {
            return Err(msg!(
                "`{text}` is not a folder: name the folder of a site, or for `bunri init` the folder of exports and tables",
                "「{text}」はフォルダではない。サイトのフォルダ(`bunri init` では、設定及び管理表のあるフォルダ)を指定する"
            ));
        }
        Ok(SiteFolder { root: root.to_owned(), limits })
    }

    /// Reads a file inside the folder.
    pub(super) fn read(&self, path: &SitePath) -> Result<Vec<u8>, Refusal> {
        let mut full = self.root.clone();
        let parts: Vec<&str> = path.as_str().split('/').collect();
        for (at, part) in parts.iter().enumerate() {
            full.push(part);
            let meta = fs::symlink_metadata(&full).map_err(|e| (e.kind(), io(path.as_str(), &e)))?;
            if meta.file_type().is_symlink() {
                let why = msg!(
                    "`{path}` is or crosses a symbolic link: copy the file into the site folder",
                    "「{path}」はシンボリックリンクを含む。ファイルをサイトのフォルダに複製する"
                );
                return Err((ErrorKind::InvalidInput, why));
            }
            if at + 1 == parts.len() {
                let bytes = read_regular(&full, &meta, path.as_str(), self.limits.file_bytes);
                return bytes.map_err(|why| (ErrorKind::InvalidData, why));
            }
        }
        Err((ErrorKind::InvalidInput, msg!("`{path}` is not a file", "「{path}」はファイルではない")))
    }

    /// Every file of the folder, sorted by bytes. Names that begin with a dot are left out; links are listed, and
    /// refused when they are read.
    pub(super) fn list(&self) -> Result<Vec<SitePath>, Refusal> {
        let mut found = Vec::new();
        let mut open = vec![(self.root.clone(), String::new(), 0usize)];
        while let Some((folder, prefix, depth)) = open.pop() {
            let entries = fs::read_dir(&folder).map_err(|e| (e.kind(), io(&shown(&folder), &e)))?;
            for entry in entries {
                let entry = entry.map_err(|e| (e.kind(), io(&shown(&folder), &e)))?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if name.starts_with('.') {
                    continue;
                }
                let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
                let kind = entry.file_type().map_err(|e| (e.kind(), io(&path, &e)))?;
                if kind.is_dir() && depth < DEPTH {
                    open.push((entry.path(), path, depth + 1));
                } else if let Ok(path) = SitePath::new(&path) {
                    found.push(path);
                }
                if found.len() + open.len() > FILES {
                    let n = FILES;
                    let why = msg!(
                        "the site folder holds more than {n} files",
                        "サイトのフォルダのファイルが{n}件を超えている"
                    );
                    return Err((ErrorKind::InvalidData, why));
                }
            }
        }
        found.sort();
        Ok(found)
    }
}

fn read_regular(path: &Path, meta: &fs::Metadata, shown: &str, limit: u64) -> Result<Vec<u8>, Msg> {
    if !meta.is_file() {
        return Err(msg!("`{shown}` is not a regular file", "「{shown}」は通常のファイルではない"));
    }
    if meta.len() > limit {
        return Err(too_large(shown, limit));
    }
    let file = File::open(path).map_err(|e| io(shown, &e))?;
    read_bounded(file, shown, limit)
}

fn read_bounded(reader: impl Read, shown: &str, limit: u64) -> Result<Vec<u8>, Msg> {
    let mut bytes = Vec::new();
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| io(shown, &e))?;
    if bytes.len() as u64 > limit {
        return Err(too_large(shown, limit));
    }
    Ok(bytes)
}

fn too_large(shown: &str, limit: u64) -> Msg {
    msg!(
        "`{shown}` is larger than the limit of {limit} bytes",
        "「{shown}」が上限の{limit}バイトを超えている"
    )
}
