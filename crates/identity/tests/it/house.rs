//! A running identity with its own database and bus, and people in it.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};
use std::time::Duration;

use access::TicketKey;
use bus::{Bus, Embedded, EmbeddedOptions, Record};
use clock::{Clock, Entropy};
use events::{Event, Received, topic};
use identity::KeyEncryptionKey;
use ids::OrgId;
use keyring::Keyring;
use lifecycle::Supervisor;
use proto::identity::v1::{
    key_service_client::KeyServiceClient, me_service_client::MeServiceClient,
    organization_service_client::OrganizationServiceClient, sign_in_service_client::SignInServiceClient, *,
};
use rpc::{AsService, ServiceSecret, ServiceSecrets};
use sealing::SecretKey;
use testkit::Postgres;
use tokio::{net::TcpListener, sync::Mutex};
use tonic::{Code, Request, Status, service::interceptor::InterceptedService, transport::Channel};

type As<C> = InterceptedService<C, AsService>;

/// Services that have a secret here.
const PEERS: [&str; 7] = ["gateway", "operator", "identity", "ingestion", "task", "feed", "aggregation"];
/// Roles belong to the whole cluster: databases are provisioned one after the other.
static PROVISION: Mutex<()> = Mutex::const_new(());

pub struct House {
    pub database: String,
    pub clock: Clock,
    pub bus: Arc<Embedded>,
    channel: Channel,
    _supervisor: Supervisor,
}

/// An organization just bootstrapped.
pub struct Org {
    pub id: OrgId,
    pub owner: String,
    pub link: String,
    pub api_token: String,
}

/// A member with an open session.
pub struct Person {
    pub id: String,
    pub session: String,
}

pub fn kek(byte: u8) -> KeyEncryptionKey {
    KeyEncryptionKey::new(SecretKey::new([byte; 32])).unwrap()
}

pub fn ticket_key() -> TicketKey {
    TicketKey::new(&[3; 32])
}

pub fn code<T>(outcome: Result<T, Status>) -> Code {
    outcome.err().map_or(Code::Ok, |status| status.code())
}

pub fn field(status: &Status) -> &str {
    status.metadata().get(rpc::FIELD).and_then(|value| value.to_str().ok()).unwrap_or("")
}

pub fn asking<T>(token: &str, message: T) -> Request<T> {
    rpc::with_token(token, message).unwrap()
}

/// A fresh database with its roles and schema; its name.
async fn database() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("identity_{}", COUNT.fetch_add(1, Ordering::SeqCst));
    let cluster = Postgres::shared();
    let password = || "unused".to_owned();
    let passwords = pg::Passwords { service: password(), queue: password(), owner: password() };
    let _turn = PROVISION.lock().await;
    let admin = cluster.url(testkit::SUPERUSER, "postgres");
    pg::provision(&admin, pg::Database { service: "identity", name: &name }, &passwords).await.unwrap();
    pg::migrate(&cluster.url("oz_identity_owner", &name), &identity::MIGRATIONS).await.unwrap();
    name
}

impl House {
    pub async fn open() -> Self {
        let bus_url = Postgres::shared().database("identity_bus");
        Embedded::migrate(&bus_url).await.unwrap();
        let bus = Arc::new(Embedded::open(&bus_url, EmbeddedOptions::default()).await.unwrap());
        let topics: Vec<_> = topic::ALL.iter().map(|name| (*name, 1)).collect();
        bus.ensure_topics(&topics).await.unwrap();
        let clock = Clock::fixed(clock::from_micros(1_780_000_000_000_000));
        Self::start(database().await, bus, clock, kek(1)).await.unwrap()
    }

    /// Another identity over the same database, as after a restart.
    pub async fn restarted(&self, kek: KeyEncryptionKey) -> Result<Self, identity::StartError> {
        Self::start(self.database.clone(), self.bus.clone(), self.clock.clone(), kek).await
    }

    async fn start(
        database: String,
        bus: Arc<Embedded>,
        clock: Clock,
        key_encryption_key: KeyEncryptionKey,
    ) -> Result<Self, identity::StartError> {
        let cluster = Postgres::shared();
        let secrets = PEERS.map(|name| (name, ServiceSecret::new(format!("secret-of-{name}"))));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = identity::Options {
            pool: pg::TenantPool::connect(&cluster.url("oz_identity", &database), 8).unwrap(),
            queue: pg::QueuePool::connect(&cluster.url("oz_identity_queue", &database), 2).unwrap(),
            bus: bus.clone(),
            key_encryption_key,
            ticket_key: ticket_key(),
            entropy: Entropy::new(clock.clone()),
            secrets: ServiceSecrets::new(secrets.iter().map(|(name, secret)| (*name, secret))),
            listener,
        };
        let mut supervisor = Supervisor::new();
        let handle = identity::start(options, &mut supervisor).await?;
        let channel = rpc::channel(&format!("http://{}", handle.address)).unwrap();
        Ok(Self { database, clock, bus, channel, _supervisor: supervisor })
    }

    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    pub fn credential(&self, name: &str) -> AsService {
        AsService::new(name, &ServiceSecret::new(format!("secret-of-{name}"))).unwrap()
    }

