//! Messages, threads and files that the caller may see.

use std::collections::HashMap;

use ::rpc::{caller, denied, invalid, not_found};
use access::{TenantScope, action::ReadContent};
use chrono::{DateTime, Utc};
use data_encoding::BASE64URL_NOPAD;
use ids::{FileId, MemberId, MessageId, OrgId, SourceId, StoryId};
use pg::TenantTx;
use prost::Message as _;
use proto::{
    events::v1::{Content, ItemKind, Person, Profile, SourceRef},
    ingestion::v1::{
        GetFileRequest, GetFileResponse, GetMessageRequest, GetMessageResponse, GetThreadRequest,
        GetThreadResponse, Message, content_service_server::ContentService,
    },
};
use sealing::{Binding, OrgKeys};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Rpc, answer};
use crate::store::{
    accounts,
    items::{self, Shown},
};

const MESSAGE: i16 = ItemKind::Message as i16;
const FILE: i16 = ItemKind::File as i16;

#[tonic::async_trait]
impl ContentService for Rpc {
    async fn get_message(
        &self,
        request: Request<GetMessageRequest>,
    ) -> Result<Response<GetMessageResponse>, Status> {
        let permit = caller(request.extensions())?.permit::<ReadContent>().map_err(denied)?;
        let id: MessageId = answer::id(&request.get_ref().id)?;
        let scope = permit.scope();
        let mut tx = TenantTx::begin(&self.0.pool, &scope).await.map_err(answer::pg)?;
        let shown =
            items::get(&mut tx, id.uuid(), MESSAGE).await.map_err(answer::pg)?.ok_or_else(not_found)?;
        let message = self.messages(&mut tx, &scope, vec![shown]).await?.pop();
        Ok(Response::new(GetMessageResponse { message }))
    }

    async fn get_thread(
        &self,
        request: Request<GetThreadRequest>,
    ) -> Result<Response<GetThreadResponse>, Status> {
        let permit = caller(request.extensions())?.permit::<ReadContent>().map_err(denied)?;
        let GetThreadRequest { id, limit, cursor } = request.into_inner();
        let id: StoryId = answer::id(&id)?;
        let (after, limit) = (read_place(&cursor)?, answer::limit(limit));
        let scope = permit.scope();
        let mut tx = TenantTx::begin(&self.0.pool, &scope).await.map_err(answer::pg)?;
        let mut rows =
            items::thread(&mut tx, id.uuid(), MESSAGE, after, limit + 1).await.map_err(answer::pg)?;
        if rows.is_empty() && after.is_none() {
            return Err(not_found());
        }
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let next_cursor = rows.last().filter(|_| more).map(write_place).unwrap_or_default();
        let messages = self.messages(&mut tx, &scope, rows).await?;
        Ok(Response::new(GetThreadResponse { messages, next_cursor }))
    }

    async fn get_file(&self, request: Request<GetFileRequest>) -> Result<Response<GetFileResponse>, Status> {
        let permit = caller(request.extensions())?.permit::<ReadContent>().map_err(denied)?;
        let id: FileId = answer::id(&request.get_ref().id)?;
        let scope = permit.scope();
        let keys = self.0.keyring.keys(scope.org()).await.map_err(answer::key)?;
        let mut tx = TenantTx::begin(&self.0.pool, &scope).await.map_err(answer::pg)?;
        let shown = items::get(&mut tx, id.uuid(), FILE).await.map_err(answer::pg)?.ok_or_else(not_found)?;
        let content = open_content(&keys, scope.org(), &shown)?;
        let source = source_ref(&keys, scope.org(), &shown)?;
        let file = content.files.into_iter().next().ok_or_else(not_found)?;
        let occurred_at_us = shown.occurred_at.timestamp_micros();
        Ok(Response::new(GetFileResponse { file: Some(file), source: Some(source), occurred_at_us }))
    }
}

impl Rpc {
    /// Opens messages and names their authors.
    async fn messages(
        &self,
        tx: &mut TenantTx,
        scope: &TenantScope,
        rows: Vec<Shown>,
    ) -> Result<Vec<Message>, Status> {
        let org = scope.org();
        let keys = self.0.keyring.keys(org).await.map_err(answer::key)?;
        let ids: Vec<Uuid> = rows.iter().filter_map(|row| row.account_id).collect();
        let people = accounts::shown(tx, &ids).await.map_err(answer::pg)?;
        let people: HashMap<Uuid, accounts::Shown> = people.into_iter().map(|p| (p.account_id, p)).collect();
        rows.iter()
            .map(|row| {
                let content = open_content(&keys, org, row)?;
                let known = row.account_id.and_then(|id| people.get(&id));
                let author = person(&keys, org, known, &content.actor_name);
                Ok(Message {
                    id: MessageId::from_uuid(row.item_id).to_string(),
                    text: content.text,
                    author: Some(author),
                    source: Some(source_ref(&keys, org, row)?),
                    thread_id: StoryId::from_uuid(row.thing_id).to_string(),
                    occurred_at_us: row.occurred_at.timestamp_micros(),
                    edited_at_us: row.edited_at.map_or(0, |at| at.timestamp_micros()),
                    url: content.url,
                })
            })
            .collect()
    }
}

fn open_content(keys: &OrgKeys, org: OrgId, row: &Shown) -> Result<Content, Status> {
    let plain = keys
        .open(Binding { org, kind: "item", id: row.item_id }, &row.content)
        .map_err(|error| answer::key(error.into()))?;
    Content::decode(&plain[..]).map_err(|error| ::rpc::internal(&error))
}

fn source_ref(keys: &OrgKeys, org: OrgId, row: &Shown) -> Result<SourceRef, Status> {
    Ok(SourceRef {
        id: SourceId::from_uuid(row.source_id).to_string(),
        provider: row.provider.clone(),
        key: super::show::source_key(keys, org, row.source_id, &row.source_key)?,
    })
}

/// A person by their profile; by the name the item carried where there is none.
fn person(keys: &OrgKeys, org: OrgId, known: Option<&accounts::Shown>, fallback: &str) -> Person {
    let profile = known.and_then(|known| {
        let opened =
            keys.open(Binding { org, kind: "account", id: known.account_id }, &known.profile).ok()?;
        Profile::decode(&opened[..]).ok()
    });
    let name =
        profile.map(|p| if p.name.is_empty() { p.handle } else { p.name }).filter(|name| !name.is_empty());
    Person {
        account_id: known.map(|k| k.account_id.to_string()).unwrap_or_default(),
        member_id: known
            .and_then(|k| k.member_id)
            .map(|id| MemberId::from_uuid(id).to_string())
            .unwrap_or_default(),
        name: name.unwrap_or_else(|| fallback.to_owned()),
        bot: known.is_some_and(|k| k.bot),
    }
}

fn write_place(row: &Shown) -> String {
    let mut bytes = row.occurred_at.timestamp_micros().to_be_bytes().to_vec();
    bytes.extend_from_slice(row.item_id.as_bytes());
    BASE64URL_NOPAD.encode(&bytes)
}

fn read_place(cursor: &str) -> Result<Option<(DateTime<Utc>, Uuid)>, Status> {
    if cursor.is_empty() {
        return Ok(None);
    }
    let wrong = || invalid("cursor", "not a cursor of this list");
    let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| wrong())?;
    let (at, id) = bytes.split_first_chunk::<8>().ok_or_else(wrong)?;
    let id = Uuid::from_slice(id).map_err(|_| wrong())?;
    Ok(Some((clock::from_micros(i64::from_be_bytes(*at)), id)))
}
