use proptest::prelude::*;

use super::{git, mbox, slack_export, split};
use crate::imports::{ImportKind, read_record};

const KINDS: [ImportKind; 3] = [ImportKind::Git, ImportKind::Mbox, ImportKind::SlackExport];

fn archive(kind: ImportKind) -> Vec<u8> {
    match kind {
        ImportKind::Git => {
            let log =
                [git::sample(&"a".repeat(40), b"one\n\nbody"), git::sample(&"b".repeat(40), b"two")].concat();
            [log, b"\nM\0oz-git-log-1\0A\0b\0".to_vec(), git::sample(&"c".repeat(40), b"three")].concat()
        }
        ImportKind::Mbox => mbox::MAILBOX.as_bytes().to_vec(),
        ImportKind::SlackExport => slack_export::export(),
    }
}

/// Beginnings that lead hostile bytes past the first check of each parser.
fn opened(kind: ImportKind, bytes: &[u8]) -> Vec<u8> {
    let opening: &[u8] = match kind {
        ImportKind::Git => b"oz-git-log-1\0",
        ImportKind::Mbox => b"From a@b.c Tue Nov 14 22:13:20 2023\nContent-Type: ",
        ImportKind::SlackExport => b"PK\x03\x04",
    };
    [opening, bytes].concat()
}

proptest! {
    #[test]
    fn chunks_never_change_the_result(chunk in 1_usize..4000) {
        for kind in KINDS {
            let archive = archive(kind);
            prop_assert_eq!(split(kind, &archive, chunk), split(kind, &archive, usize::MAX));
        }
    }

    #[test]
    fn damaged_archives_split_alike_in_any_chunks(chunk in 1_usize..200, at in any::<prop::sample::Index>(), byte: u8, end in any::<prop::sample::Index>()) {
        for kind in [ImportKind::Git, ImportKind::Mbox] {
            let mut archive = archive(kind);
            let place = at.index(archive.len());
            archive[place] = byte;
            archive.truncate(end.index(archive.len()) + 1);
            prop_assert_eq!(split(kind, &archive, chunk), split(kind, &archive, usize::MAX));
        }
    }

    #[test]
    fn a_repeated_import_has_the_same_keys(first in 1_usize..4000, second in 1_usize..4000) {
        for kind in KINDS {
            let keys = |chunk| split(kind, &archive(kind), chunk).map(|(records, _)| records.into_iter().map(|record| record.key).collect::<Vec<_>>());
            let keys = (keys(first), keys(second));
            prop_assert_eq!(&keys.0, &keys.1);
            prop_assert!(keys.0.is_ok_and(|keys| keys.len() >= 3 && keys.iter().all(|key| key.len() <= 512)));
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), chunk in 1_usize..100) {
        for kind in KINDS {
            let _refused = read_record(kind, "s", &bytes);
            for archive in [bytes.clone(), opened(kind, &bytes)] {
                let _refused = read_record(kind, "s", &archive);
                for record in split(kind, &archive, chunk).map(|(records, _)| records).unwrap_or_default() {
                    let _refused = read_record(kind, &record.source, &record.body);
                }
            }
        }
    }

    #[test]
    fn damaged_records_never_panic(at in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 1..6)) {
        for kind in KINDS {
            let mut archive = archive(kind);
            let place = at.index(archive.len());
            archive.splice(place..place, bytes.iter().copied());
            for record in split(kind, &archive, 512).map(|(records, _)| records).unwrap_or_default() {
                let _refused = read_record(kind, &record.source, &record.body);
            }
        }
    }

    #[test]
    fn any_text_can_be_cut(text in "([>\\-_ \nOFrom:wte]|On |wrote:|é){0,80}", html in "(<|>|/|div|blockquote|&|;|#|x|!--|-->| |é){0,60}") {
        let mail = format!("From a@b.c Tue Nov 14 22:13:20 2023\nFrom: a@b.c\nContent-Type: text/plain\n\n{text}");
        prop_assert!(read_record(ImportKind::Mbox, "s", mail.as_bytes()).is_ok());
        let mail = format!("From a@b.c Tue Nov 14 22:13:20 2023\nFrom: a@b.c\nContent-Type: text/html\n\n{html}");
        prop_assert!(read_record(ImportKind::Mbox, "s", mail.as_bytes()).is_ok());
    }
}
