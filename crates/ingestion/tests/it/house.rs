//! A running ingestion with its own database and bus, and two organizations with people in them.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use access::{CallerClaims, Method, Purpose, Role, SigningKey, TicketKey, TokenScope, VerifyingKeys};
use async_trait::async_trait;
use bus::{Bus, Embedded, EmbeddedOptions, Record};
use clock::{Clock, Entropy};
use events::{Event, Received, topic};
use ids::{MemberId, OrgId, TeamId};
use ingestion::Patience;
use keyring::{KeyError, KeySource, Keyring};
use lifecycle::Supervisor;
use prost::Name;
use proto::ingestion::v1::{
    content_service_client::ContentServiceClient, import_service_client::ImportServiceClient,
    integration_service_client::IntegrationServiceClient, *,
};
use rpc::{Authenticate, ServiceSecrets, Verifier};
use sealing::{Binding, OrgKeys, SecretKey};
use testkit::Postgres;
use tokio::{net::TcpListener, sync::Mutex};
use tonic::{Code, Request, Status, transport::Channel};
use uuid::Uuid;

use crate::post::Hook;

/// Roles belong to the whole cluster: databases are provisioned one after the other.
static PROVISION: Mutex<()> = Mutex::const_new(());

pub struct House {
    pub database: String,
    pub bus_database: String,
    pub clock: Clock,
    pub bus: Arc<Embedded>,
    pub hooks: SocketAddr,
    pub web: reqwest::Client,
    pub acme: Org,
    pub other: Org,
    signing: SigningKey,
    keyring: Keyring,
    channel: Channel,
    _supervisor: Supervisor,
}

/// An organization and one person of each standing.
#[derive(Clone, Copy)]
pub struct Org {
    pub id: OrgId,
    pub admin: Person,
    pub member: Person,
    pub colleague: Person,
    pub guest: Person,
}

#[derive(Clone, Copy)]
pub struct Person {
    pub org: OrgId,
    pub id: MemberId,
    pub role: Role,
    pub team: Option<TeamId>,
}

fn organization(n: u128) -> Org {
    let org = OrgId::from_uuid(Uuid::from_u128(n << 64));
    let person = |m: u128, role| Person {
        org,
        id: MemberId::from_uuid(Uuid::from_u128((n << 64) + m)),
        role,
        team: None,
    };
    Org {
        id: org,
        admin: person(1, Role::Admin),
        member: person(2, Role::Member),
        colleague: person(3, Role::Member),
        guest: person(4, Role::Guest),
    }
}

/// Stands in for identity: every organization has keys that follow from its id.
struct Keys;

#[async_trait]
impl KeySource for Keys {
    async fn fetch(&self, org: OrgId) -> Result<OrgKeys, KeyError> {
        let key = |salt: u8| {
            let mut bytes = [salt; 32];
            bytes[..16].copy_from_slice(org.uuid().as_bytes());
            SecretKey::new(bytes)
        };
        OrgKeys::new([(1, key(1))], key(2)).ok_or(KeyError::Gone)
    }
}

pub fn ticket_key() -> TicketKey {
    TicketKey::new(&[3; 32])
}

pub fn code<T>(outcome: &Result<T, Status>) -> Code {
    outcome.as_ref().err().map_or(Code::Ok, Status::code)
}

pub fn field(status: &Status) -> &str {
    status.metadata().get(rpc::FIELD).and_then(|value| value.to_str().ok()).unwrap_or("")
}

/// A fresh database with its roles and schema; its name.
async fn database() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("ingestion_{}", COUNT.fetch_add(1, Ordering::SeqCst));
    let cluster = tokio::task::spawn_blocking(Postgres::shared).await.unwrap();
    let password = || "unused".to_owned();
    let passwords = pg::Passwords { service: password(), queue: password(), owner: password() };
    let _turn = PROVISION.lock().await;
    let admin = cluster.url(testkit::SUPERUSER, "postgres");
    pg::provision(&admin, pg::Database { service: "ingestion", name: &name }, &passwords).await.unwrap();
    pg::migrate(&cluster.url("oz_ingestion_owner", &name), &ingestion::MIGRATIONS).await.unwrap();
    name
}

