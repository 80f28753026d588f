//! What the compiler passes, token by token.

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use std::iter::Peekable;

/// Why something cannot be derived, and where that is.
pub(crate) struct Refusal {
    message: String,
    span: Span,
}

impl Refusal {
    /// About all that is derived.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), span: Span::call_site() }
    }

    /// About one token.
    pub(crate) fn at(token: &TokenTree, message: impl Into<String>) -> Self {
        Self { message: message.into(), span: token.span() }
    }

    /// `::core::compile_error! { "message" }`, at the place.
    pub(crate) fn into_error(self) -> TokenStream {
        let mut message = Literal::string(&self.message);
        message.set_span(self.span);
        let colons = || [Punct::new(':', Spacing::Joint), Punct::new(':', Spacing::Alone)];
        let call = colons().map(TokenTree::Punct).into_iter();
        let call = call.chain([TokenTree::Ident(Ident::new("core", self.span))]);
        let call = call.chain(colons().map(TokenTree::Punct));
        let call = call.chain([
            TokenTree::Ident(Ident::new("compile_error", self.span)),
            TokenTree::Punct(Punct::new('!', Spacing::Alone)),
            TokenTree::Group(Group::new(Delimiter::Brace, TokenTree::Literal(message).into())),
        ]);
        let spanned = call.map(|mut token| {
            token.set_span(self.span);
            token
        });
        spanned.collect()
    }
}

/// Tokens, one after another.
pub(crate) struct Tokens {
    rest: Peekable<std::vec::IntoIter<TokenTree>>,
}

impl Tokens {
    pub(crate) fn new(stream: TokenStream) -> Self {
        let mut flat = Vec::new();
        flatten(stream, &mut flat);
        Self { rest: flat.into_iter().peekable() }
    }

    pub(crate) fn next(&mut self) -> Option<TokenTree> {
        self.rest.next()
    }

    pub(crate) fn is_empty(&mut self) -> bool {
        self.rest.peek().is_none()
    }

    /// Whether a sign is next; if so, it is taken.
    pub(crate) fn sign(&mut self, sign: char) -> bool {
        self.rest
            .next_if(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign))
            .is_some()
    }

    /// The next token, if it is a name.
    pub(crate) fn name(&mut self) -> Option<Ident> {
        match self.rest.next_if(|token| matches!(token, TokenTree::Ident(_)))? {
            TokenTree::Ident(name) => Some(name),
            _ => None,
        }
    }

    /// Whether a word is next; if so, it is taken.
    pub(crate) fn word(&mut self, word: &str) -> bool {
        self.rest
            .next_if(|token| matches!(token, TokenTree::Ident(name) if name.to_string() == word))
            .is_some()
    }

    /// What is between these delimiters, if that is next.
    pub(crate) fn group(&mut self, delimiter: Delimiter) -> Option<Tokens> {
        let is_group =
            |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == delimiter);
        match self.rest.next_if(is_group)? {
            TokenTree::Group(group) => Some(Self::new(group.stream())),
            _ => None,
        }
    }

    /// `pub`, `pub(crate)` and the like, or nothing.
    pub(crate) fn skip_visibility(&mut self) {
        if self.word("pub") {
            self.group(Delimiter::Parenthesis);
        }
    }

    /// Everything up to a comma that is not within angle brackets. The comma is taken, too.
    pub(crate) fn take_to_comma(&mut self) -> Vec<TokenTree> {
        let (mut before, mut depth, mut is_arrow) = (Vec::new(), 0_usize, false);
        while let Some(token) = self.next() {
            let sign = match &token {
                TokenTree::Punct(punct) => punct.as_char(),
                _ => ' ',
            };
            match sign {
                ',' if depth == 0 => break,
                '<' => depth += 1,
                '>' if !is_arrow => depth = depth.saturating_sub(1),
                _ => {}
            }
            is_arrow = sign == '-';
            before.push(token);
        }
        before
    }
}

/// `Option<T>` is `Option` and `T`.
pub(crate) fn wrapper(ty: &[TokenTree]) -> Option<(String, String)> {
    let is = |token: &TokenTree, sign| matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign);
    let open = ty.iter().position(|token| is(token, '<'))?;
    let (close, inner) = ty.get(open + 1..)?.split_last()?;
    // Long types are on lines of their own, with a comma behind them.
    let inner = match inner.split_last() {
        Some((comma, inner)) if is(comma, ',') => inner,
        _ => inner,
    };
    let name = ty.get(open.checked_sub(1)?)?;
    is(close, '>').then(|| (name.to_string(), text(inner)))
}

/// As the compiler prints them.
pub(crate) fn text(tokens: &[TokenTree]) -> String {
    tokens.iter().cloned().collect::<TokenStream>().to_string()
}

/// What a macro passed on has delimiters that nobody wrote.
fn flatten(stream: TokenStream, flat: &mut Vec<TokenTree>) {
    for token in stream {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => flatten(group.stream(), flat),
            token => flat.push(token),
        }
    }
}
