//! How fast records are read and written, against the same types with serde's own derives.
//!
//! `cargo bench --package specwright-runtime --bench records` prints, for narrow and wide records whose keys come in
//! the order of the fields, in another order, or in part, the time for each and their ratio: above 1, these derives are
//! faster. Rounds alternate, so that noise of the machine hits both.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

const ROUNDS: usize = 200;
const ROUND: Duration = Duration::from_millis(2);

/// The same types twice: once with these derives, once with serde's.
macro_rules! twice {
    ($($item:item)*) => {
        mod ours {
            use runtime::derive::{Deserialize, Serialize};
            use runtime::wire;
            $($item)*
        }
        mod theirs {
            use runtime::wire;
            use serde::{Deserialize, Serialize};
            $($item)*
        }
    };
}

/// A record with many fields, as large APIs have them: most are optional.
macro_rules! wide {
    ($($text:ident $number:ident $flag:ident $list:ident $inner:ident)*) => {
        twice! {
            #[derive(Serialize, Deserialize)]
            pub struct Point {
                x: i64,
                y: i64,
            }

            #[derive(Serialize, Deserialize)]
            #[serde(rename_all = "camelCase")]
            pub struct Narrow {
                id: String,
                full_name: String,
                #[serde(default, skip_serializing_if = "Option::is_none")]
                age: Option<i64>,
                #[serde(default, deserialize_with = "wire::null_as_default")]
                tags: Vec<String>,
            }

            #[derive(Serialize, Deserialize)]
            pub struct Wide {
                $(
                    $text: String,
                    $number: f64,
                    #[serde(default, skip_serializing_if = "Option::is_none")]
                    $flag: Option<bool>,
                    #[serde(default, deserialize_with = "wire::null_as_default")]
                    $list: Vec<Narrow>,
                    #[serde(default, deserialize_with = "wire::not_null", skip_serializing_if = "Option::is_none")]
                    $inner: Option<Point>,
                )*
            }
        }

        fn wide() -> Value {
            let properties = [$(
                (stringify!($text), json!("Some text, as properties have it.")),
                (stringify!($number), json!(12.5)),
                (stringify!($flag), json!(true)),
                (stringify!($list), json!([narrow()])),
                (stringify!($inner), point()),
            )*];
            properties.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
        }
    };
}

wide! {
    first_text first_number first_flag first_list first_inner
    second_text second_number second_flag second_list second_inner
    third_text third_number third_flag third_list third_inner
    fourth_text fourth_number fourth_flag fourth_list fourth_inner
    fifth_text fifth_number fifth_flag fifth_list fifth_inner
    sixth_text sixth_number sixth_flag sixth_list sixth_inner
    seventh_text seventh_number seventh_flag seventh_list seventh_inner
    eighth_text eighth_number eighth_flag eighth_list eighth_inner
    ninth_text ninth_number ninth_flag ninth_list ninth_inner
    tenth_text tenth_number tenth_flag tenth_list tenth_inner
    eleventh_text eleventh_number eleventh_flag eleventh_list eleventh_inner
    twelfth_text twelfth_number twelfth_flag twelfth_list twelfth_inner
}

fn point() -> Value {
    json!({ "x": 5, "y": -70000 })
}

fn narrow() -> Value {
    json!({ "id": "0f8fad5b-d9cb", "fullName": "Ada Lovelace", "age": 36, "tags": ["a", "b"] })
}

/// The keys of an object, moved.
fn with_keys(value: &Value, order: impl Fn(&mut Vec<(String, Value)>)) -> String {
    let object: Map<String, Value> = value.as_object().unwrap().clone();
    let mut properties: Vec<_> = object.into_iter().collect();
    order(&mut properties);
    let texts: Vec<String> = properties.iter().map(|(key, value)| format!("{key:?}:{value}")).collect();
    format!("{{{}}}", texts.join(","))
}

