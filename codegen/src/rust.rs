//! The surface of a generated crate: everything that its reader can see, as plain data.
//!
//! `plan` makes it, `emit` transcribes it. Names are final, types are paths that resolve where they stand, documentation is
//! ready to print. Two documents with equal surfaces give the same code.

use crate::docs::Docs;
pub use crate::ir::TagKind;
use crate::names::Name;

/// A crate.
#[derive(Debug, Clone, PartialEq)]
pub struct Crate {
    /// Its modules, `lib.rs` first.
    pub modules: Vec<Module>,
    /// Features that the runtime needs for it, beyond those that the crate's own features ask for.
    pub features: Vec<&'static str>,
    /// The cargo features that its manifest declares, in order.
    pub cargo_features: Vec<CargoFeature>,
    /// Where the type of each component schema is: its name in the document and its path in the crate.
    pub schemas: Vec<(String, Path)>,
}

/// A cargo feature of the crate itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CargoFeature {
    /// Its name.
    pub name: String,
    /// The features that it switches on.
    pub enables: Vec<String>,
    /// Whether it is on unless somebody says otherwise.
    pub is_default: bool,
    /// The trait of what it switches on, where that is a part of the API.
    pub part: Option<Name>,
}

/// Which cargo features must be on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// This one.
    Feature(String),
    /// It is off.
    Not(Box<Condition>),
    /// One of these.
    Any(Vec<Condition>),
}

/// A module, which is a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Module {
    /// Its file, relative to the output folder, with `/` between segments.
    pub file: String,
    /// The module in which users find what it defines.
    pub known_as: Path,
    /// Documentation of the module.
    pub docs: ModuleDocs,
    /// Lints that do not apply to it.
    pub allows: Vec<&'static str>,
    /// Whether it is the crate's root, which forbids unsafe code.
    pub is_root: bool,
    /// What it imports, in order.
    pub uses: Vec<Use>,
    /// What it defines, in order.
    pub items: Vec<Item>,
}

/// Documentation of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModuleDocs {
    /// These lines.
    Lines(Docs),
    /// A file, relative to the module's.
    File(&'static str),
}

/// A `use` declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Whether it exports what it imports.
    pub is_public: bool,
    /// What must be on for it.
    pub needs: Option<Condition>,
    /// Where from.
    pub module: Path,
    /// What.
    pub names: UsedNames,
}

/// What a `use` declaration imports of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsedNames {
    /// The module itself.
    Itself,
    /// Everything.
    All,
    /// Some names.
    Listed(Vec<Name>),
    /// A name, under another one.
    Renamed(Name, Name),
    /// A name that its documentation leaves out.
    Hidden(Name),
}

/// A path, one name a segment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path(pub Vec<Name>);

/// A type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// `()`
    Unit,
    /// One type for each place.
    Tuple(Vec<Type>),
    /// A named type with its arguments.
    Path(Path, Vec<Type>),
}

impl Item {
    /// The struct of a name, if that is what the item is.
    pub fn record(&self, name: &str) -> Option<&Record> {
        match self {
            Self::Record(record) if record.head.name.as_str() == name => Some(record),
            Self::AlikeParams(alike) if alike.all.iter().any(|one| one.name.as_str() == name) => {
                Some(&alike.each)
            }
            _ => None,
        }
    }
}

/// Something that a module defines.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A module in a file of its own.
    Module(ModuleItem),
    /// A module that only exports.
    Exports(Exports),
    /// A struct with public fields.
    Record(Record),
    /// Several structs with the same fields.
    AlikeParams(AlikeParams),
    /// `Debug` of a struct with secrets.
    RedactedDebug(RedactedDebug),
    /// Other spellings of a struct's properties.
    Spellings(Spellings),
    /// Text with known values.
    TextEnum(TextEnum),
    /// One of several types.
    Union(Union),
    /// How a union is read where serde cannot derive it.
    UnionReader(UnionReader),
    /// How a union is read by the properties that are there.
    Alternatives(Alternatives),
    /// Text that identifies something.
    Identifier(Identifier),
    /// Another name for a type.
    Alias(Alias),
    /// That a type's values may be read leniently.
    LenientValue(LenientValue),
    /// That a type is what an event of a stream holds.
    StreamEvent(StreamEvent),
    /// A trait of operations.
    Trait(Trait),
    /// The trait that sums the traits of all parts.
    SumTrait(SumTrait),
    /// The macro that implements the traits of parts without writing anything.
    RestMacro(RestMacro),
    /// The marker type of the service, with what is the same for all calls.
    Service(Service),
    /// A header that answers carry.
    Header(HeaderConstant),
    /// The client's name.
    Client(Client),
    /// Where the service can be reached.
    Servers(Servers),
    /// The trait over HTTP.
    ClientImpl(ClientImpl),
    /// The client that waits.
    BlockingClient(BlockingClient),
    /// The trait's methods as methods that wait.
    Blocking(Blocking),
    /// Any implementation of the trait.
    Dynamic(Dynamic),
    /// What routes are mounted below.
    Prefixes(Prefixes),
    /// The functions that make a router.
    Router(Router),
    /// The enum of everything that is received.
    Webhooks(Webhooks),
    /// The functions that make a router of receivers.
    Receivers(Receivers),
    /// What serves a route.
    Handler(Handler),
    /// How parameters are read from a request.
    ParamsReader(ParamsReader),
    /// How a struct becomes a body of several parts.
    FormWriter(FormWriter),
    /// How a struct is read from a body of several parts.
    FormReader(FormReader),
    /// What failed calls carry.
    ErrorBody(ErrorBody),
    /// What an operation answers, by status.
    AnswerEnum(AnswerEnum),
}

