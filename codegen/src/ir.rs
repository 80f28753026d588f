//! The model that `lower` makes and `emit` prints.
//!
//! Plain data without behaviour: references are resolved, names are legal and unique, every special case is decided. No
//! field holds text that still means something, so emitting cannot fail.

use crate::docs::Docs;
use crate::names::{Casing, Name};

/// A whole API.
#[derive(Debug, Clone, PartialEq)]
pub struct Api {
    /// Of the marker type that stands for the service, such as `Maiagent`.
    pub service: Name,
    /// The product name that a user agent carries.
    pub product: String,
    /// What environment variables begin with.
    pub env_prefix: String,
    /// Title, version and description, for the crate's documentation.
    pub docs: Docs,
    /// Where the service can be reached; the first is the default.
    pub servers: Vec<Server>,
    /// Further servers that only single operations use.
    pub operation_servers: Vec<Server>,
    /// Ways to authenticate, in document order.
    pub auth: Vec<AuthScheme>,
    /// What an operation needs unless it says otherwise.
    pub security: Security,
    /// Every type, in document order.
    pub types: Vec<TypeDef>,
    /// Every method, in document order; an operation that can stream gives two.
    pub operations: Vec<Operation>,
    /// What errors carry, where all operations agree on it.
    pub errors: Vec<ErrorBody>,
    /// How a server words its errors.
    pub error_shape: ErrorShape,
    /// Whether a type is a UUID, which the runtime has behind a feature.
    pub uses_uuid: bool,
}

/// A base address.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// Of the constant.
    pub name: Name,
    /// With variables replaced by their defaults.
    pub url: String,
    /// The path of the URL, without a slash at its end: what routes are mounted below.
    pub prefix: String,
    /// Its description.
    pub docs: Docs,
}

/// A way to authenticate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthScheme {
    /// The document's name for it.
    pub name: String,
    /// What is sent.
    pub kind: AuthKind,
}

/// What is sent to authenticate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthKind {
    /// The key behind a prefix in a header.
    Header {
        /// The header.
        header: String,
        /// What stands before the key, such as `Api-Key `.
        prefix: String,
    },
    /// The key as a query parameter.
    Query(String),
    /// The key as a cookie.
    Cookie(String),
    /// `Authorization: Bearer`.
    Bearer,
    /// `Authorization: Basic`.
    Basic,
}

/// Alternatives, each a set of schemes that are needed together; an empty set allows anonymous calls.
pub type Security = Vec<Vec<String>>;

/// Index into [`Api::types`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub usize);

/// A type that the generated crate defines.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeDef {
    /// Its Rust name.
    pub name: Name,
    /// Its documentation.
    pub docs: Docs,
    /// Whether the document calls it deprecated.
    pub deprecated: bool,
    /// What it is.
    pub kind: TypeKind,
    /// Whether it is what an event of a stream holds.
    pub event: Option<Event>,
}

/// What a defined type is.
#[derive(Debug, Clone, PartialEq)]
pub enum TypeKind {
    /// An object with known properties.
    Struct(Struct),
    /// Text with known values, open to others.
    Enum(Enum),
    /// One of several types.
    Union(Union),
    /// Text that identifies one kind of thing.
    Id,
    /// Another name for a type.
    Alias(Type),
}

/// An object with known properties.
#[derive(Debug, Clone, PartialEq)]
pub struct Struct {
    /// In document order.
    pub fields: Vec<Field>,
    /// How most wire names follow from Rust names.
    pub casing: Casing,
    /// The type of further properties, where the document declares them.
    pub rest: Option<Rest>,
    /// A property with a fixed value that tells this type from others.
    pub tag: Option<Tag>,
    /// Whether callers build it to send it, and so get setters.
    pub sent: bool,
    /// Whether it is part of an answer, and so has to bear what servers really send.
    pub received: bool,
}

/// Properties beyond the declared ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Rest {
    /// Of the field that collects them.
    pub name: Name,
    /// The type of each.
    pub ty: Type,
}

/// A property with a fixed value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The property.
    pub property: String,
    /// Its value.
    pub value: String,
}

/// What an event of a stream holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The stream ends when the connection does.
    Endless,
    /// The stream ends with the event in which this boolean field is true.
    EndsWith(Name, Presence),
}

