//! What users write, and what their compiler says of it.

#[test]
fn programs_compile_or_fail_as_they_should() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    cases.compile_fail("fail/*.rs");
}
