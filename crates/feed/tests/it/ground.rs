//! A running feed, and hands to tell it things and to ask it as a member.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use access::{CallerClaims, Method, Purpose, Role, SigningKey, TicketKey, TokenScope, VerifyingKeys};
use async_trait::async_trait;
use bus::{Bus, Embedded, EmbeddedOptions, Record};
use clock::{Clock, Entropy};
use events::{Event, topic};
use ids::{MemberId, OrgId, TeamId};
use keyring::{KeyError, KeySource, Keyring};
use pg::{QueuePool, TenantPool};
use prost::{Message, Name};
use proto::{
    events::v1::{self as wire, ItemKind, ThingKind, Verb},
    feed::v1::{self as api, feed_service_client::FeedServiceClient},
};
use sealing::{OrgKeys, SecretKey};
use testkit::Postgres;
use tokio::{net::TcpListener, sync::oneshot};
use tonic::transport::Channel;
use uuid::Uuid;

/// A word that no table may hold in the clear.
pub const CANARY: &str = "Zanzibarcanary";

/// Keys that follow from the organization's id.
struct Keys;

#[async_trait]
impl KeySource for Keys {
    async fn fetch(&self, org: OrgId) -> Result<OrgKeys, KeyError> {
        let byte = org.uuid().as_bytes()[15];
        OrgKeys::new([(1, SecretKey::new([byte; 32]))], SecretKey::new([byte ^ 0xff; 32]))
            .ok_or(KeyError::Gone)
    }
}

/// The feed's database, made once; each test has organizations of its own in it.
pub fn database() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let admin = Postgres::shared().url("oz", "postgres");
        let passwords = pg::Passwords { service: "a".into(), queue: "b".into(), owner: "c".into() };
        let database = pg::Database { service: "feed", name: "oz_feed" };
        let owner = Postgres::shared().url("oz_feed_owner", "oz_feed");
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                pg::provision(&admin, database, &passwords).await.unwrap();
                pg::migrate(&owner, &feed::MIGRATIONS).await.unwrap();
            });
        })
        .join()
        .unwrap();
        "oz_feed".to_owned()
    })
}

/// SQL as superuser, for looking from outside.
pub fn sql(statement: &str) -> String {
    Postgres::shared().execute(database(), statement).unwrap()
}

/// A running feed.
pub struct Ground {
    pub bus: Arc<Embedded>,
    pub keyring: Keyring,
    pub entropy: Entropy,
    signing: SigningKey,
    ticket: TicketKey,
    channel: Channel,
    _stop: oneshot::Sender<()>,
}

impl Ground {
    pub async fn start() -> Self {
        let entropy = Entropy::new(Clock::system());
        let bus_url = Postgres::shared().database("bus");
        Embedded::migrate(&bus_url).await.unwrap();
        let bus = Arc::new(Embedded::open(&bus_url, EmbeddedOptions::default()).await.unwrap());
        let topics: Vec<(&str, i32)> = topic::ALL.iter().map(|name| (*name, 2)).collect();
        bus.ensure_topics(&topics).await.unwrap();
        let signing = SigningKey::from_seed(&[7; 32]).unwrap();
        let verifier = rpc::Verifier::new(VerifyingKeys::new(feed::SERVICE, [signing.public()]));
        let ticket = TicketKey::new(&[3; 32]);
        let keyring = Keyring::new(Keys, entropy.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = feed::Options {
            pool: TenantPool::connect(&Postgres::shared().url("oz_feed", database()), 6).unwrap(),
            queue: QueuePool::connect(&Postgres::shared().url("oz_feed_queue", database()), 2).unwrap(),
            bus: bus.clone(),
            keyring: keyring.clone(),
            ticket_key: ticket.clone(),
            entropy: entropy.clone(),
            authenticate: rpc::Authenticate::new(verifier, rpc::ServiceSecrets::default(), Clock::system()),
            listener,
        };
        let mut supervisor = lifecycle::Supervisor::new();
        let address = feed::start(options, &mut supervisor).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(supervisor.run(
            async move {
                let _ = stopped.await;
            },
            Duration::from_secs(1),
        ));
        let channel = rpc::channel(&format!("http://{address}")).unwrap();
        Self { bus, keyring, entropy, signing, ticket, channel, _stop: stop }
    }

    /// A fresh organization with what it needs to be told of.
    pub fn org(&self) -> Org<'_> {
        Org { ground: self, id: OrgId::from_uuid(self.entropy.uuid()) }
    }

