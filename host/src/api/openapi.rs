//! The description of the API. It is made of the routes themselves: what is served is described, and nothing else.

use std::sync::LazyLock;

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Components, Content, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::problem::MEDIA_TYPE;
use super::routes;
use super::view::ProblemView;

/// The name of the scheme by which a caller is known.
const TOKEN: &str = "token";

const DESCRIPTION: &str = "What a host that runs `assay serve` tells, and what it lets itself be told. Where its \
configuration has no tokens, it answers on a loopback address only, and everybody on the machine. Unknown fields and \
parameters are refused. Whatever cannot be done is answered as `application/problem+json` (RFC 9457).";

/// The OpenAPI document, as text: schemas/openapi.json.
#[must_use]
pub fn document() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let mut text = complete(routes::all().into_openapi()).to_pretty_json().expect("a document of names and texts");
        text.push('\n');
        text
    });
    &TEXT
}

/// A document that describes no route yet.
pub(super) fn bare() -> OpenApi {
    let tags = [
        ("health", "Whether the host is there, and whether it does its work."),
        ("status", "What it is doing."),
        ("runs", "Runs: those that have been, and those that somebody wants."),
        ("checks", "What a check has said so far."),
        ("schedules", "Letting schedules rest and go on."),
        ("configuration", "The configuration of the host."),
    ];
    let mut components = Components::new();
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
        "A token that the configuration knows by its SHA-256, of the role `read`, or `operate` to change something.",
    ));
    components.add_security_scheme(TOKEN, SecurityScheme::Http(scheme.build()));
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("assay control API")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(DESCRIPTION))
                .build(),
        )
        .components(Some(components))
        .security(Some([SecurityRequirement::new(TOKEN, [""; 0]), SecurityRequirement::default()]))
        .tags(Some(tags.map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build())))
        .build()
}

/// Every route may answer with a problem.
fn complete(mut document: OpenApi) -> OpenApi {
    let components = document.components.get_or_insert_default();
    components.schemas.insert(ProblemView::name().into_owned(), ProblemView::schema());
    let problem = ResponseBuilder::new()
        .description("Why not.")
        .content(MEDIA_TYPE, Content::new(Some(Ref::from_schema_name(ProblemView::name()))))
        .build();
    for path in document.paths.paths.values_mut() {
        for operation in [&mut path.get, &mut path.post].into_iter().flatten() {
            operation.responses.responses.insert("default".to_owned(), RefOr::T(problem.clone()));
        }
    }
    document
}