/// What all definitions have in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Of the item.
    pub name: Name,
    /// Documentation.
    pub docs: Docs,
    /// What to say to those who use it, where it is deprecated.
    pub deprecated: Option<String>,
}

/// `pub mod name;`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleItem {
    /// Of the module.
    pub name: Name,
    /// Its file, where the compiler does not look for it by itself.
    pub file: Option<String>,
    /// Whether others see it.
    pub is_public: bool,
    /// What must be on for it.
    pub needs: Option<Condition>,
    /// Whether people write its file.
    pub is_by_hand: bool,
}

/// A module that only exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exports {
    /// Of the module.
    pub name: Name,
    /// Documentation.
    pub docs: Docs,
    /// What must be on for it.
    pub needs: Option<Condition>,
    /// What it exports.
    pub uses: Vec<Use>,
}

/// A struct with public fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Name and documentation.
    pub head: Head,
    /// What it derives.
    pub derives: Vec<Path>,
    /// What its constructor takes, where something is required. The order does not depend on the document's.
    pub constructor: Option<Vec<Taken>>,
    /// What serde is told, where it is derived.
    pub serde: Vec<ContainerAttribute>,
    /// Its fields, in order.
    pub fields: Vec<Field>,
}

/// Parameters of several operations, a struct each, with the same fields.
#[derive(Debug, Clone, PartialEq)]
pub struct AlikeParams {
    /// The structs.
    pub all: Vec<ParamsOf>,
    /// What they have in common. Its name is none of theirs.
    pub each: Record,
}

/// A struct, and the method whose parameters it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamsOf {
    /// Of the struct.
    pub name: Name,
    /// The trait of the method.
    pub of_trait: Name,
    /// The method.
    pub method: Name,
}

/// What serde is told about a struct or enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerAttribute {
    /// `rename_all = "..."`
    RenameAll(&'static str),
    /// `tag = "..."`
    Tag(String),
    /// `rename = "..."`
    Rename(String),
    /// `remote = "Self"`: the derived code is called from hand-written implementations.
    Remote,
    /// `skip_serializing_none`: what may hold nothing is left out then, and may be absent.
    SkipNone,
}

/// A field.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Name and documentation.
    pub head: Head,
    /// What its struct's methods are told.
    pub methods: Vec<MethodAttribute>,
    /// What serde is told.
    pub serde: Vec<FieldAttribute>,
    /// Its type.
    pub ty: Type,
}

/// What serde is told about a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldAttribute {
    /// `rename = "..."`
    Rename(String),
    /// `default`
    Default,
    /// `deserialize_with = "..."`
    ReadWith(Path),
    /// `skip_serializing_if = "..."`
    SkipIf(Path),
    /// `serialize_always`: it is written also where it holds nothing, as null.
    Always,
    /// `flatten`
    Flatten,
}

/// A value that a constructor takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Of the argument.
    pub name: Name,
    /// The type of the value.
    pub ty: Type,
    /// Whether anything that converts will do.
    pub converts: bool,
}

/// What the methods of a struct know about a field beyond its type.
#[derive(Debug, Clone, PartialEq)]
pub enum MethodAttribute {
    /// Anything that converts into the value is taken.
    Into,
    /// What its setters are called: the one for a value, the one for null.
    Setter(Vec<Name>),
    /// What holds where it is absent, and what the method is called that says so, if that does not follow from the field.
    OrDefault(Default, Option<Name>),
}

/// A default.
#[derive(Debug, Clone, PartialEq)]
pub enum Default {
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Text(String),
    /// A variant of an enum.
    Variant(Path),
}

/// Other spellings of properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spellings {
    /// The struct.
    pub of: Name,
    /// Another spelling and the property that it means.
    pub pairs: Vec<(String, String)>,
}

/// Text with known values, and a variant for all others.
#[derive(Debug, Clone, PartialEq)]
pub struct TextEnum {
    /// Name and documentation.
    pub head: Head,
    /// Known values.
    pub variants: Vec<TextVariant>,
    /// Of the variant that keeps any other text.
    pub unknown: Name,
}

/// A known value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextVariant {
    /// Of the variant.
    pub name: Name,
    /// Documentation, where the text is more than can be quoted.
    pub docs: Docs,
    /// On the wire.
    pub wire: String,
}

