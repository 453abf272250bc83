//! TOML files with a fixed form: read into typed structs, with every mistake reported at its place.
//!
//! The form is written once, as structs that derive `Deserialize` and `JsonSchema`. The schema first checks the
//! parsed document, so that one reading reports every unknown key, missing key and wrong value in both languages
//! and with a suggestion; serde then only fills the structs.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::de::{DeTable, DeValue};

use crate::msg;
use crate::source::{Code, Diagnostic, FileId, Msg, Sources, Span, Spanned};

/// A value of a document and its byte range. Comparison looks at the value only.
#[derive(Debug, Clone)]
pub(crate) struct At<T> {
    /// The value.
    pub value: T,
    range: (u32, u32),
    /// Set where it does not come from the document itself but from a table that it names.
    file: Option<FileId>,
}

impl<T> At<T> {
    /// A value from elsewhere.
    pub fn elsewhere(value: T, span: Span) -> Self {
        At { value, range: (span.start, span.end), file: Some(span.file) }
    }
    /// Its place: in `file`, unless it comes from elsewhere.
    pub fn span(&self, file: FileId) -> Span {
        Span { file: self.file.unwrap_or(file), start: self.range.0, end: self.range.1 }
    }
    /// The value with its place in `file`.
    pub fn spanned(&self, file: FileId) -> Spanned<T>
    where
        T: Clone,
    {
        Spanned::new(self.value.clone(), self.span(file))
    }
}

impl<T: PartialEq> PartialEq for At<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}
impl<T: Eq> Eq for At<T> {}
impl<T: PartialOrd> PartialOrd for At<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.value.partial_cmp(&other.value)
    }
}
impl<T: Ord> Ord for At<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = toml::Spanned::<T>::deserialize(deserializer)?;
        let range = spanned.span();
        Ok(At { value: spanned.into_inner(), range: (offset(range.start), offset(range.end)), file: None })
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The JSON Schema of a form. TOML has no null, so the schema knows none.
pub(crate) fn schema<T: JsonSchema>() -> Value {
    let mut schema = schemars::schema_for!(T).to_value();
    drop_null(&mut schema, 0);
    schema
}

fn drop_null(schema: &mut Value, depth: usize) {
    if depth > 64 {
        return;
    }
    match schema {
        Value::Object(map) => {
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|t| t != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    map.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(branches)) = map.get_mut("anyOf") {
                branches.retain(|b| b.get("type").is_none_or(|t| t != "null"));
                if let [Value::Object(only)] = branches.as_slice() {
                    let only = only.clone();
                    map.shift_remove("anyOf");
                    map.extend(only);
                }
            }
            if map.get("default").is_some_and(Value::is_null) {
                map.shift_remove("default");
            }
            map.values_mut().for_each(|v| drop_null(v, depth + 1));
        }
        Value::Array(items) => items.iter_mut().for_each(|v| drop_null(v, depth + 1)),
        _ => {}
    }
}

/// Reads `file` as a `T`.
///
/// # Errors
/// Every mistake found, in file order; codes `BadToml`, `UnknownKey`, `MissingKey`, `InvalidValue`.
pub(crate) fn read<T: DeserializeOwned + JsonSchema>(
    sources: &Sources,
    file: FileId,
) -> Result<T, Vec<Diagnostic>> {
    let text = sources.parse_text(file);
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let mut found: Vec<Diagnostic> = errors.iter().map(|e| bad_toml(file, e)).collect();
        found.sort_by_key(|d| (d.primary.start, d.primary.end));
        return Err(found);
    }
    let schema = schema::<T>();
    let mut checker = Checker { file, root: &schema, found: Vec::new() };
    let root = DeValue::Table(document.into_inner());
    checker.check(&schema, &root, sources.whole(file), "", 0);
    if !checker.found.is_empty() {
        checker.found.sort_by_key(|d| (d.primary.start, d.primary.end));
        return Err(checker.found);
    }
    toml::from_str(text).map_err(|e| vec![bad_toml(file, &e)])
}

