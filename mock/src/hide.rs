//! What is not for the eyes of everybody who looks at recorded requests.
//!
//! Comes in: parts of requests and answers. Goes out: the same, without keys and other secrets. Must not: change
//! anything else, or fail on any text.

/// What is shown in place of a secret.
pub(crate) const HIDDEN: &str = "[hidden]";

/// Words before a credential that say what kind it is.
const SCHEMES: [&str; 5] = ["Api-Key", "Basic", "Bearer", "Digest", "Token"];

/// A longer string is no name of a secret. Without a limit, quotes without end would be looked at again and again.
const MAX_NAME: usize = 256;

/// Hides the key wherever it stands, and whatever is called like a secret.
pub(crate) struct Hider {
    /// The key, as it is and as JSON and queries spell it, longest first.
    spellings: Vec<String>,
}

impl Hider {
    pub(crate) fn new(key: &str) -> Self {
        let json = serde_json::Value::from(key).to_string();
        let json = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or(&json);
        let query: String = form_urlencoded::byte_serialize(key.as_bytes()).collect();
        let mut spellings = vec![key.to_owned(), json.to_owned(), query.replace('+', "%20"), query];
        spellings.retain(|spelling| !spelling.is_empty());
        spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
        spellings.dedup();
        Self { spellings }
    }

    /// The value of a header, of which at most `most` bytes.
    pub(crate) fn header(&self, name: &str, value: &str, most: usize) -> String {
        if !is_secret_header(name) {
            return self.beginning(value, most);
        }
        match value.split_once(' ') {
            Some((scheme, _)) if SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme)) => {
                format!("{scheme} {HIDDEN}")
            }
            _ => HIDDEN.to_owned(),
        }
    }

    /// A text of any kind: the members of JSON documents, also of those in events or cut off, the pairs of forms and
    /// queries, and the key wherever it stands.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut shown = members_and_pairs(text);
        for spelling in &self.spellings {
            shown = shown.replace(spelling.as_str(), HIDDEN);
        }
        shown
    }

    /// The beginning of a text, at most `most` bytes of it before anything is hidden. A key that reaches beyond them is
    /// left out.
    pub(crate) fn beginning(&self, text: &str, most: usize) -> String {
        if text.len() <= most {
            self.text(text)
        } else {
            let end = (0..=most).rev().find(|end| text.is_char_boundary(*end));
            self.text_until_cut(&text[..end.unwrap_or(0)])
        }
    }

    /// A text that is cut off at its end, where the rest of a key may be missing.
    pub(crate) fn text_until_cut(&self, text: &str) -> String {
        let mut shown = self.text(text);
        let is_begun = |spelling: &String| {
            let parts = spelling.char_indices().map(|(at, _)| at).filter(|at| *at > 0);
            parts.rev().find(|end| shown.ends_with(&spelling[..*end]))
        };
        if let Some(begun) = self.spellings.iter().filter_map(is_begun).max() {
            shown.truncate(shown.len() - begun);
        }
        shown
    }
}

fn is_secret_header(name: &str) -> bool {
    let name = plain(name);
    is_secret(&name) || name.contains("auth") || (name.ends_with("key") && name != "idempotencykey")
}

/// Whether a name, lower case and without what is no letter or digit, is that of a secret.
fn is_secret(name: &str) -> bool {
    const WORDS: [&str; 11] = [
        "accesskey",
        "apikey",
        "authorization",
        "cookie",
        "credential",
        "passphrase",
        "passwd",
        "password",
        "privatekey",
        "secret",
        "signature",
    ];
    name == "policy" || name.contains("token") || WORDS.iter().any(|word| name.contains(word))
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|it| it.to_ascii_lowercase()).collect()
}

fn members_and_pairs(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    // A form begins with a name, which in a query is behind a question mark.
    let mut at_pair = true;
    while !rest.is_empty() {
        let secret = if at_pair { pair(rest) } else { member(rest) };
        if let Some((before, behind)) = secret {
            shown.push_str(&rest[..before]);
            shown.push_str(HIDDEN);
            (rest, at_pair) = (&rest[behind..], false);
            continue;
        }
        let mut characters = rest.chars();
        let first = characters.next();
        if !at_pair {
            shown.extend(first);
            rest = characters.as_str();
            at_pair = matches!(first, Some('?' | '&'));
        } else {
            at_pair = false;
        }
    }
    shown
}

/// A JSON member with the name of a secret and a text at the beginning of `text`: where its value begins and ends.
fn member(text: &str) -> Option<(usize, usize)> {
    let name = string(text, MAX_NAME)?;
    let decoded: String = serde_json::from_str(&text[..name]).ok()?;
    let value = text[name..].trim_ascii_start().strip_prefix(':')?.trim_ascii_start();
    if !value.starts_with('"') || !is_secret(&plain(&decoded)) {
        return None;
    }
    let start = text.len() - value.len();
    Some((start + 1, start + string(value, value.len()).map_or(value.len(), |end| end - 1)))
}

