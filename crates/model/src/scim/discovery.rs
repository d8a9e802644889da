//! What the desk tells providers of itself: RFC 7643, sections 5 to 7.

use serde_json::{Map, Value, json};

use super::schema::{Attribute, Kind, Mutability, Resource};

const CONFIGURATION: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// What the desk can. `base` is where SCIM begins; `most` how many resources a page holds.
pub fn configuration(base: &str, most: u32) -> Value {
    let no = json!({ "supported": false });
    json!({
        "schemas": [CONFIGURATION],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": most },
        "changePassword": no,
        "sort": no,
        "etag": { "supported": true },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "API token",
            "description": "An API token of the desk that is limited to one contract and to the action push_directory",
            "primary": true,
        }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": format!("{base}/ServiceProviderConfig") },
    })
}

/// A kind of resource.
pub fn resource_type(base: &str, resource: Resource) -> Value {
    json!({
        "schemas": [RESOURCE_TYPE],
        "id": resource.name(),
        "name": resource.name(),
        "description": resource.description(),
        "endpoint": resource.endpoint(),
        "schema": resource.urn(),
        "meta": { "resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{}", resource.name()) },
    })
}

/// The schema of a kind of resource.
pub fn schema(base: &str, resource: Resource) -> Value {
    let attributes: Vec<Value> = resource.attributes().iter().map(attribute).collect();
    json!({
        "schemas": [SCHEMA],
        "id": resource.urn(),
        "name": resource.name(),
        "description": resource.description(),
        "attributes": attributes,
        "meta": { "resourceType": "Schema", "location": format!("{base}/Schemas/{}", resource.urn()) },
    })
}

fn attribute(attribute: &Attribute) -> Value {
    let mut told = Map::new();
    let mut tell = |name: &str, value: Value| {
        told.insert(name.to_owned(), value);
    };
    tell("name", attribute.name.into());
    tell("type", kind(attribute.kind).into());
    tell("multiValued", attribute.many.into());
    tell("description", attribute.description.into());
    tell("required", attribute.required.into());
    tell("caseExact", attribute.case_exact.into());
    tell("mutability", mutability(attribute.mutability).into());
    tell("returned", "default".into());
    tell("uniqueness", if attribute.unique { "server" } else { "none" }.into());
    if !attribute.canonical.is_empty() {
        tell("canonicalValues", attribute.canonical.into());
    }
    if !attribute.references.is_empty() {
        tell("referenceTypes", attribute.references.into());
    }
    if !attribute.parts.is_empty() {
        let parts: Vec<Value> = attribute.parts.iter().map(self::attribute).collect();
        tell("subAttributes", parts.into());
    }
    Value::Object(told)
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "string",
        Kind::Flag => "boolean",
        Kind::Moment => "dateTime",
        Kind::Reference => "reference",
        Kind::Complex => "complex",
    }
}

fn mutability(mutability: Mutability) -> &'static str {
    match mutability {
        Mutability::ReadWrite => "readWrite",
        Mutability::ReadOnly => "readOnly",
        Mutability::Immutable => "immutable",
    }
}
