//! `rename_all`: names of fields as they are on the wire.

/// What serde makes of a field's name under a rule; nothing where there is no such rule.
pub(crate) fn renamed(rule: &str, name: &str) -> Option<String> {
    Some(match rule {
        "lowercase" | "snake_case" => name.to_owned(),
        "UPPERCASE" | "SCREAMING_SNAKE_CASE" => name.to_ascii_uppercase(),
        "kebab-case" => name.replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => name.to_ascii_uppercase().replace('_', "-"),
        "PascalCase" => pascal(name),
        "camelCase" => {
            let pascal = pascal(name);
            let mut letters = pascal.chars();
            let first = letters.next().map(|first| first.to_ascii_lowercase());
            first.into_iter().chain(letters).collect()
        }
        _ => return None,
    })
}

fn pascal(name: &str) -> String {
    let mut pascal = String::with_capacity(name.len());
    let mut is_first = true;
    for letter in name.chars() {
        match letter {
            '_' => is_first = true,
            letter => {
                pascal.push(if is_first { letter.to_ascii_uppercase() } else { letter });
                is_first = false;
            }
        }
    }
    pascal
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn names_are_those_of_serde() {
        for (rule, expected) in [
            ("lowercase", "full_name_2"),
            ("snake_case", "full_name_2"),
            ("UPPERCASE", "FULL_NAME_2"),
            ("SCREAMING_SNAKE_CASE", "FULL_NAME_2"),
            ("kebab-case", "full-name-2"),
            ("SCREAMING-KEBAB-CASE", "FULL-NAME-2"),
            ("PascalCase", "FullName2"),
            ("camelCase", "fullName2"),
        ] {
            assert_eq!(renamed(rule, "full_name_2").as_deref(), Some(expected), "{rule}");
        }
        assert_eq!(renamed("Title Case", "full_name"), None);
        assert_eq!(renamed("camelCase", "__a").as_deref(), Some("a"));
        assert_eq!(renamed("camelCase", "").as_deref(), Some(""));
    }
}
