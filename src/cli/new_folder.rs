//! A folder that a command writes: whole, or not at all, and never over one that exists.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::failure::io as said;
use super::files::shown;
use crate::msg;
use crate::network::FileSource;
use crate::source::{Msg, SitePath};

/// The files of the folder.
pub(super) type Contents = BTreeMap<SitePath, Vec<u8>>;

impl FileSource for Contents {
    fn read(&self, path: &SitePath) -> io::Result<Vec<u8>> {
        self.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
    fn list(&self) -> io::Result<Vec<SitePath>> {
        Ok(self.keys().cloned().collect())
    }
}

/// Checks the new folder before the work begins: it is not there yet, and not inside `source`.
pub(super) fn target(path: &Path, source: &Path) -> Result<PathBuf, Msg> {
    let text = shown(path);
    if fs::symlink_metadata(path).is_ok() {
        return Err(msg!(
            "`{text}` exists already: name a new folder",
            "「{text}」は既に存在する。新しいフォルダを指定する"
        ));
    }
    let above = fs::canonicalize(parent(path)).map_err(|e| said(&shown(&parent(path)), &e))?;
    let source = fs::canonicalize(source).map_err(|e| said(&shown(source), &e))?;
    if above.starts_with(&source) {
        return Err(msg!(
            "`{text}` lies inside the folder that is read: name a folder elsewhere",
            "「{text}」は読み込むフォルダの中にある。別の場所を指定する"
        ));
    }
    Ok(path.to_owned())
}

fn parent(path: &Path) -> PathBuf {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    parent.map_or_else(|| PathBuf::from("."), Path::to_owned)
}

/// Writes everything beside the target and renames: there is a whole folder, or none.
pub(super) fn write(target: &Path, contents: &Contents) -> Result<(), Msg> {
    let fail = |e: io::Error| {
        let (path, e) = (shown(target), e.to_string());
        msg!("`{path}` could not be written: {e}", "「{path}」に書き込めなかった: {e}")
    };
    let beside = tempfile::Builder::new().prefix(".bunri-").tempdir_in(parent(target)).map_err(fail)?;
    let root = beside.path().join("copy");
    fs::create_dir(&root).map_err(fail)?;
    for (path, bytes) in contents {
        let full = root.join(path.as_str());
        if let Some(folder) = full.parent() {
            fs::create_dir_all(folder).map_err(fail)?;
        }
        fs::write(&full, bytes).map_err(fail)?;
    }
    fs::rename(&root, target).map_err(fail)
}