/// A property.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Of the field.
    pub name: Name,
    /// Of the property.
    pub wire: String,
    /// Further spellings to accept.
    pub aliases: Vec<String>,
    /// Its type, without what `presence` adds.
    pub ty: Type,
    /// How absence and null show.
    pub presence: Presence,
    /// What the document says holds where the property is absent.
    pub default: Option<Literal>,
    /// Its documentation.
    pub docs: Docs,
    /// Whether the document calls it deprecated.
    pub deprecated: bool,
}

/// How absence and null of a property show in its Rust type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// `T`
    Required,
    /// `T` that reads absence as empty: a list or map.
    Empty,
    /// `Option<T>`: `None` is absence.
    Optional,
    /// `Option<T>`: `None` is written as null; absence is read as `None`, too.
    NullIsNone,
    /// `Nullable<T>`: absence and null are told apart.
    Nullable,
    /// `Lenient<T>`: anything goes, also absence.
    Lenient,
}

/// A value of the document that becomes a Rust expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Text(String),
    /// A variant of an enum.
    Variant(TypeId, Name),
}

/// Text with known values.
#[derive(Debug, Clone, PartialEq)]
pub struct Enum {
    /// In document order.
    pub values: Vec<EnumValue>,
    /// How most wire values follow from Rust names.
    pub casing: Casing,
    /// Of the variant that keeps any other value.
    pub unknown: Name,
    /// Whether fields of this type are lenient.
    pub lenient: bool,
}

/// A known value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumValue {
    /// Of the variant.
    pub name: Name,
    /// On the wire.
    pub wire: String,
    /// Its documentation.
    pub docs: Docs,
}

/// One of several types.
#[derive(Debug, Clone, PartialEq)]
pub struct Union {
    /// How a reader tells them apart.
    pub tagging: Tagging,
    /// In the order in which they are tried.
    pub variants: Vec<Variant>,
    /// Of the variant that keeps any other value.
    pub unknown: Name,
}

/// How variants are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tagging {
    /// By a property with a fixed value.
    Internal {
        /// The property.
        property: String,
    },
    /// By text, or by the only property of an object.
    External,
    /// By trying.
    Untagged,
}

/// A member of a union.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Its Rust name.
    pub name: Name,
    /// Its documentation.
    pub docs: Docs,
    /// What it holds; nothing for text of an externally tagged union.
    pub ty: Option<Type>,
    /// Tag values that select it.
    pub tags: Vec<String>,
}

/// A Rust type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// `()`: JSON's null and nothing else.
    Unit,
    /// `bool`
    Bool,
    /// An integer.
    Int(Int),
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `String`
    String,
    /// `Uuid`
    Uuid,
    /// An instant, RFC 3339 on the wire.
    Timestamp,
    /// A day.
    Date,
    /// Bytes, Base64 on the wire.
    Base64,
    /// An instant, milliseconds since 1970 as text on the wire.
    UnixMillis,
    /// Any JSON.
    Any,
    /// `Vec`
    Array(Box<Type>),
    /// `BTreeMap` with text as keys.
    Map(Box<Type>),
    /// `Option`, for items that may be null.
    Option(Box<Type>),
    /// `Lenient`, for items that may be anything.
    Lenient(Box<Type>),
    /// `Box`, where a type would contain itself.
    Boxed(Box<Type>),
    /// A type of [`Api::types`].
    Named(TypeId),
}

/// Width and sign of an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Int {
    /// `i8`
    I8,
    /// `i16`
    I16,
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `u8`
    U8,
    /// `u16`
    U16,
    /// `u32`
    U32,
    /// `u64`
    U64,
}

/// A method of the trait.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Of the method.
    pub name: Name,
    /// Its documentation, without the route.
    pub docs: Docs,
    /// Whether the document calls it deprecated.
    pub deprecated: bool,
    /// HTTP method.
    pub method: Method,
    /// Path template as the document writes it.
    pub path: String,
    /// In the order of the template.
    pub path_params: Vec<PathParam>,
    /// Everything else that is not the body.
    pub params: Option<Params>,
    /// The body.
    pub body: Option<Body>,
    /// What a success answers.
    pub success: Success,
    /// How to walk all pages.
    pub paging: Option<Paging>,
    /// Where it differs from the API's.
    pub security: Option<Security>,
    /// Constants of its own servers; empty where it uses the API's.
    pub servers: Vec<Name>,
    /// What its route is mounted below, where that differs from the API's.
    pub prefixes: Option<Vec<String>>,
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET
    Get,
    /// PUT
    Put,
    /// POST
    Post,
    /// DELETE
    Delete,
    /// OPTIONS
    Options,
    /// HEAD
    Head,
    /// PATCH
    Patch,
    /// TRACE
    Trace,
}

