//! The architecture check: which way dependencies point, where a library may be named, what rooms are called and
//! how big they may grow. The tables of [`layers`] and [`imports`] are the rules; the rest only applies them.

mod habits;
mod imports;
mod layers;
mod names;
mod sizes;
mod source;

use std::fmt;

use crate::workspace::Workspace;

/// A broken rule and its remedy.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    path: String,
    line: usize,
    rule: &'static str,
    remedy: String,
}

impl Violation {
    fn new(path: &str, line: usize, rule: &'static str, remedy: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, rule, remedy: remedy.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path, self.line, self.rule, self.remedy)
    }
}

/// What the check found.
#[derive(Default)]
pub(crate) struct Report {
    /// What fails the check.
    pub(crate) violations: Vec<Violation>,
    /// What is worth a look and fails nothing.
    pub(crate) notes: Vec<String>,
}

/// Applies every rule to the workspace.
pub(crate) fn check(workspace: &Workspace) -> Report {
    let mut report = Report::default();
    layers::check(workspace, &mut report.violations);
    names::check_crates(workspace, &mut report.violations);
    let sources = source::prepare(&workspace.files);
    for source in &sources {
        names::check(source, &mut report.violations);
        imports::check(source, &mut report.violations);
        habits::check(source, &mut report.violations);
        sizes::check(source, &mut report);
    }
    report.violations.sort();
    report.violations.dedup();
    report
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Crate, Dependency, File};

    fn member(name: &str, dependencies: &[&str]) -> Crate {
        let normal = |name: &&str| Dependency { name: (*name).to_owned(), dev: false };
        Crate {
            name: name.to_owned(),
            folder: format!("crates/{name}"),
            dependencies: dependencies.iter().map(normal).collect(),
        }
    }

    fn file(owner: &str, room: &str, text: &str) -> File {
        File {
            owner: owner.to_owned(),
            path: format!("crates/{owner}/{room}"),
            room: room.to_owned(),
            text: text.to_owned(),
        }
    }

    fn broken(crates: Vec<Crate>, files: Vec<File>) -> Vec<String> {
        let report = check(&Workspace { crates, files });
        report.violations.iter().map(|v| format!("{}:{}: {}", v.path, v.line, v.rule)).collect()
    }

    #[test]
    fn a_clean_tree_breaks_no_rule() {
        let crates = vec![
            member("ids", &["uuid"]),
            member("pg", &["ids", "sqlx"]),
            member("identity", &["pg", "sqlx", "tonic"]),
            member("oz", &["identity"]),
        ];
        let files = vec![
            file("identity", "src/store.rs", "use sqlx::PgPool;\n"),
            file("identity", "src/rpc/sign_in.rs", "use tonic::Request;\n"),
        ];
        assert_eq!(broken(crates, files), Vec::<String>::new());
    }

    #[test]
    fn one_line_says_where_which_rule_and_what_to_do() {
        let report = check(&Workspace {
            crates: vec![],
            files: vec![file("task", "src/domain/task.rs", "//! Tasks.\nuse sqlx::PgPool;\n")],
        });
        let line = report.violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(line.starts_with("crates/task/src/domain/task.rs:2: sqlx: "), "{line}");
    }

    #[test]
    fn an_arrow_that_points_up_is_refused() {
        let crates = vec![member("ids", &["pg"]), member("pg", &["identity"]), member("identity", &[])];
        assert_eq!(
            broken(crates, vec![]),
            ["crates/ids/Cargo.toml:1: layers", "crates/pg/Cargo.toml:1: layers"]
        );
    }

    #[test]
    fn services_know_only_each_others_contracts() {
        let crates =
            vec![member("task", &["identity", "proto"]), member("identity", &[]), member("proto", &[])];
        assert_eq!(broken(crates, vec![]), ["crates/task/Cargo.toml:1: layers"]);
    }

    #[test]
    fn the_gateway_depends_on_no_service() {
        let crates = vec![member("gateway", &["feed"]), member("feed", &[])];
        assert_eq!(broken(crates, vec![]), ["crates/gateway/Cargo.toml:1: layers"]);
    }

    #[test]
    fn a_service_is_not_even_a_test_dependency_of_another() {
        let mut task = member("task", &[]);
        task.dependencies.push(Dependency { name: "feed".to_owned(), dev: true });
        assert_eq!(broken(vec![task, member("feed", &[])], vec![]), ["crates/task/Cargo.toml:1: layers"]);
    }

    #[test]
    fn aggregation_reaches_no_key_even_through_others() {
        let crates = vec![
            member("aggregation", &["rpc"]),
            member("rpc", &["keyring"]),
            member("keyring", &["sealing"]),
            member("sealing", &[]),
        ];
        assert_eq!(broken(crates, vec![]), ["crates/aggregation/Cargo.toml:1: no keys"; 2]);
    }

    #[test]
    fn the_test_house_is_no_dependency_of_production() {
        let mut tested = member("pg", &[]);
        tested.dependencies.push(Dependency { name: "testkit".to_owned(), dev: true });
        let crates = vec![member("bus", &["testkit"]), tested, member("testkit", &[])];
        assert_eq!(broken(crates, vec![]), ["crates/bus/Cargo.toml:1: layers"]);
    }

    #[test]
    fn pure_crates_do_no_input_or_output() {
        assert_eq!(broken(vec![member("ids", &["tokio"])], vec![]), ["crates/ids/Cargo.toml:1: pure"]);
    }

    #[test]
    fn a_crate_without_a_layer_is_refused() {
        assert_eq!(broken(vec![member("novelty", &[])], vec![]), ["crates/novelty/Cargo.toml:1: layers"]);
    }

    #[test]
    fn libraries_stay_in_their_rooms() {
        let files = vec![
            file("feed", "src/usecase/read.rs", "use tonic::Status;\n"),
            file("feed", "src/usecase/write.rs", "fn f(m: &[u8]) { rdkafka::send(m); }\n"),
            file("task", "src/rpc.rs", "use axum::Router;\nuse sqlx::query;\n"),
            file("ingestion", "src/door/receive.rs", "use axum::Router;\n"),
            file("task", "src/store/tasks.rs", "use sqlx as db;\n"),
            file("bus", "src/kafka.rs", "use rdkafka::ClientConfig;\n"),
        ];
        assert_eq!(
            broken(vec![], files),
            [
                "crates/feed/src/usecase/read.rs:1: tonic",
                "crates/feed/src/usecase/write.rs:1: rdkafka",
                "crates/task/src/rpc.rs:1: axum",
                "crates/task/src/rpc.rs:2: sqlx",
            ]
        );
    }

    #[test]
    fn a_word_in_a_comment_a_string_or_a_test_is_no_import() {
        let text = "// sqlx::query\nconst A: &str = \"sqlx::query {\";\nfn f() { crate::sqlx::g(); }\n\
                    #[cfg(test)]\nmod tests {\n    use sqlx::PgPool;\n}\n";
        assert_eq!(broken(vec![], vec![file("task", "src/accept.rs", text)]), Vec::<String>::new());
    }

    #[test]
    fn the_domain_does_not_wait() {
        let files = vec![file("task", "src/domain/task.rs", "async fn load() {}\n")];
        assert_eq!(broken(vec![], files), ["crates/task/src/domain/task.rs:1: domain"]);
    }

    #[test]
    fn only_identity_makes_a_scope_from_a_credential() {
        let text = "fn f() { TenantScope::for_credential(); }\n";
        let files = vec![file("feed", "src/read.rs", text), file("identity", "src/sign_in.rs", text)];
        assert_eq!(broken(vec![], files), ["crates/feed/src/read.rs:1: scope"]);
    }

    #[test]
    fn rooms_have_nouns_of_the_field_for_names() {
        let files = vec![
            file("task", "src/utils.rs", ""),
            file("task", "src/helpers/parse.rs", ""),
            file("task", "src/links/mod.rs", ""),
            file("task", "src/lib.rs", "mod links;\nmod misc { }\n"),
        ];
        assert_eq!(
            broken(vec![], files),
            [
                "crates/task/src/helpers/parse.rs:1: names",
                "crates/task/src/lib.rs:2: names",
                "crates/task/src/links/mod.rs:1: names",
                "crates/task/src/utils.rs:1: names",
            ]
        );
    }

    #[test]
    fn a_file_has_a_ceiling_and_tests_do_not_count() {
        let lines = |count: usize| "const A: u8 = 0;\n".repeat(count);
        let with_tests = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", lines(500), lines(400));
        let files = vec![
            file("task", "src/long.rs", &lines(501)),
            file("task", "src/tested.rs", &with_tests),
            file("task", "tests/it/main.rs", &lines(900)),
        ];
        assert_eq!(broken(vec![], files), ["crates/task/src/long.rs:501: file size"]);
    }

    #[test]
    fn a_module_declared_for_tests_is_a_test() {
        let long = "const A: u8 = 0;\n".repeat(600);
        let files = vec![
            file("task", "src/sync.rs", "#[cfg(test)]\nmod cases;\n"),
            file("task", "src/sync/cases.rs", &long),
            file("task", "src/sync/cases/more.rs", &long),
        ];
        assert_eq!(broken(vec![], files), Vec::<String>::new());
    }

    #[test]
    fn a_big_file_below_the_ceiling_is_only_noted() {
        let files = vec![file("task", "src/big.rs", &"const A: u8 = 0;\n".repeat(301))];
        let report = check(&Workspace { crates: vec![], files });
        assert_eq!(report.notes, ["crates/task/src/big.rs: 301 production lines (about 300 is the aim)"]);
        assert!(report.violations.is_empty());
    }

    #[test]
    fn a_function_has_a_ceiling() {
        let function =
            |lines: usize| format!("fn f(a: [u8; 2]) -> u8 {{\n{}}}\n", "    g('{', \"{\");\n".repeat(lines));
        let files = vec![file("task", "src/a.rs", &function(78)), file("task", "src/b.rs", &function(79))];
        assert_eq!(broken(vec![], files), ["crates/task/src/b.rs:1: function size"]);
    }

    #[test]
    fn lints_are_not_silenced_and_nothing_is_left_for_later() {
        let silenced = format!("#[{}(dead_code)]\nfn f() {{}}\n", "allow");
        let later = format!(
            "// {}: finish\n/* {} */\nconst A: &str = \"TODO\";\n// a line \"TODO\"\n",
            "TODO", "FIXME"
        );
        let files = vec![file("task", "src/a.rs", &silenced), file("task", "src/b.rs", &later)];
        assert_eq!(
            broken(vec![], files),
            [
                "crates/task/src/a.rs:1: silenced lint",
                "crates/task/src/b.rs:1: left for later",
                "crates/task/src/b.rs:2: left for later",
            ]
        );
    }
}