/// One of several types.
#[derive(Debug, Clone, PartialEq)]
pub struct Union {
    /// Name and documentation.
    pub head: Head,
    /// What it derives.
    pub derives: Vec<Path>,
    /// Whether serde writes members as they are.
    pub is_untagged: bool,
    /// Its members.
    pub variants: Vec<UnionVariant>,
    /// Of the variant that keeps anything else.
    pub unknown: Name,
    /// What that variant holds: any JSON.
    pub any: Type,
}

/// A member of a union.
#[derive(Debug, Clone, PartialEq)]
pub struct UnionVariant {
    /// Its name.
    pub name: Name,
    /// Documentation.
    pub docs: Docs,
    /// Its name on the wire, where that differs.
    pub rename: Option<String>,
    /// What it holds.
    pub ty: Option<Type>,
}

/// How a union is read by its tag, so that a known tag with a broken payload is an error and nothing unknown.
#[derive(Debug, Clone, PartialEq)]
pub struct UnionReader {
    /// The union.
    pub of: Name,
    /// `serde::Deserialize`
    pub deserialize: Path,
    /// `serde::Deserializer`
    pub deserializer: Path,
    /// Any JSON.
    pub any: Type,
    /// The runtime's module of wire types.
    pub wire: Path,
    /// Where the tag is.
    pub tag: TagPlace,
    /// Tags and the member that they select.
    pub arms: Vec<UnionArm>,
    /// Members without a tag, tried in order where the tag is none of these.
    pub tried: Vec<Name>,
    /// Of the variant that keeps anything else.
    pub unknown: Name,
}

/// How a union is read by the properties that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternatives {
    /// The union.
    pub of: Name,
    /// The property by whose value only some members come into question.
    pub tag: Option<String>,
    /// Its members.
    pub members: Vec<Alternative>,
    /// Of the variant that keeps anything else.
    pub unknown: Name,
}

/// A member of a union that is read by the properties that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    /// Its name.
    pub name: Name,
    /// The values of the tag by which it comes into question; none where there is no tag.
    pub tags: Vec<String>,
    /// What it knows of an object.
    pub known: Vec<KnownProperty>,
}

/// What a member of a union knows of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownProperty {
    /// This property.
    Named(String),
    /// This property, which has one of these values.
    Valued(String, Vec<String>),
    /// All others.
    Others,
}

/// Where a reader finds the tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagPlace {
    /// In this property.
    Property(String, TagKind),
    /// It is the text itself, or the name of the only property.
    OnlyKey,
}

/// Tags and the member that they select.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnionArm {
    /// The tags.
    pub tags: Vec<TagValue>,
    /// Other members with the same tags, tried in order before.
    pub tried: Vec<Name>,
    /// The member.
    pub variant: Name,
    /// What it is read from.
    pub from: ArmValue,
}

/// A value of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagValue {
    /// Text.
    Text(String),
    /// An integer.
    Integer(i64),
    /// `true` or `false`.
    Boolean(bool),
}

/// What a member of a union is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArmValue {
    /// Nothing: the tag is all.
    Nothing,
    /// The whole value.
    Whole,
    /// The value of the only property.
    OnlyValue,
}

/// `Debug` of a struct, without its secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct RedactedDebug {
    /// `std::fmt`
    pub fmt: Path,
    /// The struct.
    pub of: Name,
    /// Its fields, and whether each is a secret.
    pub fields: Vec<(Name, bool)>,
}

/// Text that identifies something.
#[derive(Debug, Clone, PartialEq)]
pub struct Identifier {
    /// Name and documentation.
    pub head: Head,
    /// What it derives.
    pub derives: Vec<Path>,
}

/// Another name for a type.
#[derive(Debug, Clone, PartialEq)]
pub struct Alias {
    /// Name and documentation.
    pub head: Head,
    /// The type.
    pub ty: Type,
}

/// `impl LenientValue for ... {}`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LenientValue {
    /// The trait.
    pub of_trait: Path,
    /// The type.
    pub of: Name,
}

/// `impl StreamEvent for ...`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamEvent {
    /// The trait.
    pub of_trait: Path,
    /// The type.
    pub of: Name,
    /// Names of the properties that an event has, where they are known.
    pub properties: Vec<String>,
    /// The field that is true in the last event.
    pub last: Option<LastField>,
    /// Names of the events, where they are known.
    pub names: Vec<String>,
    /// What says that events of other names carry the type, too.
    pub others: Option<Path>,
    /// Whether it is all of an event.
    pub is_whole: bool,
}

/// The field that is true in the last event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastField {
    /// Its name.
    pub name: Name,
    /// How it is read.
    pub read: FlagRead,
}

/// How a boolean field is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagRead {
    /// It is a `bool`.
    Plain,
    /// It is an `Option`.
    Option,
    /// It is a `Nullable`.
    Nullable,
    /// It is a `Lenient`.
    Lenient,
}

