//! The model that `lower` makes and `plan` turns into a surface of Rust.
//!
//! Plain data without behaviour: references are resolved, every special case of the document is decided. There is no Rust
//! in it but for names, and these are wishes: legal and in Rust's spelling, not yet unique. Texts are as the document has
//! them; `plan` makes documentation of them.

use crate::names::Name;
use std::collections::BTreeMap;

/// A whole API.
#[derive(Debug, Clone, PartialEq)]
pub struct Api {
    /// Of the marker type that stands for the service, such as `Maiagent`.
    pub service: Name,
    /// The product name that a user agent carries.
    pub product: String,
    /// What environment variables begin with.
    pub env_prefix: String,
    /// The document's title and description.
    pub text: Text,
    /// The document's version.
    pub version: String,
    /// Where the service can be reached: first the API's own, whose first is the default, then those that only single
    /// routes use.
    pub servers: Vec<Server>,
    /// Ways to authenticate, in document order.
    pub auth: Vec<AuthScheme>,
    /// What an operation needs unless it says otherwise.
    pub security: Security,
    /// Modules of the crate that are written by hand.
    pub own_modules: Vec<Name>,
    /// Every type, in document order.
    pub types: BTreeMap<TypeId, TypeDef>,
    /// Every path and method, in document order.
    pub routes: Vec<Route>,
    /// What the document says about groups of routes, by their names.
    pub groups: BTreeMap<String, Text>,
    /// What the service sends to addresses of its user: webhooks, then callbacks, in document order.
    pub receivers: Vec<Receiver>,
    /// Headers that answers declare, each name once, in document order.
    pub headers: Vec<Header>,
    /// What errors carry, where all routes agree on it.
    pub errors: Vec<ErrorBody>,
    /// How a server words its errors.
    pub error_shape: ErrorShape,
}

/// What the document says about something, in its own words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// A short line: a summary, or a title.
    pub summary: String,
    /// The description.
    pub description: String,
    /// Decisions that settle what the document's sources dispute.
    pub decisions: Vec<String>,
    /// Known values of a number, as JSON.
    pub numbers: Vec<String>,
    /// The default, as JSON, where it says something.
    pub default: Option<String>,
    /// A value that the document shows.
    pub example: Option<Json>,
}

/// A value that the document shows: what an example of a call is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number as it was written.
    Number(String),
    /// Text.
    Text(String),
    /// A list.
    Array(Vec<Json>),
    /// An object, in the document's order.
    Object(Vec<(String, Json)>),
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
    /// Whether it is one of the API's, and not of single routes only.
    pub is_general: bool,
    /// Its description.
    pub text: Text,
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

/// A type of [`Api::types`]. Ids are ordered as the document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId {
    /// What it belongs to: the number of a schema or, behind all schemas, of a route.
    pub owner: usize,
    /// Tells it from all others.
    pub number: usize,
}

/// A type that the generated crate defines.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeDef {
    /// Its name.
    pub name: Name,
    /// What the document calls it, where it is a component.
    pub component: Option<String>,
    /// What the document says about it.
    pub text: Text,
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
    /// The type of each further property, where the document declares them.
    pub rest: Option<Type>,
    /// Whether values of further properties must not be shown.
    pub has_secret_rest: bool,
    /// A property with a fixed value that tells this type from others.
    pub tag: Option<Tag>,
    /// Whether callers build it to send it, and so get setters.
    pub sent: bool,
    /// Whether it is part of an answer, and so has to bear what servers really send.
    pub received: bool,
}

/// A property with a fixed value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The property.
    pub property: String,
    /// Its value.
    pub value: String,
}

/// A type that events of a stream carry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// The stream ends with the event in which this boolean field is true: its place in [`Struct::fields`]. Otherwise it
    /// ends when the connection does.
    pub last: Option<usize>,
    /// Names of the events, where the document has them.
    pub names: Vec<String>,
    /// Whether events of other names carry the type, too.
    pub has_any_name: bool,
    /// Whether it is all of an event, and not only its data.
    pub is_whole: bool,
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
    /// What the document says about it.
    pub text: Text,
    /// Whether the document calls it deprecated.
    pub deprecated: bool,
    /// Whether its value must not be shown.
    pub is_secret: bool,
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
    /// `T`, whose properties lie among those of the struct.
    Flattened,
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
    /// A value of an enum: its place in [`Enum::values`].
    Value(TypeId, usize),
}

/// Text with known values.
#[derive(Debug, Clone, PartialEq)]
pub struct Enum {
    /// In document order.
    pub values: Vec<EnumValue>,
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
    /// What the document says about it.
    pub description: String,
}

/// One of several types.
#[derive(Debug, Clone, PartialEq)]
pub struct Union {
    /// How a reader tells them apart.
    pub tagging: Tagging,
    /// In the order in which they are tried.
    pub variants: Vec<Variant>,
}

