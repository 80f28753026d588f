//! Types as pages print them: `string (uuid)`, `string (enum: a, b)`, `array[Name]`, `Array`.

/// A printed type.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// Without what stands in parentheses.
    pub name: String,
    /// What stands in parentheses, where that is one word.
    pub format: Option<String>,
    /// The values, where it is a list of those.
    pub values: Vec<String>,
}

impl Kind {
    /// The type that a text is, where it is one.
    pub fn of(text: &str) -> Option<Self> {
        let (name, details) = match text.split_once(" (") {
            Some((name, details)) => (name, Some(details.strip_suffix(')')?)),
            None => (text, None),
        };
        if !is_known(name) {
            return None;
        }
        let mut kind = Self { name: name.to_owned(), format: None, values: Vec::new() };
        match details.map(|details| (details, details.strip_prefix("enum:"))) {
            None => {}
            Some((_, Some(list))) => {
                for value in list.split(',').map(str::trim) {
                    if !is_value(value) || kind.values.iter().any(|other| other == value) {
                        return None;
                    }
                    kind.values.push(value.to_owned());
                }
            }
            Some((format, None)) => {
                let sound =
                    !format.is_empty() && format.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
                kind.format = Some(sound.then(|| format.to_owned())?);
            }
        }
        Some(kind)
    }
}

/// Whether a text is the name of one parameter or field.
pub fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// Whether a text names a field anywhere in a body, such as `message[].content`.
pub fn is_path(text: &str) -> bool {
    text.split('.').all(|part| is_name(part.trim_end_matches("[]")))
}

fn is_known(name: &str) -> bool {
    const NAMES: [&str; 9] =
        ["string", "integer", "number", "boolean", "bool", "object", "array", "file", "any"];
    let lower = name.to_ascii_lowercase();
    let item = lower.strip_prefix("array[").and_then(|rest| rest.strip_suffix(']'));
    NAMES.contains(&lower.as_str()) || item.is_some_and(is_name)
}

fn is_value(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '`'))
}
