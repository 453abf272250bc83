//! Writing the answer: to the terminal, or to a file that is replaced whole or not at all.

use std::fs;
use std::io::{self as std_io, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::failure::io;
use super::files::shown;
use crate::msg;
use crate::report::Colour;
use crate::source::Msg;

/// Where the answer goes.
#[derive(Debug)]
pub(super) enum Sink {
    /// Standard output.
    Terminal,
    /// A file, links resolved.
    File(PathBuf),
}

impl Sink {
    /// Checks the target before the work begins.
    pub(super) fn open(output: Option<&Path>) -> Result<Sink, Msg> {
        let Some(path) = output else { return Ok(Sink::Terminal) };
        let text = shown(path);
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => Err(msg!(
                "`{text}` is a folder: name a file for the result",
                "「{text}」はフォルダである。結果を書き込むファイルの名前を指定する"
            )),
            // Replacing a device file by rename would remove the device.
            Ok(meta) if !meta.is_file() => Err(msg!(
                "`{text}` is not a regular file: leave out `-o` to write to the terminal",
                "「{text}」は通常のファイルではない。画面に出力する場合は `-o` を省略する"
            )),
            Ok(_) => Ok(Sink::File(fs::canonicalize(path).map_err(|e| io(&text, &e))?)),
            Err(e) if e.kind() == ErrorKind::NotFound => new_file(path),
            Err(e) => Err(io(&text, &e)),
        }
    }

    /// Whether colours can be seen there.
    pub(super) fn colour(&self) -> Colour {
        match self {
            Sink::File(_) => Colour::Off,
            Sink::Terminal => match anstream::AutoStream::choice(&std_io::stdout()) {
                anstream::ColorChoice::Never => Colour::Off,
                _ => Colour::On,
            },
        }
    }

    /// Refuses to replace one of the files that were read.
    pub(super) fn spare(&self, inputs: &[PathBuf]) -> Result<(), Msg> {
        let Sink::File(target) = self else { return Ok(()) };
        let same = |p: &&PathBuf| fs::canonicalize(p).is_ok_and(|p| p == *target);
        match inputs.iter().find(same) {
            None => Ok(()),
            Some(path) => {
                let text = shown(path);
                Err(msg!(
                    "`{text}` is an input: choose another file for the result",
                    "「{text}」は入力ファイルである。結果には別のファイルを指定する"
                ))
            }
        }
    }

    /// Writes the answer. A reader who stopped reading is no error.
    pub(super) fn write(&self, text: &str) -> Result<(), Msg> {
        match self {
            Sink::Terminal => to_terminal(text).map_err(|e| io("-", &e)),
            Sink::File(path) => replace(path, text.as_bytes()),
        }
    }

    /// Writes what need not be text.
    pub(super) fn write_bytes(&self, bytes: &[u8]) -> Result<(), Msg> {
        match self {
            Sink::Terminal => self.write(&String::from_utf8_lossy(bytes)),
            Sink::File(path) => replace(path, bytes),
        }
    }
}

fn new_file(path: &Path) -> Result<Sink, Msg> {
    let text = shown(path);
    // A name that ends in a separator asks for a folder.
    if text.ends_with(['/', '\\']) || path.file_name().is_none() {
        return Err(msg!("`{text}` is not a file name", "「{text}」はファイル名ではない"));
    }
    let parent = folder_of(path);
    match fs::metadata(&parent) {
        Ok(meta) if meta.is_dir() => Ok(Sink::File(path.to_owned())),
        Ok(_) => {
            let parent = shown(&parent);
            Err(msg!("`{parent}` is not a folder", "「{parent}」はフォルダではない"))
        }
        Err(e) => Err(io(&shown(&parent), &e)),
    }
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
        Some(parent) => parent.to_owned(),
        None => PathBuf::from("."),
    }
}

fn to_terminal(text: &str) -> std_io::Result<()> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes beside the target and renames: the old file stays until the new one is complete.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), Msg> {
    let fail = |e: &std_io::Error| {
        let (path, e) = (shown(path), e.to_string());
        msg!(
            "`{path}` could not be written, and nothing was changed: {e}",
            "「{path}」に書き込めなかった(元のファイルは変更していない): {e}"
        )
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".bunri-").suffix(".tmp");
    readable(&mut builder);
    let mut file = builder.tempfile_in(folder_of(path)).map_err(|e| fail(&e))?;
    file.write_all(bytes).map_err(|e| fail(&e))?;
    file.as_file().sync_all().map_err(|e| fail(&e))?;
    file.persist(path).map_err(|e| fail(&e.error))?;
    Ok(())
}

/// Temporary files are private by default; a report has the permissions of any new file.
#[cfg(unix)]
fn readable(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn readable(_: &mut tempfile::Builder<'_, '_>) {}

/// Writes to standard error; nothing can be done if that fails.
pub(super) fn complain(text: &str) {
    let mut err = anstream::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

/// Whether colours can be seen on standard error.
pub(super) fn complaint_colour() -> Colour {
    match anstream::AutoStream::choice(&std_io::stderr()) {
        anstream::ColorChoice::Never => Colour::Off,
        _ => Colour::On,
    }
}
