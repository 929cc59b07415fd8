//! What a plugin says of itself, unchecked.

/// The answer of a plugin's `describe`, as it came: admission decides what to believe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Id the plugin claims.
    pub id: String,
    /// Version the plugin claims.
    pub version: String,
    /// Title.
    pub title: String,
    /// What the check verifies, in Markdown.
    pub description: String,
    /// Whom to tell when the check itself breaks.
    pub owner: String,
    /// JSON Schema of the settings, as text.
    pub settings_schema: String,
    /// Limits the plugin asks for, by name, in the limit's base unit.
    pub limits: Vec<(String, u64)>,
}

/// Something a plugin finds wrong with a settings document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingProblem {
    /// JSON Pointer to the place; empty for the document.
    pub path: String,
    /// What is wrong.
    pub message: String,
}
