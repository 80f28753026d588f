//! Records as an Excel workbook.
//!
//! Comes in: records. Goes out: the bytes of an `.xlsx` file with one sheet and the columns that the vendor
//! describes. Must not: write a formula: what people asked is text, whatever it starts with.

use maiagent::models::ChatbotRecord;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use crate::state::Entry;

/// The media type of the file.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The most UTF-16 units that Excel allows in a cell.
const CELL: usize = 32_767;

const COLUMNS: [&str; 14] = [
    "ID",
    "Input",
    "Condensed input",
    "Type",
    "Context",
    "Output",
    "Faithfulness",
    "Answer relevancy",
    "Context precision",
    "Answer correctness",
    "Answer similarity",
    "Context recall",
    "Reply time",
    "Created",
];

pub(crate) fn workbook(entries: &[Entry]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // The same records are the same file, whenever it is asked for, and a download of it can be resumed.
    let created = ExcelDateTime::from_ymd(2025, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let sheet = workbook.add_worksheet();
    sheet.set_name("Records")?;
    sheet.set_freeze_panes(1, 0)?;
    sheet.write_row_with_format(0, 0, COLUMNS, &Format::new().set_bold())?;
    for (row, entry) in (1..).zip(entries) {
        write_entry(sheet, row, entry)?;
    }
    workbook.save_to_buffer()
}

fn write_entry(sheet: &mut Worksheet, row: u32, entry: &Entry) -> Result<(), XlsxError> {
    let record = &entry.record;
    let kind = if entry.is_follow_up { "follow-up" } else { "new" };
    let before = [record.id.as_str(), &record.input_message, &record.condense_message, kind];
    for (column, text) in (0..).zip(before) {
        write_text(sheet, row, column, text)?;
    }
    write_text(sheet, row, 4, record.context.as_deref().unwrap_or_default())?;
    write_text(sheet, row, 5, &record.output_message)?;
    for (column, score) in (6..).zip(scores(record)) {
        if let Some(score) = score {
            sheet.write_number(row, column, score)?;
        }
    }
    write_text(sheet, row, 12, record.reply_time.as_deref().unwrap_or_default())?;
    if let Some(time) = record.created_at.get() {
        let time = ExcelDateTime::from_timestamp(time.as_millis() / 1000)?;
        sheet.write_datetime_with_format(
            row,
            13,
            time,
            &Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
        )?;
    }
    Ok(())
}

/// Writes as much of a text as a cell can hold.
fn write_text(sheet: &mut Worksheet, row: u32, column: u16, text: &str) -> Result<(), XlsxError> {
    let mut units = 0;
    let fits = |character: char| {
        units += character.len_utf16();
        units <= CELL
    };
    // XML has no way to write these two, not even escaped.
    let allowed = text.chars().map(|character| match character {
        '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        character => character,
    });
    let mut fits = fits;
    let text: String = allowed.take_while(|character| fits(*character)).collect();
    sheet.write_string(row, column, text)?;
    Ok(())
}

fn scores(record: &ChatbotRecord) -> [Option<f64>; 6] {
    [
        record.faithfulness_score,
        record.answer_relevancy_score,
        record.context_precision_score,
        record.answer_correctness_score,
        record.answer_similarity_score,
        record.context_recall_score,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_records_are_the_same_file_a_second_later() {
        let first = workbook(&[]).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(1100));
        assert!(first == workbook(&[]).unwrap());
    }
}