fn main() {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    println!("{:<32}{:>12}{:>12}{:>8}", "nanoseconds", "ours", "serde's", "ratio");
    let as_written = |value: Value, ours: fn(&str) -> String| ours(&value.to_string());
    let point = as_written(point(), write::<ours::Point>);
    let narrow = as_written(narrow(), write::<ours::Narrow>);
    let wide = as_written(wide(), write::<ours::Wide>);
    let many = format!("[{}]", vec![narrow.clone(); 50].join(","));
    let run = |name: &str, ours: &dyn Fn(), theirs: &dyn Fn()| {
        if name.contains(&filter) {
            compare(name, ours, theirs);
        }
    };
    run("read point", &|| read::<ours::Point>(&point), &|| read::<theirs::Point>(&point));
    run("read narrow", &|| read::<ours::Narrow>(&narrow), &|| read::<theirs::Narrow>(&narrow));
    run("read fifty narrow", &|| read::<Vec<ours::Narrow>>(&many), &|| read::<Vec<theirs::Narrow>>(&many));
    run("read wide", &|| read::<ours::Wide>(&wide), &|| read::<theirs::Wide>(&wide));
    let value: Value = serde_json::from_str(&wide).unwrap();
    let backward = with_keys(&value, |properties| properties.reverse());
    run("read wide, keys backward", &|| read::<ours::Wide>(&backward), &|| read::<theirs::Wide>(&backward));
    let shuffled = with_keys(&value, |properties| shuffle(properties));
    run("read wide, keys shuffled", &|| read::<ours::Wide>(&shuffled), &|| read::<theirs::Wide>(&shuffled));
    let required = with_keys(&value, |properties| {
        shuffle(properties);
        properties.retain(|(key, _)| key.ends_with("text") || key.ends_with("number"));
    });
    run("read wide, some keys", &|| read::<ours::Wide>(&required), &|| read::<theirs::Wide>(&required));
    let unknown = with_keys(&value, |properties| {
        for number in 0..60 {
            properties.insert(number, (format!("unknown_{number}"), json!(true)));
        }
    });
    run("read wide, keys unknown", &|| read::<ours::Wide>(&unknown), &|| read::<theirs::Wide>(&unknown));

    let (ours, theirs) = (value_of::<ours::Point>(&point), value_of::<theirs::Point>(&point));
    run("write point", &|| written(&ours), &|| written(&theirs));
    let (ours, theirs) = (value_of::<Vec<ours::Narrow>>(&many), value_of::<Vec<theirs::Narrow>>(&many));
    run("write fifty narrow", &|| written(&ours), &|| written(&theirs));
    let (ours, theirs) = (value_of::<ours::Wide>(&wide), value_of::<theirs::Wide>(&wide));
    run("write wide", &|| written(&ours), &|| written(&theirs));
    let (ours, theirs) = (value_of::<ours::Wide>(&required), value_of::<theirs::Wide>(&required));
    run("write wide, some keys", &|| written(&ours), &|| written(&theirs));
}

/// Always in the same way.
fn shuffle(properties: &mut [(String, Value)]) {
    let mut state = 12345_usize;
    for last in (1..properties.len()).rev() {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        properties.swap(last, (state >> 33) % (last + 1));
    }
}

/// In the order of the fields, however the value was made.
fn write<T: for<'de> serde::Deserialize<'de> + serde::Serialize>(text: &str) -> String {
    serde_json::to_string(&value_of::<T>(text)).unwrap()
}

fn value_of<T: for<'de> serde::Deserialize<'de>>(text: &str) -> T {
    serde_json::from_str(text).unwrap()
}

#[inline(never)]
fn read<T: for<'de> serde::Deserialize<'de>>(text: &str) {
    black_box(serde_json::from_str::<T>(black_box(text)).unwrap());
}

#[inline(never)]
fn written<T: serde::Serialize>(value: &T) {
    black_box(serde_json::to_vec(black_box(value)).unwrap());
}

/// The best of many rounds of each.
fn compare(name: &str, ours: &dyn Fn(), theirs: &dyn Fn()) {
    let start = Instant::now();
    (0..100).for_each(|_| theirs());
    let count = (100 * ROUND.as_nanos() / start.elapsed().as_nanos()).max(1) as u32;
    let time = |run: &dyn Fn()| {
        let start = Instant::now();
        (0..count).for_each(|_| run());
        start.elapsed().as_secs_f64() * 1e9 / f64::from(count)
    };
    let (mut ours_best, mut theirs_best) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        (ours_best, theirs_best) = (ours_best.min(time(ours)), theirs_best.min(time(theirs)));
    }
    println!("{name:<32}{ours_best:>12.1}{theirs_best:>12.1}{:>8.2}", theirs_best / ours_best);
}
