//! Why a run ended without an answer.

use crate::msg;
use crate::report::printable;
use crate::source::{Lang, Msg};

/// Errors that a person is told about; the exit code is 2.
#[derive(Debug, Default)]
pub(super) struct Failure {
    /// One per line.
    pub(super) messages: Vec<Msg>,
    /// Text that was rendered already (diagnostics with their source lines).
    pub(super) rendered: String,
}

impl Failure {
    pub(super) fn text(&self, lang: Lang) -> String {
        let word = match lang {
            Lang::En => "error",
            Lang::Ja => "エラー",
        };
        let mut out = self.rendered.clone();
        for message in &self.messages {
            out.push_str(&format!("{word}: {}\n", printable(message.text(lang))));
        }
        out
    }
}

impl From<Msg> for Failure {
    fn from(message: Msg) -> Self {
        Failure { messages: vec![message], rendered: String::new() }
    }
}

impl From<Vec<Msg>> for Failure {
    fn from(messages: Vec<Msg>) -> Self {
        Failure { messages, rendered: String::new() }
    }
}

/// What the operating system said about a file.
pub(super) fn io(path: &str, error: &std::io::Error) -> Msg {
    use std::io::ErrorKind as K;
    match error.kind() {
        K::NotFound => {
            msg!("`{path}`: there is no such file or folder", "「{path}」というファイル又はフォルダがない")
        }
        K::PermissionDenied => msg!("`{path}`: access is denied", "「{path}」へのアクセスが許可されていない"),
        _ => msg!("`{path}`: {error}", "「{path}」を読み書きできない({error})"),
    }
}
