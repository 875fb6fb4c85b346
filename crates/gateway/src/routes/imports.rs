//! Archives, streamed through to ingestion.

use std::time::Duration;

use axum::{
    Json as Answer,
    extract::{
        Multipart, Path, State,
        multipart::{Field, MultipartError},
    },
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use proto::ingestion::v1::{self as pb, import_request::Part};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::ToSchema;

use crate::{
    app::App,
    auth::Caller,
    operation::op,
    problem::{Kind, Problem},
    route::Routes,
    services::Callee::Ingestion,
    view::{given, integration::Import},
};

/// The largest archive.
const MAX_ARCHIVE: u64 = 2 << 30;
/// The largest text field of the form.
const MAX_FIELD: usize = 1024;
/// A gRPC message of this size passes every limit.
const CHUNK: usize = 256 << 10;

pub(super) fn routes() -> Routes {
    Routes::new("Imports")
        .post(
            "/api/v1/imports",
            import,
            op("Imports an archive")
                .about(
                    "Fields in this order: kind, scope, visibility, file. Answered when all records are durable. \
                     Safe to repeat: what is there already is not taken twice, so Idempotency-Key has no effect here.",
                )
                .limits(None, None)
                .body_as::<ImportForm>("multipart/form-data")
                .answers::<Import>(202, "taken"),
        )
        .get("/api/v1/imports/{id}", get, op("How an import stands").answers::<Import>(200, "its state"))
}

/// Only for the documentation: the form is read as a stream.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form")]
struct ImportForm {
    /// `git`, `mbox` or `slack-export`.
    kind: String,
    /// What the archive is called here.
    scope: String,
    /// `org`, `team:<team id>` or `private`, which it is when absent.
    visibility: Option<String>,
    /// The archive, at most 2 GiB. It must be the last field.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

async fn import(State(app): State<App>, caller: Caller, mut form: Multipart) -> Result<Response, Problem> {
    let mut fields = Fields::default();
    let pause = app.longest_pause;
    let file = loop {
        match arriving(pause, form.next_field()).await? {
            Some(field) if field.name() == Some("file") => break field,
            Some(field) => fields.take(field, pause).await?,
            None => return Err(Problem::invalid("file", "is missing")),
        }
    };
    let header = fields.header()?;
    let (sender, receiver) = mpsc::channel(4);
    // Dropped only after the whole file: when the upload breaks, the call must be gone before the stream seems to end.
    let mut sender = Some(sender);
    let request = caller.ask_without_limit(Ingestion, ReceiverStream::new(receiver))?;
    let mut imports = app.services.imports();
    let outcome = tokio::select! {
        biased;
        answer = imports.import(request) => Ok(answer),
        Err(problem) = upload(&mut sender, header, file, pause) => Err(problem),
    };
    let status = given(outcome??.into_inner().status)?;
    let import = Import::from(status);
    let location = format!("/api/v1/imports/{}", import.id);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Answer(import)).into_response())
}

/// The fields before the file.
#[derive(Default)]
struct Fields {
    kind: Option<String>,
    scope: Option<String>,
    visibility: Option<String>,
}

impl Fields {
    async fn take(&mut self, field: Field<'_>, pause: Duration) -> Result<(), Problem> {
        let slot = match field.name() {
            Some("kind") => &mut self.kind,
            Some("scope") => &mut self.scope,
            Some("visibility") => &mut self.visibility,
            other => {
                let name = other.unwrap_or("form").chars().take(64).collect::<String>();
                return Err(Problem::invalid(name, "is not a field of this form"));
            }
        };
        *slot = Some(short_text(field, pause).await?);
        Ok(())
    }

    fn header(self) -> Result<pb::ImportHeader, Problem> {
        Ok(pb::ImportHeader {
            kind: self.kind.ok_or_else(|| Problem::invalid("kind", "is missing before the file"))?,
            scope: self.scope.ok_or_else(|| Problem::invalid("scope", "is missing before the file"))?,
            visibility: self.visibility.unwrap_or_else(|| "private".to_owned()),
        })
    }
}

async fn short_text(mut field: Field<'_>, pause: Duration) -> Result<String, Problem> {
    let name = field.name().unwrap_or("form").to_owned();
    let mut bytes = Vec::new();
    while let Some(chunk) = arriving(pause, field.chunk()).await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_FIELD {
            return Err(Problem::invalid(name, "too long"));
        }
    }
    String::from_utf8(bytes).map_err(|_| Problem::invalid(name, "not UTF-8"))
}

type Sender = mpsc::Sender<pb::ImportRequest>;

async fn upload(
    sender: &mut Option<Sender>,
    header: pb::ImportHeader,
    mut file: Field<'_>,
    pause: Duration,
) -> Result<(), Problem> {
    send(sender, Part::Header(header)).await;
    let mut size = 0u64;
    while let Some(mut chunk) = arriving(pause, file.chunk()).await? {
        size += chunk.len() as u64;
        if size > MAX_ARCHIVE {
            return Err(Problem::new(Kind::TooLarge).detail("an archive may have 2 GiB"));
        }
        while !chunk.is_empty() {
            let part: Bytes = chunk.split_to(chunk.len().min(CHUNK));
            send(sender, Part::Chunk(part.into())).await;
        }
    }
    *sender = None;
    Ok(())
}

/// Nobody receives when the call has ended: then its answer is what counts.
async fn send(sender: &Option<Sender>, part: Part) {
    if let Some(sender) = sender {
        let _ = sender.send(pb::ImportRequest { part: Some(part) }).await;
    }
}

/// What comes next of the form, which must not be long in coming.
async fn arriving<T>(
    pause: Duration,
    next: impl Future<Output = Result<T, MultipartError>>,
) -> Result<T, Problem> {
    let next = tokio::time::timeout(pause, next).await.map_err(|_| Problem::new(Kind::TooSlow))?;
    next.map_err(|error| broken(&error))
}

fn broken(error: &MultipartError) -> Problem {
    let kind = if error.status() == StatusCode::PAYLOAD_TOO_LARGE { Kind::TooLarge } else { Kind::Malformed };
    Problem::new(kind).detail("the form could not be read to its end")
}

async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<Import>, Problem> {
    let request = caller.ask(Ingestion, pb::GetImportRequest { id })?;
    let answer = app.services.imports().get_import(request).await?.into_inner();
    Ok(Answer(given(answer.status)?.into()))
}
