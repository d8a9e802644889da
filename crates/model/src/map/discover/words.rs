//! What names of tables and columns probably mean. Guesses all: whoever uses them marks what follows from them as `todo`.

use crate::catalog::ColumnKind;

/// The words of a name in lower case: `SupportRepId` is support, rep, id.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let characters: Vec<char> = name.chars().collect();
    let mut word = String::new();
    for (index, character) in characters.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| characters[before]);
        let after = characters.get(index + 1);
        // A capital begins a word after a small letter, and before one when capitals stand before it: `userID`, `IDCard`.
        let begins = character.is_uppercase()
            && (before.is_some_and(|before| before.is_lowercase() || before.is_ascii_digit())
                || (before.is_some_and(char::is_uppercase) && after.is_some_and(|after| after.is_lowercase())));
        if (begins || !character.is_alphanumeric()) && !word.is_empty() {
            found.push(std::mem::take(&mut word));
        }
        if character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        }
    }
    if !word.is_empty() {
        found.push(word);
    }
    match found.as_slice() {
        // Databases that fold names leave `HomePhone` as `homephone`.
        [only] => joined(only).unwrap_or(found),
        _ => found,
    }
}

/// The words of a name that was written without anything between them, if all of them are known: `emailaddress`, `lastupdatedby`.
fn joined(name: &str) -> Option<Vec<String>> {
    const KNOWN: [&str; 49] = [
        "account", "address", "api", "assigned", "auth", "birth", "business", "by", "changed", "city", "client", "code", "company",
        "contact", "created", "customer", "date", "display", "email", "employee", "fax", "first", "full", "hash", "home", "id", "key",
        "last", "line", "middle", "mobile", "modified", "name", "nick", "number", "owner", "pager", "phone", "postal", "private", "real",
        "session", "street", "to", "token", "updated", "user", "work", "zip",
    ];
    let numbered = name.trim_end_matches(|last: char| last.is_ascii_digit());
    if name.is_empty() {
        return Some(Vec::new());
    }
    let beginnings = KNOWN.iter().filter_map(|known| Some((*known, numbered.strip_prefix(known)?)));
    // The longest beginning after which the rest is known too.
    let mut beginnings: Vec<(&str, &str)> = beginnings.collect();
    beginnings.sort_by_key(|(known, _)| usize::MAX - known.len());
    beginnings.into_iter().find_map(|(known, rest)| {
        let mut found = vec![known.to_owned()];
        found.extend(joined(rest)?);
        Some(found)
    })
}

/// English nouns lose their plural; good enough for matching names with names.
pub(super) fn singular(word: &str) -> String {
    if word == "people" {
        return "person".to_owned();
    }
    for (ending, instead) in [("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")] {
        if let Some(stem) = word.strip_suffix(ending).filter(|stem| stem.len() > 1) {
            return format!("{stem}{instead}");
        }
    }
    let kept = ["ss", "us", "is", "as", "data", "series", "news"];
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 1 && !kept.iter().any(|ending| word.ends_with(ending)) => stem.to_owned(),
        Some(_) | None => word.to_owned(),
    }
}

/// The words of a table's name, the last one in the singular.
pub(super) fn table_words(name: &str) -> Vec<String> {
    let mut words = words(name);
    if let Some(last) = words.last_mut() {
        *last = singular(last);
    }
    words
}