    pub fn now_us(&self) -> i64 {
        self.entropy.clock().now_us()
    }
}

/// Somebody who asks.
#[derive(Clone)]
pub struct Asker {
    client: FeedServiceClient<Channel>,
    token: String,
}

impl Asker {
    pub fn with<T>(&self, message: T) -> tonic::Request<T> {
        rpc::with_token(&self.token, message).unwrap()
    }

    pub fn client(&self) -> FeedServiceClient<Channel> {
        self.client.clone()
    }

    pub async fn list(&self, scope: &str) -> Vec<api::Story> {
        self.page(api::ListStoriesRequest { scope: scope.into(), ..Default::default() })
            .await
            .unwrap()
            .stories
    }

    pub async fn page(
        &self,
        request: api::ListStoriesRequest,
    ) -> Result<api::ListStoriesResponse, tonic::Status> {
        self.client().list_stories(self.with(request)).await.map(tonic::Response::into_inner)
    }

    pub async fn search(&self, q: &str) -> api::SearchResponse {
        let request = api::SearchRequest { q: q.into(), ..Default::default() };
        self.client().search(self.with(request)).await.unwrap().into_inner()
    }

    pub async fn titles(&self, q: &str) -> Vec<String> {
        self.search(q).await.hits.into_iter().map(|hit| hit.title).collect()
    }
}

/// One organization of a test.
#[derive(Clone, Copy)]
pub struct Org<'a> {
    pub ground: &'a Ground,
    pub id: OrgId,
}

