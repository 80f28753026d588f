//! The labels that divide an operation into sections, and the names of columns.

use super::lines::{Form, Line, half_width};

/// A section of an operation, or of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// Parameters of path and query; below a request's example, fields of the body.
    Parameters,
    /// What is sent.
    Request,
    /// Its fields as a table.
    RequestTable,
    /// Its sketch.
    RequestStructure,
    /// Its example.
    RequestExample,
    /// Programs.
    Samples,
    /// What is answered.
    Response,
    /// One answer.
    Status(u16),
    /// Its sketch.
    ResponseStructure,
    /// Its example.
    ResponseExample,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Of the parameter or field.
    Name,
    /// Whether it is required.
    Mark,
    /// Type and format.
    Kind,
    /// Prose.
    Description,
    /// Of a response.
    Status,
}

impl Label {
    /// The label that a line is.
    pub fn of(line: &Line<'_>) -> Option<Self> {
        if matches!(line.form, Form::Row(_)) {
            return None;
        }
        Some(match &*line.text {
            "參數" => Self::Parameters,
            "請求內容" => Self::Request,
            "請求參數" => Self::RequestTable,
            "請求結構範例" => Self::RequestStructure,
            "請求範例值" => Self::RequestExample,
            "程式碼範例" => Self::Samples,
            "回應內容" => Self::Response,
            "回應結構範例" => Self::ResponseStructure,
            "回應範例值" => Self::ResponseExample,
            text => Self::Status(status(half_width(text).strip_prefix("狀態碼:")?.trim())?),
        })
    }

    /// Whether prose looks so much like a label that it is one that nobody knows.
    pub fn is_lookalike(text: &str) -> bool {
        const STARTS: [&str; 10] =
            ["參數", "請求", "回應", "程式碼", "狀態", "路徑", "查詢", "標頭", "錯誤", "授權"];
        const ENDS: [&str; 9] = ["參數", "內容", "範例", "範例值", "標頭", "回應", "代碼", "狀態碼", "結構"];
        text.chars().count() <= 8
            && STARTS.iter().any(|start| text.starts_with(start))
            && ENDS.iter().any(|end| text.ends_with(end))
            || half_width(text).starts_with("狀態碼:")
    }
}

impl Column {
    /// The column that a head names.
    pub fn of(text: &str) -> Option<Self> {
        Some(match text {
            "參數名稱" | "欄位" => Self::Name,
            "必填" => Self::Mark,
            "類型" => Self::Kind,
            "說明" => Self::Description,
            "狀態碼" => Self::Status,
            _ => return None,
        })
    }
}

/// Three digits.
pub fn status(text: &str) -> Option<u16> {
    let number = text.parse().ok().filter(|number| (100..600).contains(number))?;
    (text.len() == 3).then_some(number)
}