/// How far outside a kind of subject stands: a seat is within a customer, a customer within a contract.
///
/// `application` is the word that the names of all its tables begin with, if there is one.
pub(super) fn subject_rank(name: &str, application: Option<&str>) -> Option<u8> {
    const CONTRACTS: [&str; 4] = ["contract", "subscription", "agreement", "license"];
    const ORGANIZATIONS: [&str; 9] =
        ["tenant", "organization", "organisation", "org", "company", "workspace", "account", "firm", "institution"];
    const CUSTOMERS: [&str; 3] = ["customer", "client", "buyer"];
    const PEOPLE: [&str; 20] = [
        "seat",
        "user",
        "member",
        "employee",
        "staff",
        "person",
        "contact",
        "patient",
        "student",
        "teacher",
        "subscriber",
        "participant",
        "player",
        "applicant",
        "candidate",
        "guest",
        "visitor",
        "lead",
        "profile",
        "agent",
    ];
    let words = table_words(name);
    let last = words.last()?;
    // `auth_user` is a user, but a `saved_lead` belongs to one.
    const PREFIXES: [&str; 14] =
        ["auth", "app", "crm", "core", "sys", "system", "web", "tbl", "portal", "platform", "base", "main", "accounts", "users"];
    let named = match words.as_slice() {
        [_] => true,
        [prefix, _] => PREFIXES.contains(&prefix.as_str()) || application == Some(prefix.as_str()),
        _ => false,
    };
    if !named {
        return None;
    }
    let lists: [&[&str]; 4] = [&CONTRACTS, &ORGANIZATIONS, &CUSTOMERS, &PEOPLE];
    let rank = lists.iter().position(|list| list.contains(&last.as_str()))?;
    u8::try_from(rank).ok()
}

/// The word that an application puts before the names of its tables: `shop_customer`, `shop_order`, `shop_basket`.
pub(super) fn application<'t>(names: impl Iterator<Item = &'t str>) -> Option<String> {
    const FEWEST: usize = 6;
    let mut tables = 0;
    let mut counts: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for name in names {
        tables += 1;
        let words = words(name);
        if words.len() > 1 {
            *counts.entry(words[0].clone()).or_default() += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(word, count)| (*count, std::cmp::Reverse(word.clone())));
    most.filter(|(_, count)| *count >= FEWEST && count * 3 >= tables).map(|(word, _)| word)
}

/// Who looks after a row is not whose it is: `assigned_to`, `default_owner_id`, `last_updated_by`.
pub(super) fn handles(column: &str) -> bool {
    const KNOWN: [&str; 24] = [
        "approved",
        "approver",
        "assigned",
        "assignee",
        "changed",
        "changer",
        "closed",
        "default",
        "edited",
        "editor",
        "handled",
        "handler",
        "managed",
        "manager",
        "moderated",
        "moderator",
        "modified",
        "modifier",
        "resolved",
        "responsible",
        "reviewed",
        "reviewer",
        "supervisor",
        "updated",
    ];
    words(column).iter().any(|word| KNOWN.contains(&word.as_str()))
}

/// Columns that name somebody by what they did: `creator`, `created_by`, `assigned_to`.
pub(super) fn names_somebody(words: &[String]) -> bool {
    const KNOWN: [&str; 14] = [
        "approver",
        "assignee",
        "author",
        "creator",
        "editor",
        "moderator",
        "owner",
        "recipient",
        "requester",
        "requestor",
        "reviewer",
        "sender",
        "submitter",
        "uploader",
    ];
    match words {
        [only] => KNOWN.contains(&only.as_str()),
        [.., done, last] => last == "by" || (done == "assigned" && last == "to") || KNOWN.contains(&last.as_str()),
        [] => false,
    }
}

/// Kinds that work for the platform's owner: rows of theirs are more often a customer's that they look after.
pub(super) fn staff(kind: &str) -> bool {
    const KNOWN: [&str; 4] = ["employee", "staff", "agent", "teacher"];
    table_words(kind).last().is_some_and(|last| KNOWN.contains(&last.as_str()))
}

/// Tables that tools keep beside the platform's own.
pub(super) fn bookkeeping(name: &str) -> bool {
    const KNOWN: [&str; 16] = [
        "schema_migrations",
        "ar_internal_metadata",
        "flyway_schema_history",
        "databasechangelog",
        "databasechangeloglock",
        "alembic_version",
        "django_migrations",
        "knex_migrations",
        "knex_migrations_lock",
        "_prisma_migrations",
        "goose_db_version",
        "typeorm_metadata",
        "migrations",
        "sequelizemeta",
        "diesel_schema_migrations",
        "_sqlx_migrations",
    ];
    KNOWN.contains(&name.to_lowercase().as_str())
}

/// What is in tables that wide-spread frameworks keep for themselves, the same in every installation.
pub(super) fn framework(name: &str) -> Option<&'static str> {
    match name.to_lowercase().as_str() {
        "django_content_type" => Some("names of the application's models, no customer data"),
        "auth_permission" => Some("kinds of permission that the application knows, no customer data"),
        "auth_group_permissions" => Some("which groups have which permissions, no customer data"),
        "django_site" => Some("the application's own domains, no customer data"),
        _ => None,
    }
}

