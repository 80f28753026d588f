//! Defaults as values that a program can write down.

use super::draft::{Drafts, Kind};
use super::schema::range;
use crate::diagnostics::{Diagnostics, Effect};
use crate::docs;
use crate::document::words;
use crate::ir::{Enum, Int, Literal, Type, TypeId};
use crate::parse::{Node, Value};

/// A default as a value of a type; nothing for lists, objects and null, which only the documentation shows. Warns where the
/// type does not have the value.
pub(super) fn literal(
    drafts: &Drafts<'_>,
    problems: &mut Diagnostics,
    default: &Node,
    ty: &Type,
) -> Option<Literal> {
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
        (_, Type::Named(id)) => return named_literal(drafts, problems, default, *id),
        // Text of another type, such as a date, has no literal; the documentation shows it.
        (Value::String(_), Type::Bool | Type::Int(_) | Type::F32 | Type::F64) => None,
        (Value::Bool(_) | Value::Number(_), Type::String) => None,
        _ => return None,
    };
    if literal.is_none() {
        problems.warning(
            Effect::Ignored,
            default.span,
            "the default is not of the schema's type",
            format!("this is {}", default.kind()),
            "write a default that the schema allows",
        );
    }
    literal
}

fn named_literal(
    drafts: &Drafts<'_>,
    problems: &mut Diagnostics,
    default: &Node,
    id: TypeId,
) -> Option<Literal> {
    let id = drafts.underlying(id);
    match drafts.kind(id)? {
        Kind::Enum(Enum { values, .. }) => {
            let wire = words(default);
            let place = values.iter().position(|value| value.wire == wire);
            if place.is_none() {
                problems.warning(
                    Effect::Ignored,
                    default.span,
                    format!("`{}` is not among the values of the enum", docs::plain(&wire)),
                    "unknown default",
                    "use one of the enum's values",
                );
            }
            place.map(|place| Literal::Value(id, place))
        }
        // Behind more aliases than there can be is a circle; that is reported elsewhere.
        Kind::Alias(ty) if !matches!(ty, Type::Named(_)) => literal(drafts, problems, default, ty),
        _ => None,
    }
}

/// An integer within the range of its type.
fn integer(text: &str, width: Int) -> Option<i128> {
    whole(text).filter(|number| range(width).contains(number))
}

/// The integer that a number is, however it is written: `20`, `20.0` and `2e1` are the same.
pub(super) fn whole(text: &str) -> Option<i128> {
    let (number, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (digits, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits: i128 = format!("{digits}{fraction}").parse().ok()?;
    let exponent = exponent.parse::<i32>().ok()?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
    match exponent {
        0.. => digits.checked_mul(power),
        _ => (digits % power == 0).then_some(digits / power),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_what_they_mean() {
        let same = [
            ("20", 20),
            ("20.0", 20),
            ("1e3", 1000),
            ("1E+3", 1000),
            ("1.25e2", 125),
            ("500e-2", 5),
            ("-0", 0),
        ];
        for (text, number) in same {
            assert_eq!(whole(text), Some(number), "{text}");
        }
        for text in ["1.5", "15e-1", "1e-400", "1e400", "1e99999999999", ".inf", "", "e", "1e", "."] {
            assert_eq!(whole(text), None, "{text}");
        }
    }
}