fn bad_toml(file: FileId, error: &toml::de::Error) -> Diagnostic {
    let range = error.span().unwrap_or(0..0);
    let span = Span { file, start: offset(range.start), end: offset(range.end) };
    let detail = error.message();
    let (message, help) = if detail.starts_with("duplicate key") {
        (
            msg!("this key appears twice", "同じキーが2回記載されている"),
            msg!("keep one of the two lines", "いずれか一方の行のみを残す"),
        )
    } else if detail.starts_with("invalid unquoted key") {
        (
            msg!("this key needs quotation marks", "このキーは \" で囲む必要がある"),
            msg!(
                "write it like `\"port1/1\" = …`: only letters, digits, `-` and `_` need no quotation marks",
                "`\"port1/1\" = …` のように記載する(\" を省略できるのは英数字、`-` 及び `_` のみである)"
            ),
        )
    } else if detail.starts_with("unclosed") || detail.starts_with("invalid basic string") {
        (
            msg!("this is never closed ({detail})", "閉じる記号がない"),
            msg!("add the missing `\"`, `]` or `}}`", "`\"`、`]` 又は `}}` を追記する"),
        )
    } else {
        (
            msg!("this is not valid TOML: {detail}", "TOMLとして解釈できない"),
            msg!(
                "put strings in quotation marks and lists in square brackets with commas",
                "文字列は \" で囲み、一覧は [ ] とコンマで記載する"
            ),
        )
    };
    Diagnostic::new(Code::BadToml, span, message).with_help(help)
}

struct Checker<'a> {
    file: FileId,
    root: &'a Value,
    found: Vec<Diagnostic>,
}

impl<'a> Checker<'a> {
    /// `depth` bounds the descent by the schema's own depth, whatever the document nests.
    fn check(&mut self, schema: &'a Value, value: &DeValue<'_>, span: Span, key: &str, depth: usize) {
        let schema = self.resolve(schema);
        if depth > 64 {
            return;
        }
        let choices = choices(schema);
        if !choices.is_empty() {
            return self.check_choice(&choices, value, span, key);
        }
        match (schema.get("type").and_then(Value::as_str), value) {
            (Some("object"), DeValue::Table(table)) => self.check_table(schema, table, span, depth),
            (Some("array"), DeValue::Array(items)) => {
                let Some(inner) = schema.get("items") else { return };
                for item in items.iter() {
                    let place = self.place(item.span());
                    self.check(inner, item.get_ref(), place, key, depth + 1);
                }
            }
            (Some("string"), DeValue::String(_)) | (Some("boolean"), DeValue::Boolean(_)) => {}
            (Some("integer"), DeValue::Integer(number)) if number.as_str().parse::<u32>().is_ok() => {}
            (Some(wanted), _) => self.wrong_type(wanted, span, key),
            (None, _) => {}
        }
    }