/// Tables about money, which law may want to be kept.
pub(super) fn money(name: &str) -> bool {
    const KNOWN: [&str; 12] =
        ["invoice", "payment", "order", "transaction", "receipt", "billing", "ledger", "refund", "purchase", "sale", "payout", "charge"];
    table_words(name).iter().any(|word| KNOWN.contains(&singular(word).as_str()))
}

/// What a column holds, as far as its name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Finds a person anywhere: e-mail addresses, telephone numbers.
    Identifier,
    /// Says something about a person.
    Personal,
    Secret,
    /// Names a file outside the database.
    FileKey,
}

pub(super) fn meaning(name: &str) -> Option<Meaning> {
    const SECRETS: [&str; 13] =
        ["pass", "password", "passwd", "pwd", "token", "secret", "salt", "otp", "apikey", "privatekey", "passphrase", "pin", "credential"];
    const IDENTIFIERS: [&str; 9] = ["email", "mail", "phone", "mobile", "telephone", "fax", "msisdn", "ssn", "iban"];
    const PERSONAL: [&str; 31] = [
        "firstname",
        "lastname",
        "surname",
        "fullname",
        "nickname",
        "username",
        "login",
        "address",
        "street",
        "city",
        "postcode",
        "zip",
        "postal",
        "birth",
        "birthday",
        "birthdate",
        "dob",
        "gender",
        "sex",
        "nationality",
        "passport",
        "ip",
        "latitude",
        "longitude",
        "photo",
        "picture",
        "avatar",
        "portrait",
        "salutation",
        "handle",
        "biography",
    ];
    const FILES: [&str; 6] = ["file", "filename", "filepath", "blob", "attachment", "upload"];
    let words = words(name);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let pair = |first: &str, second: &str| words.windows(2).any(|pair| pair[0] == first && pair[1] == second);
    if has(&SECRETS) || pair("api", "key") || pair("private", "key") || pair("access", "key") || pair("session", "key") {
        return Some(Meaning::Secret);
    }
    if pair("storage", "key") || pair("object", "key") || pair("blob", "key") || pair("s3", "key") || pair("file", "key") {
        return Some(Meaning::FileKey);
    }
    let amount = [
        "counter",
        "host",
        "server",
        "domain",
        "port",
        "subject",
        "body",
        "sent",
        "count",
        "size",
        "type",
        "at",
        "verified",
        "confirmed",
        "enabled",
        "id",
        "bytes",
        "status",
        "template",
    ];
    if words.last().is_some_and(|last| amount.contains(&last.as_str())) {
        return None;
    }
    if has(&FILES) {
        return Some(Meaning::FileKey);
    }
    // `email_box_folder` is no address.
    let around = ["address", "number", "home", "work", "private", "office", "primary", "secondary", "recipients", "list"];
    let last = words.iter().rev().find(|word| !around.contains(&word.as_str()) && !word.chars().all(|digit| digit.is_ascii_digit()));
    if last.is_some_and(|last| IDENTIFIERS.contains(&singular(last).as_str())) {
        return Some(Meaning::Identifier);
    }
    let person = ["first", "last", "middle", "given", "family", "maiden", "contact", "display", "full", "user", "author", "real", "nick"];
    let named = words.len() == 2 && words[1] == "name" && person.contains(&words[0].as_str());
    if named || has(&PERSONAL) { Some(Meaning::Personal) } else { None }
}

