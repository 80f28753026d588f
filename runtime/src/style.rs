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
    /// `a/b`: text whose slashes separate segments, for a variable that the template calls `{+name}`.
    Segments,
    /// The value as JSON.
    Json,
}

/// How a query parameter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryStyle {
    /// `name=a,b` and `name=k,v`.
    Form,
    /// `name=a&name=b` and `k=v`. A list in an object is `k=a&k=b`.
    FormExploded,
    /// `name=a%20b`.
    SpaceDelimited,
    /// `name=a%7Cb`.
    PipeDelimited,
    /// `name[k]=v`, and `name[]=a` for lists, within each other as well.
    DeepObject,
    /// `name=` and the value as JSON.
    Json,
}

/// The style of a property of a form.
pub(crate) fn listed(styles: &[(&str, QueryStyle)], name: &str) -> QueryStyle {
    styles.iter().find(|(known, _)| *known == name).map_or(QueryStyle::FormExploded, |(_, style)| *style)
}

/// How a header is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderStyle {
    /// `a,b` and `k,v`.
    Simple,
    /// `a,b` and `k=v`.
    SimpleExploded,
    /// The value as JSON.
    Json,
}

/// How a cookie is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CookieStyle {
    /// `name=a,b` and `name=k,v`.
    Form,
    /// `name=` and the value as JSON.
    Json,
}
