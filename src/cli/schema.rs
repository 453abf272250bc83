//! `bunri schema`: the forms that scripts rely on.

use super::failure::Failure;
use super::options::Format;
use super::run::{Answer, Run};
use crate::msg;
use crate::report::json::to_text;
use crate::report::schema::{Form, schema as schema_of};

pub(super) fn schema(run: &Run, form: Option<&str>) -> Result<Answer, Failure> {
    if run.common.format == Some(Format::Text) {
        return Err(msg!(
            "a schema is always JSON: leave out `--format`",
            "スキーマの形式は常にJSONである。`--format` を省略する"
        )
        .into());
    }
    let word = form.unwrap_or("check");
    let Some(form) = Form::ALL.into_iter().find(|f| f.word() == word) else {
        let all: Vec<&str> = Form::ALL.iter().map(|f| f.word()).collect();
        let all = all.join(", ");
        return Err(msg!(
            "`{word}` is not a form: choose one of {all}",
            "「{word}」という形式はない。{all} から選ぶ"
        )
        .into());
    };
    Ok(Answer { text: to_text(&schema_of(form)), code: 0 })
}