/// A parameter in the path.
#[derive(Debug, Clone, PartialEq)]
pub struct PathParam {
    /// Of the argument.
    pub name: Name,
    /// In the template.
    pub wire: String,
    /// Its type.
    pub ty: Type,
    /// How it is written.
    pub style: PathStyle,
    /// Its documentation.
    pub docs: Docs,
}

/// How a path parameter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathStyle {
    /// `a,b`
    Simple,
    /// `a,b`, objects as `k=v`
    SimpleExploded,
    /// `.a,b`
    Label,
    /// `.a.b`
    LabelExploded,
    /// `;name=a,b`
    Matrix,
    /// `;name=a;name=b`
    MatrixExploded,
}

/// Query, header and cookie parameters of an operation, as one struct.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// Of the struct.
    pub name: Name,
    /// Of the argument.
    pub argument: Name,
    /// In document order.
    pub fields: Vec<ParamField>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct ParamField {
    /// Of the field.
    pub name: Name,
    /// On the wire.
    pub wire: String,
    /// Its type, without `Option`.
    pub ty: Type,
    /// Whether it must be given.
    pub required: bool,
    /// Where and how it is written.
    pub location: Location,
    /// What the document says holds where it is absent.
    pub default: Option<Literal>,
    /// Its documentation.
    pub docs: Docs,
    /// Whether the document calls it deprecated.
    pub deprecated: bool,
}

/// Where and how a parameter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// In the query.
    Query(QueryStyle),
    /// As a header.
    Header,
    /// As a cookie.
    Cookie,
}

/// How a query parameter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryStyle {
    /// `name=a,b`
    Form,
    /// `name=a&name=b`
    FormExploded,
    /// `name=a%20b`
    SpaceDelimited,
    /// `name=a|b`
    PipeDelimited,
    /// `name[key]=a`
    DeepObject,
    /// JSON
    Json,
}

/// A request body.
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    /// How it is written.
    pub kind: BodyKind,
    /// Media type, for the header.
    pub media_type: String,
    /// Whether it must be given.
    pub required: bool,
    /// Its documentation.
    pub docs: Docs,
}

/// How a body is written.
#[derive(Debug, Clone, PartialEq)]
pub enum BodyKind {
    /// JSON.
    Json(Type),
    /// JSON, with a flag that selects between an answer and a stream.
    Flagged {
        /// The type without the flag.
        ty: Type,
        /// The flag's property and other spellings of it.
        property: String,
        /// Further spellings a server should accept.
        aliases: Vec<String>,
        /// The flag's value for this method.
        value: bool,
    },
    /// A form.
    Form(Type),
    /// Text.
    Text,
    /// Bytes.
    Bytes,
}

/// What a success answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Success {
    /// The documented status.
    pub status: u16,
    /// The media type of the body; empty where there is none.
    pub media_type: String,
    /// The body.
    pub kind: SuccessKind,
}

/// The body of a success.
#[derive(Debug, Clone, PartialEq)]
pub enum SuccessKind {
    /// None.
    Empty,
    /// JSON.
    Json(Type),
    /// Text.
    Text,
    /// Bytes, to be read piece by piece.
    Download,
    /// An event stream.
    Events(Type),
}

/// How to walk all pages of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Paging {
    /// Of the method.
    pub name: Name,
    /// Field of the page that holds the items.
    pub items: Name,
    /// How that field shows absence.
    pub items_presence: Presence,
    /// Type of an item.
    pub item: Type,
    /// Field of the page that leads on.
    pub next: Name,
    /// How that field shows absence.
    pub next_presence: Presence,
    /// What that field holds.
    pub link: Link,
    /// Field of the parameters that selects the page.
    pub parameter: Name,
    /// Its name on the wire.
    pub parameter_wire: String,
    /// Its type.
    pub parameter_ty: Type,
}

/// What leads to the next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// An address whose query holds the parameter.
    Url,
    /// The parameter's next value.
    Token,
}

/// What errors of some statuses carry.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorBody {
    /// Of the variant.
    pub name: Name,
    /// What it holds.
    pub ty: Type,
    /// Statuses that carry it.
    pub statuses: Vec<Statuses>,
}

/// How a server words its errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorShape {
    /// The property that says what is wrong.
    pub detail: String,
    /// Whether wrong values are answered by a map of their names to messages.
    pub fields: bool,
}

/// A status, or a class of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Statuses {
    /// `404`
    One(u16),
    /// `4XX`
    Class(u16),
    /// `default`
    Default,
}
