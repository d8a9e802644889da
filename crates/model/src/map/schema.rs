//! The JSON Schema of the data map, for editors: it completes and checks while somebody types. The parser stays the judge.

use serde_json::{Value, json};

/// What the schema is called where editors ask for it.
pub const ID: &str = "https://exeunt.example/schemas/map-1.json";

/// The schema, in draft 2020-12.
pub fn json_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "Exeunt data map",
        "description": "What each table of a platform holds, who owns its rows, and what export and erasure do with them.",
        "type": "object",
        "additionalProperties": false,
        "required": ["exeunt", "name", "sources", "subjects", "categories", "tables"],
        "properties": {
            "exeunt": { "description": "The version of the map's format.", "const": 1 },
            "name": { "description": "The platform's name.", "type": "string", "minLength": 1 },
            "sources": {
                "description": "Databases and file stores, by name.",
                "type": "object",
                "propertyNames": { "$ref": "#/$defs/name" },
                "additionalProperties": { "$ref": "#/$defs/source" }
            },
            "subjects": {
                "description": "Kinds of subjects whose data can be asked for, by name.",
                "type": "object",
                "propertyNames": {
                    "allOf": [
                        { "$ref": "#/$defs/name" },
                        { "not": { "enum": super::parse::RESERVED } }
                    ]
                },
                "additionalProperties": { "$ref": "#/$defs/subject" }
            },
            "directory": { "$ref": "#/$defs/directory" },
            "categories": {
                "description": "Kinds of data that a customer is told about, by name.",
                "type": "object",
                "propertyNames": { "$ref": "#/$defs/name" },
                "additionalProperties": { "$ref": "#/$defs/category" }
            },
            "tables": {
                "description": "What each table holds: source.table, or source.schema.table outside the default schema.",
                "type": ["object", "null"],
                "propertyNames": { "$ref": "#/$defs/table_name" },
                "additionalProperties": { "$ref": "#/$defs/table" }
            },
            "ignore": {
                "description": "Tables that hold no customer data, each with the reason.",
                "type": "object",
                "propertyNames": { "$ref": "#/$defs/table_name" },
                "additionalProperties": { "type": "string", "minLength": 1 }
            }
        },
        "$defs": definitions()
    })
}

/// What the rest refers to.
fn definitions() -> Value {
    let groups = [words(), declarations(), directory(), actions(), tables()];
    let fields = groups.into_iter().filter_map(|group| match group {
        Value::Object(fields) => Some(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    });
    Value::Object(fields.flatten().collect())
}

/// Who holds which seat.
fn directory() -> Value {
    let when = json!({
        "description": "Of the rows that the step leads to, those count alone in which these columns hold these texts; null is a value too.",
        "type": "object",
        "minProperties": 1,
        "additionalProperties": { "$ref": "#/$defs/value" }
    });
    let columns = json!({ "$ref": "#/$defs/stepped_columns" });
    let values = json!({ "$ref": "#/$defs/values" });
    json!({
        "directory": {
            "description": "Who holds which seat and what contracts there are, for the desk.",
            "type": "object",
            "additionalProperties": false,
            "required": ["contract", "seat"],
            "properties": {
                "contract": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "subject": { "description": "The kind of subject that is a contract.", "$ref": "#/$defs/name", "default": "contract" },
                        "name": { "description": "What people call it; otherwise the subject's label.", "$ref": "#/$defs/directory_column" },
                        "tier": { "description": "Its tier or plan.", "$ref": "#/$defs/directory_column" },
                        "state": { "$ref": "#/$defs/state_column" },
                        "purchase_admin": {
                            "description": "Who bought it: the key of a seat, or the value of the seat's column under seat.",
                            "oneOf": [
                                columns,
                                {
                                    "type": "object",
                                    "additionalProperties": false,
                                    "required": ["column"],
                                    "properties": { "column": columns, "when": when, "seat": { "$ref": "#/$defs/directory_column" } }
                                }
                            ]
                        }
                    }
                },
                "seat": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["email", "role"],
                    "properties": {
                        "subject": { "description": "The kind of subject that is a seat.", "$ref": "#/$defs/name", "default": "seat" },
                        "email": { "description": "The e-mail address of whoever holds it.", "$ref": "#/$defs/directory_column" },
                        "name": { "description": "What the holder is called.", "$ref": "#/$defs/directory_column" },
                        "role": {
                            "description": "Which values mean which role; any other value means a holder.",
                            "type": "object",
                            "additionalProperties": false,
                            "required": ["column", "admin"],
                            "properties": { "column": columns, "when": when, "admin": values, "sub_admin": values, "holder": values }
                        },
                        "state": { "$ref": "#/$defs/state_column" },
                        "language": { "description": "A tag such as de or de-AT.", "$ref": "#/$defs/directory_column" }
                    }
                }
            }
        },
        "directory_column": {
            "oneOf": [
                columns,
                {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["column"],
                    "properties": { "column": columns, "when": when }
                }
            ]
        },
        "state_column": {
            "description": "Which values mean active; without active, all but those of ended.",
            "type": "object",
            "additionalProperties": false,
            "required": ["column"],
            "anyOf": [{ "required": ["active"] }, { "required": ["ended"] }],
            "properties": { "column": columns, "when": when, "active": values, "ended": values }
        },
        "stepped_columns": {
            "description": "A column of the subject's table or one that is a step away, such as member_id.email or seat_assignment(seat_id).last_name.",
            "$ref": "#/$defs/columns"
        },
        "value": { "description": "A text, or null.", "type": ["string", "number", "boolean", "null"] },
        "values": {
            "oneOf": [
                { "$ref": "#/$defs/value" },
                { "type": "array", "items": { "$ref": "#/$defs/value" }, "uniqueItems": true }
            ]
        }
    })
}

