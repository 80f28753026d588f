//! Pages of an invented library, in every layout, whole and broken.
#![allow(clippy::unwrap_used)]

use super::import::{Imported, Marks, import};
use super::kind::Kind;
use super::lines::{self, Class, Form, Problem};
use super::{COMMENT, diff};
use crate::source::{self, Extent, Source};
use std::fmt::Write as _;
use std::path::PathBuf;

const FLAT: &str = include_str!("../../tests/pages/flat.txt");
const LAYOUT: &str = include_str!("../../tests/pages/layout.txt");
const EXAMPLES: &str = include_str!("../../tests/pages/examples.txt");
const MARKDOWN: &str = include_str!("../../tests/pages/markdown.md");
const CURRENT: &str = include_str!("../../tests/pages/current.txt");
const CURRENT_MARKDOWN: &str = include_str!("../../tests/pages/current.md");
const PAGES: [(&str, Extent); 6] = [
    (FLAT, Extent::Whole),
    (LAYOUT, Extent::Whole),
    (EXAMPLES, Extent::Whole),
    (MARKDOWN, Extent::Whole),
    (CURRENT, Extent::Partial),
    (CURRENT_MARKDOWN, Extent::Partial),
];

fn imported(text: &str) -> Imported {
    import(text, Extent::Whole).unwrap_or_else(|problems| panic!("{}", listed(&problems)))
}

fn part(text: &str) -> Imported {
    import(text, Extent::Partial).unwrap_or_else(|problems| panic!("{}", listed(&problems)))
}

fn yaml(source: &Source) -> String {
    source::write(source, COMMENT)
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().fold(String::new(), |text, problem| text + &format!("{problem}\n"))
}

#[test]
fn all_layouts_of_a_page_give_one_source() {
    let flat = imported(FLAT);
    assert_eq!(flat.marks, Marks::Kept);
    assert_eq!(yaml(&imported(MARKDOWN).source), yaml(&flat.source));

    let mut layout = imported(LAYOUT);
    assert_eq!(layout.marks, Marks::Lost);
    let rows: usize =
        flat.source.operations.iter().map(|other| other.parameters.len() + other.request.table.len()).sum();
    assert_eq!(diff::keep_marks(&flat.source, &mut layout.source), rows);
    assert_eq!(yaml(&layout.source), yaml(&flat.source));
}

