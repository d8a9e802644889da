//! The schema of Navigator: one definition, rendered for SQLite and for PostgreSQL.

mod assistant;
mod crm;
mod ddl;
mod define;
mod imports;
mod leads;
mod messages;
mod notes;
mod people;
mod platform;
mod seats;
mod smartlinks;
mod tenancy;
mod usage;

pub use ddl::{Dialect, create_constraints, create_indexes, create_tables, create_views, quoted, script};
pub use define::{Column, CompositeReference, Kind, OnDelete, Reference, Table};

/// Numbers the tables, so that a sink finds what belongs to one by an array index.
macro_rules! tables {
    ($($name:ident = $definition:expr,)*) => {
        /// A table of Navigator by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum T { $($name,)* }

        /// All tables, in the order in which rows are loaded.
        pub const TABLES: &[Table] = &[$($definition,)*];

        impl T {
            pub const ALL: &[T] = &[$(T::$name,)*];

            pub const fn table(self) -> &'static Table {
                &TABLES[self as usize]
            }

            pub const fn name(self) -> &'static str {
                self.table().name
            }
        }
    };
}

tables! {
    SchemaMigration = platform::SCHEMA_MIGRATION,
    FeatureFlag = platform::FEATURE_FLAG,
    Customer = tenancy::CUSTOMER,
    Member = people::MEMBER,
    MemberEmail = people::MEMBER_EMAIL,
    MemberPreference = people::MEMBER_PREFERENCE,
    Company = people::COMPANY,
    Person = people::PERSON,
    PersonAlias = people::PERSON_ALIAS,
    Contract = tenancy::CONTRACT,
    ContractSetting = tenancy::CONTRACT_SETTING,
    ProductService = tenancy::PRODUCT_SERVICE,
    Invoice = tenancy::INVOICE,
    LegalHold = messages::LEGAL_HOLD,
    Suppression = messages::SUPPRESSION,
    Seat = seats::SEAT,
    SeatAssignment = seats::SEAT_ASSIGNMENT,
    UserGroup = seats::USER_GROUP,
    GroupMember = seats::GROUP_MEMBER,
    AdminTag = seats::ADMIN_TAG,
    SeatSetting = seats::SEAT_SETTING,
    ScimLink = seats::SCIM_LINK,
    PolicyAcknowledgement = seats::POLICY_ACKNOWLEDGEMENT,
    SeatEvent = seats::SEAT_EVENT,
    SeatSession = seats::SEAT_SESSION,
    SeatTransfer = seats::SEAT_TRANSFER,
    LeadList = leads::LEAD_LIST,
    AccountList = leads::ACCOUNT_LIST,
    AccountImport = imports::ACCOUNT_IMPORT,
    ImportRow = imports::IMPORT_ROW,
    ImportCandidate = imports::IMPORT_CANDIDATE,
    AccountImportReport = imports::ACCOUNT_IMPORT_REPORT,
    SavedLead = leads::SAVED_LEAD,
    SavedAccount = leads::SAVED_ACCOUNT,
    AccountMapEntry = leads::ACCOUNT_MAP_ENTRY,
    LeadListItem = leads::LEAD_LIST_ITEM,
    AccountListItem = leads::ACCOUNT_LIST_ITEM,
    LeadListShare = leads::LEAD_LIST_SHARE,
    AccountListShare = leads::ACCOUNT_LIST_SHARE,
    Alert = leads::ALERT,
    SavedSearch = leads::SAVED_SEARCH,
    SaMessagingPreference = assistant::SA_MESSAGING_PREFERENCE,
    SaLeadPreference = assistant::SA_LEAD_PREFERENCE,
    SaCriteria = assistant::SA_CRITERIA,
    SaRecommendation = assistant::SA_RECOMMENDATION,
    SaDraft = assistant::SA_DRAFT,
    SaDraftEdit = assistant::SA_DRAFT_EDIT,
    SaMemory = assistant::SA_MEMORY,
    Presentation = smartlinks::PRESENTATION,
    SlAsset = smartlinks::SL_ASSET,
    SlViewer = smartlinks::SL_VIEWER,
    SlSession = smartlinks::SL_SESSION,
    SlPageView = smartlinks::SL_PAGE_VIEW,
    Thread = messages::THREAD,
    ThreadParty = messages::THREAD_PARTY,
    Message = messages::MESSAGE,
    Attachment = messages::ATTACHMENT,
    InmailCredit = messages::INMAIL_CREDIT,
    ScheduledSend = messages::SCHEDULED_SEND,
    SlShare = smartlinks::SL_SHARE,
    Note = notes::NOTE,
    NoteVersion = notes::NOTE_VERSION,
    NoteShare = notes::NOTE_SHARE,
    Activity = usage::ACTIVITY,
    ActivityOutcome = usage::ACTIVITY_OUTCOME,
    SeatDay = usage::SEAT_DAY,
    ContractDay = usage::CONTRACT_DAY,
    ReportRun = usage::REPORT_RUN,
    CrmInstance = crm::CRM_INSTANCE,
    CrmUser = crm::CRM_USER,
    CrmRecord = crm::CRM_RECORD,
    CrmMatch = crm::CRM_MATCH,
    CrmWriteback = crm::CRM_WRITEBACK,
    CrmTombstone = crm::CRM_TOMBSTONE,
    CrmValidationJob = crm::CRM_VALIDATION_JOB,
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn tables_are_numbered_in_the_order_of_their_definitions() {
        assert_eq!(T::ALL.len(), TABLES.len());
        assert_eq!(T::SavedLead.name(), "saved_lead");
        assert_eq!(T::CrmValidationJob.name(), "crm_validation_job");
        let names: HashSet<&str> = TABLES.iter().map(|table| table.name).collect();
        assert_eq!(names.len(), TABLES.len());
    }

    #[test]
    fn every_key_and_reference_names_columns_that_exist() {
        let find = |name: &str| TABLES.iter().find(|table| table.name == name).unwrap_or_else(|| panic!("no table {name}"));
        let has = |table: &Table, name: &str| table.columns.iter().any(|column| column.name == name);
        for table in TABLES {
            assert!(table.primary_key.iter().all(|name| has(table, name)), "key of {}", table.name);
            for column in table.columns {
                if let Some(reference) = column.reference {
                    assert_eq!(find(reference.table).primary_key, ["id"], "{}.{}", table.name, column.name);
                    assert!(reference.on_delete != OnDelete::SetNull || column.nullable, "{}.{}", table.name, column.name);
                }
            }
            for key in table.composite {
                assert!(key.columns.iter().all(|name| has(table, name)), "{}", table.name);
                assert_eq!(find(key.table).primary_key, key.referenced, "{}", table.name);
            }
        }
    }

    #[test]
    fn every_foreign_key_leads_an_index() {
        for table in TABLES {
            let mut leading: Vec<&str> = table.indexes().iter().map(|columns| columns[0]).collect();
            leading.push(table.primary_key[0]);
            leading.extend(table.columns.iter().filter(|column| column.unique).map(|column| column.name));
            let single = table.columns.iter().filter(|column| column.reference.is_some()).map(|column| column.name);
            let composite = table.composite.iter().map(|key| key.columns[0]);
            for column in single.chain(composite) {
                assert!(leading.contains(&column), "{}.{column} has no index", table.name);
            }
        }
    }
}
