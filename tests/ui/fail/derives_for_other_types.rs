//! The runtime's derives refuse what they do not know, where it is, instead of reading it otherwise than serde.
use maiagent::runtime::derive::{Deserialize, Serialize};

#[derive(Serialize)]
struct Generic<T> {
    value: T,
}

#[derive(Deserialize)]
struct Tuple(u8);

#[derive(Serialize)]
enum Tagged {
    One(u8),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Untagged {
    One(u8),
}

#[derive(Serialize)]
#[serde(untagged)]
enum Pair {
    Two(u8, u8),
}

#[derive(Serialize)]
#[serde(rename_all = "Title Case")]
struct Cased {
    value: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    value: u8,
}

#[derive(Deserialize)]
struct Flat {
    #[serde(default, flatten)]
    value: Strict,
}

#[derive(Deserialize)]
struct With {
    #[serde(default, deserialize_with = "read")]
    value: u8,
}

#[derive(Deserialize)]
struct WithoutDefault {
    #[serde(deserialize_with = "wire::not_null")]
    value: Option<u8>,
}

#[derive(Serialize)]
struct Skipped {
    #[serde(skip_serializing_if = "|value| *value == 0")]
    value: u8,
}

#[derive(Serialize)]
struct NoText {
    #[serde(rename = b"value")]
    value: u8,
}

fn main() {}