/// How variants are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tagging {
    /// By a property with a fixed value.
    Internal {
        /// The property.
        property: String,
        /// What it holds.
        kind: TagKind,
    },
    /// By text, or by the only property of an object.
    External,
    /// By trying.
    Untagged,
    /// By the properties that are there.
    Properties {
        /// What each variant knows of an object.
        known: Vec<Known>,
        /// The property by whose value only some variants come into question.
        tag: Option<String>,
    },
}

/// What the values of a tag are on the wire. [`Variant::tags`] has them as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TagKind {
    /// Text. Members need no field for it.
    Text,
    /// Integers, which members have in a field.
    Integer,
    /// `true` and `false`, which members have in a field.
    Boolean,
}

/// What a variant knows of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// These properties.
    These(Vec<KnownProperty>),
    /// These properties, and it keeps all others.
    Every(Vec<KnownProperty>),
    /// Nothing that tells: it is no object, or any.
    Nothing,
}

/// A property that a variant knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownProperty {
    /// On the wire.
    pub name: String,
    /// What it says where other variants have other values; empty where that tells nothing.
    pub values: Vec<String>,
}

/// A member of a union.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Its name.
    pub name: Name,
    /// What it holds; nothing for text of an externally tagged union.
    pub ty: Option<Type>,
    /// Tag values that select it. Members of a tagged union may share a value, and then are tried in order; those
    /// without one are tried when no value is known.
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
    /// A file, which only the parts of a body are.
    File,
    /// `Vec`
    Array(Box<Type>),
    /// A list with one type for each place.
    Tuple(Vec<Type>),
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

/// A path and a method, and what can be called there.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Of the method that answers at once; others derive from it.
    pub name: Name,
    /// What the document calls it.
    pub id: Option<String>,
    /// The place of the route among all that this one differs from in the form of its body, and in nothing else.
    pub form_of: Option<usize>,
    /// What the document says about it.
    pub text: Text,
    /// Whether the document calls it deprecated.
    pub deprecated: bool,
    /// What it belongs to: the document's first tag for it, else where its path leads.
    pub group: Option<String>,
    /// HTTP method.
    pub method: Method,
    /// Path template as the document writes it.
    pub path: String,
    /// The part of it that is sent as the path.
    pub target: String,
    /// Names and values that it adds to every query.
    pub fixed_query: Vec<(String, String)>,
    /// Whether a router can tell it from the routes before it.
    pub is_mounted: bool,
    /// In the order of the template.
    pub path_params: Vec<PathParam>,
    /// Query, header and cookie parameters, in document order.
    pub params: Vec<Param>,
    /// The body.
    pub body: Option<Body>,
    /// The property of the body that asks for a stream; it is not a part of the body's type.
    pub flag: Option<Flag>,
    /// What it can fail with.
    pub failures: Vec<(Statuses, Type)>,
    /// Headers that its answers declare, successful or not: places in [`Api::headers`].
    pub headers: Vec<usize>,
    /// Where it differs from the API's.
    pub security: Option<Security>,
    /// Its own servers, as places in [`Api::servers`]; empty where it uses the API's.
    pub servers: Vec<usize>,
    /// The ways to call it: at least one that is whole or streamed.
    pub calls: Vec<Call>,
}

impl Api {
    /// The operations of the document: its routes, each in one form.
    pub fn operations(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter().filter(|route| route.form_of.is_none())
    }
}

/// A request that the service sends, and its user receives.
#[derive(Debug, Clone, PartialEq)]
pub struct Receiver {
    /// Where the document declares it.
    pub origin: Origin,
    /// Everything about the request. In place of its path a callback has the address, with expressions that refer to the
    /// call; a webhook has nothing.
    pub route: Route,
}

/// Where the document declares what a service sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Among its webhooks: the user chooses an address once.
    Webhook {
        /// What the document calls it.
        name: String,
    },
    /// At an operation: a call says where to.
    Callback {
        /// What the document calls it.
        name: String,
        /// The operation's place in [`Api::routes`].
        route: usize,
    },
}

/// A way to call a route.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// One request, answered at once.
    Whole(Answer),
    /// One request, answered by events.
    Streamed(Answer),
    /// The request of the whole answer, answered in another form, which is called this: `csv`.
    InForm(Name, Answer),
    /// A request for each page, of a route that has a whole answer.
    AllPages(Paging),
}

/// A boolean property of a body that asks for a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// The property.
    pub property: String,
    /// Further spellings that a server should accept.
    pub aliases: Vec<String>,
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// What the document says about it.
    pub text: Text,
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
    /// `a/b`, text that is several segments
    Segments,
    /// JSON
    Json,
}

/// A parameter that is not in the path.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
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
    /// What the document says about it.
    pub text: Text,
    /// Whether the document calls it deprecated.
    pub deprecated: bool,
    /// Whether its value must not be shown.
    pub is_secret: bool,
}

/// Where and how a parameter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// In the query.
    Query(QueryStyle),
    /// As a header.
    Header(HeaderStyle),
    /// As a cookie.
    Cookie(CookieStyle),
}

/// How a header is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderStyle {
    /// `a,b`
    Simple,
    /// `a,b`, objects as `k=v`
    SimpleExploded,
    /// JSON
    Json,
}

