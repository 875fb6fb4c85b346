//! A running service with two organizations, and everything the other services would say.

use std::{sync::Arc, time::Duration};

use access::{CallerClaims, Method, Purpose, Role, SigningKey, TicketKey, TokenScope, VerifyingKeys};
use async_trait::async_trait;
use bus::Bus;
use clock::{Clock, Entropy};
use events::{Event, Received, topic};
use ids::{MemberId, OrgId, TeamId};
use keyring::{KeyError, KeySource, Keyring};
use outbox::{Emitter, Handler};
use pg::{QueuePool, TenantPool, TenantTx};
use prost::{Message, Name};
use proto::{
    events::v1 as wire,
    task::v1::{self as api, task_service_client::TaskServiceClient},
};
use sealing::{OrgKeys, SecretKey};
use testkit::Postgres;
use tonic::{Request, transport::Channel};
use uuid::Uuid;

/// Keys of every organization but the erased ones.
#[derive(Clone, Default)]
pub struct Keys(Arc<std::sync::Mutex<Vec<OrgId>>>);

#[async_trait]
impl KeySource for Keys {
    async fn fetch(&self, org: OrgId) -> Result<OrgKeys, KeyError> {
        if self.0.lock().unwrap().contains(&org) {
            return Err(KeyError::Gone);
        }
        let mut key = [7; 32];
        key[..16].copy_from_slice(org.uuid().as_bytes());
        OrgKeys::new([(1, SecretKey::new(key))], SecretKey::new(key)).ok_or(KeyError::Gone)
    }
}

/// A member as the gateway would send them.
#[derive(Debug, Clone)]
pub struct Caller {
    pub org: OrgId,
    pub id: MemberId,
    pub role: Role,
    pub teams: Vec<TeamId>,
}

/// One service with its database, and its neighbours' voices.
pub struct World {
    pub database: String,
    pub a: OrgId,
    pub b: OrgId,
    pub keyring: Keyring,
    pub keys: Keys,
    pub bus: Arc<dyn Bus>,
    pub entropy: Entropy,
    key: TicketKey,
    pool: TenantPool,
    handler: task::TaskEvents,
    emitter: Emitter,
    signing: SigningKey,
    client: TaskServiceClient<Channel>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
}

/// Roles belong to the cluster: two tests that make them at once would trip over each other.
static PROVISION: tokio::sync::Mutex<u32> = tokio::sync::Mutex::const_new(0);

impl World {
    pub async fn new() -> Self {
        let cluster = Postgres::shared();
        let database = {
            let mut count = PROVISION.lock().await;
            *count += 1;
            let name = format!("task_world_{count}");
            let word = || "secret".to_owned();
            let passwords = pg::Passwords { service: word(), queue: word(), owner: word() };
            let admin = cluster.url("oz", "postgres");
            pg::provision(&admin, pg::Database { service: "task", name: &name }, &passwords).await.unwrap();
            pg::migrate(&cluster.url("oz_task_owner", &name), &task::MIGRATIONS).await.unwrap();
            name
        };
        let log = cluster.database("task_bus");
        bus::Embedded::migrate(&log).await.unwrap();
        let bus: Arc<dyn Bus> =
            Arc::new(bus::Embedded::open(&log, bus::EmbeddedOptions::default()).await.unwrap());
        bus.ensure_topics(&topic::ALL.map(|name| (name, 4))).await.unwrap();

        let entropy = Entropy::new(Clock::system());
        let key = TicketKey::new(&[3; 32]);
        let keys = Keys::default();
        let keyring = Keyring::new(keys.clone(), entropy.clone());
        let pool = TenantPool::connect(&cluster.url("oz_task", &database), 10).unwrap();
        let queue = QueuePool::connect(&cluster.url("oz_task_queue", &database), 4).unwrap();
        let signing = SigningKey::from_seed(&[5; 32]).unwrap();
        let verifier = rpc::Verifier::new(VerifyingKeys::new("task", [signing.public()]));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut supervisor = lifecycle::Supervisor::new();
        let options = task::Options {
            listener,
            pool: pool.clone(),
            queue,
            bus: bus.clone(),
            keyring: keyring.clone(),
            ticket_key: key.clone(),
            entropy: entropy.clone(),
            authenticate: rpc::Authenticate::new(verifier, rpc::ServiceSecrets::default(), Clock::system()),
        };
        task::start(options, &mut supervisor);
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        #[expect(clippy::disallowed_methods, reason = "ends with the world that it carries")]
        tokio::spawn(async move {
            let stopped = async move { drop(stopped.await) };
            supervisor.run(stopped, Duration::from_secs(2)).await
        });
        let emitter = Emitter::new(key.clone(), entropy.clone());
        let handler = task::TaskEvents::new(keyring.clone(), emitter.clone(), entropy.clone());
        let client = TaskServiceClient::new(rpc::channel(&url).unwrap());
        let (a, b) = (OrgId::from_uuid(Uuid::now_v4()), OrgId::from_uuid(Uuid::now_v4()));
        let stop = Some(stop);
        Self {
            database,
            a,
            b,
            keyring,
            keys,
            bus,
            entropy,
            key,
            pool,
            handler,
            emitter,
            signing,
            client,
            stop,
        }
    }