impl House {
    pub async fn open() -> Self {
        Self::with(Patience::default()).await
    }

    pub async fn with(patience: Patience) -> Self {
        let database = database().await;
        let cluster = Postgres::shared();
        let bus_url = cluster.database("ingestion_bus");
        Embedded::migrate(&bus_url).await.unwrap();
        let bus = Arc::new(Embedded::open(&bus_url, EmbeddedOptions::default()).await.unwrap());
        let topics: Vec<_> = topic::ALL.iter().map(|name| (*name, 1)).collect();
        bus.ensure_topics(&topics).await.unwrap();
        let clock = Clock::fixed(clock::from_micros(1_780_000_000_000_000));
        let entropy = Entropy::new(clock.clone());
        let signing = SigningKey::from_seed(&[7; 32]).unwrap();
        let verifier = Verifier::new(VerifyingKeys::new("ingestion", [signing.public()]));
        let keyring = Keyring::new(Keys, entropy.clone());
        let rpc = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hooks = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hooks_at = hooks.local_addr().unwrap();
        let channel = ::rpc::channel(&format!("http://{}", rpc.local_addr().unwrap())).unwrap();
        let mut supervisor = Supervisor::new();
        let options = ingestion::Options {
            pool: pg::TenantPool::connect(&cluster.url("oz_ingestion", &database), 8).unwrap(),
            queue: pg::QueuePool::connect(&cluster.url("oz_ingestion_queue", &database), 4).unwrap(),
            bus: bus.clone(),
            keyring: keyring.clone(),
            ticket_key: ticket_key(),
            entropy,
            authenticate: Authenticate::new(verifier, ServiceSecrets::default(), clock.clone()),
            rpc,
            hooks,
            patience,
        };
        ingestion::start(options, &mut supervisor);
        Self {
            database,
            bus_database: bus_url.rsplit('/').next().unwrap().to_owned(),
            clock,
            bus,
            hooks: hooks_at,
            web: reqwest::Client::new(),
            acme: organization(1),
            other: organization(2),
            signing,
            keyring,
            channel,
            _supervisor: supervisor,
        }
    }

    /// A request on behalf of somebody.
    pub fn by<T>(&self, person: Person, message: T) -> Request<T> {
        let claims = CallerClaims {
            org: person.org,
            member: person.id,
            role: person.role,
            teams: person.team.into_iter().collect(),
            scope: TokenScope::Admin,
            purpose: Purpose::ServeTeam,
            method: Method::Link,
            mfa: false,
            auth_time: 0,
        };
        rpc::with_token(&self.signing.issue("ingestion", claims, self.clock.now_us()), message).unwrap()
    }

    pub fn integrations(&self) -> IntegrationServiceClient<Channel> {
        IntegrationServiceClient::new(self.channel.clone())
    }

    pub fn imports(&self) -> ImportServiceClient<Channel> {
        ImportServiceClient::new(self.channel.clone())
    }

    pub fn content(&self) -> ContentServiceClient<Channel> {
        ContentServiceClient::new(self.channel.clone())
    }

    /// Connects a provider for an organization's admin.
    pub async fn connect(&self, org: Org, provider: &'static str) -> Hook {
        let request = CreateIntegrationRequest { provider: provider.into(), ..Default::default() };
        let made = self.integrations().create_integration(self.by(org.admin, request)).await.unwrap();
        let made = made.into_inner();
        Hook { org, provider, id: made.integration.unwrap().id, secret: made.secret }
    }

    /// Connects and shares one source with the whole organization.
    pub async fn connected(&self, org: Org, provider: &'static str, source: &str) -> Hook {
        let hook = self.connect(org, provider).await;
        self.share(&hook, &[(source, "org")]).await;
        hook
    }

    /// Replaces what is shared.
    pub async fn share(&self, hook: &Hook, list: &[(&str, &str)]) -> Vec<Source> {
        let sources = list
            .iter()
            .map(|(key, visibility)| SourceSetting { key: (*key).into(), visibility: (*visibility).into() })
            .collect();
        let request = PutSourcesRequest { integration_id: hook.id.clone(), sources };
        let put = self.integrations().put_sources(self.by(hook.org.admin, request)).await.unwrap();
        put.into_inner().sources
    }

