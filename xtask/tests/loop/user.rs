//! A user's program, written against the first version and not touched since.

use loans::Api;
use loans::models::{Volume, VolumeKind, NewLoan, State};

/// Lends a book and says who has it.
pub async fn lend(api: &impl Api) -> String {
    let request = NewLoan::new("b1").note("With care.").copies(vec![Volume::new(VolumeKind::Paper, "A7")]);
    let Ok(loan) = api.create_loan(&request).await else { return String::new() };
    match &loan.state {
        State::Open => loan.reader.name.clone(),
        other => format!("{other} {:?}", loan.reader.email),
    }
}
