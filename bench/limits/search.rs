//! The limit of P5: PostgreSQL's own full text search over the same mails in the clear, the organization as an explicit predicate,
//! newest first, a GIN index, no row-level security, no audience, no snippets.
//!
//! Loads the mails of the organizations in `LIMIT_MAILS` (`seed:count,…`) and answers the queries on its input, one a line; a line
//! in quotation marks is a phrase. Prints the microseconds of each.

use std::{
    io::{BufRead, Write},
    time::Instant,
};

use anyhow::Context;
use bench::corpus;
use sqlx::{Connection, PgConnection};

/// Rows of one insert.
const CHUNK: u64 = 2_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let url = std::env::var("LIMIT_URL").context("LIMIT_URL")?;
    let mails = std::env::var("LIMIT_MAILS").context("LIMIT_MAILS")?;
    let mut connection = PgConnection::connect(&url).await?;
    load(&mut connection, &mails).await?;
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (seed, words) = line.split_once(' ').context("a line is a seed and words")?;
        let parse = if words.starts_with('"') { "phraseto_tsquery" } else { "plainto_tsquery" };
        let begun = Instant::now();
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select id, text from limit_mail where org = $1 and terms @@ {parse}('english', $2) order by at desc limit 20"
        )))
        .bind(seed.parse::<i64>()?)
        .bind(words.trim_matches('"'))
        .fetch_all(&mut connection)
        .await?;
        writeln!(out, "{} {}", begun.elapsed().as_micros(), rows.len())?;
    }
    Ok(())
}

async fn load(connection: &mut PgConnection, mails: &str) -> anyhow::Result<()> {
    sqlx::raw_sql(
        "drop table if exists limit_mail;
         create table limit_mail (org bigint not null, id bigint not null, at bigint not null, text text not null,
             terms tsvector not null) partition by hash (org);
         create table limit_mail_0 partition of limit_mail for values with (modulus 4, remainder 0);
         create table limit_mail_1 partition of limit_mail for values with (modulus 4, remainder 1);
         create table limit_mail_2 partition of limit_mail for values with (modulus 4, remainder 2);
         create table limit_mail_3 partition of limit_mail for values with (modulus 4, remainder 3)",
    )
    .execute(&mut *connection)
    .await?;
    for part in mails.split(',') {
        let (seed, count) = part.split_once(':').context("seed:count")?;
        let (seed, count): (u64, u64) = (seed.parse()?, count.parse()?);
        for first in (0..count).step_by(usize::try_from(CHUNK)?) {
            let mails: Vec<_> = (first..count.min(first + CHUNK))
                .map(|number| corpus::mail(seed, number, count, 0))
                .collect();
            let numbers: Vec<i64> = mails.iter().filter_map(|mail| i64::try_from(mail.number).ok()).collect();
            let times: Vec<i64> = mails.iter().map(|mail| mail.at).collect();
            let texts: Vec<String> =
                mails.into_iter().map(|mail| format!("{}\n{}", mail.subject, mail.text)).collect();
            sqlx::query(
                "insert into limit_mail select $1, m.id, m.at, m.text, to_tsvector('english', m.text)
                 from unnest($2::bigint[], $3::bigint[], $4::text[]) as m (id, at, text)",
            )
            .bind(i64::try_from(seed)?)
            .bind(numbers)
            .bind(times)
            .bind(texts)
            .execute(&mut *connection)
            .await?;
        }
    }
    sqlx::raw_sql(
        "create index limit_mail_terms on limit_mail using gin (terms); create index limit_mail_newest on limit_mail (org, at desc);
         analyze limit_mail",
    )
    .execute(connection)
    .await?;
    Ok(())
}