    pub async fn coverage(&self, hook: &Hook) -> GetCoverageResponse {
        let request = GetCoverageRequest { integration_id: hook.id.clone() };
        let answer = self.integrations().get_coverage(self.by(hook.org.admin, request)).await.unwrap();
        answer.into_inner()
    }

    /// The ledger as `event outcome reason count`, in its order.
    pub async fn ledger(&self, hook: &Hook) -> Vec<String> {
        let lines = self.coverage(hook).await.lines;
        lines.iter().map(|l| format!("{} {} {} {}", l.event, l.outcome, l.reason, l.count)).collect()
    }

    pub async fn deliveries(&self, hook: &Hook, state: &str) -> Vec<Delivery> {
        let request = ListDeliveriesRequest {
            integration_id: hook.id.clone(),
            limit: 200,
            state: state.into(),
            ..Default::default()
        };
        let answer = self.integrations().list_deliveries(self.by(hook.org.admin, request)).await.unwrap();
        answer.into_inner().deliveries
    }

    /// Waits until nothing waits: neither a delivery to be normalised nor an event to be moved.
    pub async fn settled(&self) {
        eventually("everything is normalised and moved", || async {
            self.look("select (select count(*) from work) + (select count(*) from outbox)") == "0"
        })
        .await;
    }

    /// What was said on a topic about an organization so far.
    pub async fn said<M: prost::Message + Name + Default>(&self, org: Org, topic: &str) -> Vec<M> {
        let records = self.bus.read_from(topic, 0, 0, 10_000).await.unwrap();
        let read = |record: &Record| Received::read(topic, &record.payload, &ticket_key()).unwrap();
        let all = records.iter().map(|delivered| read(&delivered.record));
        all.filter(|event| event.scope().org() == org.id)
            .filter_map(|event| event.decode::<M>().unwrap())
            .collect()
    }

    /// Puts an event onto the bus as another service would.
    pub async fn publish(&self, org: Org, event: Event) {
        let topic = event.topic;
        let made = event.envelop(org.id, &ticket_key(), &Entropy::new(self.clock.clone())).unwrap();
        let record = Record::new(made.partition_key, made.bytes, *made.event_id.uuid().as_bytes());
        self.bus.publish(topic, vec![record]).await.unwrap();
    }

    /// Opens what is sealed under an organization's keys.
    pub async fn open_sealed(&self, org: Org, kind: &str, id: &[u8], sealed: &[u8]) -> Vec<u8> {
        let id = Uuid::from_slice(id).unwrap();
        self.keyring.keys(org.id).await.unwrap().open(Binding { org: org.id, kind, id }, sealed).unwrap()
    }

    /// SQL as the superuser, for looking from outside.
    pub fn look(&self, sql: &str) -> String {
        Postgres::shared().execute(&self.database, sql).unwrap().trim().to_owned()
    }

    /// Rows of a table.
    pub fn count(&self, table: &str) -> u64 {
        self.look(&format!("select count(*) from {table}")).parse().unwrap()
    }

    /// Tables, of the service or of the bus, in which a text stands, in letters or inside of bytes.
    pub fn tables_with(&self, text: &str) -> Vec<String> {
        // Letters by their own bytes: a text is looked for as it is written.
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        let sql = format!(
            "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace,
                 lateral query_to_xml(format('select 1 from %I.%I x where x::text ~* ''{text}|{hex}'' limit 1',
                     n.nspname, c.relname), true, true, '') as found
             where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema') and found::text <> ''"
        );
        let cluster = Postgres::shared();
        [&self.database, &self.bus_database]
            .into_iter()
            .flat_map(|database| {
                let found = cluster.execute(database, &sql).unwrap();
                found.lines().map(str::to_owned).collect::<Vec<_>>()
            })
            .collect()
    }
}

/// Asks again until it holds, for at most twenty seconds.
pub async fn eventually<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    for _ in 0..400 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {what}");
}