/// Whether a column of this type can hold what its name promises: no point in time is a login.
pub(super) fn plausible(name: &str, kind: &ColumnKind) -> bool {
    match kind {
        ColumnKind::Boolean | ColumnKind::Time | ColumnKind::Interval => false,
        ColumnKind::Date | ColumnKind::Timestamp | ColumnKind::TimestampWithZone => {
            words(name).iter().any(|word| word.starts_with("birth") || word == "dob")
        }
        ColumnKind::Integer
        | ColumnKind::Float
        | ColumnKind::Decimal
        | ColumnKind::Text
        | ColumnKind::Bytes
        | ColumnKind::Uuid
        | ColumnKind::Json
        | ColumnKind::Array
        | ColumnKind::Enumeration(_)
        | ColumnKind::Other => true,
    }
}

/// How well a column serves as the name that people know a row by; less is better.
pub(super) fn label_rank(name: &str) -> Option<usize> {
    const ORDER: [&[&str]; 9] = [
        &["display", "name"],
        &["full", "name"],
        &["company", "name"],
        &["name"],
        &["title"],
        &["label"],
        &["email"],
        &["username"],
        &["last", "name"],
    ];
    let words = words(name);
    ORDER.iter().position(|wanted| words.iter().map(String::as_str).eq(wanted.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        let split = |name: &str| words(name).join(" ");
        assert_eq!(split("SupportRepId"), "support rep id");
        assert_eq!(split("CustomerID"), "customer id");
        assert_eq!(split("IDCard"), "id card");
        assert_eq!(split("order_details"), "order details");
        assert_eq!(split("Order Details"), "order details");
        assert_eq!(split("s3Key"), "s3 key");
        assert_eq!(split(""), "");
        assert_eq!(split("lastupdatedby"), "last updated by");
        assert_eq!(split("worker"), "worker");
        assert_eq!(table_words("InvoiceLines").join(" "), "invoice line");
        for (word, want) in
            [("categories", "category"), ("addresses", "address"), ("status", "status"), ("boxes", "box"), ("people", "person")]
        {
            assert_eq!(singular(word), want);
        }
    }

    #[test]
    fn subjects_are_known_by_name() {
        for (name, want) in [
            ("contract", Some(0)),
            ("Organizations", Some(1)),
            ("Customers", Some(2)),
            ("auth_user", Some(3)),
            ("customer_address", None),
            ("user_roles", None),
            ("saved_leads", None),
            ("invoice", None),
        ] {
            assert_eq!(subject_rank(name, None), want, "{name}");
        }
    }

    #[test]
    fn columns_are_known_by_name() {
        for (name, want) in [
            ("Email", Some(Meaning::Identifier)),
            ("email_verified", None),
            ("mail_host", None),
            ("HomePhone", Some(Meaning::Identifier)),
            ("first_name", Some(Meaning::Personal)),
            ("BillingAddress", Some(Meaning::Personal)),
            ("ip_address", Some(Meaning::Personal)),
            ("zip_code", Some(Meaning::Personal)),
            ("password_hash", Some(Meaning::Secret)),
            ("apiKey", Some(Meaning::Secret)),
            ("blob_key", Some(Meaning::FileKey)),
            ("file_path", Some(Meaning::FileKey)),
            ("file_size", None),
            ("description", None),
            ("ship_date", None),
            ("homephone", Some(Meaning::Identifier)),
            ("emailaddress", Some(Meaning::Identifier)),
            ("email_box_folder", None),
            ("email_box_pass", Some(Meaning::Secret)),
            ("realname", Some(Meaning::Personal)),
            ("address2", Some(Meaning::Personal)),
        ] {
            assert_eq!(meaning(name), want, "{name}");
        }
    }
}
