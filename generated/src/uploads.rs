//! Large files: straight to the storage of the service, in three steps.
//!
//! A file in one request, [`create_attachment`](crate::Api::create_attachment), goes through the service's own servers, which
//! have limits of their own. [`Uploads::upload_attachment`] asks for a place in the storage, sends the file there, and makes an
//! attachment of it. The file is read while it is sent and never in memory as a whole.
//!
//! ```no_run
//! use maiagent::models::MessageInput;
//! use maiagent::uploads::Uploads;
//! use maiagent::{Client, FilePart};
//!
//! # async fn example(client: &Client) -> Result<(), Box<dyn std::error::Error>> {
//! let file = FilePart::from_path("contract.pdf").with_media_type("application/pdf");
//! let stored = client.upload_attachment(file).await?;
//! let question = MessageInput::new("What does it say about notice?").attachments(vec![stored.into()]);
//! # Ok(())
//! # }
//! ```
//!
//! From the vendor's example code and its OpenAPI document of 2025; the pages about conversations and messages do not show it.
#![cfg(feature = "client")]

use std::fmt;

use runtime::{Error, FilePart, Method, MultipartForm, Response};

use crate::models::{
    Attachment, AttachmentType, ConversationId, NewAttachment, NewPresignedUpload, PresignedUpload,
    StoredAttachment,
};
use crate::{Api, Client};

/// What an upload failed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UploadStep {
    /// Asking for a place in the storage. Nothing has been sent of the file.
    Announce,
    /// Sending the file to the storage.
    Send,
    /// Making an attachment of it. The storage has the file, and nobody knows.
    Register,
}

/// A failed upload of a large file.
#[derive(Debug)]
pub struct UploadError {
    step: UploadStep,
    source: Error,
}

impl UploadError {
    /// What it failed at.
    pub fn step(&self) -> UploadStep {
        self.step
    }

    /// What went wrong there.
    pub fn error(&self) -> &Error {
        &self.source
    }

    /// The same without the step.
    pub fn into_error(self) -> Error {
        self.source
    }
}

impl fmt::Display for UploadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.step {
            UploadStep::Announce => "the file got no place in the storage",
            UploadStep::Send => "the storage did not take the file",
            UploadStep::Register => "the service made no attachment of the stored file",
        })
    }
}

impl std::error::Error for UploadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Uploads of large files, for a client.
pub trait Uploads {
    /// Uploads a large file and returns what an item of a message's `attachments` is made of. For a small one
    /// [`create_attachment`](Api::create_attachment) is one request instead of three.
    ///
    /// `file`: its size must be known, so a stream needs [`Body::with_length`](crate::Body::with_length). Its name is the
    /// attachment's, its media type decides whether that is an image or an audio file. With
    /// [`Body::on_progress`](crate::Body::on_progress) it tells how far it is.
    ///
    /// The second step goes to another host: it gets the form that the service has signed and the file, and neither the key
    /// nor any header of this client. None of the steps is repeated once it may have been taken. A file that changes its size
    /// before it is sent is an error, also where it shrinks while it is sent; what it grows by then is not sent.
    ///
    /// # Errors
    ///
    /// [`UploadError`] with the step that failed.
    fn upload_attachment(
        &self,
        file: FilePart,
    ) -> impl Future<Output = Result<Attachment, UploadError>> + Send;

    /// The same for a conversation, of which the file is a part from then on.
    ///
    /// # Errors
    ///
    /// [`UploadError`] with the step that failed.
    fn upload_conversation_attachment(
        &self,
        id: &ConversationId,
        file: FilePart,
    ) -> impl Future<Output = Result<Attachment, UploadError>> + Send;
}

impl Uploads for Client {
    async fn upload_attachment(&self, file: FilePart) -> Result<Attachment, UploadError> {
        let (name, kind) = described(&file);
        let key = store(self, file, &name).await?;
        let mut new = StoredAttachment::new(key, name);
        new.r#type = Some(kind);
        let stored = self.create_attachment_from_storage(&new).await;
        stored.map(Response::into_body).map_err(at(UploadStep::Register))
    }

