//! Every RPC of every service, listed from the descriptors: without a credential, with one that is worth nothing there, and by
//! people who name things that are not theirs to know.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use prost::Message;
use tonic::{Code, Request, Status, metadata::MetadataValue, transport::Channel};
use tonic_prost::ProstCodec;

use crate::{
    golden,
    house::{Caller, House},
    isolation::places::{ABSENT, OF_A_FEW, Places},
    scene::Scene,
    traces::{Traces, tail},
};

// As much of `google/protobuf/descriptor.proto` as is read here.
#[derive(Clone, PartialEq, Message)]
struct FileSet {
    #[prost(message, repeated, tag = "1")]
    file: Vec<File>,
}

#[derive(Clone, PartialEq, Message)]
struct File {
    #[prost(string, tag = "2")]
    package: String,
    #[prost(message, repeated, tag = "4")]
    messages: Vec<Shape>,
    #[prost(message, repeated, tag = "6")]
    services: Vec<Service>,
}

#[derive(Clone, PartialEq, Message)]
struct Shape {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    fields: Vec<Field>,
}

#[derive(Clone, PartialEq, Message)]
struct Field {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(int32, tag = "3")]
    number: i32,
    #[prost(int32, tag = "5")]
    kind: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Service {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    methods: Vec<Method>,
}

#[derive(Clone, PartialEq, Message)]
struct Method {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    input: String,
    #[prost(bool, tag = "6")]
    streams: bool,
}

/// Bytes as they are.
#[derive(Debug, Default, Clone)]
struct Raw(Vec<u8>);

impl Message for Raw {
    fn encode_raw(&self, out: &mut impl prost::bytes::BufMut) {
        out.put_slice(&self.0);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire: prost::encoding::WireType,
        input: &mut impl prost::bytes::Buf,
        context: prost::encoding::DecodeContext,
    ) -> Result<(), prost::DecodeError> {
        // Only what could be read matters: values of text and of messages.
        if wire == prost::encoding::WireType::LengthDelimited {
            let mut value = Vec::<u8>::new();
            prost::encoding::bytes::merge(wire, &mut value, input, context)?;
            self.0.extend_from_slice(&value);
            return Ok(());
        }
        prost::encoding::skip_field(wire, tag, input, context)
    }

    fn encoded_len(&self) -> usize {
        self.0.len()
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

/// An RPC of a service.
struct Rpc {
    callee: String,
    path: String,
    fields: Vec<Field>,
    streams: bool,
}

fn all() -> Vec<Rpc> {
    let set = FileSet::decode(proto::DESCRIPTORS).unwrap();
    let shape = |name: &str| {
        let found = set.file.iter().find_map(|file| {
            let of = format!(".{}.", file.package);
            file.messages.iter().find(|shape| format!("{of}{}", shape.name) == name)
        });
        found.map(|shape| shape.fields.clone()).unwrap_or_default()
    };
    let mut rpcs = Vec::new();
    for file in &set.file {
        for service in &file.services {
            for method in &service.methods {
                rpcs.push(Rpc {
                    callee: file.package.split('.').nth(1).unwrap().to_owned(),
                    path: format!("/{}.{}/{}", file.package, service.name, method.name),
                    fields: shape(&method.input),
                    streams: method.streams,
                });
            }
        }
    }
    rpcs.sort_by(|one, other| one.path.cmp(&other.path));
    rpcs
}

async fn call(channel: Channel, rpc: &Rpc, authorization: Option<&str>, message: Raw) -> (Code, Vec<u8>) {
    let mut grpc = tonic::client::Grpc::new(channel);
    grpc.ready().await.unwrap();
    let path = rpc.path.parse().unwrap();
    let codec: ProstCodec<Raw, Raw> = ProstCodec::default();
    let mut request = Request::new(tokio_stream::iter([message]));
    if let Some(text) = authorization {
        request.metadata_mut().insert("authorization", MetadataValue::try_from(text).unwrap());
    }
    // Of a stream without end, what it says at first.
    let patience = Duration::from_millis(if rpc.streams { 600 } else { 60_000 });
    let answer = grpc.streaming(request, path, codec).await;
    let read = async {
        let mut stream = answer?.into_inner();
        let mut body = Vec::new();
        while let Ok(message) = tokio::time::timeout(patience, stream.message()).await {
            let Some(Raw(bytes)) = message? else { break };
            body.extend(bytes);
        }
        Ok::<_, Status>(body)
    };
    match read.await {
        Ok(body) => (Code::Ok, body),
        Err(status) => (status.code(), status.message().as_bytes().to_vec()),
    }
}

/// A message whose texts called `…id` all name one thing, in words that the service understands.
fn naming(fields: &[Field], id: &str) -> Raw {
    const TEXT: i32 = 9;
    let mut bytes = Vec::new();
    for field in fields.iter().filter(|field| field.kind == TEXT) {
        // Accounts have no prefix.
        let kind = id.split_once('_').map_or("", |(kind, _)| kind);
        let text = match field.name.as_str() {
            name if name == "id" || name.ends_with("_id") || name.ends_with("_ids") => id.to_owned(),
            "scope" | "visibility" if kind == "team" => format!("team:{id}"),
            "scope" => "org".to_owned(),
            "kind" if kind == "src" => "source".to_owned(),
            "kind" => "story".to_owned(),
            "metric" => "messages".to_owned(),
            "name" | "title" | "q" => "report".to_owned(),
            _ => continue,
        };
        prost::encoding::string::encode(u32::try_from(field.number).unwrap(), &text, &mut bytes);
    }
    Raw(bytes)
}

/// A member of some organization, what they must not read, and ids that are not theirs to know.
struct Asker<'a> {
    name: &'static str,
    token: &'a str,
    words: Traces,
    ids: Vec<String>,
}

#[test]
fn every_rpc_refuses_strangers_and_tells_nobody_what_is_not_theirs() {
    let house: &House = &House::shared();
    let scene = Scene::set(house);
    let tails = |words: Vec<&str>| Traces::of(&words.into_iter().map(tail).collect::<Vec<_>>());
    let all: Vec<String> = Places::of(&scene).ids().map(str::to_owned).collect();
    let hidden = Places::hidden(&scene);
    let few: Vec<String> = OF_A_FEW.iter().map(|place| hidden.get(place).to_owned()).collect();
    let of_members = [scene.words.of_members(), scene.words.of_a_few()].concat();
    let asker = |name, caller: &'_ Caller<'_>, words, ids: &[String]| {
        (name, caller.token.clone().unwrap(), tails(words), ids.to_vec())
    };
    let askers = [
        asker("rival", &scene.rival, scene.words.all(), &[all.clone(), few.clone()].concat()),
        asker("guest", &scene.guest, of_members, &few),
        asker("member", &scene.outsider, scene.words.of_a_few(), &few),
    ];
    let askers: Vec<Asker<'_>> = askers
        .iter()
        .map(|(name, token, words, ids)| Asker { name, token, words: words.clone(), ids: ids.clone() })
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (rows, wrong) = runtime.block_on(visit(house, &askers));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    golden::holds("rpcs.txt", &rows);
}

/// The services' addresses, and a credential of the gateway's.
struct Inside {
    addrs: toml::Table,
    secret: String,
}

impl Inside {
    fn of(house: &House) -> Self {
        let configuration = house.configuration();
        let secret = configuration["secrets"]["service"]["gateway"].as_str().unwrap().to_owned();
        Self { addrs: configuration["rpc"]["listen"].as_table().unwrap().clone(), secret }
    }