/// How a cookie is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieStyle {
    /// `name=a,b`
    Form,
    /// JSON
    Json,
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
    /// Whether it may be null.
    pub nullable: bool,
    /// A value that the document shows.
    pub example: Option<Json>,
}

/// How a body is written.
#[derive(Debug, Clone, PartialEq)]
pub enum BodyKind {
    /// JSON.
    Json(Type),
    /// A form.
    Form(Type, FormStyles),
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// Several parts; nothing where the document does not list them.
    Multipart(Option<Vec<Part>>),
    /// JSON values that follow each other. They are never events.
    Records(Type, Framing),
}

/// How the properties of a form are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormStyles {
    /// As forms usually are: `name=a&name=b`.
    Usual,
    /// All in one style.
    All(QueryStyle),
    /// These in their own style, others as usual.
    Each(Vec<(String, QueryStyle)>),
}

/// A part of a body, or several parts of one name.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Of the field.
    pub name: Name,
    /// Of the part.
    pub wire: String,
    /// Its type, without `Option`. A list has a part for each item.
    pub ty: Type,
    /// The media type that the document gives to it.
    pub media_type: Option<String>,
    /// The header of the part that this is, where it is no part of its own.
    pub header: Option<String>,
    /// Whether it must be given.
    pub required: bool,
    /// What the document says about it.
    pub text: Text,
    /// Whether the document calls it deprecated.
    pub deprecated: bool,
    /// Whether its value must not be shown.
    pub is_secret: bool,
}

impl Type {
    /// Whether it is a file, or a list of files.
    pub fn is_file(&self) -> bool {
        match self {
            Self::File => true,
            Self::Array(item) => **item == Self::File,
            _ => false,
        }
    }
}

/// A successful answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The documented status; of several, the first.
    pub status: u16,
    /// The media type of the body; empty where there is none.
    pub media_type: String,
    /// The body.
    pub kind: AnswerKind,
}

/// The body of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerKind {
    /// A body, or none by these statuses.
    Optional(Box<AnswerKind>, Vec<u16>),
    /// As the status says: at least two bodies that differ, in document order.
    ByStatus(Vec<StatusAnswer>),
    /// None.
    Empty,
    /// JSON.
    Json(Type),
    /// Text.
    Text,
    /// Bytes, to be read piece by piece.
    Download,
    /// Values that arrive one after the other.
    Events(Type, Framing),
    /// None: the answer leads elsewhere.
    Redirect,
    /// None: the connection goes on in another protocol.
    Upgrade,
}

/// How values follow each other in an answer or a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// As server-sent events.
    Events,
    /// JSON, a value in each line.
    Lines,
    /// JSON text sequences: a mark, a value, a line feed.
    Sequence,
}

/// What an operation answers by some statuses.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusAnswer {
    /// Of the variant.
    pub name: Name,
    /// By which statuses.
    pub statuses: Statuses,
    /// What the document says about it.
    pub text: Text,
    /// What comes; it is a single body, or none.
    pub answer: Answer,
}

/// How to walk all pages of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Paging {
    /// The struct that a page is.
    pub page: TypeId,
    /// Where it is in the answer.
    pub place: PagePlace,
    /// The field that holds the items, a place in its [`Struct::fields`].
    pub items: usize,
    /// Type of an item.
    pub item: Type,
    /// The field that leads on: text, a number or an identifier.
    pub next: usize,
    /// What that field holds.
    pub link: Link,
    /// The parameter that selects the page, a place in [`Route::params`]; it is optional and in the query.
    pub parameter: usize,
    /// The parameter that a link may have instead, a place in [`Route::params`], too.
    pub or_parameter: Option<usize>,
}

/// Where in an answer a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PagePlace {
    /// It is the answer.
    Whole,
    /// It is the answer, if there is one; without one there are no further items.
    Optional,
    /// In one of the answers by status: its place among them.
    ByStatus(usize),
}

/// What leads to the next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// An address whose query holds the parameter.
    Url,
    /// The parameter's next value.
    Token,
}

/// A header that answers may have.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// Of the constant.
    pub name: Name,
    /// On the wire, as the document writes it first.
    pub wire: String,
    /// Its type.
    pub ty: Type,
    /// How it is written.
    pub style: HeaderStyle,
    /// What the document says about it.
    pub text: Text,
    /// Whether the document calls it deprecated wherever it declares it.
    pub deprecated: bool,
}

/// What errors of some statuses carry.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorBody {
    /// What it holds.
    pub ty: Type,
    /// Statuses that carry it, whatever the route.
    pub statuses: Vec<Statuses>,
    /// Statuses on which routes do not agree, each with the places of the routes that carry this there.
    pub on_routes: Vec<(Statuses, Vec<usize>)>,
}

/// How a server words its errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorShape {
    /// The property that says what is wrong.
    pub detail: String,
    /// Whether wrong values are answered by a map of their names to messages.
    pub fields: bool,
    /// The name under which such a map lists problems of the request as a whole, where the document says so.
    pub general: Option<String>,
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