    /// Destroys an organization's keys, as identity does before it says so.
    pub fn destroy_keys(&self, org: OrgId) {
        self.keys.0.lock().unwrap().push(org);
    }

    /// The service's handler takes these events, all in one transaction.
    pub async fn hear(&self, org: OrgId, events: Vec<Event>) {
        let received: Vec<Received> = events.into_iter().map(|event| self.received(org, event)).collect();
        let mut tx = TenantTx::begin(&self.pool, received[0].scope()).await.unwrap();
        self.handler.apply(&mut tx, &received).await.unwrap();
        self.emitter.commit(tx).await.unwrap();
    }

    pub fn received(&self, org: OrgId, event: Event) -> Received {
        let sent = event.envelop(org, &self.key, &self.entropy).unwrap();
        Received::read(sent.topic, &sent.bytes.into(), &self.key).unwrap()
    }

    /// The same events through the bus, as their producers send them.
    pub async fn publish(&self, org: OrgId, event: Event) {
        let sent = event.envelop(org, &self.key, &self.entropy).unwrap();
        let record =
            bus::Record::new(sent.partition_key.to_vec(), sent.bytes, sent.event_id.uuid().into_bytes());
        self.bus.publish(sent.topic, vec![record]).await.unwrap();
    }

    /// All payloads of one type that the service has published for an organization so far.
    pub async fn told<M: Message + Name + Default>(&self, org: OrgId, topic: &str) -> Vec<M> {
        let mut out = Vec::new();
        for partition in 0..4 {
            for delivered in self.bus.read_from(topic, partition, 0, 10_000).await.unwrap() {
                let received = Received::read(topic, &delivered.record.payload, &self.key).unwrap();
                if received.scope().org() == org {
                    out.extend(received.decode::<M>().unwrap());
                }
            }
        }
        out
    }

    pub fn client(&self) -> TaskServiceClient<Channel> {
        self.client.clone()
    }

    pub fn ask<T>(&self, caller: &Caller, message: T) -> Request<T> {
        let claims = CallerClaims {
            org: caller.org,
            member: caller.id,
            role: caller.role,
            teams: caller.teams.clone(),
            scope: TokenScope::Admin,
            purpose: Purpose::ServeTeam,
            method: Method::Link,
            mfa: true,
            auth_time: 0,
        };
        let token = self.signing.issue("task", claims, self.entropy.clock().now_us());
        rpc::with_token(&token, message).unwrap()
    }

    /// A new member of whom identity has told.
    pub async fn member(&self, org: OrgId, role: Role, name: &str, teams: &[TeamId]) -> Caller {
        let id = MemberId::from_uuid(Uuid::now_v4());
        let profile = wire::Profile { name: name.to_owned(), ..Default::default() };
        let profile = self.keyring.seal(org, "member", id.uuid(), &profile.encode_to_vec()).await.unwrap();
        let change =
            wire::MemberChanged { member_id: id.to_vec(), profile, role: role.to_string(), active: true };
        self.hear(org, vec![Event::new(topic::ORGANIZATION, org.uuid(), 1, &change)]).await;
        Caller { org, id, role, teams: teams.to_vec() }
    }

    pub async fn team(&self, org: OrgId, team: TeamId, members: &[&Caller]) {
        let member_ids = members.iter().map(|member| member.id.to_vec()).collect();
        let change = wire::TeamChanged { team_id: team.to_vec(), name: vec![], member_ids, deleted: false };
        self.hear(org, vec![Event::new(topic::ORGANIZATION, org.uuid(), 1, &change)]).await;
    }

    /// A provider account of which ingestion has told; linked to a member or to nobody.
    pub async fn account(&self, org: OrgId, name: &str, member: Option<&Caller>) -> Uuid {
        let id = Uuid::now_v4();
        let profile =
            wire::Profile { name: name.to_owned(), handle: name.to_lowercase(), ..Default::default() };
        let profile = self.keyring.seal(org, "account", id, &profile.encode_to_vec()).await.unwrap();
        let seen =
            wire::AccountSeen { account_id: bytes(id), provider: "slack".to_owned(), profile, bot: false };
        self.hear(org, vec![Event::new(topic::ACCOUNT, id, 1, &seen)]).await;
        if let Some(member) = member {
            let link = wire::AccountLinked { account_id: bytes(id), member_id: member.id.to_vec() };
            self.hear(org, vec![Event::new(topic::ORGANIZATION, org.uuid(), 1, &link)]).await;
        }
        id
    }