/// A trait with a method for each operation, or for each webhook.
#[derive(Debug, Clone, PartialEq)]
pub struct Trait {
    /// Its name.
    pub name: Name,
    /// Documentation.
    pub docs: Docs,
    /// Methods that make one request.
    pub methods: Vec<TraitMethod>,
    /// Methods that walk all pages.
    pub walks: Vec<Walk>,
    /// What others call the crate, where the documentation shows how each method is called.
    pub shown_in: Option<Name>,
}

/// The trait that sums the traits of all parts. What implements them has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SumTrait {
    /// Its name.
    pub name: Name,
    /// Documentation.
    pub docs: Docs,
    /// The traits; where a part is not there, its name means a trait that everything has.
    pub traits: Vec<Name>,
}

/// The macro that implements the traits of parts without writing anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestMacro {
    /// Of the hidden module with a trait for each part, also for those that are not there.
    pub module: Name,
    /// The traits, each with what must be on for it.
    pub traits: Vec<(Name, Condition)>,
}

/// A method of the trait.
#[derive(Debug, Clone, PartialEq)]
pub struct TraitMethod {
    /// Documentation.
    pub docs: Docs,
    /// What to say to those who use it, where it is deprecated.
    pub deprecated: Option<String>,
    /// Name, arguments and result.
    pub signature: Signature,
    /// The future that the default body returns.
    pub not_implemented: Path,
    /// How it is called; nothing for what is received.
    pub example: Option<Example>,
}

/// How a method is called. Paths begin with `crate` where they lead into the generated crate.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Modules and what is imported of them.
    pub uses: Vec<(Path, Vec<Name>)>,
    /// The trait.
    pub of_trait: Path,
    /// What the implementation is called.
    pub client: Name,
    /// Arguments that no value could be made for: the function around the call has them.
    pub given: Vec<Argument>,
    /// Variables and their values.
    pub variables: Vec<(Name, Value)>,
    /// The method.
    pub method: Name,
    /// Its arguments.
    pub arguments: Vec<Value>,
    /// What is done with what it returns.
    pub then: Then,
    /// Whether it only reads.
    pub reads: bool,
    /// How many parameters it cannot do without: their values are made up, and name nothing that the server has.
    pub needs: usize,
    /// Whether the one key that the environment has is not enough for it.
    pub needs_another_key: bool,
    /// Whether the method is deprecated.
    pub is_deprecated: bool,
    /// Whether something else is that it mentions.
    pub mentions_deprecated: bool,
}

/// What an example does with what a call returns, under a name that no argument has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// It shows the answer as a debugger does.
    Debug(Name),
    /// It shows text.
    Print(Name),
    /// It shows what there is, if there is anything.
    DebugSome(Name),
    /// It saves the answer to a file.
    Save(Name, String),
    /// It takes the connection.
    Take(Name),
    /// It shows each value as it arrives: names of the stream and of a value.
    Each(Name, Name),
    /// The same for what makes its requests by itself.
    Walk(Name, Name),
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `true`
    Bool(bool),
    /// `1`
    Int(i128),
    /// `1.5`
    Float(f64),
    /// `"text"`
    Text(String),
    /// Any JSON, read from text as a type.
    Json(String, Path),
    /// A variable, variant or constant.
    Path(Path),
    /// A call of a function.
    Call(Path, Vec<Value>),
    /// A call of a method.
    Method(Box<Value>, Name, Vec<Value>),
    /// `"text".parse()?`
    Parsed(String),
    /// `&value`
    Ref(Box<Value>),
    /// `vec![]`
    List(Vec<Value>),
    /// `[]`
    Array(Vec<Value>),
    /// `()`
    Tuple(Vec<Value>),
}

/// Name, arguments and result of a method that makes one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    /// Of the method.
    pub name: Name,
    /// In order, without `self`.
    pub arguments: Vec<Argument>,
    /// The whole of what the future resolves to.
    pub result: Type,
}

/// An argument of a method.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// Its name.
    pub name: Name,
    /// The type of the value that is passed.
    pub ty: Type,
    /// How it is passed.
    pub passing: Passing,
    /// Whether it may be left out, and so is an `Option`.
    pub is_optional: bool,
}

/// How an argument is passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passing {
    /// As a copy.
    Copy,
    /// As the value itself.
    Owned,
    /// As `&str`.
    Str,
    /// As a slice of this type.
    Slice(Type),
    /// By reference.
    Ref,
}

