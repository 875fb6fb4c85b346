//! A stand-in for the five services: this crate may not know them. It speaks real gRPC over a real socket and answers each
//! method as the test says; the journeys test the gateway with the real ones.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Body, extract::Request, response::Response};
use bytes::{Buf, Bytes};
use futures::{Stream, StreamExt, stream};
use http::HeaderMap;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use prost::Message;
use tokio::{net::TcpListener, sync::mpsc};
use tonic::{Status, transport::Channel};

type Messages = Pin<Box<dyn Stream<Item = Vec<u8>> + Send>>;
type Answer = Pin<Box<dyn Future<Output = Result<Messages, Status>> + Send>>;
type Method = Arc<dyn Fn(Vec<Bytes>, HeaderMap) -> Answer + Send + Sync>;

/// Answers by method name, as in `oz.task.v1.TaskService/GetTask`.
#[derive(Clone, Default)]
pub struct Fake {
    methods: Arc<Mutex<HashMap<String, Method>>>,
    calls: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

impl Fake {
    fn on(&self, method: &str, answer: Method) {
        self.methods.lock().unwrap().insert(format!("/{method}"), answer);
    }

    /// One message in, one out.
    pub fn unary<In, Out>(
        &self,
        method: &str,
        answer: impl Fn(In) -> Result<Out, Status> + Send + Sync + 'static,
    ) where
        In: Message + Default,
        Out: Message + 'static,
    {
        self.upload(method, move |mut messages: Vec<In>| answer(messages.pop().unwrap_or_default()));
    }

    /// Many messages in, one out.
    pub fn upload<In, Out>(
        &self,
        method: &str,
        answer: impl Fn(Vec<In>) -> Result<Out, Status> + Send + Sync + 'static,
    ) where
        In: Message + Default,
        Out: Message + 'static,
    {
        self.on(
            method,
            Arc::new(move |messages, _| {
                let messages = messages.into_iter().map(|bytes| In::decode(bytes).unwrap()).collect();
                let answer = answer(messages);
                Box::pin(async move {
                    let bytes = answer?.encode_to_vec();
                    Ok(stream::once(async { bytes }).boxed())
                })
            }),
        );
    }

    /// One message in; out comes what is put into the channel, until it is dropped.
    pub fn stream<In, Out>(
        &self,
        method: &str,
        answer: impl Fn(In) -> mpsc::Receiver<Out> + Send + Sync + 'static,
    ) where
        In: Message + Default,
        Out: Message + 'static,
    {
        self.on(
            method,
            Arc::new(move |mut messages, _| {
                let receiver = answer(In::decode(messages.pop().unwrap()).unwrap());
                let messages =
                    tokio_stream::wrappers::ReceiverStream::new(receiver).map(|m: Out| m.encode_to_vec());
                Box::pin(async move { Ok(messages.boxed()) })
            }),
        );
    }

    /// An answer that takes a while.
    pub fn slow<Out: Message + Clone + 'static>(&self, method: &str, wait: std::time::Duration, answer: Out) {
        self.on(
            method,
            Arc::new(move |_, _| {
                let bytes = answer.encode_to_vec();
                Box::pin(async move {
                    tokio::time::sleep(wait).await;
                    Ok(stream::once(async { bytes }).boxed())
                })
            }),
        );
    }

    /// How often a method was called.
    pub fn count(&self, method: &str) -> usize {
        let path = format!("/{method}");
        self.calls.lock().unwrap().iter().filter(|(called, _)| *called == path).count()
    }

    /// What came with the last call of a method.
    pub fn metadata(&self, method: &str) -> HeaderMap {
        let path = format!("/{method}");
        let calls = self.calls.lock().unwrap();
        calls.iter().rev().find(|(called, _)| *called == path).map(|(_, headers)| headers.clone()).unwrap()
    }

    /// Serves on loopback.
    pub async fn serve(&self) -> Channel {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let channel = rpc::channel(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let fake = self.clone();
        let app = Router::new().fallback(move |request: Request| async move { fake.answer(request).await });
        let mut supervisor = lifecycle::Supervisor::new();
        supervisor.spawn("fake", async move { axum::serve(listener, app).await });
        // Ends with the test's runtime.
        std::mem::forget(supervisor);
        channel
    }

    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().to_owned();
        self.calls.lock().unwrap().push((path.clone(), parts.headers.clone()));
        let method = self.methods.lock().unwrap().get(&path).cloned();
        let messages = frames(body.collect().await.map(|body| body.to_bytes()).unwrap_or_default());
        let outcome = match method {
            Some(method) => method(messages, parts.headers).await,
            None => Err(Status::unimplemented(path)),
        };
        match outcome {
            Err(status) => status.into_http::<Body>(),
            Ok(messages) => {
                let data = messages.map(|message| {
                    let mut frame = vec![0];
                    frame.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
                    frame.extend_from_slice(&message);
                    Ok::<_, std::convert::Infallible>(Frame::data(Bytes::from(frame)))
                });
                let trailers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), "0".parse().unwrap())]);
                let end = stream::once(async { Ok(Frame::trailers(trailers)) });
                let body = Body::new(StreamBody::new(data.chain(end)));
                Response::builder().header("content-type", "application/grpc").body(body).unwrap()
            }
        }
    }
}

fn frames(mut body: Bytes) -> Vec<Bytes> {
    let mut messages = Vec::new();
    while body.len() >= 5 {
        assert_eq!(body.get_u8(), 0, "not compressed");
        let length = body.get_u32() as usize;
        messages.push(body.split_to(length));
    }
    messages
}