    fn check_table(&mut self, schema: &'a Value, table: &DeTable<'_>, span: Span, depth: usize) {
        let known = schema.get("properties").and_then(Value::as_object);
        let property = |name: &str| known.and_then(|k| k.get(name));
        let open = schema.get("additionalProperties").filter(|a| a.is_object());
        for (key, value) in table {
            let name: &str = key.get_ref();
            let place = self.place(value.span());
            match property(name).or(open) {
                Some(inner) => self.check(inner, value.get_ref(), place, name, depth + 1),
                None => {
                    let place = self.place(key.span());
                    let message = msg!("unknown key `{name}`", "「{name}」というキーはない");
                    let help = suggest(
                        name,
                        known.into_iter().flat_map(|k| k.keys()).map(String::as_str),
                        Listing::Always,
                    );
                    self.found.push(with(Diagnostic::new(Code::UnknownKey, place, message), help));
                }
            }
        }
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !table.keys().any(|k| k.get_ref() == name) {
                let message = msg!("the key `{name}` is missing here", "ここに `{name}` がない");
                let what = property(name).and_then(|s| s.get("description")).and_then(Value::as_str);
                let what = what.and_then(|w| w.lines().next()).unwrap_or("").trim_end_matches('.');
                let help = if what.is_empty() {
                    msg!("add `{name} = …`", "`{name} = …` を追記する")
                } else {
                    msg!("add `{name} = …` ({what})", "`{name} = …` を追記する")
                };
                self.found.push(Diagnostic::new(Code::MissingKey, span, message).with_help(help));
            }
        }
    }

    fn check_choice(&mut self, choices: &[&str], value: &DeValue<'_>, span: Span, key: &str) {
        let DeValue::String(text) = value else {
            return self.wrong_type("string", span, key);
        };
        if choices.contains(&text.as_ref()) {
            return;
        }
        let message =
            msg!("`{text}` is not a value of `{key}`", "「{text}」は `{key}` の値として使用できない");
        let help = suggest(text, choices.iter().copied(), Listing::Always);
        self.found.push(with(Diagnostic::new(Code::InvalidValue, span, message), help));
    }

    fn wrong_type(&mut self, wanted: &str, span: Span, key: &str) {
        let (en, ja, example) = match wanted {
            "string" => ("a text in quotation marks", "\" で囲んだ文字列", "\"…\""),
            "integer" => ("a whole number", "整数", "1"),
            "boolean" => ("true or false", "真偽値(true 又は false)", "true"),
            "array" => ("a list", "一覧", "[…]"),
            _ => ("a table", "表", "{ … }"),
        };
        let message = msg!("`{key}` must be {en}", "`{key}` は{ja}でなければならない");
        let help = msg!("write it like `{key} = {example}`", "`{key} = {example}` のように記載する");
        self.found.push(Diagnostic::new(Code::InvalidValue, span, message).with_help(help));
    }

    fn resolve(&self, mut schema: &'a Value) -> &'a Value {
        for _ in 0..8 {
            let Some(name) = schema.get("$ref").and_then(Value::as_str) else { break };
            let Some(pointer) = name.strip_prefix('#') else { break };
            let Some(next) = self.root.pointer(pointer) else { break };
            schema = next;
        }
        schema
    }

    fn place(&self, range: std::ops::Range<usize>) -> Span {
        Span { file: self.file, start: offset(range.start), end: offset(range.end) }
    }
}

/// The words of an enum without data.
fn choices(schema: &Value) -> Vec<&str> {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words.iter().filter_map(Value::as_str).collect();
    }
    let branches = schema.get("oneOf").and_then(Value::as_array);
    let words = branches.into_iter().flatten().flat_map(|b| {
        let one = b.get("const").and_then(Value::as_str);
        let several = b.get("enum").and_then(Value::as_array).into_iter().flatten();
        one.into_iter().chain(several.filter_map(Value::as_str))
    });
    words.collect()
}

/// Whether a suggestion may list every candidate when none is near.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    /// Up to 24 of them.
    Always,
    /// Never.
    Never,
}

/// Adds help, if there is any.
pub(crate) fn with(diagnostic: Diagnostic, help: Option<Msg>) -> Diagnostic {
    match help {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    }
}

/// "did you mean …?", or the list of what there is.
pub(crate) fn suggest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    listing: Listing,
) -> Option<Msg> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if let Some(near) = nearest(word, candidates.iter().copied()) {
        return Some(msg!("did you mean `{near}`?", "「{near}」の誤りではないか"));
    }
    if listing == Listing::Never || candidates.is_empty() || candidates.len() > 24 {
        return None;
    }
    let (en, ja) = listed(candidates);
    Some(msg!("write one of {en}", "{ja}のいずれかを記載する"))
}

/// Names in a row as English and as Japanese quote them.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> (String, String) {
    let (en, ja): (Vec<_>, Vec<_>) =
        names.into_iter().map(|n| (format!("`{n}`"), format!("「{n}」"))).unzip();
    (en.join(", "), ja.join("、"))
}

/// The candidate that `word` is most likely a misspelling of: fewest edits, the first of equals.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 100;
    let folded = word.to_lowercase();
    let length = folded.chars().count();
    if length > LONGEST {
        return None;
    }
    let allowed = (length / 3).max(1);
    let scored = candidates.into_iter().filter(|c| c.chars().count() <= LONGEST).map(|c| {
        let edits = strsim::damerau_levenshtein(&folded, &c.to_lowercase());
        (edits, c)
    });
    scored.filter(|(edits, _)| *edits <= allowed).min_by_key(|(edits, _)| *edits).map(|(_, c)| c)
}
