//! How OpenAPI writes parameters.
//!
//! The client writes them (`param`), the server reads them (`server`).

/// How a path parameter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathStyle {
    /// `a,b` and `k,v`.
    Simple,
    /// `a,b` and `k=v`.
    SimpleExploded,
    /// `.a,b` and `.k,v`.
    Label,
    /// `.a.b` and `.k=v`.
    LabelExploded,
    /// `;name=a,b` and `;name=k,v`.
    Matrix,
    /// `;name=a;name=b` and `;k=v`.
    MatrixExploded,
}

/// How a query parameter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryStyle {
    /// `name=a,b` and `name=k,v`.
    Form,
    /// `name=a&name=b` and `k=v`.
    FormExploded,
    /// `name=a%20b`.
    SpaceDelimited,
    /// `name=a%7Cb`.
    PipeDelimited,
    /// `name[k]=v`.
    DeepObject,
    /// `name=` and the value as JSON.
    Json,
}