#[test]
fn both_editions_of_the_current_layout_give_one_source() {
    let (plain, markdown) = (part(CURRENT), part(CURRENT_MARKDOWN));
    assert_eq!((plain.marks, markdown.marks), (Marks::Kept, Marks::Kept));
    assert_eq!(yaml(&markdown.source), yaml(&plain.source));
    let operation = &plain.source.operations[0];
    assert!(operation.responses.is_empty());
    let colour = operation.request.structure.iter().find(|field| field.name.ends_with(".colour")).unwrap();
    assert_eq!((colour.kind.as_deref(), colour.required), (None, Some(true)));
    assert_eq!(colour.values, ["red", "green", "blue"]);
    assert_eq!(fields(&operation.request.table[5..8])[0], "book.labels array[LabelInput] optional Array([])");
    assert_eq!(fields(&operation.request.table)[8], r#"limits.days integer optional Number("14")"#);
    assert_eq!(fields(&operation.request.table)[10], "urgent boolean optional Bool(false)");
    // The example breaks off, and what stands before that counts.
    let example = operation.request.example.as_ref().unwrap();
    let book = example.get("book").unwrap();
    assert_eq!(book.get("shelfPayload").unwrap().value, codegen::parse::Value::Null);
    assert_eq!(book.get("labels").unwrap().items()[0].entries().len(), 1);
}

/// What only a part of a page may lack.
#[test]
fn a_whole_page_does_not_break_off() {
    let problems = listed(&import(CURRENT, Extent::Whole).unwrap_err());
    assert!(
        problems.contains("5: the operation has no response; is only a part of the page at hand?"),
        "{problems}"
    );
    assert!(
        problems.contains("122: in the payload that begins at line 113: the payload is not JSON"),
        "{problems}"
    );
    let problems = listed(&import(CURRENT_MARKDOWN, Extent::Whole).unwrap_err());
    assert!(problems.contains("the code that begins here does not end: ```json"), "{problems}");
    // A part that ends with a section is no whole page either.
    let cut = &CURRENT[..CURRENT.find("請求範例值").unwrap()];
    part(cut);
    let problems = listed(&import(cut, Extent::Whole).unwrap_err());
    assert_eq!(problems.lines().count(), 1, "{problems}");
}

#[test]
fn a_source_is_written_and_read_without_loss() {
    for (page, extent) in PAGES {
        let written = yaml(&import(page, extent).unwrap().source);
        assert_eq!(yaml(&source::read(&written).unwrap()), written);
    }
}

#[test]
fn places_are_those_of_the_page() {
    let source = imported(MARKDOWN).source;
    let operation = &source.operations[0];
    let at = |span: codegen::diagnostics::Span| {
        MARKDOWN.chars().skip(span.start as usize).take((span.end - span.start) as usize).collect::<String>()
    };
    assert_eq!(at(operation.span), "`POST` `/api/branches/{branchId}/loans/`");
    assert_eq!(at(operation.request.structure[0].span), "\"reader\": string (uuid)");
    let example = operation.request.example.as_ref().unwrap();
    assert_eq!(at(example.entries()[0].0.span), "\"reader\"");
    assert!(at(example.span).ends_with('}'));
}

#[test]
fn every_line_has_a_class() {
    for (page, extent) in PAGES {
        let imported = import(page, extent).unwrap();
        assert_eq!(imported.classes.len(), page.lines().count());
        assert!(
            imported.classes.iter().all(|class| class.is_some_and(|class| class != Class::NotUnderstood))
        );
        assert!(imported.counts.to_string().ends_with("0 not understood"));
    }
}

#[test]
fn types_are_known_or_refused() {
    let kind = |text| Kind::of(text).map(|kind| (kind.name, kind.format, kind.values.join("|")));
    let plain = |name: &str| Some((name.to_owned(), None, String::new()));
    assert_eq!(kind("Array"), plain("Array"));
    assert_eq!(kind("array[LoanInput]"), plain("array[LoanInput]"));
    assert_eq!(
        kind("number (double)"),
        Some(("number".to_owned(), Some("double".to_owned()), String::new()))
    );
    assert_eq!(kind("string (enum: a, b)"), Some(("string".to_owned(), None, "a|b".to_owned())));
    for text in [
        "",
        "strng",
        "string(uuid)",
        "string (uuid",
        "string ()",
        "string (enum: )",
        "string (enum: a, a)",
        "array[]",
        "string (a b)",
    ] {
        assert_eq!(kind(text), None, "{text}");
    }
}

#[test]
fn markdown_loses_its_markup() {
    let page = lines::split(
        "## A \\[b\\] `c*d` **e**\n\n| a \\| b | `x|` |\n|---|---|\n```\n## code\n```\n",
        Extent::Whole,
    )
    .unwrap();
    let lines: Vec<(usize, &str)> = page.lines.iter().map(|line| (line.number, &*line.text)).collect();
    assert_eq!(lines[0], (1, "A [b] c*d e"));
    assert_eq!(lines[2], (6, "## code"));
    assert_eq!(page.lines[0].form, Form::Heading);
    assert_eq!(page.lines[2].form, Form::Plain);
    // A bar ends a cell even in code, as in every Markdown table.
    assert_eq!(page.lines[1].form, Form::Row(vec!["a | b".into(), "x".into(), String::new()]));
}

/// A page around the sections of one operation.
fn page(sections: &str) -> String {
    format!("圖書館\n取得借閱\nPOST /api/loans/{{id}}/\n{sections}\n")
}

const ANSWER: &str = "回應內容\n狀態碼: 204";

fn sketch(lines: &str) -> String {
    page(&format!("請求內容\n請求結構範例\n{lines}\n{ANSWER}"))
}

fn table(lines: &str) -> String {
    page(&format!("參數\n{lines}\n{ANSWER}"))
}

fn body_table(lines: &str) -> String {
    page(&format!("請求內容\n請求參數\n{lines}\n{ANSWER}"))
}

fn example(lines: &str) -> String {
    page(&format!("請求內容\n請求範例值\n{lines}\n{ANSWER}"))
}

fn samples(lines: &str) -> String {
    page(&format!("請求內容\n{{\n\"days\": 3\n}}\n程式碼範例\n{lines}\n{ANSWER}"))
}

fn fields(lines: &[source::Field]) -> Vec<String> {
    let short = |field: &source::Field| {
        let mut text = format!("{} {}", field.name, field.kind.as_deref().unwrap_or("-"));
        text.push_str(match field.required {
            Some(true) => " required",
            Some(false) => " optional",
            None => "",
        });
        if let Some(default) = &field.default {
            let _ = write!(text, " {:?}", default.value);
        }
        text
    };
    lines.iter().map(short).collect()
}

#[test]
fn a_table_is_read_by_looking_ahead() {
    let rows = |text: &str| fields(&imported(&table(text)).source.operations[0].parameters);
    assert_eq!(rows("a\n是\nstring\nb\n否\ninteger\n頁數"), ["a string required", "b integer optional"]);
    assert_eq!(rows("a\nstring\nkey word\nb\ninteger"), ["a string", "b integer"]);
    assert_eq!(rows("參數名稱\n類型\n必填\n說明\na\nstring\n是"), ["a string required"]);
    let body = |text: &str| fields(&imported(&body_table(text)).source.operations[0].request.table);
    assert_eq!(body("a[].b\nArray\n❌\n預設值為:10。"), [r#"a[].b Array optional Number("10")"#]);
    assert_eq!(body("a\nstring\n否\n狀態,預設為 open"), [r#"a string optional String("open")"#]);
    assert_eq!(body("a\narray\n否\n預設為空陣列"), ["a array optional Array([])"]);
}

#[test]
fn a_sketch_is_joined_where_it_broke() {
    let read = |text: &str| fields(&imported(&sketch(text)).source.operations[0].request.structure);
    assert_eq!(
        read("{\n\"a\"?: // 非必填\n{\n\"b\": [\n{\n\"c\":\nstring (uuid)\n}\n]\n}\n}"),
        ["a object optional", "a.b array required", "a.b[].c string required"]
    );
    assert_eq!(read("[\n{\n\"a\": any\n}\n]"), ["[].a any required"]);
    assert_eq!(read("{\n\"a\": {\nstring // 非必填\n}\n}"), ["a object required", "a.? string optional"]);
    assert_eq!(read("{\n\"a\": [\n[\ninteger\n]\n]\n}"), ["a array required", "a[][] integer"]);
}

#[test]
fn broken_pages_are_refused_with_line_and_text() {
    let curl = "curl -X POST \"https://api.library.example/api/loans/7/\"";
    let whole = |with: &str, without: &str| FLAT.replacen(without, with, 1);
    let broken = [
        ("no page", String::new(), "1: the page is empty: "),
        ("nothing but space", " \n\t\n".to_owned(), "1: the page is empty"),
        (
            "not text",
            "a\u{0}b\n".to_owned(),
            r"1: a control character; this is not the text of a page: a\u{0}b",
        ),
        (
            "no operation",
            "圖書館\n參數\n".to_owned(),
            "1: this belongs to no operation: 圖書館 (and 1 more up to line 2)",
        ),
        (
            "cut sketch",
            sketch("{\n\"a\": {\n\"b\": string\n}"),
            "6: 1 brackets of this sketch are never closed: {",
        ),
        ("bracket too many", sketch("{\n\"a\": string\n}\n}"), "9: no section holds this line: }"),
        ("wrong bracket", sketch("{\n\"a\": string\n]"), "8: this bracket closes none that is open: ]"),
        (
            "bracket without key",
            sketch("{\n{\n\"a\": string\n}\n}"),
            "7: a bracket that belongs to no key: {",
        ),
        ("empty sketch", sketch("{\n}"), "6: the sketch is empty: {"),
        ("empty array", sketch("{\n\"a\": [\n]\n}"), "8: an array without an item: ]"),
        ("second item", sketch("{\n\"a\": [\nstring\nstring\n]\n}"), "9: an array has one item: string"),
        (
            "key in an array",
            sketch("{\n\"a\": [\n\"b\": string\n]\n}"),
            "8: a field stands between the brackets of an array: \"b\"",
        ),
        (
            "key without type",
            sketch("{\n\"a\":\n\"b\": string\n}"),
            "8: before this line, `a` has no type: \"b\": string",
        ),
        (
            "unknown type in a sketch",
            sketch("{\n\"a\": strng\n}"),
            "7: `strng` is not a known type: \"a\": strng",
        ),
        ("key without colon", sketch("{\n\"a\" string\n}"), "7: a colon belongs behind the key"),
        ("key that does not end", sketch("{\n\"a: string\n}"), "7: the key does not end"),
        (
            "field twice",
            sketch("{\n\"a\": string\n\"a\": string\n}"),
            "8: the sketch has `a` twice: \"a\": string",
        ),
        ("two lost names", sketch("{\nstring\ninteger\n}"), "8: the sketch has `?` twice: integer"),
        (
            "foreign value",
            sketch("{\n\"a\": string (enum: x, y) // * `x` - X\n* `z` - Z\n}"),
            "8: `z` is not one of the values of `a`: * `z` - Z",
        ),
        (
            "value not explained",
            sketch("{\n\"a\": string (enum: x, y) // * `x` - X\n}"),
            "8: before this line, `y` of `a` is not explained",
        ),
        (
            "values of a plain type",
            sketch("{\n\"a\": object // * `x` - X\n}"),
            "7: `x` is not one of the values of `a`",
        ),
        (
            "list of something else",
            sketch("{\n\"a\": string\n* x\n}"),
            "8: a list that is not one of values: * x",
        ),
        (
            "comment against key",
            sketch("{\n\"a\": string // 非必填\n}"),
            "7: the comment says optional, the key has no `?`",
        ),
        (
            "required against key",
            sketch("{\n\"a\"?: string // 必填\n}"),
            "7: the comment says required, the key does not",
        ),
        (
            "sketch too deep",
            sketch(&"{\n\"a\":\n".repeat(40)),
            "70: more than 32 levels: { (and 15 more up to line 85)",
        ),
        (
            "unknown section",
            page(&format!("請求標頭\nX-Key\nstring\n{ANSWER}")),
            "4: no section holds this line: 請求標頭 (and 2 more up to line 6)",
        ),
        (
            "unknown section below a row",
            table("a\nstring\n請求標頭\nb\nstring"),
            "7: this seems to be a section, but none that is known: 請求標頭",
        ),
        (
            "row without type",
            table("a\n是\n名稱"),
            "5: a row without a known type: a (and 2 more up to line 7)",
        ),
        (
            "unknown type",
            table("a\n是\nstrng\n名稱"),
            "5: a row without a known type: a (and 3 more up to line 8)",
        ),
        ("one word", table("a\nstring\nb\nc\nstring"), "7: a row without a known type: b"),
        ("two descriptions", table("a\nstring\n名稱\n其他"), "8: not part of a row: 其他"),
        ("two types", table("a\n是\nstring\nstring"), "8: a type where none belongs: string"),
        (
            "two marks",
            table("a\n是\n是\nstring"),
            "5: a row without a known type: a (and 3 more up to line 8)",
        ),
        ("mark in the wrong place", table("a\nstring\n是"), "7: a mark where none belongs: 是"),
        (
            "mark before the type",
            body_table("a\n是\nstring"),
            "6: a row without a known type: a (and 2 more up to line 8)",
        ),
        ("one mark missing", table("a\n是\nstring\nb\nstring"), "8: the row has no mark, but others have: b"),
        ("row twice", table("a\nstring\na\nstring"), "7: this table has the field twice: a"),
        (
            "mark against description",
            table("a\n是\nstring\n非必填"),
            "5: the mark says required, the description optional: a",
        ),
        (
            "strange default",
            table("a\nstring\n預設為目前的時間"),
            "5: the description names a default that is not understood: a",
        ),
        ("no rows", table(""), "4: the section is empty: 參數"),
        (
            "names of columns",
            table("參數名稱\n必填\n說明\na\nstring"),
            "5: the names of the columns are not those of a known table: 參數名稱",
        ),
        (
            "JSON cut",
            example("{\n\"a\": [\n1\n}"),
            "9: in the payload that begins at line 6: the payload is not JSON",
        ),
        (
            "JSON cut at the end",
            example("{\n\"a\": 1"),
            "8: in the payload that begins at line 6: the payload is not JSON",
        ),
        ("JSON with a sketch", example("{\n\"a\": string\n}"), "7: in the payload that begins at line 6"),
        (
            "JSON with a key twice",
            example("{\n\"a\": 1,\n\"a\": 2\n}"),
            "8: in the payload that begins at line 6: the key `a` is repeated in one mapping: \"a\": 2",
        ),
        ("text behind JSON", example("{\n\"a\": 1\n} x"), "6: something stands behind this example: x"),
        ("no example", example("無"), "6: an example begins with a bracket: 無"),
        (
            "no programs",
            samples(""),
            "8: no program of this section calls the operation with curl: 程式碼範例",
        ),
        (
            "another route",
            samples("curl -X POST \"https://api.library.example/api/holds/7/\""),
            "9: /api/holds/7/ is not the route of this operation: curl",
        ),
        (
            "another method",
            samples("curl -X GET \"https://api.library.example/api/loans/7/\""),
            "9: GET is not the method of this operation: curl",
        ),
        (
            "unknown query",
            samples("curl -X POST \"https://api.library.example/api/loans/7/?page=1\""),
            "9: `page` is not a parameter of this operation",
        ),
        (
            "another body",
            samples(&format!("{curl} \\\n-d '{{\n\"days\": 4\n}}'")),
            "10: the request body is not the example of the operation: -d '{",
        ),
        ("body cut", samples(&format!("{curl} \\\n-d '{{\n\"days\": 3")), "10: the payload is not JSON"),
        (
            "body without quote",
            samples(&format!("{curl} -d '{{\n\"days\": 3\n}}")),
            "9: the request body does not end with a quote",
        ),
        (
            "body from a file",
            samples(&format!("{curl} -d @file")),
            "9: a request body that is not understood",
        ),
        (
            "payload among programs",
            samples(&format!("{curl}\n{{\n\"id\": 1\n}}")),
            "10: this is no part of a program",
        ),
        (
            "status among programs",
            samples(&format!("{curl}\n200\nCSV 檔案")),
            "10: this is no part of a program",
        ),
        (
            "no response",
            page("參數\na\nstring"),
            "3: the operation has no response; is only a part of the page at hand?: POST /api/loans/{id}/",
        ),
        ("empty response", page("回應內容"), "4: the section is empty: 回應內容"),
        ("status without response", page("狀態碼: 200"), "4: a status belongs to a response: 狀態碼: 200"),
        (
            "status without description",
            page("回應內容\n200"),
            "5: neither a status with its description nor an example: 200",
        ),
        ("status twice", page(&format!("{ANSWER}\n狀態碼: 204")), "6: the operation has this status twice"),
        ("sketch without status", page("回應內容\n回應結構範例\n{\n\"a\": string\n}"), "5: "),
        (
            "section twice",
            table("a\nstring\n參數\nb\nstring"),
            "7: the operation has this section twice: 參數",
        ),
        (
            "request below the response",
            page(&format!("{ANSWER}\n請求內容\n{{}}")),
            "6: this belongs before the response: 請求內容",
        ),
        (
            "part of no request",
            page(&format!("請求範例值\n{{}}\n{ANSWER}")),
            "4: the section of the request is missing above this",
        ),
        (
            "operation twice",
            format!("{}{}", page(ANSWER), page(ANSWER).replace("圖書館\n", "")),
            "7: the page has this operation twice",
        ),
        (
            "route without heading",
            format!("POST /api/loans/\n{ANSWER}\n"),
            "1: this route has no heading: POST /api/loans/",
        ),
        (
            "text below the foot",
            whole("Last updated\n再見", "Last updated"),
            "276: this stands below the page's foot: 再見",
        ),
        (
            "Markdown row too short",
            MARKDOWN.replacen("| ✅ | string | 分館的 ID |", "| ✅ | string |", 1),
            "the row does not have as many cells as there are columns",
        ),
        (
            "Markdown column unknown",
            MARKDOWN.replacen("| 說明 |", "| 備註 |", 1),
            "not the names of the columns of a known table",
        ),
        ("Markdown mark unknown", MARKDOWN.replacen("| ✅ |", "| 也許 |", 1), "not a known mark"),
        ("Markdown fence open", format!("{MARKDOWN}```\n"), "the code that begins here does not end: ```"),
    ];
    for (name, text, expected) in broken {
        let problems = match import(&text, Extent::Whole) {
            Ok(_) => panic!("{name} is accepted"),
            Err(problems) => listed(&problems),
        };
        assert!(problems.contains(expected), "{name}: `{expected}` is not in\n{problems}in\n{text}");
    }
}

#[test]
fn broken_pages_of_the_current_layout_are_refused_with_line_and_text() {
    let changed = |page: &str, from: &str, to: &str| {
        assert!(page.contains(from), "{from}");
        page.replacen(from, to, 1)
    };
    let plain = |from: &str, to: &str| changed(CURRENT, from, to);
    let markdown = |from: &str, to: &str| changed(CURRENT_MARKDOWN, from, to);
    let broken = [
        (
            "a count that is too great",
            plain("含 5 個屬性", "含 6 個屬性"),
            "32: the cell counts 6 attributes, the page shows 5: barcode, shelfPayload, shelfMetadata, labels, keeper: book",
        ),
        (
            "a count with a row too few",
            plain("book.keeper\nstring (uuid)\n否\n館員的 ID(可選)\n", ""),
            "32: the cell counts 5 attributes, the page shows 4",
        ),
        (
            "a name that is not there",
            plain("barcode, shelfPayload,", "barcode, payload,"),
            "32: the cell counts 5 attributes, the page shows 5: barcode, shelfPayload",
        ),
        (
            "a list that lacks its dots",
            plain("shelfMetadata...)", "shelfMetadata)"),
            "32: a row without a known type: book",
        ),
        ("dots behind a whole list", plain("days, copies)", "days, copies...)"), "limits"),
        (
            "a count of something else",
            plain("object (含 2", "string (含 2"),
            "62: a row without a known type: limits",
        ),
        ("a count without a number", plain("含 2 個", "含數個"), "62: a row without a known type: limits"),
        (
            "a count in full width without an end",
            markdown("shelfMetadata...）", "shelfMetadata..."),
            "not a known type",
        ),
        (
            "another remark behind a default",
            plain("預設為 14(可選)", "預設為 14(暫定)"),
            "66: the description names a default that is not understood: limits.days",
        ),
        (
            "a remark against the mark",
            plain("integer\n否\n天數", "integer\n是\n天數"),
            "66: the mark says required, the description optional: limits.days",
        ),
        (
            "a remark against the mark, in full width",
            markdown("| 否 | 天數", "| 是 | 天數"),
            "the mark says required, the description optional: | `limits.days`",
        ),
        (
            "the other way round",
            plain("預設為 14(可選)", "預設為 14(必填)"),
            "66: the mark says optional, the description required: limits.days",
        ),
        (
            "both in one description",
            plain("14(可選)", "14(必填)(可選)"),
            "66: this says both required and optional",
        ),
        (
            "a first remark against the key",
            plain("\"barcode\": string // 書的條碼", "\"barcode\": string // 書的條碼(可選)"),
            "the comment says optional, the key has no `?`: \"barcode\": string",
        ),
        (
            "two remarks that disagree",
            plain("(可選) (非必填)", "(必填) (非必填)"),
            "this says both required and optional",
        ),
        (
            "a remark for a required key",
            plain("\"copies\": integer", "\"copies\"?: integer"),
            "the comment says required",
        ),
        (
            "a block with something in it",
            plain(
                "        }\n        \"picture\"",
                "        \"dark\": string\n        }\n        \"picture\"",
            ),
            "the block below a list of values is not empty: \"dark\": string",
        ),
        (
            "a block that is missing",
            plain("        {\n        }\n        \"picture\"", "        \"picture\""),
            "before this line, `book.labels[].colour` has no type",
        ),
        (
            "a block that does not end",
            plain("        }\n        \"picture\"", "        \"picture\""),
            "the block below a list of values is not empty: \"picture\"",
        ),
        (
            "brackets instead",
            plain("        {\n        }\n        \"picture\"", "        [\n        ]\n        \"picture\""),
            "a list of values has no items: [",
        ),
        (
            "a value twice",
            plain("* `green` - Green", "* `red` - Green"),
            "`red` is explained twice: * `red` - Green",
        ),
        (
            "a value without an end",
            plain("* `green` - Green", "* `green - Green"),
            "a value that does not end",
        ),
        (
            "a value that is none",
            plain("* `green` - Green", "* `light green` - Green"),
            "`light green` is not one of the values",
        ),
        (
            "a type below that has other values",
            plain(
                "        {\n        }\n        \"picture\"",
                "        string (enum: red, green)\n        \"picture\"",
            ),
            "the values listed above are not those of `string (enum: red, green)`",
        ),
        (
            "a link that is not empty",
            markdown("id=\"request\"></a>", "id=\"request\">#</a>"),
            "13: not part of a row: 請求內容 <a href=",
        ),
        (
            "an example cut within a text",
            format!("{}\n        \"col", CURRENT.trim_end()),
            "the payload is not JSON",
        ),
        (
            "an example cut behind a key",
            format!("{}\n        \"colour\":", CURRENT.trim_end()),
            "the payload is not JSON",
        ),
        (
            "an example with a key twice",
            format!("{}\n        \"text\": 1,", CURRENT.trim_end()),
            "the key `text` is repeated",
        ),
        ("a foot below a cut example", format!("{CURRENT}Last updated\n"), "the payload is not JSON"),
        (
            "a closed fence around a cut example",
            format!("{CURRENT_MARKDOWN}```\n"),
            "the payload is not JSON",
        ),
    ];
    for (name, text, expected) in broken {
        let problems = match import(&text, Extent::Partial) {
            Ok(_) => panic!("{name} is accepted"),
            Err(problems) => listed(&problems),
        };
        assert!(problems.contains(expected), "{name}: `{expected}` is not in\n{problems}");
    }
}

#[test]
fn hostile_pages_end_with_an_error() {
    let long = "a".repeat(10_000_000);
    for text in [
        long.clone(),
        table(&long),
        example(&format!("{{\"a\": \"{long}")),
        sketch(&format!("{{\n\"{long}")),
        sketch(&"{\n".repeat(100_000)),
        example(&"[".repeat(1_000_000)),
        samples(&"curl -X POST -d '{\n".repeat(100_000)),
        "a\nGET /a/\n請求內容\n{\n".repeat(50_000),
        "a\nGET /a/\n".repeat(100_000),
        "a\nstring\n".repeat(100_000),
        format!("## a\n| {} |\n", "| ".repeat(500_000)),
    ] {
        import(&text, Extent::Whole).unwrap_err();
        import(&text, Extent::Partial).unwrap_err();
    }
}

/// Every line in turn is lost, doubled or spoilt: the page is refused, or says something else.
#[test]
fn no_statement_is_dropped_silently() {
    for (page, extent) in PAGES {
        let whole = import(page, extent).unwrap();
        let (source, lines) = (yaml(&whole.source), page.lines().collect::<Vec<_>>());
        let statements = |imported: &Imported| {
            imported.classes.iter().filter(|class| **class == Some(Class::Statement)).count()
        };
        for (index, class) in whole.classes.iter().enumerate() {
            for (change, with) in
                [("lost", vec![]), ("doubled", vec![lines[index]; 2]), ("spoilt", vec!["@@garbage@@"])]
            {
                let changed = [&lines[..index], &with, &lines[index + 1..]].concat().join("\n");
                let Ok(now) = import(&changed, extent) else { continue };
                let name = format!("line {}, {class:?}, {change}: {}", index + 1, lines[index]);
                if *class == Some(Class::Statement) {
                    assert_ne!(change, "spoilt", "{name}");
                    assert!(yaml(&now.source) != source, "{name}");
                } else if yaml(&now.source) == source {
                    assert_eq!(statements(&now), statements(&whole), "{name}");
                }
            }
        }
    }
}

/// The folder with the real pages, which is not part of the repository.
fn real_page(start: &str) -> Option<(String, String)> {
    let folder = crate::root().join("../shared/docs");
    let entries = std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
    let path: Option<PathBuf> = entries
        .map(|entry| entry.path())
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start)));
    if path.is_none() {
        println!("skipped: there is no page {start} in ../shared/docs");
    }
    Some((start.to_owned(), std::fs::read_to_string(path?).unwrap()))
}

fn committed(name: &str) -> String {
    std::fs::read_to_string(crate::root().join(format!("spec/sources/{name}.yaml"))).unwrap()
}

#[test]
fn the_committed_sources_are_what_the_pages_say() {
    for (start, name, marks) in
        [("000", "unversioned", Marks::Kept), ("001", "unversioned", Marks::Lost), ("002", "v1", Marks::Kept)]
    {
        let Some((_, text)) = real_page(start) else { continue };
        let mut imported = imported(&text);
        assert_eq!(imported.marks, marks, "{start}");
        if marks == Marks::Lost {
            diff::keep_marks(&source::read(&committed(name)).unwrap(), &mut imported.source);
        }
        assert_eq!(yaml(&imported.source), committed(name), "{start}");
    }
}

#[test]
fn markdown_of_the_pages_gives_the_same_sources() {
    for (start, name) in [("000", "unversioned"), ("002", "v1")] {
        let Some((_, text)) = real_page(start) else { continue };
        let markdown = markdown(&text, &imported(&text).source);
        assert_eq!(yaml(&imported(&markdown).source), committed(name), "{start}");
    }
}

/// A flat page as Markdown: headings, fences around code, and the tables of its source.
fn markdown(text: &str, source: &Source) -> String {
    const LABELS: [&str; 9] = [
        "參數",
        "請求內容",
        "請求參數",
        "請求結構範例",
        "請求範例值",
        "程式碼範例",
        "回應內容",
        "回應結構範例",
        "回應範例值",
    ];
    let lines: Vec<&str> = text.lines().collect();
    let is_route = |line: &&str| line.starts_with("GET /") || line.starts_with("POST /");
    let mut operations = source.operations.iter();
    let mut operation = &source.operations[0];
    let mut tables: Vec<&[source::Field]> = Vec::new();
    let mut written = String::new();
    let (mut index, mut section) = (0, "");
    while index < lines.len() {
        let line = lines[index];
        if lines.get(index + 1).is_some_and(&is_route) {
            operation = operations.next().unwrap();
            tables = [&operation.request.table[..], &operation.parameters]
                .into_iter()
                .filter(|table| !table.is_empty())
                .collect();
            let (method, path) = lines[index + 1].split_once(' ').unwrap();
            let _ = write!(written, "## {line}\n\n`{method}` `{path}`\n\n");
            index += 2;
        } else if LABELS.contains(&line) || line.starts_with("狀態碼: ") {
            let _ = write!(written, "### {line}\n\n");
            section = line;
            index += 1;
        } else if index == 0 || line == "Last updated" || line == "Was this helpful?" {
            let _ = write!(written, "{line}\n\n");
            index += 1;
        } else {
            let ends = |at: &usize| {
                LABELS.contains(&lines[*at])
                    || lines[*at].starts_with("狀態碼: ")
                    || lines[*at] == "Last updated"
                    || lines.get(at + 1).is_some_and(&is_route)
            };
            let end = (index..lines.len()).find(ends).unwrap_or(lines.len());
            if section == "參數" || section == "請求參數" {
                written.push_str(&rows(tables.pop().unwrap()));
            } else if section == "回應內容" && !line.starts_with('{') {
                let _ =
                    write!(written, "| 狀態碼 | 說明 |\n|---|---|\n| {line} | {} |\n\n", lines[index + 1]);
            } else {
                let _ = write!(written, "```\n{}\n```\n\n", lines[index..end].join("\n"));
            }
            index = end;
        }
    }
    assert_eq!(operation, source.operations.last().unwrap());
    written
}

fn rows(fields: &[source::Field]) -> String {
    let mut text = "| 欄位 | 類型 | 必填 | 說明 |\n|---|---|---|---|\n".to_owned();
    for field in fields {
        let kind = field.kind.as_deref().unwrap_or_default().replace('[', "\\[");
        let format = field.format.as_ref().map_or_else(String::new, |format| format!(" ({format})"));
        let mark = if field.required == Some(true) { "✅" } else { "❌" };
        let description = field.default.as_ref().map_or("", |_| "預設為空陣列 `[]`");
        let _ = writeln!(text, "| `{}` | {kind}{format} | {mark} | {description} |", field.name);
    }
    text + "\n"
}

#[test]
fn a_new_page_is_compared_field_by_field() {
    let old = imported(FLAT).source;
    let change = |pairs: &[(&str, &str)]| {
        let mut text = FLAT.to_owned();
        for (from, to) in pairs {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        diff::render(&diff::diff(&old, &imported(&text).source, Extent::Whole), &|_| Vec::new())
    };
    assert_eq!(change(&[]), "");
    assert_eq!(
        change(&[
            ("\"urgent\"?: boolean // 非必填", "\"urgent\": boolean"),
            ("urgent\nboolean\n否", "urgent\nboolean\n是")
        ]),
        "POST /api/branches/{branchId}/loans/\n  request table urgent: optional -> required\n  request urgent: optional -> required\n"
    );
    assert_eq!(
        change(&[
            ("(enum: red, green, blue)", "(enum: red, green, blue, pink)"),
            ("* `blue` - Blue", "* `blue` - Blue * `pink` - Pink")
        ]),
        "POST /api/branches/{branchId}/loans/\n  request copy.tags[].colour: values + pink\n"
    );
    // A parent that has another name keeps its fields.
    let renamed = change(&[
        ("\"lastReminder\"?:", "\"reminder\"?:"),
        ("\"sentAt\": string (timestamp)", "\"sentAt\": integer"),
    ]);
    assert_eq!(
        renamed,
        "POST /api/branches/{branchId}/loans/\n  response 201 lastReminder -> reminder (renamed?)\n  \
         response 201 reminder.sentAt: string -> integer\n  response 201 reminder.sentAt: format timestamp -> none\n\
         GET /api/loans/\n  response 200 results[].lastReminder -> results[].reminder (renamed?)\n  \
         response 200 results[].reminder.sentAt: string -> integer\n  \
         response 200 results[].reminder.sentAt: format timestamp -> none\n"
    );
    assert_eq!(
        change(&[(
            "days\ninteger\n否\n非必填,預設為 14\n",
            "weeks\ninteger\n否\n預設為 2\nyears\nstring\n否\n"
        )]),
        "POST /api/branches/{branchId}/loans/\n  request table days -> weeks (renamed?)\n  \
         request table weeks: default 14 -> 2\n  request table years: new, string optional\n"
    );
    assert_eq!(
        change(&[
            ("{branchId}", "{branch}"),
            ("branchId\n", "branch\n"),
            ("匯出借閱\nGET /api/loans/export/", "匯出借閱\nGET /api/loans/csv/"),
            ("/loans/export/", "/loans/csv/")
        ]),
        "POST /api/branches/{branch}/loans/\n  route /api/branches/{branchId}/loans/ -> /api/branches/{branch}/loans/ (renamed?)\n  \
         parameter branchId -> branch (renamed?)\nGET /api/loans/csv/  (new operation)\nGET /api/loans/export/  (gone)\n"
    );
    assert_eq!(
        change(&[("狀態碼: 201", "狀態碼: 200"), ("CSV 檔案下載", "下載"), ("\"fee\": 7,\n", "")]),
        "POST /api/branches/{branchId}/loans/\n  response 200: new\n  response 201: gone\n\
         GET /api/loans/\n  response 200 example results[].fee: gone\nGET /api/loans/export/\n  response 200: file -> not said\n"
    );
}

#[test]
fn a_change_knows_its_place_in_the_old_source() {
    let written = yaml(&imported(FLAT).source);
    let old = source::read(&written).unwrap();
    let new = imported(&FLAT.replace("\"fee\"?: number (double) // 逾期費用", "\"fine\": integer")).source;
    let places: Vec<(String, String)> = diff::diff(&old, &new, Extent::Whole)
        .iter()
        .map(|change| {
            let span = change.place.unwrap();
            let said =
                written.chars().skip(span.start as usize).take((span.end - span.start) as usize).collect();
            (change.to_string(), said)
        })
        .collect();
    assert_eq!(places[0], ("response 201 fine: new, integer required".to_owned(), places[0].1.clone()));
    assert!(places[0].1.starts_with("status: 201"), "{places:?}");
    assert_eq!(places[1], ("response 201 fee: gone".to_owned(), "fee".to_owned()));
}

#[test]
fn what_a_part_of_a_page_does_not_show_is_not_gone() {
    let old = imported(FLAT).source;
    let text = FLAT.replace("urgent\nboolean\n否\n", "weeks\ninteger\n否\n").replace("\"fee\": 7,\n", "");
    let changes = |extent| diff::render(&diff::diff(&old, &imported(&text).source, extent), &|_| Vec::new());
    let (whole, part) = (changes(Extent::Whole), changes(Extent::Partial));
    assert!(
        whole.contains("request table urgent: gone") && whole.contains("example results[].fee: gone"),
        "{whole}"
    );
    assert_eq!(part, "POST /api/branches/{branchId}/loans/\n  request table weeks: new, integer optional\n");
    let nothing = Source::default();
    assert_eq!(diff::diff(&old, &nothing, Extent::Partial), []);
    assert_eq!(diff::diff(&old, &nothing, Extent::Whole).len(), old.operations.len());
}