/// Names, columns and claims.
fn words() -> Value {
    json!({
        "name": { "type": "string", "pattern": "^[\\w-]+$" },
        "table_name": {
            "type": "string",
            "pattern": "^[^.\"]+\\.(\"([^\"]|\"\")*\"|[^.\"]+)(\\.(\"([^\"]|\"\")*\"|[^.\"]+))?$"
        },
        "text": { "description": "A text; numbers and truth values are taken as they are written.", "type": ["string", "number", "boolean"] },
        "columns": {
            "description": "A column or a list of columns.",
            "oneOf": [
                { "type": "string", "minLength": 1 },
                { "type": "array", "items": { "type": "string", "minLength": 1 }, "uniqueItems": true }
            ]
        },
        "column_paths": {
            "description": "A column, column/name/name for a place inside JSON, or a list of them.",
            "$ref": "#/$defs/columns"
        },
        "claim": {
            "description": "A subject, or a subject and the path to it: `seat via session_id.seat_id`.",
            "type": "string",
            "pattern": "^\\s*[\\w-]+(\\s+via\\s+\\S.*)?\\s*$"
        },
        "claims": {
            "oneOf": [
                { "$ref": "#/$defs/claim" },
                { "type": "array", "items": { "$ref": "#/$defs/claim" }, "uniqueItems": true }
            ]
        }
    })
}

/// Sources, subjects and categories.
fn declarations() -> Value {
    json!({
        "source": {
            "type": "object",
            "additionalProperties": false,
            "required": ["kind", "url"],
            "properties": {
                "kind": { "enum": ["sqlite", "postgres", "files"] },
                "url": {
                    "description": "Where the source is; ${VARIABLE} and ${VARIABLE:-default} come from the environment.",
                    "type": "string",
                    "minLength": 1
                },
                "schemas": { "description": "Schemas of a postgres source; the first is the default one.", "$ref": "#/$defs/columns" }
            }
        },
        "subject": {
            "type": "object",
            "additionalProperties": false,
            "required": ["table", "key"],
            "properties": {
                "table": { "$ref": "#/$defs/table_name" },
                "key": { "$ref": "#/$defs/columns" },
                "label": { "description": "A column with the name that people know the subject by.", "type": "string" },
                "within": { "description": "The kind that this one belongs to, and the path to it.", "$ref": "#/$defs/claim" },
                "identifiers": {
                    "description": "Columns, as source.table.column, whose values identify the subject in free text.",
                    "$ref": "#/$defs/columns"
                }
            }
        },
        "category": {
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "label": { "description": "What people read.", "type": "string", "minLength": 1 },
                "export": {
                    "description": "Whether exports hold it; `on_request` only under the profile `symmetric`.",
                    "enum": ["included", "on_request", "excluded"],
                    "default": "included"
                },
                "applies": {
                    "description": "Only for subjects with one of these values, by kind.column. Limits the export alone.",
                    "type": "object",
                    "additionalProperties": {
                        "oneOf": [
                            { "$ref": "#/$defs/text" },
                            { "type": "array", "items": { "$ref": "#/$defs/text" } }
                        ]
                    }
                }
            }
        }
    })
}