    async fn upload_conversation_attachment(
        &self,
        id: &ConversationId,
        file: FilePart,
    ) -> Result<Attachment, UploadError> {
        let (name, kind) = described(&file);
        let key = store(self, file, &name).await?;
        let mut new = NewAttachment::new(key, name);
        new.r#type = Some(kind);
        let stored = self.create_conversation_attachment(id, &new).await;
        stored.map(Response::into_body).map_err(at(UploadStep::Register))
    }
}

#[cfg(feature = "blocking")]
impl crate::blocking::Client {
    /// [`Uploads::upload_attachment`], waiting for its answer.
    ///
    /// # Errors
    ///
    /// [`UploadError`] with the step that failed.
    pub fn upload_attachment(&self, file: FilePart) -> Result<Attachment, UploadError> {
        wait(self.as_ref().upload_attachment(file))
    }

    /// [`Uploads::upload_conversation_attachment`], waiting for its answer.
    ///
    /// # Errors
    ///
    /// [`UploadError`] with the step that failed.
    pub fn upload_conversation_attachment(
        &self,
        id: &ConversationId,
        file: FilePart,
    ) -> Result<Attachment, UploadError> {
        wait(self.as_ref().upload_conversation_attachment(id, file))
    }
}

/// What keeps it from waiting keeps it from asking for a place.
#[cfg(feature = "blocking")]
fn wait<T>(upload: impl Future<Output = Result<T, UploadError>>) -> Result<T, UploadError> {
    runtime::blocking::wait(async { Ok(upload.await) })
        .unwrap_or_else(|error| Err(at(UploadStep::Announce)(error)))
}

/// Brings a file into the storage. Returns the key that the storage has it under.
async fn store(client: &Client, file: FilePart, name: &str) -> Result<String, UploadError> {
    let size = size(&file).await.map_err(at(UploadStep::Announce))?;
    let place = announce(client, size, name).await.map_err(at(UploadStep::Announce))?;
    let Some(key) = place.fields.get("key").cloned() else {
        let error = Error::other("the fields for the storage have no `key` among them");
        return Err(at(UploadStep::Announce)(error));
    };
    if self::size(&file).await.map_err(at(UploadStep::Send))? != size {
        let error = Error::other("the file has not the size any more that was announced");
        return Err(at(UploadStep::Send)(error));
    }
    let fields = place.fields.into_iter();
    let form = fields.fold(MultipartForm::new(), |form, (name, text)| form.text(name, text));
    // What stands behind the file is not looked at.
    let form = form.file("file", file.with_file_name(name));
    let request = client.request_to(Method::POST, &place.url, "the storage");
    let sent = request.multipart("multipart/form-data", form).receive_empty().await;
    sent.map(|_| key).map_err(at(UploadStep::Send))
}

/// How many bytes a file has at this moment.
async fn size(file: &FilePart) -> Result<i64, Error> {
    let Some(size) = file.body().current_length().await? else {
        return Err(Error::other("the storage wants to know the size: set it with `Body::with_length`"));
    };
    i64::try_from(size).map_err(Error::other)
}

async fn announce(client: &Client, size: i64, name: &str) -> Result<PresignedUpload, Error> {
    let new = NewPresignedUpload::new("file", size, name, "attachment");
    Ok(client.create_presigned_upload(&new).await?.into_body())
}

fn at(step: UploadStep) -> impl Fn(Error) -> UploadError {
    move |source| UploadError { step, source }
}

/// The name and the kind that an attachment has after its file.
fn described(file: &FilePart) -> (String, AttachmentType) {
    let name = file.file_name().filter(|name| !name.is_empty()).unwrap_or("file").to_owned();
    let media_type = file.media_type().unwrap_or_default();
    (name, AttachmentType::of_media_type(media_type))
}
