//! Files: what the service knows of them, and the bytes that the storage keeps.
//!
//! Comes in: bytes and names. Goes out: attachments, addresses, and the same bytes again. Must not: know about HTTP, or
//! keep more than its limits allow: the oldest go first.

use std::collections::BTreeMap;

use axum::body::Bytes;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maiagent::models::*;
use serde_json::json;

use crate::origin;
use crate::state::id;
use crate::table::{Limit, Row, Table};

/// At most 10,000 attachments.
const ATTACHMENTS: Limit = Limit { rows: 10_000, bytes: 16 << 20 };

/// At most 10,000 files or 256 MiB.
const OBJECTS: Limit = Limit { rows: 10_000, bytes: 256 << 20 };

/// At most 1,000 uploads that were announced.
const ANNOUNCED: Limit = Limit { rows: 1_000, bytes: 4 << 20 };

/// What a row takes besides its texts and bytes, roughly.
const ROW_BYTES: usize = 512;

/// At most so many characters of a file's name are part of its key.
const NAME: usize = 100;

/// Why the storage does not take a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The text of the field `key` names no upload that was announced.
    UnknownKey,
    /// This field is not what was handed out.
    Field(String),
    /// More bytes than were announced, or than fit.
    TooLarge {
        /// How many are allowed.
        most: u64,
    },
}

/// All files.
#[derive(Debug)]
pub(crate) struct Files {
    attachments: Table<Attachment>,
    objects: Table<Object>,
    announced: Table<Announced>,
    /// The most bytes that a file may have.
    pub(crate) most: u64,
    /// What the addresses of files begin with, where there is a storage.
    base: String,
    /// The port of a storage that can be reached by all addresses of this machine: it is where the request went.
    everywhere: Option<u16>,
}

/// A file of the storage.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    key: String,
    pub(crate) media_type: String,
    pub(crate) bytes: Bytes,
}

/// An upload that somebody asked an address for.
#[derive(Debug)]
struct Announced {
    key: String,
    fields: BTreeMap<String, String>,
    most: u64,
}

impl Files {
    pub(crate) fn new(most: u64) -> Self {
        Self {
            attachments: Table::new(ATTACHMENTS),
            objects: Table::new(OBJECTS),
            announced: Table::new(ANNOUNCED),
            most,
            base: String::new(),
            everywhere: None,
        }
    }

    /// From now on there is a storage at this address.
    pub(crate) fn stored_at(&mut self, base: String, everywhere: Option<u16>) {
        (self.base, self.everywhere) = (base, everywhere);
    }

    /// What addresses begin with, for the one who asks.
    fn base(&self) -> String {
        self.everywhere.and_then(origin::beside).unwrap_or_else(|| self.base.clone())
    }

    /// Keeps a file, and what is said of it.
    pub(crate) fn keep(&mut self, name: &str, media_type: &str, bytes: Bytes) -> Attachment {
        let base = self.base();
        let (mut key, mut attachment) = (String::new(), None);
        self.attachments.push(|number| {
            key = key_of("attachment", number, name);
            let mut made = Attachment::new(address(&base, &key), name, id("attachment", number));
            made.r#type = AttachmentType::of_media_type(media_type).into();
            attachment.insert(made).clone()
        });
        self.objects.push(|_| Object { key, media_type: media_type.to_owned(), bytes });
        attachment.unwrap_or_else(|| Attachment::new("", name, ""))
    }

    /// Makes an attachment of a file that is in the storage, or anywhere else.
    pub(crate) fn register(
        &mut self,
        new: &NewAttachment,
        conversation: Option<&ConversationId>,
    ) -> Attachment {
        let object = self.objects.find(&new.file);
        let file = if object.is_some() { address(&self.base(), &new.file) } else { new.file.clone() };
        let guessed =
            object.map_or(AttachmentType::Other, |object| AttachmentType::of_media_type(&object.media_type));
        let mut attachment = None;
        self.attachments.push(|number| {
            let mut made = Attachment::new(file, &*new.filename, id("attachment", number));
            made.r#type = new.r#type.clone().unwrap_or(guessed).into();
            made.conversation = conversation.cloned();
            attachment.insert(made).clone()
        });
        attachment.unwrap_or_else(|| Attachment::new("", &*new.filename, ""))
    }

    /// Hands out an address of the storage.
    pub(crate) fn announce(&mut self, new: &NewPresignedUpload) -> PresignedUpload {
        let most = u64::try_from(new.file_size).unwrap_or_default().min(self.most);
        let mut fields = BTreeMap::new();
        self.announced.push(|number| {
            let key = key_of("upload", number, &new.filename);
            let conditions = json!([["eq", "$key", key], ["content-length-range", 0, most]]);
            let policy = json!({ "expiration": "2099-12-31T00:00:00Z", "conditions": conditions });
            let signature = id("signature", number).replace('-', "").repeat(2);
            fields = BTreeMap::from(
                [
                    ("key", key.as_str()),
                    ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
                    ("x-amz-credential", "MOCK/20251031/local/s3/aws4_request"),
                    ("x-amz-date", "20251031T090100Z"),
                    ("policy", &STANDARD.encode(policy.to_string())),
                    ("x-amz-signature", &signature),
                ]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
            );
            Announced { key, fields: fields.clone(), most }
        });
        PresignedUpload::new(fields, address(&self.base(), ""))
    }

