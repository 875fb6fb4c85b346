//! A running service with a clock that stands still, and a voice for the services it listens to.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use access::{CallerClaims, Method, Purpose, Role, SigningKey, TicketKey, TokenScope, VerifyingKeys};
use aggregation::{Count, Handle, MIGRATIONS, Options};
use bus::{Bus, Embedded, EmbeddedOptions, Record};
use clock::{Clock, Entropy};
use events::{Event, Received, topic};
use ids::{MemberId, OrgId, TeamId};
use lifecycle::Supervisor;
use outbox::Handler;
use pg::{Database, Passwords, QueuePool, TenantPool, TenantTx};
use proto::aggregation::v1::{
    GetInsightRequest, GetInsightResponse, ListMetricsRequest, insight_service_client::InsightServiceClient,
};
use proto::events::v1::{ItemKind, Measure, TeamChanged, ThingKind, Verb};
use rpc::{Authenticate, ServiceSecrets, Verifier};
use testkit::{Postgres, SUPERUSER};
use tonic::{Status, transport::Channel};
use uuid::Uuid;

/// The day on which all tests happen, a Wednesday.
pub const TODAY: &str = "2026-03-18";
pub const HOUR: i64 = 3_600_000_000;

pub struct Stage {
    pub pool: TenantPool,
    pub name: String,
    pub clock: Clock,
    pub bus: Embedded,
    key: TicketKey,
    signing: SigningKey,
    client: InsightServiceClient<Channel>,
    _supervisor: Supervisor,
}

/// Midnight of a day, microseconds.
pub fn midnight(day: &str) -> i64 {
    let day: chrono::NaiveDate = day.parse().unwrap();
    day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros()
}

pub fn org(n: u128) -> OrgId {
    OrgId::from_uuid(Uuid::from_u128(n))
}

/// A named thing: the same number is the same id, whatever its kind.
pub fn id(n: u128) -> Vec<u8> {
    Uuid::from_u128(n).as_bytes().to_vec()
}

impl Stage {
    pub async fn set() -> Self {
        static STAGES: AtomicU32 = AtomicU32::new(0);
        // Roles belong to the whole server: two tests at once would make them at once.
        static ROLES: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let server = Postgres::shared();
        let name = format!("oz_aggregation_{}", STAGES.fetch_add(1, Ordering::Relaxed));
        let password = || "secret".to_owned();
        let passwords = Passwords { service: password(), queue: password(), owner: password() };
        let making = ROLES.lock().await;
        let database = Database { service: "aggregation", name: &name };
        pg::provision(&server.url(SUPERUSER, "postgres"), database, &passwords).await.unwrap();
        drop(making);
        pg::migrate(&server.url("oz_aggregation_owner", &name), &MIGRATIONS).await.unwrap();

        let log = server.database("oz_bus");
        Embedded::migrate(&log).await.unwrap();
        let bus = Embedded::open(&log, EmbeddedOptions::default()).await.unwrap();
        let topics = topic::ALL.map(|topic| (topic, topic::PARTITIONS));
        bus.ensure_topics(&topics).await.unwrap();

        let clock = Clock::fixed(clock::from_micros(midnight(TODAY) + 12 * HOUR));
        let signing = SigningKey::from_seed(&[3; 32]).unwrap();
        let verifier = Verifier::new(VerifyingKeys::new("aggregation", [signing.public()]));
        let pool = TenantPool::connect(&server.url("oz_aggregation", &name), 4).unwrap();
        let options = Options {
            pool: pool.clone(),
            queue: QueuePool::connect(&server.url("oz_aggregation_queue", &name), 2).unwrap(),
            bus: Arc::new(bus.clone()),
            ticket_key: TicketKey::new(&[5; 32]),
            entropy: Entropy::new(clock.clone()),
            authenticate: Authenticate::new(verifier, ServiceSecrets::default(), clock.clone()),
            listener: tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap(),
        };
        let mut supervisor = Supervisor::new();
        let Handle { address } = aggregation::start(options, &mut supervisor).await.unwrap();
        let client = InsightServiceClient::new(rpc::channel(&format!("http://{address}")).unwrap());
        Self {
            pool,
            name,
            clock,
            bus,
            key: TicketKey::new(&[5; 32]),
            signing,
            client,
            _supervisor: supervisor,
        }
    }

    /// An event as it would come from the bus.
    pub fn received(&self, org: OrgId, event: Event) -> Received {
        let topic = event.topic;
        let sent = event.envelop(org, &self.key, &Entropy::new(self.clock.clone())).unwrap();
        Received::read(topic, &bytes::Bytes::from(sent.bytes), &self.key).unwrap()
    }

    /// Applies events in one transaction, without the memory of what was consumed: repeats reach the handler.
    pub async fn apply(&self, events: &[Received]) {
        self.try_apply(events).await.unwrap();
    }

    pub async fn try_apply(&self, events: &[Received]) -> Result<(), outbox::HandleError> {
        let mut tx = TenantTx::begin(&self.pool, events[0].scope()).await?;
        Count.apply(&mut tx, events).await?;
        Ok(tx.commit().await?)
    }

    pub async fn tell(&self, org: OrgId, events: impl IntoIterator<Item = Event>) {
        let events: Vec<Received> = events.into_iter().map(|event| self.received(org, event)).collect();
        self.apply(&events).await;
    }

