//! The storage: another server, as it is for the real service, that takes files which were announced, and gives them back.
//!
//! Comes in: forms and keys. Goes out: nothing, or a file; refusals are XML. Must not: know a key of the service, or take
//! a file in another way than a real one would.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::extract::multipart::MultipartError;
use axum::extract::rejection::PathRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Path, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::files::Refusal;
use crate::state::State as Tables;

/// What the fields of a form may take besides the file.
const FIELDS: usize = 64 << 10;

/// The whole server.
pub(crate) fn app(tables: Tables) -> Router {
    let most = usize::try_from(tables.most_bytes()).unwrap_or(usize::MAX).saturating_add(FIELDS);
    Router::new()
        .route("/", post(take))
        .route("/{*key}", get(give))
        .layer(from_fn(no_authorization))
        .layer(DefaultBodyLimit::max(most))
        .with_state(tables)
}

/// What a storage says when it does not do what it is asked.
struct Fault(StatusCode, &'static str, String);

impl Fault {
    fn invalid(message: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, "InvalidArgument", message.into())
    }

    fn denied(message: impl Into<String>) -> Self {
        Self(StatusCode::FORBIDDEN, "AccessDenied", message.into())
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let Self(status, code, message) = self;
        let message = message.replace('&', "&amp;").replace('<', "&lt;");
        let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        let xml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{error}");
        (status, [(CONTENT_TYPE, "application/xml")], xml).into_response()
    }
}

/// Whoever is let in by a signature must not bring a key, too.
async fn no_authorization(request: Request, next: Next) -> Response {
    match request.headers().contains_key(AUTHORIZATION) {
        true => {
            Fault::invalid("The form is signed, so there must be no Authorization header.").into_response()
        }
        false => next.run(request).await,
    }
}

/// Takes a file: all fields, and then the file. What comes after it is not looked at.
async fn take(State(tables): State<Tables>, request: Request) -> Result<StatusCode, Fault> {
    let no_form =
        |_| Fault(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", "The body is no form.".to_owned());
    let broken = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(tables.most_bytes()),
        _ => {
            Fault(StatusCode::BAD_REQUEST, "MalformedPOSTRequest", "The form is not well-formed.".to_owned())
        }
    };
    let mut form = Multipart::from_request(request, &()).await.map_err(no_form)?;
    let mut fields = BTreeMap::new();
    while let Some(part) = form.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        if name == "file" {
            if !fields.contains_key("key") {
                let message = "The form has no field `key` before the file; look at the order of its parts.";
                return Err(Fault::invalid(message));
            }
            tables.check_upload(&fields).map_err(fault)?;
            let media_type = part.content_type().unwrap_or("binary/octet-stream").to_owned();
            let bytes = part.bytes().await.map_err(broken)?;
            tables.put(&fields, &media_type, bytes).map_err(fault)?;
            return Ok(StatusCode::NO_CONTENT);
        }
        let text = part.text().await.map_err(broken)?;
        if fields.insert(name, text).is_some() {
            return Err(Fault::invalid("The form has a field twice."));
        }
    }
    Err(Fault::invalid("The form has no part `file`."))
}

fn fault(refusal: Refusal) -> Fault {
    match refusal {
        Refusal::UnknownKey => Fault::denied("Nobody announced a file of this key."),
        Refusal::Field(name) => Fault::denied(format!("The field `{name}` is not what the policy says.")),
        Refusal::TooLarge { most } => too_large(most),
    }
}

fn too_large(most: u64) -> Fault {
    Fault(StatusCode::BAD_REQUEST, "EntityTooLarge", format!("The file may have {most} bytes at most."))
}

/// Gives a file back, never to be shown as a page.
async fn give(
    State(tables): State<Tables>,
    key: Result<Path<String>, PathRejection>,
) -> Result<(HeaderMap, Body), Fault> {
    let missing = || Fault(StatusCode::NOT_FOUND, "NoSuchKey", "There is no such file.".to_owned());
    // What is no text is no key.
    let Path(key) = key.map_err(|_| missing())?;
    let object = tables.object(&key).ok_or_else(missing)?;
    let media_type = HeaderValue::from_str(&object.media_type);
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, media_type.unwrap_or(HeaderValue::from_static("binary/octet-stream")));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    Ok((headers, object.bytes.into()))
}
