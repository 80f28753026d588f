//! A struct as plain data, as far as its constructor and setters depend on it.

use crate::tokens::{Refusal, Tokens, text, wrapper};
use proc_macro::{Delimiter, Ident, TokenStream, TokenTree};

/// A struct.
pub(crate) struct Struct {
    /// Its name.
    pub(crate) name: String,
    /// The fields that its constructor takes, in this order.
    pub(crate) given: Vec<String>,
    /// The attribute that lists them.
    pub(crate) new: Option<Ident>,
    /// Its fields.
    pub(crate) members: Vec<Member>,
}

/// A field.
pub(crate) struct Member {
    /// Its name.
    pub(crate) name: Ident,
    /// Its whole type.
    pub(crate) ty: String,
    /// The type that its type is made of, such as `Option`, and what is in that.
    pub(crate) wrapper: Option<(String, String)>,
    /// Whether anything that converts into the value is taken.
    pub(crate) converts: bool,
    /// What its setters are called, where that does not follow from its name: the one for a value, the one for null.
    pub(crate) setters: Vec<Ident>,
    /// What holds where it is absent, and how the method that says so is called.
    pub(crate) default: Option<(Vec<TokenTree>, Option<Ident>)>,
    /// Whether it stands for several properties.
    pub(crate) is_flat: bool,
}

impl Struct {
    /// The fields that its constructor takes, in the order of that.
    pub(crate) fn taken(&self) -> Result<Vec<&Member>, Refusal> {
        let find = |name: &String| {
            let found = self.members.iter().find(|member| member.name.to_string() == *name);
            found.ok_or_else(|| Refusal::new(format!("`new` names `{name}`, and there is no such field")))
        };
        self.given.iter().map(find).collect()
    }

    /// Whether the constructor takes a field.
    pub(crate) fn is_given(&self, member: &Member) -> bool {
        self.given.contains(&member.name.to_string())
    }
}

impl Member {
    /// The type of the value that is set: without what says that there may be none.
    pub(crate) fn value(&self) -> &str {
        match &self.wrapper {
            Some((wrapper, inner)) if ["Option", "Nullable"].contains(&wrapper.as_str()) => inner,
            _ => &self.ty,
        }
    }

    /// What the names of its further methods begin with: `crate_null` for `crate_`.
    pub(crate) fn stem(&self) -> String {
        self.bare().trim_end_matches('_').to_owned()
    }

    /// Its name without `r#`.
    pub(crate) fn bare(&self) -> String {
        let name = self.name.to_string();
        name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
    }
}

/// Reads what a derive is given.
pub(crate) fn read(item: TokenStream) -> Result<Struct, Refusal> {
    let mut tokens = Tokens::new(item);
    let (mut given, mut new) = (Vec::new(), None);
    attributes(&mut tokens, |name, mut list| {
        if name.to_string() == "new" {
            new = Some(name);
            given = names(&mut list).iter().map(ToString::to_string).collect();
        }
    });
    tokens.skip_visibility();
    if !tokens.word("struct") {
        return Err(Refusal::new("this derives for structs"));
    }
    let name = tokens.name().ok_or_else(|| Refusal::new("a type has a name"))?.to_string();
    let Some(mut body) = tokens.group(Delimiter::Brace) else {
        return Err(Refusal::new("this derives for types with named fields and without generics"));
    };
    let mut members = Vec::new();
    while !body.is_empty() {
        members.push(member(&mut body)?);
    }
    Ok(Struct { name, given, new, members })
}

fn member(body: &mut Tokens) -> Result<Member, Refusal> {
    let (mut converts, mut setters, mut default, mut is_flat) = (false, Vec::new(), None, false);
    attributes(body, |name, mut list| match name.to_string().as_str() {
        "into" => converts = true,
        "setter" => setters = names(&mut list),
        "or_default" => default = Some((list.take_to_comma(), list.name())),
        "serde" => is_flat |= list.word("flatten"),
        _ => {}
    });
    body.skip_visibility();
    let name = body.name().ok_or_else(|| Refusal::new("a field has a name"))?;
    body.sign(':');
    let ty = body.take_to_comma();
    let (wrapper, ty) = (wrapper(&ty), text(&ty));
    let mut member = Member { name, ty, wrapper, converts, setters, default, is_flat };
    member.converts |= member.value() == "String";
    Ok(member)
}

/// Names with commas between them.
fn names(list: &mut Tokens) -> Vec<Ident> {
    let mut names = Vec::new();
    while let Some(name) = list.name() {
        names.push(name);
        list.sign(',');
    }
    names
}

/// Passes on each attribute with what is in its parentheses.
fn attributes(tokens: &mut Tokens, mut attribute: impl FnMut(Ident, Tokens)) {
    while tokens.sign('#') {
        let Some(mut inner) = tokens.group(Delimiter::Bracket) else { continue };
        let Some(name) = inner.name() else { continue };
        let list = inner.group(Delimiter::Parenthesis).unwrap_or_else(|| Tokens::new(TokenStream::new()));
        attribute(name, list);
    }
}