    /// Whether a file may be put where its fields say, and how many bytes it may have.
    pub(crate) fn check(&self, fields: &BTreeMap<String, String>) -> Result<u64, Refusal> {
        let key = fields.get("key").map_or("", String::as_str);
        let announced = self.announced.find(key).ok_or(Refusal::UnknownKey)?;
        let names = announced.fields.keys().chain(fields.keys());
        match names.into_iter().find(|name| announced.fields.get(*name) != fields.get(*name)) {
            Some(name) => Err(Refusal::Field(name.clone())),
            None => Ok(announced.most),
        }
    }

    /// Puts a file where its fields say.
    pub(crate) fn put(
        &mut self,
        fields: &BTreeMap<String, String>,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<(), Refusal> {
        let most = self.check(fields)?;
        if bytes.len() as u64 > most {
            return Err(Refusal::TooLarge { most });
        }
        let key = fields.get("key").cloned().unwrap_or_default();
        self.objects.take(&key);
        self.objects.push(|_| Object { key, media_type: media_type.to_owned(), bytes });
        Ok(())
    }

    /// A file of the storage.
    pub(crate) fn object(&self, key: &str) -> Option<Object> {
        self.objects.find(key).cloned()
    }

    pub(crate) fn attachment(&self, id: &AttachmentId) -> Option<Attachment> {
        self.attachments.find(id.as_str()).cloned()
    }

    /// Forgets an attachment and its bytes. Returns whether there was one.
    pub(crate) fn delete(&mut self, id: &AttachmentId) -> bool {
        let Some(gone) = self.attachments.take(id.as_str()) else { return false };
        let key = match self.everywhere {
            // By whichever name of this machine.
            Some(port) => gone.file.split_once(&format!(":{port}/")).map(|(_, key)| key),
            None => gone.file.strip_prefix(&address(&self.base, "")),
        };
        if let Some(key) = key {
            self.objects.take(key);
        }
        true
    }

    /// The attachments of page `number`, counted from 1, newest first; and how many there are.
    pub(crate) fn page(&self, number: usize, size: usize) -> (Vec<Attachment>, usize) {
        self.attachments.page(number, size)
    }
}

/// Where the storage has a file. Without a storage, the address is relative and leads nowhere.
fn address(base: &str, key: &str) -> String {
    if base.is_empty() { key.to_owned() } else { format!("{base}/{key}") }
}

/// A key that can stand in an address as it is.
fn key_of(kind: &str, number: u64, name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') { c } else { '_' };
    let name: String = name.chars().take(NAME).map(plain).collect();
    format!("media/chat/{kind}/{}/{}", id(kind, number), name.trim_start_matches('.'))
}

impl Row for Attachment {
    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn bytes(&self) -> usize {
        ROW_BYTES + self.filename.len() + self.file.len()
    }
}

impl Row for Object {
    fn id(&self) -> &str {
        &self.key
    }

    fn bytes(&self) -> usize {
        ROW_BYTES + self.key.len() + self.media_type.len() + self.bytes.len()
    }
}

impl Row for Announced {
    fn id(&self) -> &str {
        &self.key
    }

    fn bytes(&self) -> usize {
        4 * ROW_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_in_an_address_as_they_are() {
        for (name, end) in [
            ("a b.png", "/a_b.png"),
            ("../../etc/passwd", "/_.._etc_passwd"),
            ("紀\r\n\"錄.pdf", "/_____.pdf"),
            ("", "/"),
        ] {
            let key = key_of("attachment", 1, name);
            assert!(key.ends_with(end), "{key}");
        }
        assert!(key_of("attachment", 1, &"x".repeat(300)).len() < 200);
    }

    #[test]
    fn a_file_goes_where_its_fields_say_and_nowhere_else() {
        let mut files = Files::new(10);
        files.stored_at("http://s".to_owned(), None);
        let upload = files.announce(&NewPresignedUpload::new("file", 3, "a.png", "attachment"));
        assert_eq!(upload.url, "http://s/");
        let put = |files: &mut Files, fields: &BTreeMap<String, String>, bytes: &'static str| {
            files.put(fields, "image/png", bytes.into())
        };
        assert_eq!(put(&mut files, &upload.fields, "abcd"), Err(Refusal::TooLarge { most: 3 }));
        for name in upload.fields.keys() {
            let mut wrong = upload.fields.clone();
            wrong.insert(name.clone(), "x".to_owned());
            let mut less = upload.fields.clone();
            less.remove(name);
            let expected = match name.as_str() {
                "key" => Refusal::UnknownKey,
                name => Refusal::Field(name.to_owned()),
            };
            assert_eq!(put(&mut files, &wrong, "abc").as_ref(), Err(&expected));
            assert_eq!(put(&mut files, &less, "abc"), Err(expected));
        }
        let mut more = upload.fields.clone();
        more.insert("acl".to_owned(), "public-read".to_owned());
        assert_eq!(put(&mut files, &more, "abc"), Err(Refusal::Field("acl".to_owned())));
        assert_eq!(put(&mut files, &upload.fields, "abc"), Ok(()));
        let key = &upload.fields["key"];
        assert_eq!(files.object(key).unwrap().bytes, "abc");

        let new = NewAttachment::new(key, "a.png");
        let attachment = files.register(&new, Some(&"c".into()));
        assert_eq!(attachment.file, format!("http://s/{key}"));
        assert_eq!(attachment.r#type.get(), Some(&AttachmentType::Image));
        assert!(files.delete(&attachment.id) && !files.delete(&attachment.id));
        assert!(files.object(key).is_none(), "its bytes are gone, too");
    }
}
