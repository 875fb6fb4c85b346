//! A record as a Kafka message, and back.

use bytes::Bytes;
use rdkafka::Message;
use rdkafka::message::{Header, Headers, OwnedHeaders};
use rdkafka::producer::FutureRecord;

use crate::{Delivered, Record};

const EVENT_ID: &str = "event-id";
const TRACEPARENT: &str = "traceparent";

pub(super) fn encode<'a>(topic: &'a str, record: &'a Record) -> FutureRecord<'a, [u8], [u8]> {
    let mut headers = OwnedHeaders::new_with_capacity(2);
    if let Some(event_id) = &record.event_id {
        headers = headers.insert(Header { key: EVENT_ID, value: Some(event_id) });
    }
    if let Some(traceparent) = &record.traceparent {
        headers = headers.insert(Header { key: TRACEPARENT, value: Some(traceparent) });
    }
    FutureRecord::to(topic).key(&record.key[..]).payload(&record.payload[..]).headers(headers)
}

/// Headers that another program wrote in another form count as absent.
pub(super) fn decode(message: &impl Message) -> Delivered {
    let header = |name: &str| {
        let headers = message.headers()?;
        headers.iter().find(|header| header.key == name).and_then(|header| header.value)
    };
    let traceparent = header(TRACEPARENT).and_then(|bytes| std::str::from_utf8(bytes).ok());
    let record = Record {
        key: message.key().unwrap_or_default().to_vec(),
        payload: Bytes::copy_from_slice(message.payload().unwrap_or_default()),
        event_id: header(EVENT_ID).and_then(|bytes| bytes.try_into().ok()),
        traceparent: traceparent.map(str::to_owned),
    };
    Delivered { offset: message.offset(), record }
}