impl Org<'_> {
    pub fn id(&self) -> Uuid {
        self.ground.entropy.uuid()
    }

    pub async fn seal(&self, kind: &str, id: Uuid, plain: &[u8]) -> Vec<u8> {
        self.ground.keyring.seal(self.id, kind, id, plain).await.unwrap()
    }

    /// Publishes events and waits until all are applied.
    pub async fn publish(&self, events: Vec<Event>) {
        let mut ids = Vec::new();
        for event in events {
            let enveloped = event.envelop(self.id, &self.ground.ticket, &self.ground.entropy).unwrap();
            ids.push(format!("'{}'", enveloped.event_id.uuid()));
            let record =
                Record::new(enveloped.partition_key, enveloped.bytes, *enveloped.event_id.uuid().as_bytes());
            self.ground.bus.publish(enveloped.topic, vec![record]).await.unwrap();
        }
        let sql_text = format!("select count(*) from consumed where event_id in ({})", ids.join(","));
        for _ in 0..400 {
            let text = sql_text.clone();
            let count = tokio::task::spawn_blocking(move || sql(&text)).await.unwrap();
            if count.trim() == ids.len().to_string() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("events were not applied");
    }

    pub async fn tell<M: Message + Name>(&self, topic: &'static str, container: Uuid, payload: &M) {
        self.publish(vec![Event::new(topic, container, self.ground.now_us(), payload)]).await;
    }

    /// Shares a source with an audience.
    pub async fn share(&self, source: Uuid, key: &str, audience: Uuid, revision: i64) {
        let shared = wire::SourceShared {
            source_id: source.as_bytes().to_vec(),
            integration_id: vec![0; 16],
            provider: "github".into(),
            key: self.seal("source", source, key.as_bytes()).await,
            audience: audience.as_bytes().to_vec(),
            revision,
        };
        self.tell(topic::AUDIENCE, source, &shared).await;
    }

    pub async fn unshare(&self, source: Uuid, revision: i64) {
        let removed = wire::SourceRemoved { source_id: source.as_bytes().to_vec(), revision };
        self.tell(topic::AUDIENCE, source, &removed).await;
    }

    /// An account with a name, linked to a member if there is one.
    pub async fn account(&self, name: &str, member: Option<Uuid>) -> Uuid {
        let account = self.id();
        let profile = wire::Profile { name: name.into(), handle: name.to_lowercase(), ..Default::default() };
        let seen = wire::AccountSeen {
            account_id: account.as_bytes().to_vec(),
            provider: "github".into(),
            profile: self.seal("account", account, &profile.encode_to_vec()).await,
            bot: false,
        };
        self.tell(topic::ACCOUNT, account, &seen).await;
        if let Some(member) = member {
            let linked = wire::AccountLinked {
                account_id: account.as_bytes().to_vec(),
                member_id: member.as_bytes().to_vec(),
            };
            self.tell(topic::ORGANIZATION, self.id.uuid(), &linked).await;
        }
        account
    }

    pub async fn team(&self, team: Uuid, name: &str, members: &[Uuid]) {
        let changed = wire::TeamChanged {
            team_id: team.as_bytes().to_vec(),
            name: self.seal("team", team, name.as_bytes()).await,
            member_ids: members.iter().map(|member| member.as_bytes().to_vec()).collect(),
            deleted: false,
        };
        self.tell(topic::ORGANIZATION, self.id.uuid(), &changed).await;
    }

    pub async fn member(&self, member: Uuid, name: &str, role: &str, active: bool) {
        let profile = wire::Profile { name: name.into(), ..Default::default() };
        let changed = wire::MemberChanged {
            member_id: member.as_bytes().to_vec(),
            profile: self.seal("member", member, &profile.encode_to_vec()).await,
            role: role.into(),
            active,
        };
        self.tell(topic::ORGANIZATION, self.id.uuid(), &changed).await;
    }

    /// Somebody with a token for the feed.
    pub fn asker(&self, member: Uuid, role: Role, teams: &[Uuid]) -> Asker {
        let claims = CallerClaims {
            org: self.id,
            member: MemberId::from_uuid(member),
            role,
            teams: teams.iter().map(|team| TeamId::from_uuid(*team)).collect(),
            scope: TokenScope::Admin,
            purpose: Purpose::ServeTeam,
            method: Method::Link,
            mfa: false,
            auth_time: 0,
        };
        let token = self.ground.signing.issue(feed::SERVICE, claims, self.ground.now_us());
        Asker { client: FeedServiceClient::new(self.ground.channel.clone()), token }
    }

    /// An activity as ingestion would tell it.
    pub async fn event(&self, say: Say) -> Event {
        let content = wire::Content {
            title: say.title.into(),
            text: say.text.clone(),
            thing_title: say.thing_title.into(),
            actor_name: "Said Name".into(),
            url: "https://example.org/item".into(),
            ..Default::default()
        };
        let sealed = match say.verb {
            Verb::Deleted => Vec::new(),
            _ => self.seal("item", say.item, &content.encode_to_vec()).await,
        };
        let bytes = |ids: &[Uuid]| ids.iter().map(|id| id.as_bytes().to_vec()).collect::<Vec<_>>();
        let activity = wire::Activity {
            source_id: say.source.as_bytes().to_vec(),
            thing_id: say.thing.as_bytes().to_vec(),
            thing_kind: say.thing_kind.into(),
            item_id: say.item.as_bytes().to_vec(),
            kind: say.kind.into(),
            verb: say.verb.into(),
            account_id: if say.by.is_nil() { Vec::new() } else { say.by.as_bytes().to_vec() },
            occurred_at_us: say.at,
            version_us: if say.version == 0 { say.at } else { say.version },
            content: sealed,
            mentioned_accounts: bytes(&say.mentions),
            assignee_accounts: bytes(&say.assignees),
            provider: "github".into(),
            ..Default::default()
        };
        Event::new(topic::ACTIVITY, say.source, say.at, &activity)
    }

    pub async fn say(&self, says: impl IntoIterator<Item = Say>) {
        let mut events = Vec::new();
        for say in says {
            events.push(self.event(say).await);
        }
        self.publish(events).await;
    }
}

/// What somebody says, and where.
#[derive(Clone)]
pub struct Say {
    pub source: Uuid,
    pub thing: Uuid,
    pub thing_kind: ThingKind,
    pub item: Uuid,
    pub kind: ItemKind,
    pub verb: Verb,
    pub by: Uuid,
    pub at: i64,
    pub version: i64,
    pub title: &'static str,
    pub text: String,
    pub thing_title: &'static str,
    pub mentions: Vec<Uuid>,
    pub assignees: Vec<Uuid>,
}

impl Say {
    /// A message in a conversation.
    pub fn message(source: Uuid, thing: Uuid, item: Uuid, by: Uuid, at: i64, text: &str) -> Self {
        Self {
            source,
            thing,
            thing_kind: ThingKind::Conversation,
            item,
            kind: ItemKind::Message,
            verb: Verb::Created,
            by,
            at,
            version: 0,
            title: "",
            text: text.into(),
            thing_title: "",
            mentions: vec![],
            assignees: vec![],
        }
    }
}