    pub fn sign_in(&self, peer: &str) -> SignInServiceClient<As<Channel>> {
        SignInServiceClient::with_interceptor(self.channel.clone(), self.credential(peer))
    }

    pub fn keys(&self, peer: &str) -> KeyServiceClient<As<Channel>> {
        KeyServiceClient::with_interceptor(self.channel.clone(), self.credential(peer))
    }

    pub fn me(&self) -> MeServiceClient<Channel> {
        MeServiceClient::new(self.channel.clone())
    }

    pub fn org(&self) -> OrganizationServiceClient<Channel> {
        OrganizationServiceClient::new(self.channel.clone())
    }

    /// As another service would seal and open.
    pub fn keyring(&self) -> Keyring {
        let entropy = Entropy::new(self.clock.clone());
        Keyring::of_identity(self.channel.clone(), self.credential("ingestion"), entropy)
    }

    pub async fn bootstrap(&self, organization: &str, email: &str) -> Org {
        let request =
            BootstrapRequest { organization: organization.into(), email: email.into(), name: String::new() };
        let made = self.sign_in("operator").bootstrap(request).await.unwrap().into_inner();
        Org {
            id: made.org_id.parse().unwrap(),
            owner: made.member_id,
            link: made.link_token,
            api_token: made.api_token,
        }
    }

    pub async fn exchange(&self, session: &str, api_token: &str) -> Result<ExchangeResponse, Status> {
        let request = ExchangeRequest { session: session.into(), api_token: api_token.into() };
        Ok(self.sign_in("gateway").exchange(request).await?.into_inner())
    }

    pub async fn redeem(&self, link: &str) -> Result<RedeemLinkResponse, Status> {
        let request = RedeemLinkRequest { token: link.into() };
        Ok(self.sign_in("gateway").redeem_link(request).await?.into_inner())
    }

    /// The caller token for identity.
    pub async fn as_owner(&self, org: &Org) -> String {
        self.exchange("", &org.api_token).await.unwrap().tokens["identity"].clone()
    }

    pub async fn as_person(&self, person: &Person) -> String {
        self.exchange(&person.session, "").await.unwrap().tokens["identity"].clone()
    }

    pub async fn invite(&self, owner: &str, email: &str, role: &str) -> CreateInvitationResponse {
        let request = CreateInvitationRequest {
            email: email.into(),
            role: role.into(),
            name: String::new(),
            team_ids: Vec::new(),
        };
        self.org().create_invitation(asking(owner, request)).await.unwrap().into_inner()
    }

    /// Invites somebody, who joins at once.
    pub async fn join(&self, owner: &str, email: &str, role: &str) -> Person {
        let invited = self.invite(owner, email, role).await;
        let session = self.redeem(&invited.link_token).await.unwrap().session;
        Person { id: invited.invitation.unwrap().member_id, session }
    }

    /// Everything in the audit, oldest first, as `action` and `subject`.
    pub async fn audit(&self, owner: &str) -> Vec<Audit> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let request = ListAuditRequest { limit: 3, cursor };
            let page = self.org().list_audit(asking(owner, request)).await.unwrap().into_inner();
            all.extend(page.entries);
            cursor = page.next_cursor;
            if cursor.is_empty() {
                all.sort_by(|a, b| (a.at_us, &a.id).cmp(&(b.at_us, &b.id)));
                return all;
            }
        }
    }

    /// Puts an event onto the bus as another service would.
    pub async fn publish(&self, org: OrgId, event: Event) -> Record {
        let topic = event.topic;
        let made = event.envelop(org, &ticket_key(), &Entropy::new(self.clock.clone())).unwrap();
        let record = Record::new(made.partition_key, made.bytes, *made.event_id.uuid().as_bytes());
        self.bus.publish(topic, vec![record.clone()]).await.unwrap();
        record
    }

    /// What identity has said on the bus about an organization so far.
    pub async fn said(&self, org: OrgId) -> Vec<Received> {
        let records = self.bus.read_from(topic::ORGANIZATION, 0, 0, 10_000).await.unwrap();
        let read = |payload| Received::read(topic::ORGANIZATION, payload, &ticket_key()).unwrap();
        let all = records.iter().map(|delivered| read(&delivered.record.payload));
        all.filter(|event| event.scope().org() == org).collect()
    }

    /// SQL as the superuser, for looking from outside.
    pub fn look(&self, sql: &str) -> String {
        Postgres::shared().execute(&self.database, sql).unwrap().trim().to_owned()
    }
}

/// Asks again until it holds, for at most ten seconds.
pub async fn eventually<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    for _ in 0..200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {what}");
}
