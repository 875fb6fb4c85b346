//! A route and its documentation are one declaration, so neither can be without the other.

use std::convert::Infallible;

use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    handler::Handler,
    middleware::from_fn_with_state,
    routing::{MethodFilter, MethodRouter, on},
};
use utoipa::openapi::{
    OpenApi,
    path::{HttpMethod, Operation, PathItem},
};

use crate::{
    app::App,
    docs, edge,
    guard::{self, Rules},
    operation::{Op, Schemas},
    problem::{Kind, Problem},
};

pub(crate) struct Route {
    pub path: &'static str,
    pub method: HttpMethod,
    pub rules: Rules,
    handler: MethodRouter<App>,
    operation: Operation,
    schemas: Schemas,
}

/// Routes of an area, or of all.
pub(crate) struct Routes {
    tag: &'static str,
    routes: Vec<Route>,
}

macro_rules! methods {
    ($($name:ident = $http:ident, $filter:ident;)*) => {$(
        /// A route for this method.
        pub fn $name<H: Handler<T, App>, T: 'static>(self, path: &'static str, handler: H, operation: Op) -> Self {
            self.add(HttpMethod::$http, path, on(MethodFilter::$filter, handler), operation)
        }
    )*};
}

impl Routes {
    /// No routes yet, in the section `tag` of the documentation.
    pub const fn new(tag: &'static str) -> Self {
        Self { tag, routes: Vec::new() }
    }

    methods! {
        get = Get, GET;
        post = Post, POST;
        put = Put, PUT;
        patch = Patch, PATCH;
        delete = Delete, DELETE;
    }

    fn add(
        mut self,
        method: HttpMethod,
        path: &'static str,
        handler: MethodRouter<App>,
        operation: Op,
    ) -> Self {
        let (operation, schemas, rules) = operation.at(self.tag, &method, path);
        self.routes.push(Route { path, method, rules, handler, operation, schemas });
        self
    }

    /// These routes after those.
    pub fn and(mut self, more: Self) -> Self {
        self.routes.extend(more.routes);
        self
    }

    /// The OpenAPI document of all of them.
    pub fn document(&self) -> OpenApi {
        let mut document = docs::empty();
        let components = document.components.get_or_insert_default();
        for route in &self.routes {
            components.schemas.extend(route.schemas.iter().cloned());
            let item = PathItem::new(route.method.clone(), route.operation.clone());
            match document.paths.paths.get_mut(route.path) {
                Some(known) => known.merge_operations(item),
                None => {
                    document.paths.paths.insert(route.path.to_owned(), item);
                }
            }
        }
        document
    }

    /// All of them, guarded.
    pub fn router(self, app: &App) -> Router {
        let mut router = Router::new();
        for Route { path, rules, handler, .. } in self.routes {
            let limit = rules.body_limit.map_or_else(DefaultBodyLimit::disable, DefaultBodyLimit::max);
            let guard = from_fn_with_state(app.clone(), guard::guard);
            let guarded =
                handler.layer::<_, Infallible>(guard).layer::<_, Infallible>(Extension(rules)).layer(limit);
            router = router.route(path, guarded);
        }
        router
            .fallback(async || Problem::new(Kind::NotFound))
            .method_not_allowed_fallback(async || Problem::new(Kind::MethodNotAllowed))
            .layer(from_fn_with_state(app.clone(), edge::edge))
            .with_state(app.clone())
    }
}
