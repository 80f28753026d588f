//! Defaults as values of their types.

use super::Lower;
use super::draft::Kind;
use super::words::json;
use crate::docs;
use crate::ir::{Int, Literal, Type, TypeId};
use crate::parse::{Node, Value};

impl<'a> Lower<'a> {
    /// A default as a value; nothing for lists, objects and null, which only the documentation shows.
    pub(super) fn literal(&mut self, default: &'a Node, ty: &Type) -> Option<Literal> {
        let literal = match (&default.value, ty) {
            (Value::Null | Value::Array(_) | Value::Object(_), _) => return None,
            (Value::Bool(flag), Type::Bool) => Some(Literal::Bool(*flag)),
            (Value::Number(text), Type::Int(width)) => integer(text, *width).map(Literal::Int),
            (Value::Number(text), Type::F32) => {
                text.parse().ok().filter(|number| (*number as f32).is_finite()).map(Literal::Float)
            }
            (Value::Number(text), Type::F64) => {
                text.parse().ok().filter(|number: &f64| number.is_finite()).map(Literal::Float)
            }
            (Value::String(text), Type::String) => Some(Literal::Text(text.clone())),
            (_, Type::Named(id)) => return self.named_literal(default, *id),
            // Text of another type, such as a date, has no literal; the documentation shows it.
            (Value::String(_), Type::Bool | Type::Int(_) | Type::F32 | Type::F64) => None,
            (Value::Bool(_) | Value::Number(_), Type::String) => None,
            _ => return None,
        };
        if literal.is_none() {
            self.problems.warning(
                default.span,
                "the default is not of the schema's type",
                format!("this is {}", default.kind()),
                "write a default that the schema allows",
            );
        }
        literal
    }

    fn named_literal(&mut self, default: &'a Node, id: TypeId) -> Option<Literal> {
        let id = self.underlying(id);
        match self.kind(id)? {
            Kind::Enum(values) => {
                let wire = json(default);
                let found = values.values.iter().position(|value| value.wire == wire);
                let literal = found.map(|at| Literal::Value(id, at));
                if literal.is_none() {
                    self.problems.warning(
                        default.span,
                        format!("`{}` is not among the values of the enum", docs::plain(&wire)),
                        "unknown default",
                        "use one of the enum's values",
                    );
                }
                literal
            }
            // Behind more aliases than there can be is a circle; that is reported elsewhere.
            Kind::Alias(ty) if !matches!(ty, Type::Named(_)) => {
                let ty = ty.clone();
                self.literal(default, &ty)
            }
            _ => None,
        }
    }
}

/// An integer within the range of its type.
fn integer(text: &str, width: Int) -> Option<i128> {
    let number: i128 = text.parse().ok()?;
    let range = match width {
        Int::I8 => i128::from(i8::MIN)..=i128::from(i8::MAX),
        Int::I16 => i128::from(i16::MIN)..=i128::from(i16::MAX),
        Int::I32 => i128::from(i32::MIN)..=i128::from(i32::MAX),
        Int::I64 => i128::from(i64::MIN)..=i128::from(i64::MAX),
        Int::U8 => 0..=i128::from(u8::MAX),
        Int::U16 => 0..=i128::from(u16::MAX),
        Int::U32 => 0..=i128::from(u32::MAX),
        Int::U64 => 0..=i128::from(u64::MAX),
    };
    range.contains(&number).then_some(number)
}
