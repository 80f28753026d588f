//! What becomes of a file that was uploaded: its kind, and the item of a message that it is.

use crate::models::{Attachment, AttachmentInput, AttachmentType};

impl AttachmentType {
    /// The kind of a file with this media type, such as `image/png`: an image, audio, or something else. Videos and stickers
    /// are something else, too, because the service does not support them yet.
    pub fn of_media_type(media_type: &str) -> Self {
        let kind = media_type.split('/').next().unwrap_or_default().trim();
        match () {
            () if kind.eq_ignore_ascii_case("image") => Self::Image,
            () if kind.eq_ignore_ascii_case("audio") => Self::Audio,
            () => Self::Other,
        }
    }
}

/// A file that was uploaded, as a part of a question or message. Where the service did not say of what kind it is, it is
/// something else than an image.
impl From<&Attachment> for AttachmentInput {
    fn from(file: &Attachment) -> Self {
        let kind = file.r#type.get().cloned().unwrap_or(AttachmentType::Other);
        Self::new(&*file.file, &*file.filename, &file.id).r#type(kind)
    }
}

impl From<Attachment> for AttachmentInput {
    fn from(file: Attachment) -> Self {
        Self::from(&file)
    }
}