/// A method that walks all pages.
#[derive(Debug, Clone, PartialEq)]
pub struct Walk {
    /// Documentation.
    pub docs: Docs,
    /// What to say to those who use it, where it is deprecated.
    pub deprecated: Option<String>,
    /// Of the method.
    pub name: Name,
    /// As for a page.
    pub arguments: Vec<Argument>,
    /// The stream of items, without its arguments.
    pub items_type: Path,
    /// An item.
    pub item: Type,
    /// The method that gets a page.
    pub page_method: Name,
    /// Its verb as a constant of the runtime, and its path: what errors are about.
    pub operation: (Path, String),
    /// Names inside of the method, which no argument has.
    pub locals: WalkLocals,
    /// The argument with the parameters.
    pub query: Name,
    /// Its field that selects the page.
    pub position: WalkPosition,
    /// What leads to the next page.
    pub link: WalkLink,
    /// The page's field with the items.
    pub items: PageField,
    /// The page's field that leads on.
    pub next: PageField,
    /// How that becomes text.
    pub next_text: NextText,
    /// Where in the answer the page is.
    pub place: WalkPage,
    /// How it is called.
    pub example: Option<Example>,
}

/// Where in an answer a page is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalkPage {
    /// It is the answer.
    Whole,
    /// In a variant. Any other is an error.
    Variant {
        /// The variant.
        variant: Path,
        /// The runtime's type of errors.
        error: Path,
    },
    /// It is the answer, if there is one.
    Optional,
}

/// Names inside of a method that walks pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkLocals {
    /// What is called for each page.
    pub api: Name,
    /// Where the page begins.
    pub position: Name,
    /// The page.
    pub page: Name,
}

/// A parameter that selects a page.
#[derive(Debug, Clone, PartialEq)]
pub struct WalkPosition {
    /// Its field among the parameters.
    pub field: Name,
    /// The type of that.
    pub ty: Type,
    /// Its name in a link.
    pub wire: String,
}

/// What leads to the next page.
#[derive(Debug, Clone, PartialEq)]
pub enum WalkLink {
    /// An address with the parameter in its query.
    Parameter,
    /// An address with the parameter in its query, or this one.
    EitherParameter(WalkPosition),
    /// The parameter's next value itself.
    Token,
}

/// A field of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageField {
    /// Its name.
    pub name: Name,
    /// How it is read.
    pub read: PageFieldRead,
}

/// How a field of a page is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageFieldRead {
    /// It is the value.
    Plain,
    /// It is an `Option`.
    Option,
    /// It is a `Nullable`.
    Nullable,
    /// It is a `Lenient`.
    Lenient,
}

/// How what leads on becomes text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextText {
    /// It is text.
    Same,
    /// It converts into text.
    Into,
    /// It can be printed.
    Print,
}

/// The marker type of the service.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its name.
    pub name: Name,
    /// What the client is called, for the documentation.
    pub client: Path,
    /// The trait that it implements.
    pub of_trait: Path,
    /// The runtime's type of a server, and of a way to authenticate.
    pub types: (Path, Path),
    /// The product in the user agent.
    pub product: String,
    /// What environment variables begin with.
    pub env_prefix: String,
    /// Constants of its servers.
    pub servers: Vec<Name>,
    /// Ways to authenticate.
    pub auth: Vec<AuthScheme>,
    /// What calls need: alternatives, each a set of ways.
    pub security: Vec<Vec<String>>,
}

/// A way to authenticate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthScheme {
    /// The constructor: `header`, `query`, `cookie`, `bearer` or `basic`.
    pub constructor: Name,
    /// Its arguments.
    pub arguments: Vec<String>,
}

/// The client's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The name.
    pub name: Name,
    /// The service.
    pub service: Name,
}

/// `pub const X_LIMIT: Header<i64> = Header::new("X-Limit");`
#[derive(Debug, Clone, PartialEq)]
pub struct HeaderConstant {
    /// Name and documentation.
    pub head: Head,
    /// The runtime's type of headers.
    pub header: Path,
    /// What it holds.
    pub ty: Type,
    /// How it is written, where that is unusual.
    pub style: Option<Path>,
    /// Its name on the wire.
    pub wire: String,
}

/// Constants of servers, in a module of their own.
#[derive(Debug, Clone, PartialEq)]
pub struct Servers {
    /// Name, documentation and URL of each.
    pub constants: Vec<(Name, Docs, String)>,
}

/// The trait over HTTP.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientImpl {
    /// The trait.
    pub of_trait: Path,
    /// The client.
    pub of: Path,
    /// Its methods.
    pub methods: Vec<ClientMethod>,
}

/// The client that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockingClient {
    /// Of the struct.
    pub name: Name,
    /// What it wraps where nothing else is said.
    pub client: Path,
    /// Whether its methods are in other modules.
    pub is_split: bool,
}

/// The trait's methods as methods that wait.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocking {
    /// The struct.
    pub of: Path,
    /// The trait.
    pub of_trait: Path,
    /// The runtime's function that waits for a future.
    pub wait: Path,
    /// Methods that make one request.
    pub methods: Vec<BlockingMethod>,
    /// Methods that walk all pages.
    pub walks: Vec<BlockingWalk>,
}

/// A type that holds any implementation of the trait.
#[derive(Debug, Clone, PartialEq)]
pub struct Dynamic {
    /// Of the type.
    pub name: Name,
    /// The trait.
    pub of_trait: Name,
    /// Where its methods are.
    pub methods: DynamicMethods,
}

