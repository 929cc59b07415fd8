//! Templates: those that come along, and those of the configuration.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior, escape_formatter};

use super::markup;
use super::view::View;
use crate::notify::inert::inert;
use crate::notify::open::caused;

/// The largest template, in bytes.
const TEMPLATE_BYTES_MAX: usize = 64 << 10;
/// The longest text that a template makes, in bytes.
const TEXT_BYTES_MAX: usize = 512 << 10;
/// Steps that a template may take.
const FUEL: u64 = 2_000_000;
/// The longest title, in characters.
const TITLE_CHARS_MAX: usize = 200;
/// What is told of a template that fails, in characters.
const NOTE_CHARS_MAX: usize = 300;
/// The macro by which a template makes the title.
const TITLE: &str = "title";

/// What a text is to be, which decides what is done to data within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::notify) enum Form {
    Text,
    Html,
    Markdown,
    Slack,
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Self::Text => "own.txt",
            Self::Html => "own.html",
            Self::Markdown => "own.md",
            Self::Slack => "own.slack",
        }
    }
}

/// Why a template is not usable.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It cannot be read.
    #[error("the template {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It is too large.
    #[error("the template {} has more than 64 KiB", .0.display())]
    TooLarge(PathBuf),
    /// It does not make a text.
    #[error("the template {} fails: {reason}", path.display())]
    Fails {
        /// The file.
        path: PathBuf,
        /// Why, with the line.
        reason: String,
    },
}

impl TemplateError {
    /// What would help.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "look whether it is there, and whether the user that runs assay may read it",
            Self::TooLarge(_) => "a template is a text of some lines",
            Self::Fails { .. } => "it is tried with an alert that fires, one that is over, a digest and a test",
        }
    }
}

static OURS: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = environment();
    for (name, source) in [
        ("title.txt", include_str!("templates/title.txt.j2")),
        ("body.txt", include_str!("templates/body.txt.j2")),
        ("body.html", include_str!("templates/body.html.j2")),
        ("body.md", include_str!("templates/body.md.j2")),
    ] {
        environment.add_template(name, source).expect("a test compiles them");
    }
    environment
});

/// The templates of one receiver.
pub(in crate::notify) struct Templates {
    own: Option<(PathBuf, Environment<'static>)>,
}

/// The texts of a message, and what went wrong with the receiver's own template.
pub(super) struct Texts {
    pub(super) title: String,
    /// Of the receiver's own template.
    pub(super) own: Option<String>,
    pub(super) note: Option<String>,
}

impl Templates {
    /// Reads the template of the configuration, if there is one.
    pub(in crate::notify) fn read(path: Option<&Path>) -> Result<Self, TemplateError> {
        let Some(path) = path else { return Ok(Self { own: None }) };
        let source = fs_err::read_to_string(path)
            .map_err(|source| TemplateError::Unreadable { path: path.to_owned(), source })?;
        if source.len() > TEMPLATE_BYTES_MAX {
            return Err(TemplateError::TooLarge(path.to_owned()));
        }
        Self::of(path, &source)
    }

    /// Of a template's text.
    pub(in crate::notify) fn of(path: &Path, source: &str) -> Result<Self, TemplateError> {
        let mut environment = environment();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for form in [Form::Text, Form::Html, Form::Markdown, Form::Slack] {
            environment.add_template_owned(form.name(), source.to_owned()).map_err(|error| fails(path, &error))?;
        }
        Ok(Self { own: Some((path.to_owned(), environment)) })
    }

    /// Whether the template's text is to be HTML, by the name of its file.
    pub(super) fn is_html(&self) -> bool {
        self.own.as_ref().is_some_and(|(path, _)| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            [".html", ".html.j2", ".html.jinja"].iter().any(|end| name.ends_with(end))
        })
    }

