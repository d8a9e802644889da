use super::{folder, map, read, write};
use crate::run::exeunt;

const DATASET: &str = "\
dataset:
  - fides_key: app
    collections:
      - name: organization
        fields: [{ name: id, fides_meta: { primary_key: true } }, { name: name }, { name: tier }]
      - name: user
        fides_meta: { erase_after: [app.note] }
        fields:
          - { name: id, fides_meta: { primary_key: true } }
          - { name: email, data_categories: [user.contact.email], fides_meta: { identity: email } }
          - { name: password_hash, data_categories: [user.authorization.password] }
      - name: note
        fields:
          - { name: id, fides_meta: { primary_key: true } }
          - { name: user_id, fides_meta: { references: [{ dataset: app, field: user.id, direction: from }] } }
      - name: tag
        fields:
          - { name: id, fides_meta: { primary_key: true } }
          - { name: note_id, fides_meta: { references: [{ dataset: app, field: note.id, direction: from }] } }
      - name: sign_in
        fields:
          - { name: id, fides_meta: { primary_key: true } }
          - { name: user_id, fides_meta: { references: [{ dataset: app, field: user.id, direction: from }] } }
";

#[test]
fn a_dataset_becomes_a_map_that_fits_the_database() {
    let folder = folder();
    std::fs::remove_file(folder.path().join("small.map.yaml")).expect("remove the map");
    write(folder.path(), "app.yml", DATASET);
    let ran = exeunt(folder.path(), &["map", "import-fides", "app.yml", "--name", "small", "--out", "small.map.yaml"]).ends_with(0);
    assert!(ran.stderr.contains("app.yml:7: app.user: `erase_after` is not needed"), "{}", ran.stderr);
    map(folder.path(), &["check"]).ends_with(3);
    let draft = read(folder.path(), "small.map.yaml");
    let finished = draft
        .replace("kind: \"todo: postgres\", url: \"todo: ${APP_URL}\"", "kind: sqlite, url: \"sqlite:small.db\"")
        .replace("ignore:\n", "ignore:\n  app.schema_migrations: \"no customer data\"\n")
        .replace("todo: ", "");
    write(folder.path(), "small.map.yaml", &finished);
    map(folder.path(), &["accept", "--yes"]).ends_with(0);
    let ran = map(folder.path(), &["explain", "tag"]).ends_with(0);
    assert!(ran.stdout.contains("note_id → app.note, user_id → app.user"), "{}", ran.stdout);
}

#[test]
fn a_file_that_is_no_dataset_is_shown_where_it_breaks() {
    let folder = folder();
    write(folder.path(), "bad.yml", "dataset:\n  - fides_key: [\n");
    let ran = exeunt(folder.path(), &["map", "import-fides", "bad.yml"]).ends_with(3);
    assert!(ran.stderr.contains("--> bad.yml:2:16"), "{}", ran.stderr);
    exeunt(folder.path(), &["map", "import-fides", "none.yml"]).ends_with(6);
    exeunt(folder.path(), &["map", "import-fides"]).ends_with(2);
    write(folder.path(), "app.yml", DATASET);
    let json = exeunt(folder.path(), &["map", "import-fides", "app.yml", "--json"]).ends_with(0).json();
    assert_eq!(json["remarks"][0]["place"], "app.user");
}