    pub async fn share(&self, org: OrgId, source: Uuid, provider: &str, audience: Uuid, revision: i64) {
        let key = self.keyring.seal(org, "source", source, b"#general").await.unwrap();
        let shared = wire::SourceShared {
            source_id: bytes(source),
            integration_id: bytes(source),
            provider: provider.to_owned(),
            key,
            audience: bytes(audience),
            revision,
        };
        self.hear(org, vec![Event::new(topic::AUDIENCE, source, 1, &shared)]).await;
    }

    pub async fn source_member(
        &self,
        org: OrgId,
        source: Uuid,
        account: Uuid,
        present: bool,
        version_us: i64,
    ) {
        let member =
            wire::SourceMember { source_id: bytes(source), account_id: bytes(account), present, version_us };
        self.hear(org, vec![Event::new(topic::AUDIENCE, source, 1, &member)]).await;
    }

    pub async fn remove(&self, org: OrgId, source: Uuid, revision: i64) {
        let removed = wire::SourceRemoved { source_id: bytes(source), revision };
        self.hear(org, vec![Event::new(topic::AUDIENCE, source, 1, &removed)]).await;
    }

    /// An activity whose content is sealed as ingestion does.
    pub async fn activity(
        &self,
        org: OrgId,
        mut activity: wire::Activity,
        content: Option<wire::Content>,
    ) -> Event {
        let item = Uuid::from_slice(&activity.item_id).unwrap();
        if let Some(content) = content {
            activity.content = self.keyring.seal(org, "item", item, &content.encode_to_vec()).await.unwrap();
        }
        let source = Uuid::from_slice(&activity.source_id).unwrap();
        Event::new(topic::ACTIVITY, source, activity.occurred_at_us, &activity)
    }

    pub async fn suggestions(&self, caller: &Caller) -> Vec<api::Suggestion> {
        let request = self.ask(caller, api::ListSuggestionsRequest::default());
        self.client().list_suggestions(request).await.unwrap().into_inner().suggestions
    }

    pub async fn tasks(&self, caller: &Caller) -> Vec<api::Task> {
        let request = self.ask(caller, api::ListTasksRequest::default());
        self.client().list_tasks(request).await.unwrap().into_inner().tasks
    }

    pub async fn task(&self, caller: &Caller, id: &str) -> Result<api::Task, tonic::Status> {
        let request = self.ask(caller, api::GetTaskRequest { id: id.to_owned() });
        Ok(self.client().get_task(request).await?.into_inner().task.unwrap())
    }

    pub async fn make(&self, caller: &Caller, title: &str) -> api::Task {
        let request = api::CreateTaskRequest { title: title.to_owned(), ..Default::default() };
        self.client().create_task(self.ask(caller, request)).await.unwrap().into_inner().task.unwrap()
    }

    pub async fn update(
        &self,
        caller: &Caller,
        request: api::UpdateTaskRequest,
    ) -> Result<api::Task, tonic::Status> {
        Ok(self.client().update_task(self.ask(caller, request)).await?.into_inner().task.unwrap())
    }

    pub async fn undo(&self, caller: &Caller, id: &str) -> Result<api::Task, tonic::Status> {
        let request = api::UndoTaskRequest { id: id.to_owned(), expected_version: 0 };
        Ok(self.client().undo_task(self.ask(caller, request)).await?.into_inner().task.unwrap())
    }

    pub async fn accept(&self, caller: &Caller, id: &str) -> Result<api::Task, tonic::Status> {
        let request = api::AcceptSuggestionRequest { id: id.to_owned(), list_id: String::new() };
        Ok(self.client().accept_suggestion(self.ask(caller, request)).await?.into_inner().task.unwrap())
    }

    pub async fn history(&self, caller: &Caller, id: &str) -> Vec<api::Change> {
        let request = self.ask(caller, api::GetHistoryRequest { id: id.to_owned() });
        self.client().get_history(request).await.unwrap().into_inner().changes
    }

    /// Looks from outside, as superuser.
    pub fn sql(&self, sql: &str) -> String {
        Postgres::shared().execute(&self.database, sql).unwrap().trim().to_owned()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.stop.take());
    }
}

/// Waits until `check` is true, five seconds at most.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut check: impl FnMut() -> F) {
    for _ in 0..250 {
        if check().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never came: {what}");
}

pub fn bytes(id: Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}

/// Random ids for tests.
pub trait NowV4 {
    fn now_v4() -> Uuid;
}

impl NowV4 for Uuid {
    fn now_v4() -> Uuid {
        Entropy::new(Clock::system()).uuid()
    }
}