    /// The title, and the receiver's own text in place of ours if it has a template.
    pub(super) fn texts(&self, view: &View, form: Form) -> Texts {
        let context = Value::from(Serde(view));
        let ours = || title_of(&ours("title.txt", &context));
        match self.own(&context, form) {
            None => Texts { title: ours(), own: None, note: None },
            Some(Ok((title, text))) => {
                Texts { title: title.map_or_else(ours, |title| title_of(&title)), own: Some(text), note: None }
            }
            Some(Err(error)) => {
                let note = format!("The text of this message is the usual one, since {error}");
                Texts { title: ours(), own: None, note: Some(inert(&note, NOTE_CHARS_MAX)) }
            }
        }
    }

    /// What the receiver's own template makes: a title, if it has one, and a text.
    pub(super) fn own(&self, context: &Value, form: Form) -> Option<Result<(Option<String>, String), TemplateError>> {
        let (path, environment) = self.own.as_ref()?;
        let made = made(environment, form.name(), context).and_then(|text| Ok((title(environment, context)?, text)));
        Some(made.map_err(|error| fails(path, &error)))
    }
}

/// Our text for people.
pub(super) fn body(view: &View, form: Form) -> String {
    let name = match form {
        Form::Html => "body.html",
        Form::Markdown => "body.md",
        Form::Text | Form::Slack => "body.txt",
    };
    ours(name, &Value::from(Serde(view)))
}

fn ours(name: &str, context: &Value) -> String {
    // It does not happen, and if it did, something must be told all the same.
    made(&OURS, name, context)
        .unwrap_or_else(|error| format!("assay has something to tell, but not the words: {error}"))
}

fn title_of(text: &str) -> String {
    inert(&text.split_whitespace().collect::<Vec<_>>().join(" "), TITLE_CHARS_MAX)
}

fn made(environment: &Environment<'static>, name: &str, context: &Value) -> Result<String, minijinja::Error> {
    let mut text = Bounded(Vec::new());
    environment.get_template(name)?.render_captured_to(context.clone(), &mut text)?;
    Ok(String::from_utf8_lossy(&text.0).into_owned())
}

/// What the macro `title` makes, if there is one: a plain text, whatever the rest is.
fn title(environment: &Environment<'static>, context: &Value) -> Result<Option<String>, minijinja::Error> {
    let template = environment.get_template(Form::Text.name())?;
    let mut captured = template.render_captured_to(context.clone(), Bounded(Vec::new()))?;
    captured.with_state_mut(|state| match state.lookup(TITLE) {
        Some(found) if found.kind() == ValueKind::Undefined => Ok(None),
        Some(_) => state.call_macro(TITLE, &[]).map(Some),
        None => Ok(None),
    })
}

fn fails(path: &Path, error: &minijinja::Error) -> TemplateError {
    TemplateError::Fails { path: path.to_owned(), reason: caused(error) }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("the delimiters are the usual ones"));
    environment.set_auto_escape_callback(|name| match name.rsplit('.').next() {
        Some("html") => AutoEscape::Html,
        Some("md") => AutoEscape::Custom("markdown".into()),
        Some("slack") => AutoEscape::Custom("slack".into()),
        _ => AutoEscape::None,
    });
    environment.set_formatter(format);
    environment
}

/// Writes a value as its place wants it: in Markdown and for Slack, where little can be escaped, text becomes code.
fn format(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    let code = match state.auto_escape() {
        AutoEscape::Custom(name) if name == "markdown" => markup::markdown_code,
        AutoEscape::Custom(_) => markup::slack_code,
        _ => return escape_formatter(out, state, value),
    };
    match value.kind() {
        ValueKind::Number | ValueKind::Bool => out.write_str(&value.to_string()),
        ValueKind::Undefined => return escape_undefined(state),
        _ if value.is_safe() => out.write_str(&value.to_string()),
        _ => out.write_str(&code(&value.to_string())),
    }
    .map_err(minijinja::Error::from)
}

fn escape_undefined(state: &State<'_, '_>) -> Result<(), minijinja::Error> {
    match state.undefined_behavior() {
        UndefinedBehavior::Strict => Err(minijinja::ErrorKind::UndefinedError.into()),
        _ => Ok(()),
    }
}

/// As much text as is wanted.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if self.0.len() + part.len() > TEXT_BYTES_MAX {
            return Err(io::Error::other("the text is longer than 512 KiB"));
        }
        self.0.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