/// Methods of a type that holds any implementation of a trait: those that make one request.
#[derive(Debug, Clone, PartialEq)]
pub enum DynamicMethods {
    /// All of them.
    Here(Vec<Signature>),
    /// In parts: traits; where a part is not there, its name means a trait that everything has.
    InParts(Vec<Name>),
    /// Those of a part; the type is elsewhere.
    OfPart(Vec<Signature>),
}

/// A method that waits for an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockingMethod {
    /// Documentation.
    pub docs: Docs,
    /// What to say to those who use it, where it is deprecated.
    pub deprecated: Option<String>,
    /// Name, arguments and result.
    pub signature: Signature,
    /// Whether the answer's body becomes one that waits, too.
    pub converts: bool,
}

/// A method that walks all pages and waits for each.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockingWalk {
    /// Documentation.
    pub docs: Docs,
    /// What to say to those who use it, where it is deprecated.
    pub deprecated: Option<String>,
    /// Of the method.
    pub name: Name,
    /// As for a page.
    pub arguments: Vec<Argument>,
    /// The iterator, without its arguments.
    pub items_type: Path,
    /// An item.
    pub item: Type,
}

/// A method that describes a request.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientMethod {
    /// Its name.
    pub name: Name,
    /// As in the trait.
    pub arguments: Vec<Argument>,
    /// The runtime's future of a response.
    pub future: Path,
    /// What the response holds.
    pub answer: Type,
    /// The type of HTTP methods.
    pub method_type: Path,
    /// The HTTP method.
    pub verb: Name,
    /// The path template.
    pub path: String,
    /// What is said about the request, in order.
    pub parts: Vec<RequestPart>,
    /// How the answer is read.
    pub receive: Receive,
}

/// Something that is said about a request.
#[derive(Debug, Clone, PartialEq)]
pub enum RequestPart {
    /// Constants of the route's own servers.
    Servers(Vec<Path>),
    /// What the route needs to be called.
    Auth(Vec<Vec<String>>),
    /// A name and a value that the path adds to every query.
    Fixed(String, String),
    /// A parameter in the path.
    Path {
        /// How it is written, where that is unusual.
        style: Option<Path>,
        /// Its name on the wire.
        wire: String,
        /// The argument.
        value: Name,
        /// Whether the argument is a value rather than a reference.
        is_value: bool,
    },
    /// A parameter elsewhere.
    Param {
        /// `query`, `header` or `cookie`
        place: ParamPlace,
        /// Its name on the wire.
        wire: String,
        /// The argument.
        argument: Name,
        /// Its field.
        field: Name,
    },
    /// The media types to ask for, where they are not the usual ones.
    Accept(String),
    /// The body.
    Body {
        /// How it is written.
        kind: RequestBody,
        /// Of the argument.
        name: Name,
        /// Whether the argument is a value rather than a reference.
        is_value: bool,
        /// Whether it may be left out.
        is_optional: bool,
    },
}

/// Where a parameter is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamPlace {
    /// In the query, with its style where that is unusual.
    Query(Option<Path>),
    /// In a header, with its style where that is unusual.
    Header(Option<Path>),
    /// In a cookie, with its style where that is unusual.
    Cookie(Option<Path>),
}

/// How a body is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestBody {
    /// As JSON.
    Json,
    /// As JSON under another media type.
    JsonAs(String),
    /// As JSON with a property that is not a part of its type.
    JsonWithFlag(String, bool),
    /// As a form.
    Form(FormStyles),
    /// As bytes of this media type.
    Bytes(String),
    /// As several parts, under this media type.
    Multipart(String),
    /// As JSON values in lines, under this media type.
    Lines(String),
    /// As a JSON text sequence, under this media type.
    Sequence(String),
}

/// How the properties of a form are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormStyles {
    /// As forms usually are.
    Usual,
    /// All in one style.
    All(Path),
    /// These in their own style, others as usual.
    Each(Vec<(String, Path)>),
}

/// How an answer is read, and how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receive {
    /// Always the same.
    Body(AnswerBody),
    /// An event stream.
    Events,
    /// JSON values, one in each line, in this media type.
    Lines(String),
    /// A JSON text sequence, in this media type.
    Sequence(String),
    /// A redirect.
    Redirect,
    /// A connection that goes on in another protocol.
    Upgrade,
    /// As the status says, in the order in which statuses are looked at.
    ByStatus(Vec<Arm>),
}

/// The body of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerBody {
    /// None.
    Empty,
    /// JSON.
    Json,
    /// Text.
    Text,
    /// Bytes, piece by piece.
    Download,
    /// Bytes as they came.
    Raw,
}

/// What comes by some statuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arm {
    /// The statuses.
    pub pattern: StatusPattern,
    /// What the value is made with: a variant, `Some` or `None`.
    pub value: Path,
    /// What comes.
    pub body: AnswerBody,
    /// The documented status.
    pub status: u16,
    /// The media type of the body, where it is not the usual one.
    pub media_type: Option<String>,
}

