//! The API as a client sees it: the document from which the console's types are made is golden.

/// `UPDATE_EXPECT=1` writes it anew; then `npm run gen` in the console.
#[test]
fn the_openapi_document_is_the_one_that_the_console_was_made_from() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("console/openapi.json");
    let now = super::openapi_json();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert!(
        golden == now,
        "console/openapi.json is stale: run this test with UPDATE_EXPECT=1, then npm run gen"
    );
}