    fn channel(&self, service: &str) -> Channel {
        Channel::from_shared(format!("http://{}", self.addrs[service].as_str().unwrap()))
            .unwrap()
            .connect_lazy()
    }

    /// A member's own caller tokens, by callee, as the gateway gets them.
    async fn caller_tokens(&self, api_token: &str) -> BTreeMap<String, String> {
        use proto::identity::v1::{ExchangeRequest, sign_in_service_client::SignInServiceClient};
        let mut request =
            Request::new(ExchangeRequest { api_token: api_token.to_owned(), ..ExchangeRequest::default() });
        let credential = format!("Service gateway {}", self.secret);
        request.metadata_mut().insert("authorization", MetadataValue::try_from(credential).unwrap());
        let answer = SignInServiceClient::new(self.channel("identity")).exchange(request).await;
        answer.unwrap().into_inner().tokens.into_iter().collect()
    }
}

async fn visit(house: &House, askers: &[Asker<'_>]) -> (Vec<String>, Vec<String>) {
    let inside = Inside::of(house);
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    for rpc in all() {
        let mut row = rpc.path.clone();
        for asker in askers {
            let tokens = inside.caller_tokens(asker.token).await;
            wrong.extend(strangers(&inside, &rpc, asker.token, &tokens).await);
            let token = tokens.get(&rpc.callee).unwrap_or_else(|| panic!("no token for {}", rpc.callee));
            let codes = ask(&inside, &rpc, asker, &format!("Bearer {token}"), &mut wrong).await;
            row.push_str(&format!(" {}={}", asker.name, codes.into_iter().collect::<Vec<_>>().join("|")));
        }
        rows.push(row);
    }
    (rows, wrong)
}

/// Who has no credential, or one that is not for this service.
async fn strangers(
    inside: &Inside,
    rpc: &Rpc,
    api_token: &str,
    tokens: &BTreeMap<String, String>,
) -> Vec<String> {
    let of_another = tokens.iter().find(|(callee, _)| **callee != rpc.callee).unwrap().1;
    let mut wrong = Vec::new();
    for (name, credential) in [
        ("nobody", None),
        ("an API token", Some(format!("Bearer {api_token}"))),
        ("a token for another service", Some(format!("Bearer {of_another}"))),
        ("a wrong secret", Some("Service gateway wrong".to_owned())),
    ] {
        let (code, _) = call(inside.channel(&rpc.callee), rpc, credential.as_deref(), Raw::default()).await;
        if code != Code::Unauthenticated {
            wrong.push(format!("{} answers {name} with {code:?}", rpc.path));
        }
    }
    wrong
}

/// Asks about each id, and about one that was never anybody's: the answers must be the same, to the byte.
async fn ask(
    inside: &Inside,
    rpc: &Rpc,
    asker: &Asker<'_>,
    bearer: &str,
    wrong: &mut Vec<String>,
) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for id in &asker.ids {
        let message = naming(&rpc.fields, id);
        // Where no id is asked for, a made thing has an id of its own.
        let names = message.0.windows(id.len()).any(|part| part == id.as_bytes());
        let answer = call(inside.channel(&rpc.callee), rpc, Some(bearer), message).await;
        let told = asker.words.in_bytes(&answer.1);
        if !told.is_empty() {
            wrong.push(format!("{} tells the {} {told:?}", rpc.path, asker.name));
        }
        codes.insert(format!("{:?}", answer.0));
        if !names {
            break;
        }
        let kind = id.split('_').next().unwrap();
        let never = naming(&rpc.fields, &format!("{kind}_{ABSENT}"));
        let of_absent = call(inside.channel(&rpc.callee), rpc, Some(bearer), never).await;
        if answer != of_absent {
            wrong.push(format!(
                "{} tells the {} a foreign {kind} from an absent one: {answer:?} {of_absent:?}",
                rpc.path, asker.name
            ));
        }
    }
    codes
}
