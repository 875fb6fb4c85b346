//! What the documentation says about one route, and the rules that hold for it.

use std::time::Duration;

use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{
        ContentBuilder, Ref, RefOr, Required, ResponseBuilder, Schema,
        path::{HttpMethod, Operation, OperationBuilder, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type},
        security::SecurityRequirement,
    },
};

use crate::{
    docs::{SESSION, TOKEN},
    guard::{Access, Rules},
    problem,
};

/// Largest body of an ordinary request.
const BODY_LIMIT: usize = 1 << 20;
const TIME_LIMIT: Duration = Duration::from_secs(30);

pub(crate) type Schemas = Vec<(String, RefOr<Schema>)>;

/// One operation.
pub(crate) struct Op {
    builder: OperationBuilder,
    schemas: Schemas,
    rules: Rules,
}

/// Starts with one sentence. For members, small bodies, 30 seconds, repeats where it is a POST.
pub(crate) fn op(summary: &'static str) -> Op {
    let rules = Rules {
        access: Access::Member,
        time_limit: Some(TIME_LIMIT),
        body_limit: Some(BODY_LIMIT),
        repeats: true,
    };
    Op { builder: OperationBuilder::new().summary(Some(summary)), schemas: Vec::new(), rules }
}

impl Op {
    /// What the sentence leaves open.
    pub fn about(mut self, text: &'static str) -> Self {
        self.builder = self.builder.description(Some(text));
        self
    }

    /// For others than members.
    pub fn access(mut self, access: Access) -> Self {
        self.rules.access = access;
        self
    }

    /// With other limits. What is larger than an ordinary body is not kept for repeats either.
    pub fn limits(mut self, time_limit: Option<Duration>, body_limit: Option<usize>) -> Self {
        self.rules = Rules { time_limit, body_limit, repeats: false, ..self.rules };
        self
    }

    /// Takes query parameters.
    pub fn query<T: IntoParams>(mut self) -> Self {
        for parameter in T::into_params(|| Some(ParameterIn::Query)) {
            self.builder = self.builder.parameter(parameter);
        }
        self
    }

    /// Takes a header field.
    pub fn header(mut self, name: &'static str, about: &'static str) -> Self {
        self.builder = self.builder.parameter(parameter(name, ParameterIn::Header, about));
        self
    }

    /// Takes a JSON body.
    pub fn body<T: ToSchema>(self) -> Self {
        self.body_as::<T>("application/json")
    }

    /// Takes a body of another media type.
    pub fn body_as<T: ToSchema>(mut self, media_type: &'static str) -> Self {
        let content = ContentBuilder::new().schema(Some(self.refer::<T>())).build();
        let body =
            RequestBodyBuilder::new().content(media_type, content).required(Some(Required::True)).build();
        self.builder = self.builder.request_body(Some(body));
        self
    }

    /// Answers JSON.
    pub fn answers<T: ToSchema>(mut self, status: u16, about: &'static str) -> Self {
        let schema = self.refer::<T>();
        self.respond(status, about, "application/json", schema)
    }

    /// Answers a page of items.
    pub fn page<T: ToSchema>(mut self) -> Self {
        let items = ArrayBuilder::new().items(self.refer::<T>()).build();
        let cursor = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("pass it as `cursor` for the next page; null on the last"));
        let page = ObjectBuilder::new()
            .property("items", items)
            .required("items")
            .property("next_cursor", cursor)
            .required("next_cursor")
            .build();
        self.respond(200, "a page", "application/json", Schema::Object(page))
    }

    /// Answers something else than JSON.
    pub fn answers_text(self, status: u16, media_type: &'static str, about: &'static str) -> Self {
        self.respond(
            status,
            about,
            media_type,
            Schema::Object(ObjectBuilder::new().schema_type(Type::String).build()),
        )
    }

    /// Answers without a body.
    pub fn answers_nothing(mut self, status: u16, about: &'static str) -> Self {
        self.builder =
            self.builder.response(status.to_string(), ResponseBuilder::new().description(about).build());
        self
    }

    fn respond(
        mut self,
        status: u16,
        about: &str,
        media_type: &str,
        schema: impl Into<RefOr<Schema>>,
    ) -> Self {
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response = ResponseBuilder::new().description(about).content(media_type, content).build();
        self.builder = self.builder.response(status.to_string(), response);
        self
    }

    /// A reference to `T`, which is put among the components.
    fn refer<T: ToSchema>(&mut self) -> Ref {
        T::schemas(&mut self.schemas);
        self.schemas.push((T::name().into_owned(), <T as PartialSchema>::schema()));
        Ref::from_schema_name(T::name())
    }

    /// Completes what follows from where it stands: path parameters, errors, security, repeats.
    pub fn at(
        mut self,
        tag: &'static str,
        method: &HttpMethod,
        path: &'static str,
    ) -> (Operation, Schemas, Rules) {
        self.rules.repeats &= self.rules.access == Access::Member && *method == HttpMethod::Post;
        self.builder = self.builder.tag(tag);
        for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            self.builder =
                self.builder.parameter(parameter(name, ParameterIn::Path, "id or name from the path"));
        }
        if self.rules.repeats {
            self = self.header("Idempotency-Key", "the same key again within a day repeats the first answer");
        }
        let securities = match self.rules.access {
            Access::Member => vec![
                SecurityRequirement::new(SESSION, Vec::<String>::new()),
                SecurityRequirement::new(TOKEN, Vec::<String>::new()),
            ],
            Access::Open | Access::SignIn | Access::Hook => vec![],
        };
        self.builder = self.builder.securities(Some(securities));
        let schema = self.refer::<problem::Body<'static>>();
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let problem =
            ResponseBuilder::new().description("a problem").content("application/problem+json", content);
        (self.builder.response("default", problem.build()).build(), self.schemas, self.rules)
    }
}

fn parameter(name: &str, place: ParameterIn, about: &str) -> utoipa::openapi::path::Parameter {
    let required = if matches!(place, ParameterIn::Path) { Required::True } else { Required::False };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(Some(about))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()))
        .build()
}
