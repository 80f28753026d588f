//! Sketches of structures: almost JSON, with types for values, `?` for optional, comments, and lines that broke apart.

use super::cursor::{self, Cursor};
use super::kind::{self, Kind};
use super::lines::{Class, Line};
use super::table::Remark;
use crate::source::{Field, NAMELESS};
use std::collections::HashSet;

/// Reads the sketch that begins here.
pub fn fields(cursor: &mut Cursor<'_>) -> Vec<Field> {
    let Some(first) = cursor.peek().filter(|line| cursor::is_payload(line)) else {
        cursor.unexpected("a sketch begins with a bracket");
        return Vec::new();
    };
    let mut sketch = Sketch::default();
    loop {
        let Some(line) = cursor.peek().filter(|_| !cursor.at_boundary()) else {
            cursor.fail(first, format!("{} brackets of this sketch are never closed", sketch.open.len()));
            return Vec::new();
        };
        match sketch.line(line) {
            Ok(class) => cursor.take(class),
            Err(message) => {
                cursor.unexpected(message);
                cursor.give_up();
                return Vec::new();
            }
        }
        if sketch.open.is_empty() {
            break;
        }
    }
    if sketch.fields.is_empty() {
        cursor.fail(first, "the sketch is empty");
    }
    sketch.fields
}

/// Deeper than any real body.
const DEPTH: usize = 32;

#[derive(Default)]
struct Sketch {
    fields: Vec<Field>,
    names: HashSet<String>,
    open: Vec<Open>,
    /// Whether the last field's type is still to come.
    awaiting: bool,
    /// Values that comments on the last field list.
    listed: Vec<String>,
}

/// A bracket that is not closed.
struct Open {
    bracket: char,
    /// Of what stands in it.
    path: String,
    /// Whether the array has its item.
    filled: bool,
    /// Whether it is the block below a list of values, which means nothing and is empty.
    void: bool,
}

impl Sketch {
    fn line(&mut self, line: &Line<'_>) -> Result<Class, String> {
        let (code, comment) = match line.text.split_once("//") {
            Some((code, comment)) => (code.trim(), Some(comment.trim())),
            None => (&*line.text, None),
        };
        if code.is_empty() || code.starts_with("* ") {
            self.comment(comment.unwrap_or(code))?;
            return Ok(Class::Prose);
        }
        if !self.awaiting {
            self.settle()?;
        }
        let continues = self.awaiting;
        match code {
            "{" | "[" => {
                self.open(code)?;
                if comment.is_some() && !continues {
                    return Err("a comment that belongs to no field".to_owned());
                }
            }
            "}" | "]" => {
                self.close(code)?;
                if comment.is_some() {
                    return Err("a comment that belongs to no field".to_owned());
                }
            }
            _ => match code.strip_prefix('"') {
                Some(rest) => self.key(line, rest)?,
                None => self.kind(line, code)?,
            },
        }
        comment.map_or(Ok(()), |comment| self.comment(comment))?;
        Ok(Class::Statement)
    }

    /// `"key"?: type`, of which the type may be a bracket, or on the next line.
    fn key(&mut self, line: &Line<'_>, rest: &str) -> Result<(), String> {
        let (name, rest) = rest.split_once('"').ok_or("the key does not end")?;
        let (optional, rest) = match rest.strip_prefix('?') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let value = rest.strip_prefix(':').ok_or("a colon belongs behind the key")?.trim();
        if self.awaiting {
            return Err(self.lacks_type());
        }
        if !kind::is_name(name) {
            return Err(format!("`{name}` is not the name of a field"));
        }
        let name = self.path(name)?;
        self.push(line, name, Some(!optional))?;
        self.awaiting = true;
        match value {
            "" => Ok(()),
            "{" | "[" => self.open(value),
            _ => self.kind(line, value),
        }
    }

    /// A type: of the key before it, of an array's items, or of a field that has lost its name.
    fn kind(&mut self, line: &Line<'_>, text: &str) -> Result<(), String> {
        let kind = Kind::of(text).ok_or_else(|| format!("`{text}` is not a known type"))?;
        if !self.awaiting {
            match self.open.last_mut() {
                Some(array) if array.bracket == '[' => {
                    if std::mem::replace(&mut array.filled, true) {
                        return Err("an array has one item".to_owned());
                    }
                    let name = array.path.clone();
                    self.push(line, name, None)?;
                }
                _ => {
                    let name = self.path(NAMELESS)?;
                    self.push(line, name, None)?;
                }
            }
        }
        self.awaiting = false;
        if let Some(field) = self.fields.last_mut() {
            if !field.values.is_empty() && field.values != kind.values {
                return Err(format!("the values listed above are not those of `{text}`"));
            }
            (field.kind, field.format, field.values) = (Some(kind.name), kind.format, kind.values);
        }
        Ok(())
    }