/// What an operation answers, by status.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerEnum {
    /// Name and documentation.
    pub head: Head,
    /// What it derives.
    pub derives: Vec<Path>,
    /// A variant for each status.
    pub variants: Vec<AnswerVariant>,
    /// The variant that keeps the body of any other success, and what it holds.
    pub unknown: Option<(Name, Type)>,
}

/// What comes by a status.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerVariant {
    /// Its name.
    pub name: Name,
    /// Documentation.
    pub docs: Docs,
    /// What it holds, where there is a body.
    pub ty: Option<Type>,
}

/// What routes are mounted below, as a constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefixes {
    /// The paths.
    pub paths: Vec<String>,
}

/// The functions that make a router.
#[derive(Debug, Clone, PartialEq)]
pub struct Router {
    /// The trait.
    pub of_trait: Path,
    /// `axum`
    pub axum: Path,
    /// The runtime's type of routes.
    pub routes_type: Path,
    /// The runtime's type of a table of routes, where it is mentioned.
    pub table_type: Option<Path>,
    /// The runtime's type of an error's shape.
    pub shape_type: Path,
    /// The property that says what is wrong.
    pub detail: String,
    /// Whether wrong values are answered by a map of their names to messages.
    pub fields: bool,
    /// The name under which such a map lists problems of the request as a whole, where the document has one.
    pub general: Option<String>,
    /// The routes.
    pub routes: Mounting,
}

/// How a router comes to its routes.
#[derive(Debug, Clone, PartialEq)]
pub enum Mounting {
    /// They are here.
    Here(Vec<MountedRoute>),
    /// They are those of parts: modules, each with what must be on for it.
    Parts(Vec<(Path, Condition)>),
}

/// A route of a router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountedRoute {
    /// The HTTP method.
    pub verb: Name,
    /// The path template.
    pub path: String,
    /// What it is mounted below, where that differs from most.
    pub prefixes: Option<Vec<String>>,
    /// The methods that it leads to.
    pub methods: Vec<Name>,
    /// The function that serves it.
    pub handler: Name,
}

/// Everything that is received, as an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhooks {
    /// Of the enum.
    pub name: Name,
    /// Its variants.
    pub variants: Vec<Webhook>,
}

/// Something that is received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Of the variant.
    pub name: Name,
    /// Documentation.
    pub docs: Docs,
    /// What the document calls it.
    pub wire: String,
}

/// The functions that make a router of receivers.
#[derive(Debug, Clone, PartialEq)]
pub struct Receivers {
    /// The trait.
    pub of_trait: Name,
    /// The enum of everything that is received.
    pub webhook: Name,
    /// `axum`
    pub axum: Path,
    /// The runtime's type of receivers.
    pub receivers_type: Path,
    /// The runtime's type of an error's shape.
    pub shape_type: Path,
    /// The property that says what is wrong.
    pub detail: String,
    /// Whether wrong values are answered by a map of their names to messages.
    pub fields: bool,
    /// What is received.
    pub receivers: Vec<MountedReceiver>,
}

/// Something that is received, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountedReceiver {
    /// Its variant in the enum.
    pub webhook: Name,
    /// The HTTP method.
    pub verb: Name,
    /// The path, unless the user chooses another.
    pub path: String,
    /// The methods that it leads to.
    pub methods: Vec<Name>,
    /// The function that serves it.
    pub handler: Name,
}

/// What serves a route.
#[derive(Debug, Clone, PartialEq)]
pub struct Handler {
    /// Of the function.
    pub name: Name,
    /// The trait.
    pub of_trait: Path,
    /// The runtime's types of a call and a reply.
    pub types: HandlerTypes,
    /// Names inside of the function, which no argument has.
    pub locals: HandlerLocals,
    /// What serves other forms of the body, by their media types.
    pub forms: Vec<(String, Name)>,
    /// What is read from the request, in the order of the arguments.
    pub reads: Vec<Read>,
    /// What answers: at once, as a stream, in other forms.
    pub replies: Replies,
}

/// Types that a handler's signature mentions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandlerTypes {
    /// `Call`
    pub call: Path,
    /// `Reply`
    pub reply: Path,
}

/// Names inside of a handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandlerLocals {
    /// What is called.
    pub api: Name,
    /// The request.
    pub call: Name,
    /// Whether a stream was asked for.
    pub stream: Name,
}

/// Something that a handler reads from a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The variable.
    pub name: Name,
    /// The value.
    pub value: ReadValue,
    /// How it is passed on.
    pub pass: Pass,
}