    /// Puts an event on the bus.
    pub async fn publish(&self, org: OrgId, event: Event) {
        let sent = event.envelop(org, &self.key, &Entropy::new(self.clock.clone())).unwrap();
        let record = Record::new(sent.partition_key.to_vec(), sent.bytes, *sent.event_id.uuid().as_bytes());
        self.bus.publish(sent.topic, vec![record]).await.unwrap();
    }

    fn token(&self, org: OrgId, role: Role, teams: &[u128]) -> String {
        let claims = CallerClaims {
            org,
            member: MemberId::from_uuid(Uuid::from_u128(900)),
            role,
            teams: teams.iter().map(|team| TeamId::from_uuid(Uuid::from_u128(*team))).collect(),
            scope: TokenScope::Read,
            purpose: Purpose::ServeTeam,
            method: Method::Link,
            mfa: true,
            auth_time: 0,
        };
        self.signing.issue("aggregation", claims, self.clock.now_us())
    }

    pub async fn ask_as(
        &self,
        org: OrgId,
        role: Role,
        teams: &[u128],
        request: GetInsightRequest,
    ) -> Result<GetInsightResponse, Status> {
        let request = rpc::with_token(&self.token(org, role, teams), request)?;
        Ok(self.client.clone().get_insight(request).await?.into_inner())
    }

    pub async fn ask(
        &self,
        org: OrgId,
        metric: &str,
        scope: &str,
        from: &str,
        to: &str,
        bucket: &str,
    ) -> GetInsightResponse {
        let [metric, scope, from, to, bucket] = [metric, scope, from, to, bucket].map(str::to_owned);
        let request = GetInsightRequest { metric, scope, from, to, bucket };
        self.ask_as(org, Role::Owner, &[], request).await.unwrap()
    }

    /// One cell in words: its value and cohort, or why it is not shown.
    pub async fn cell(&self, org: OrgId, metric: &str, scope: &str, day: &str, bucket: &str) -> String {
        let answer = self.ask(org, metric, scope, day, day, bucket).await;
        assert_eq!(answer.cells.len(), 1);
        let cell = &answer.cells[0];
        assert_eq!(
            (cell.has_value, cell.has_cohort),
            (cell.suppressed.is_empty(), cell.suppressed.is_empty())
        );
        if cell.has_value { format!("{} of {}", cell.value, cell.cohort) } else { cell.suppressed.clone() }
    }

    pub async fn catalogue(
        &self,
        org: OrgId,
        role: Role,
    ) -> Result<proto::aggregation::v1::ListMetricsResponse, Status> {
        let request = rpc::with_token(&self.token(org, role, &[]), ListMetricsRequest {})?;
        Ok(self.client.clone().list_metrics(request).await?.into_inner())
    }

    pub async fn ask_without_token(&self) -> Status {
        self.client.clone().list_metrics(ListMetricsRequest {}).await.unwrap_err()
    }

    pub fn sql(&self, sql: &str) -> String {
        Postgres::shared().execute(&self.name, sql).unwrap().trim().to_owned()
    }

    /// The sums of an organization, and whether they are those of its points.
    pub fn sums(&self, org: OrgId) -> BTreeMap<String, i64> {
        let org = org.uuid();
        let rows = |sql: &str| -> BTreeMap<String, i64> {
            let rows = self.sql(sql);
            rows.lines()
                .map(|line| line.rsplit_once('|').unwrap())
                .map(|(key, n)| (key.to_owned(), n.parse().unwrap()))
                .collect()
        };
        let key = "concat_ws(' ', metric, day, person, other, value)";
        let kept = rows(&format!("select {key}, n from daily where org_id = '{org}'"));
        let summed = rows(&format!("select {key}, count(*) from point where org_id = '{org}' group by 1"));
        assert_eq!(kept, summed, "sums are not those of the points");
        kept
    }
}

/// A measure of a chat message by a person; `n` names item and thing.
pub fn message(n: u128, person: u128, at_us: i64) -> Measure {
    Measure {
        source_id: id(50),
        thing_id: id(n),
        thing_kind: ThingKind::Conversation.into(),
        item_id: id(n),
        kind: ItemKind::Message.into(),
        verb: Verb::Created.into(),
        account_id: id(person),
        occurred_at_us: at_us,
        version_us: at_us,
        ..Measure::default()
    }
}

pub fn measured(measure: &Measure) -> Event {
    let container = Uuid::from_slice(&measure.source_id).unwrap();
    Event::new(topic::METADATA, container, measure.occurred_at_us, measure)
}

/// One message of each of these people on a day; `n` is the first message's name.
pub fn messages(n: u128, people: std::ops::Range<u128>, day: &str) -> Vec<Event> {
    people
        .enumerate()
        .map(|(i, person)| measured(&message(n + i as u128, person, midnight(day) + HOUR)))
        .collect()
}

pub fn team(org: OrgId, team: u128, members: std::ops::Range<u128>) -> Event {
    let payload = TeamChanged {
        team_id: id(team),
        name: Vec::new(),
        member_ids: members.map(id).collect(),
        deleted: false,
    };
    Event::new(topic::ORGANIZATION, org.uuid(), 1, &payload)
}

pub fn team_scope(team: u128) -> String {
    format!("team:{}", TeamId::from_uuid(Uuid::from_u128(team)))
}