/// Where the JSON string ends that `text` begins with, if that is within `most` bytes.
fn string(text: &str, most: usize) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().take(most).enumerate() {
        match (at, byte) {
            (0, b'"') => {}
            (0, _) => return None,
            _ if escaped => escaped = false,
            (_, b'\\') => escaped = true,
            (_, b'"') => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// A pair of a form with the name of a secret at the beginning of `text`: where its value begins and ends.
fn pair(text: &str) -> Option<(usize, usize)> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || "_-.+%[]".contains(character);
    let end = text.find(|character| !is_name(character)).filter(|end| text[*end..].starts_with('='))?;
    let (name, _) = form_urlencoded::parse(&text.as_bytes()[..end]).next()?;
    if !is_secret(&plain(&name)) && plain(&name) != "key" {
        return None;
    }
    let value = &text[end + 1..];
    let stop = |character: char| character.is_whitespace() || "&;\"'<>#\\".contains(character);
    Some((end + 1, end + 1 + value.find(stop).unwrap_or(value.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let hider = Hider::new("k-1");
        for (name, value, shown) in [
            ("Authorization", "Api-Key k-1", "Api-Key [hidden]"),
            ("authorization", "bearer other", "bearer [hidden]"),
            ("authorization", "other", "[hidden]"),
            ("authorization", "other words", "[hidden]"),
            ("proxy-authorization", "Basic QQ==", "Basic [hidden]"),
            ("cookie", "a=b", "[hidden]"),
            ("set-cookie", "a=b", "[hidden]"),
            ("x-api-key", "other", "[hidden]"),
            ("x-key", "other", "[hidden]"),
            ("x-auth", "other", "[hidden]"),
            ("x-amz-security-token", "other", "[hidden]"),
            ("idempotency-key", "other", "other"),
            ("referer", "http://a/?token=b&c=d", "http://a/?token=[hidden]&c=d"),
            ("x-request-id", "k-1", "[hidden]"),
        ] {
            assert_eq!(hider.header(name, value, 100), shown, "{name}");
        }
    }

    #[test]
    fn texts() {
        let hider = Hider::new("k \"1\"");
        for (text, shown) in [
            ("", ""),
            (r#"{"content":"the k \"1\" here"}"#, r#"{"content":"the [hidden] here"}"#),
            ("/a/?q=k+%221%22&r=k%20%221%22", "/a/?q=[hidden]&r=[hidden]"),
            (r#"{"apiKey" : "a\"b", "n": 1}"#, r#"{"apiKey" : "[hidden]", "n": 1}"#),
            (r#"{"\u0061pi_key":"a"}"#, r#"{"\u0061pi_key":"[hidden]"}"#),
            (r#"data: {"access_token":"a"}"#, r#"data: {"access_token":"[hidden]"}"#),
            (r#"{"password":"cut of"#, r#"{"password":"[hidden]"#),
            (r#"{"password":"cut of\"#, r#"{"password":"[hidden]"#),
            (r#"{"tokens":12,"content":"my password: x"}"#, r#"{"tokens":12,"content":"my password: x"}"#),
            (
                r#"{"fields":{"x-amz-signature":"a","policy":"b","key":"c"}}"#,
                r#"{"fields":{"x-amz-signature":"[hidden]","policy":"[hidden]","key":"c"}}"#,
            ),
            ("password=a;b&c=d", "password=[hidden];b&c=d"),
            ("a=b&api%5Fkey=c", "a=b&api%5Fkey=[hidden]"),
            ("/x?key=c", "/x?key=[hidden]"),
            (r#"{"url":"http://a/?X-Amz-Signature=b"}"#, r#"{"url":"http://a/?X-Amz-Signature=[hidden]"}"#),
            ("?&?&é\u{1F6B2}\"\\", "?&?&é\u{1F6B2}\"\\"),
        ] {
            assert_eq!(hider.text(text), shown, "{text}");
        }
        // Whatever a text looks like, what is no secret stays as it is.
        let alphabet = ["\"", "\\", ":", "?", "&", "=", "a", "é"];
        for number in 0..alphabet.len().pow(5) {
            let text: String =
                (0..5).map(|at| alphabet[number / alphabet.len().pow(at) % alphabet.len()]).collect();
            assert_eq!(hider.text(&text), text);
        }
        let hider = Hider::new("secret-key");
        for (text, most, shown) in [
            ("a secret-key b", 50, "a [hidden] b"),
            ("a secret-key b", 12, "a [hidden]"),
            ("a secret-key b", 11, "a "),
            ("a secret-key b", 3, "a "),
            ("a secret-key b", 2, "a "),
            ("a éé", 3, "a "),
        ] {
            assert_eq!(hider.beginning(text, most), shown, "{text} {most}");
        }
        assert_eq!(Hider::new("").text("abc"), "abc", "no key is in no text");
    }
}
