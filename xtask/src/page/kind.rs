//! Types as pages print them: `string (uuid)`, `string (enum: a, b)`, `array[Name]`, `Array`, and with a count of what an
//! object has: `object (含 3 個屬性: a, b...)`.

use super::lines::half_width;

/// A printed type.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// Without what stands in parentheses.
    pub name: String,
    /// What stands in parentheses, where that is one word.
    pub format: Option<String>,
    /// The values, where it is a list of those.
    pub values: Vec<String>,
    /// What it says of the attributes of an object.
    pub attributes: Option<Attributes>,
}

/// How many attributes an object has, and what the first are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributes {
    /// How many.
    pub count: usize,
    /// The first of them; all where there are no more.
    pub names: Vec<String>,
}

impl Kind {
    /// The type that a text is, where it is one.
    pub fn of(text: &str) -> Option<Self> {
        let wide = text.contains('（');
        let text = half_width(text);
        // A parenthesis in full width needs no space before it.
        let (name, details) = match text.split_once(if wide { "(" } else { " (" }) {
            Some((name, details)) => {
                (if wide { name.trim_end() } else { name }, Some(details.strip_suffix(')')?))
            }
            None => (&*text, None),
        };
        if !is_known(name) {
            return None;
        }
        let mut kind = Self { name: name.to_owned(), format: None, values: Vec::new(), attributes: None };
        if let Some(counted) = details.and_then(|details| details.strip_prefix('含')) {
            kind.attributes = Some(Attributes::of(counted).filter(|_| name.eq_ignore_ascii_case("object"))?);
            return Some(kind);
        }
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

impl Attributes {
    /// ` 3 個屬性: a, b...`: dots stand for those that are not named.
    fn of(text: &str) -> Option<Self> {
        let (count, list) = text.trim_start().split_once("個屬性:")?;
        let count = count.trim_end().parse().ok()?;
        let (list, more) = match list.trim().strip_suffix("...").or_else(|| list.trim().strip_suffix('…')) {
            Some(list) => (list, true),
            None => (list, false),
        };
        let names: Vec<String> = list.split(',').map(|name| name.trim().to_owned()).collect();
        let fits = if more { names.len() < count } else { names.len() == count };
        (fits && names.iter().all(|name| is_name(name))).then_some(Self { count, names })
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

/// Whether a text is one value of an enumeration.
pub fn is_value(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '`'))
}
