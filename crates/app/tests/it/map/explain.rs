use super::{folder, map};

#[test]
fn one_table_is_explained_in_plain_words() {
    let folder = folder();
    let want = "\
app.note · Notes

  Whose rows
    each row belongs to the user found by user_id → app.user
    and with that user to its organization (organization_id → app.organization)

  Export
    part of exports under the symmetric profile, as Notes; under the documented one it is given out on request only

  Erasure
    erasing an organization deletes the rows of the organization
    erasing a user deletes the rows of the user

  Near it
    user_id of this table points to app.user: a row there takes its rows here along
    app.tag(note_id) points here: the database refuses to delete a row that is still pointed to
";
    let ran = map(folder.path(), &["explain", "note"]).ends_with(0);
    assert_eq!(ran.stdout, want);
    let json = map(folder.path(), &["explain", "app.note", "--json"]).ends_with(0).json();
    assert_eq!(json["erase"][1]["action"], "delete");
}

#[test]
fn all_tables_are_shown_side_by_side() {
    let folder = folder();
    let ran = map(folder.path(), &["explain"]).ends_with(0);
    let rows: Vec<Vec<&str>> =
        ran.stdout.lines().map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()).collect();
    assert_eq!(rows[0], ["table", "rows of", "when a subject is erased"]);
    assert!(rows.contains(&vec!["notes: Notes"]), "{}", ran.stdout);
    assert!(rows.contains(&vec!["app.tag", "user via note_id.user_id", "organization, user: delete"]), "{}", ran.stdout);
    assert!(rows.contains(&vec!["app.schema_migrations", "holds no customer data"]), "{}", ran.stdout);
    assert_eq!(map(folder.path(), &["explain", "--json"]).ends_with(0).json().as_array().map(Vec::len), Some(6));
}

#[test]
fn an_unknown_table_is_answered_with_the_nearest() {
    let folder = folder();
    let ran = map(folder.path(), &["explain", "noet"]).ends_with(6);
    assert!(ran.stderr.contains("did you mean `note`?"), "{}", ran.stderr);
    assert!(ran.stderr.contains("list all tables: exeunt map explain --map small.map.yaml"), "{}", ran.stderr);
}

#[test]
fn an_explanation_fits_into_the_terminal() {
    let folder = folder();
    map(folder.path(), &["accept", "--yes"]).ends_with(0);
    for table in ["user", "note", "tag", "sign_in"] {
        let arguments = ["map", "explain", "--map", "small.map.yaml", table];
        let narrow = crate::run::exeunt_with(folder.path(), &arguments, &[("COLUMNS", "60")]).ends_with(0).stdout;
        assert!(narrow.lines().all(|line| line.chars().count() <= 60), "{narrow}");
        let wide = crate::run::exeunt_with(folder.path(), &arguments, &[("COLUMNS", "400")]).ends_with(0).stdout;
        assert!(wide.lines().any(|line| line.chars().count() > 60), "{wide}");
        assert_eq!(narrow.split_whitespace().collect::<String>(), wide.split_whitespace().collect::<String>());
    }
}