/// What is read from a request.
#[derive(Debug, Clone, PartialEq)]
pub enum ReadValue {
    /// A parameter in the path, with its style where that is unusual.
    Path(Option<Path>, String, Type),
    /// All other parameters.
    Params(Type),
    /// JSON.
    Json(Type, Need, Null),
    /// JSON and a flag in it.
    JsonWithFlag(Type, String, Vec<String>),
    /// A form.
    Form(Type, FormStyles, Need),
    /// Text.
    Text(Need),
    /// Bytes.
    Bytes(Need),
    /// Several parts.
    Multipart(Type, Need),
    /// JSON values of this type in lines.
    Lines(Type, Need),
    /// The same as a JSON text sequence.
    Sequence(Type, Need),
}

/// What null is as a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Null {
    /// None.
    Refused,
    /// Nothing.
    None,
}

/// Whether a value must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It must.
    Required,
    /// It may be left out.
    Optional,
}

/// How a variable is passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// `value`
    Value,
    /// `&value`
    Ref,
    /// `Some(&value)`
    SomeRef,
    /// `value.as_ref()`
    AsRef,
    /// `value.as_deref()`
    AsDeref,
}

/// What a handler answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Replies {
    /// Always the same.
    One(Reply),
    /// One of two.
    Two {
        /// What decides.
        by: StreamChoice,
        /// What answers at once.
        whole: Box<Replies>,
        /// What streams.
        streamed: Reply,
    },
    /// One of several forms, by the media type that the caller asks for.
    Forms {
        /// Media type and reply of the form that is usual.
        usual: (String, Reply),
        /// The others.
        others: Vec<(String, Reply)>,
    },
}

/// What decides between an answer at once and a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamChoice {
    /// A flag in the body.
    Flag,
    /// The media type that the caller asks for.
    Accept,
}

/// A call of the trait's method, and how its result goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The method.
    pub method: Name,
    /// How the answer is written.
    pub kind: Receive,
    /// The documented status.
    pub status: u16,
    /// The media type, where it is not the usual one of such a body.
    pub media_type: Option<String>,
}

/// How parameters are read from a request.
#[derive(Debug, Clone, PartialEq)]
pub struct ParamsReader {
    /// The structs.
    pub of: Vec<Path>,
    /// Every field: its name, and how it is read.
    pub fields: Vec<ParamRead>,
}

/// How a parameter is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamRead {
    /// Of the field.
    pub field: Name,
    /// Where it is.
    pub place: ParamPlace,
    /// Its name on the wire.
    pub wire: String,
    /// Whether it must be there.
    pub need: Need,
}

/// How a struct becomes a body of several parts.
#[derive(Debug, Clone, PartialEq)]
pub struct FormWriter {
    /// The struct.
    pub of: Path,
    /// The runtime's type of such a body.
    pub body: Path,
    /// Its parts, in order.
    pub parts: Vec<FormPart>,
}

/// A part of a body that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormPart {
    /// The field.
    pub field: Name,
    /// Its name on the wire.
    pub wire: String,
    /// The media type, where the document says one.
    pub media_type: Option<String>,
    /// The header of the part that this is, if it is one.
    pub header: Option<String>,
    /// What it is.
    pub value: PartValue,
}

/// What the field of a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartValue {
    /// A value.
    Value,
    /// A file.
    File,
    /// Any number of files.
    Files,
}

/// How a struct is read from a body of several parts.
#[derive(Debug, Clone, PartialEq)]
pub struct FormReader {
    /// The struct.
    pub of: Path,
    /// The runtime's trait, and its type of what is read.
    pub types: (Path, Path),
    /// The argument.
    pub form: Name,
    /// Every field.
    pub fields: Vec<FormRead>,
}

/// How a part is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormRead {
    /// Of the field.
    pub field: Name,
    /// Of the variable.
    pub variable: Name,
    /// Its name on the wire.
    pub wire: String,
    /// The header of the part that this is, if it is one.
    pub header: Option<String>,
    /// What it is.
    pub read: PartRead,
    /// Whether it must be there.
    pub need: Need,
}

/// What a part that is read is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartRead {
    /// A value.
    Value,
    /// A file.
    File,
    /// Any number of files.
    Files,
}

/// What failed calls carry.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorBody {
    /// Of the enum.
    pub name: Name,
    /// What it derives.
    pub derives: Vec<Path>,
    /// The runtime's error.
    pub error: Path,
    /// Its variants.
    pub variants: Vec<ErrorVariant>,
    /// Statuses in the order in which they are looked at, each with the variant that its body is.
    pub arms: Vec<ErrorArm>,
}

/// Which errors carry what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorArm {
    /// Their statuses.
    pub statuses: StatusPattern,
    /// The operations that they must be of, each as its HTTP method and path template; any where there is none.
    pub operations: Vec<(Name, String)>,
    /// The variant that their body is.
    pub variant: Name,
}

/// What errors of some statuses carry.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorVariant {
    /// Its name.
    pub name: Name,
    /// Documentation.
    pub docs: Docs,
    /// What it holds.
    pub ty: Type,
}

/// Statuses that a match arm catches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusPattern {
    /// These.
    Codes(Vec<u16>),
    /// All that begin with one of these digits.
    Classes(Vec<u16>),
    /// All others.
    Rest,
}
