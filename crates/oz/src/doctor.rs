//! `oz doctor`: what is missing or wrong, and how to mend it.

use std::{net::TcpListener, process::Command, process::ExitCode};

use pg::TenantPool;

use crate::{args::Config, configuration, migrate, terminal::say, up};

/// One thing looked at: fine, or what is wrong and how to mend it.
type Finding = Result<String, (String, &'static str)>;

pub async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let mut findings = vec![
        (
            "PostgreSQL",
            up::postgres_programs()
                .map(|bin| bin.display().to_string())
                .map_err(|e| (e.to_string(), "apt-get install postgresql")),
        ),
        ("Redis", program("redis-server", "apt-get install redis-server")),
        ("git", program("git", "apt-get install git; only imports of repositories need it")),
        ("setpriv", program("setpriv", "apt-get install util-linux")),
    ];
    match configuration::load(config) {
        Err(error) => {
            findings.push(("configuration", Err((error.to_string(), "oz config check FILE names the field"))))
        }
        Ok(settings) => {
            findings.push(("configuration", Ok("every field is known".to_owned())));
            let running = !settings.database.is_empty();
            if running {
                for (service, database) in settings.database.iter().filter(|(name, _)| *name != "bus") {
                    let asked = match TenantPool::connect(database.url.expose(), 1) {
                        Ok(pool) => pool.ping().await,
                        Err(error) => Err(error),
                    };
                    let found = asked
                        .map(|()| format!("{service} answers"))
                        .map_err(|e| (format!("{service}: {e}"), "is Oz running? `oz up`"));
                    findings.push(("database", found));
                }
                let bus = match migrate::open_bus(&settings).await {
                    Ok(bus) => bus.health().await.map_err(anyhow::Error::from),
                    Err(error) => Err(error),
                };
                findings.push((
                    "bus",
                    bus.map(|()| "answers".to_owned())
                        .map_err(|e| (format!("{e:#}"), "is Oz, or Kafka, running?")),
                ));
            } else {
                findings.push(("port", port(settings.http.addr)));
            }
        }
    }
    let mut wrong = 0;
    for (what, finding) in &findings {
        match finding {
            Ok(found) => say(&format!("ok     {what}: {found}")),
            Err((problem, mend)) => {
                wrong += 1;
                say(&format!("WRONG  {what}: {problem}\n       mend: {mend}"));
            }
        }
    }
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn program(name: &str, mend: &'static str) -> Finding {
    let found = Command::new(name).arg("--version").output();
    match found {
        Ok(output) => {
            Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned())
        }
        Err(error) => Err((format!("{name}: {error}"), mend)),
    }
}

fn port(addr: std::net::SocketAddr) -> Finding {
    match TcpListener::bind(addr) {
        Ok(_) => Ok(format!("{addr} is free")),
        Err(error) => Err((format!("{addr}: {error}"), "stop what listens there, or set OZ_HTTP_ADDR")),
    }
}
