//! How lists are described: from what they are read by.

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{Deprecated, RefOr, Required};

use crate::routes::listing::{Filter, Kind, LIMIT_DEFAULT, LIMIT_MAX};
use crate::routes::lists::LISTINGS;

/// Has the operation of a list say what its query takes, and that it answers CSV, too.
pub fn describe_list(operation: &mut Operation) {
    let id = operation.operation_id.as_deref();
    let Some(listing) = LISTINGS
        .iter()
        .find(|listing| id == Some(listing.operation))
    else {
        return;
    };
    let parameters = operation.parameters.get_or_insert_default();
    parameters.extend(
        listing
            .filters
            .iter()
            .map(|filter| RefOr::T(described(filter))),
    );
    let sorts = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(listing.orders()))
        .build();
    let what = "By what, the largest first with a minus; the first of these if nothing is said.";
    parameters.push(RefOr::T(parameter("sort", what, sorts)));
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    parameters.push(RefOr::T(parameter(
        "after",
        "`next` of the page before.",
        text,
    )));
    if listing.takes_before() {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        let what = "The earlier name of `after`, and a key does, too; of the first `sort` alone.";
        let mut before = parameter("before", what, text);
        before.deprecated = Some(Deprecated::True);
        parameters.push(RefOr::T(before));
    }
    let limit = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(LIMIT_MAX))
        .build();
    let what = format!("How many at most; by default {LIMIT_DEFAULT}, of CSV all.");
    parameters.push(RefOr::T(parameter("limit", &what, limit)));
    if let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        let content = ContentBuilder::new()
            .schema(Some(text))
            .example(Some(listing.list.columns.join(",").into()))
            .build();
        response
            .content
            .insert("text/csv".to_owned(), RefOr::T(content));
    }
}

fn described(filter: &Filter) -> Parameter {
    let default = filter.default.map(serde_json::Value::from);
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .default(default);
    let schema = match filter.kind {
        Kind::Words(words) => {
            let one = words.join("|");
            schema.pattern(Some(format!("^({one})(,({one}))*$")))
        }
        Kind::Text => schema,
        Kind::Id => ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(1)),
        Kind::Flag | Kind::Only => schema.enum_values(Some(["true", "false"])),
        Kind::Since | Kind::Until => {
            schema.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        }
    };
    parameter(filter.name, filter.means, schema.build())
}

fn parameter(name: &str, what: &str, schema: utoipa::openapi::schema::Object) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(what))
        .schema(Some(schema))
        .build()
}