/// What an erasure does with rows.
fn actions() -> Value {
    json!({
        "ground": {
            "description": "Why rows stay, and until when.",
            "oneOf": [
                { "type": "string", "minLength": 1 },
                {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["ground"],
                    "properties": {
                        "ground": { "type": "string", "minLength": 1 },
                        "until": {
                            "description": "A column and a span, such as `issued_on + 10 years`.",
                            "type": "string",
                            "pattern": "^.+\\+(\\s*\\d+\\s+(years?|months?|days?))+\\s*$"
                        }
                    }
                }
            ]
        },
        "simple_action": {
            "oneOf": [
                { "const": "delete" },
                {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["keep"],
                    "properties": { "keep": { "$ref": "#/$defs/ground" } }
                },
                {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["hand_over"],
                    "properties": { "hand_over": { "description": "The column that names the owner.", "type": "string", "minLength": 1 } }
                },
                {
                    "type": "object",
                    "additionalProperties": false,
                    "minProperties": 1,
                    "properties": {
                        "clear": { "$ref": "#/$defs/column_paths" },
                        "replace": {
                            "type": "object",
                            "additionalProperties": {
                                "oneOf": [
                                    { "const": "pseudonym" },
                                    {
                                        "type": "object",
                                        "additionalProperties": false,
                                        "required": ["constant"],
                                        "properties": { "constant": { "$ref": "#/$defs/text" } }
                                    }
                                ]
                            }
                        }
                    }
                }
            ]
        },
        "action": {
            "oneOf": [
                { "$ref": "#/$defs/simple_action" },
                {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["choose"],
                    "properties": { "choose": { "type": "array", "minItems": 2, "items": { "$ref": "#/$defs/simple_action" } } }
                }
            ]
        },
        "on_erase": {
            "description": "An action, or actions by the kind of subject that is erased and `default` for the others.",
            "anyOf": [
                { "$ref": "#/$defs/action" },
                { "type": "object", "minProperties": 1, "additionalProperties": { "$ref": "#/$defs/action" } }
            ]
        }
    })
}

/// A table's entry.
fn tables() -> Value {
    json!({
        "reference": {
            "description": "A reference that the database does not declare.",
            "type": "object",
            "additionalProperties": false,
            "required": ["columns", "to"],
            "properties": {
                "columns": { "$ref": "#/$defs/column_paths" },
                "to": { "description": "The table and the columns that are pointed to: app.seat(id).", "type": "string", "pattern": "\\)\\s*$" },
                "when": {
                    "description": "Holds only where these columns have these texts.",
                    "type": "object",
                    "additionalProperties": { "$ref": "#/$defs/text" }
                }
            }
        },
        "file_key": {
            "type": "object",
            "additionalProperties": false,
            "required": ["source", "key"],
            "properties": {
                "source": { "description": "A source of kind files.", "type": "string" },
                "key": { "description": "The column that names the file. In a row that stays it is never cleared, replaced, unlinked or handed over.", "type": "string", "minLength": 1 }
            }
        },
        "table": {
            "type": "object",
            "additionalProperties": false,
            "anyOf": [{ "required": ["category"] }, { "required": ["keep"] }, { "required": ["on_erase"] }],
            "properties": {
                "category": { "type": "string" },
                "label": { "description": "What people read instead of the table's name.", "type": "string", "minLength": 1 },
                "owner": { "description": "Whose rows these are.", "$ref": "#/$defs/claims" },
                "about": { "description": "Whom a row speaks of without belonging to them.", "$ref": "#/$defs/claims" },
                "references": {
                    "oneOf": [
                        { "$ref": "#/$defs/reference" },
                        { "type": "array", "items": { "$ref": "#/$defs/reference" } }
                    ]
                },
                "on_erase": { "$ref": "#/$defs/on_erase" },
                "keep": { "description": "Short for on_erase: { keep: … }.", "$ref": "#/$defs/ground" },
                "unlink": { "description": "Set to null when the row pointed to goes and this row stays.", "$ref": "#/$defs/columns" },
                "shared": {
                    "description": "Whether a row with several owners stays until the last of them goes, or goes with the first.",
                    "enum": ["keep", "erase"],
                    "default": "keep"
                },
                "secret": { "description": "Never exported.", "$ref": "#/$defs/column_paths" },
                "files": {
                    "oneOf": [
                        { "$ref": "#/$defs/file_key" },
                        { "type": "array", "items": { "$ref": "#/$defs/file_key" } }
                    ]
                },
                "triggers": {
                    "description": "Triggers that a person has read, with what they do.",
                    "type": "object",
                    "additionalProperties": { "type": "string", "minLength": 1 }
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::parse::{CONTRACT_FIELDS, SEAT_FIELDS, TABLE_FIELDS, TOP_FIELDS};

    #[test]
    fn schema_and_parser_know_the_same_fields() {
        let schema = json_schema();
        let names = |pointer: &str| {
            let mut names: Vec<String> = schema.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect();
            names.sort();
            names
        };
        let sorted = |list: &[&str]| {
            let mut list: Vec<String> = list.iter().map(|name| (*name).to_owned()).collect();
            list.sort();
            list
        };
        assert_eq!(names("/properties"), sorted(&TOP_FIELDS));
        assert_eq!(names("/$defs/table/properties"), sorted(&TABLE_FIELDS));
        assert_eq!(names("/$defs/directory/properties/contract/properties"), sorted(&CONTRACT_FIELDS));
        assert_eq!(names("/$defs/directory/properties/seat/properties"), sorted(&SEAT_FIELDS));
    }
}