    fn open(&mut self, bracket: &str) -> Result<(), String> {
        let mut void = false;
        let path = match (self.open.last_mut(), self.fields.last_mut()) {
            (None, _) => String::new(),
            (Some(_), Some(field)) if self.awaiting && !field.values.is_empty() => {
                if bracket == "[" {
                    return Err("a list of values has no items".to_owned());
                }
                void = true;
                field.name.clone()
            }
            (Some(_), Some(field)) if self.awaiting => {
                field.kind = Some(if bracket == "{" { "object" } else { "array" }.to_owned());
                field.name.clone()
            }
            (Some(array), _) if array.bracket == '[' && !array.filled => {
                array.filled = true;
                array.path.clone()
            }
            _ => return Err("a bracket that belongs to no key".to_owned()),
        };
        if self.open.len() == DEPTH {
            return Err(format!("more than {DEPTH} levels"));
        }
        self.awaiting = false;
        self.open.push(if bracket == "{" {
            Open { bracket: '{', path, filled: true, void }
        } else {
            Open { bracket: '[', path: format!("{path}[]"), filled: false, void }
        });
        Ok(())
    }

    fn close(&mut self, bracket: &str) -> Result<(), String> {
        if self.awaiting {
            return Err(self.lacks_type());
        }
        let expected = if bracket == "}" { '{' } else { '[' };
        match self.open.pop() {
            Some(open) if open.bracket == expected && open.filled => Ok(()),
            Some(open) if open.bracket == expected => Err("an array without an item".to_owned()),
            _ => Err("this bracket closes none that is open".to_owned()),
        }
    }

    /// Comments are prose, but must not say something else than the line does.
    fn comment(&mut self, text: &str) -> Result<(), String> {
        let Some(field) = self.fields.last_mut() else {
            return Err("a comment that belongs to no field".to_owned());
        };
        let nameless = field.name.rsplit('.').next() == Some(NAMELESS);
        match Remark::of(text)? {
            Some(Remark::Optional) if nameless => field.required = Some(false),
            Some(Remark::Optional) if field.required != Some(false) => {
                return Err("the comment says optional, the key has no `?`".to_owned());
            }
            None if !text.contains("必填") => {}
            Some(Remark::Required) | None if field.required != Some(true) => {
                return Err("the comment says required, the key does not".to_owned());
            }
            _ => {}
        }
        field.varies |= text.contains("可能有不同的類型");
        if text.starts_with('*') && !text.starts_with("* `") {
            return Err("a list that is not one of values".to_owned());
        }
        for item in text.split("* `").skip(1) {
            let (value, _) = item.split_once('`').ok_or("a value that does not end")?;
            // Where no type is printed, the list is all that is said of the values.
            if self.awaiting && kind::is_value(value) && !self.listed.iter().any(|other| other == value) {
                field.values.push(value.to_owned());
            }
            if !field.values.iter().any(|other| other == value) {
                return Err(format!("`{value}` is not one of the values of `{}`", field.name));
            }
            if self.listed.iter().any(|other| other == value) {
                return Err(format!("`{value}` is explained twice"));
            }
            self.listed.push(value.to_owned());
        }
        Ok(())
    }

    /// Comments that list values list all of them.
    fn settle(&mut self) -> Result<(), String> {
        let listed = std::mem::take(&mut self.listed);
        let Some(field) = self.fields.last() else { return Ok(()) };
        match field.values.iter().find(|value| !listed.contains(value)) {
            Some(value) if !listed.is_empty() => Err(format!(
                "before this line, `{value}` of `{}` is not explained as the others are",
                field.name
            )),
            _ => Ok(()),
        }
    }

    /// The name of a field of the innermost object.
    fn path(&self, name: &str) -> Result<String, String> {
        match self.open.last() {
            Some(open) if open.bracket == '[' => {
                Err("a field stands between the brackets of an array".to_owned())
            }
            Some(open) if open.void => Err("the block below a list of values is not empty".to_owned()),
            Some(open) if open.path.is_empty() => Ok(name.to_owned()),
            Some(open) => Ok(format!("{}.{name}", open.path)),
            None => Err("a sketch begins with a bracket".to_owned()),
        }
    }

    fn push(&mut self, line: &Line<'_>, name: String, required: Option<bool>) -> Result<(), String> {
        if !self.names.insert(name.clone()) {
            return Err(format!("the sketch has `{name}` twice"));
        }
        self.fields.push(Field {
            name,
            span: line.span,
            kind: None,
            format: None,
            required,
            default: None,
            values: Vec::new(),
            varies: false,
        });
        Ok(())
    }

    fn lacks_type(&self) -> String {
        let name = self.fields.last().map_or("", |field| &field.name);
        format!("before this line, `{name}` has no type")
    }
}
