//! The words of the wire as numbers of the database, closed lists on both sides.

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $number:literal $text:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($variant = $number),+ }

        impl $name {
            /// From the number of the event or the column; `None` for numbers this build does not know.
            #[must_use]
            pub const fn of(number: i32) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }

            /// The word on the wire.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    )+};
}

words! {
    /// What sort of thing a story is about.
    ThingKind {
        Conversation = 1 "conversation", Task = 2 "task", ChangeRequest = 3 "change_request", Commit = 4 "commit",
        Release = 5 "release", Deployment = 6 "deployment", Roadmap = 7 "roadmap", File = 8 "file", Event = 9 "event",
    }
    /// What kind of content an item is.
    ItemKind {
        Message = 1 "message", File = 2 "file", Task = 3 "task", Roadmap = 4 "roadmap", Change = 5 "change", Event = 6 "event",
    }
    /// What was done.
    Verb {
        Created = 1 "created", Edited = 2 "edited", Deleted = 3 "deleted", Closed = 4 "closed", Reopened = 5 "reopened",
        Completed = 6 "completed", Merged = 7 "merged", Assigned = 8 "assigned", Unassigned = 9 "unassigned",
        Approved = 10 "approved", ChangesRequested = 11 "changes_requested", Succeeded = 12 "succeeded",
        Failed = 13 "failed", Updated = 14 "updated", Moved = 15 "moved", Reacted = 16 "reacted",
    }
    /// Why somebody takes part in a story.
    Reason { Mentioned = 1 "mentioned", Assigned = 2 "assigned", Author = 3 "author", Participant = 4 "participant" }
    /// What a mute silences.
    MuteKind { Source = 1 "source", Story = 2 "story", Actor = 3 "actor" }
}

macro_rules! stored {
    ($($name:ident),+) => {$(
        impl $name {
            /// The number in the database.
            #[must_use]
            pub const fn number(self) -> i16 {
                self as i16
            }
        }
    )+};
}
stored!(ItemKind, Verb, MuteKind);

impl ItemKind {
    /// The public id of an item of this kind: messages, files and tasks have types of their own.
    #[must_use]
    pub fn public_id(self, item: uuid::Uuid) -> String {
        match self {
            Self::Message => ids::MessageId::from_uuid(item).to_string(),
            Self::File => ids::FileId::from_uuid(item).to_string(),
            Self::Task => ids::TaskId::from_uuid(item).to_string(),
            Self::Roadmap | Self::Change | Self::Event => ids::ItemId::from_uuid(item).to_string(),
        }
    }

    /// As the search language names it.
    #[must_use]
    pub fn of_query(kind: blind::Kind) -> Self {
        match kind {
            blind::Kind::Message => Self::Message,
            blind::Kind::File => Self::File,
            blind::Kind::Task => Self::Task,
            blind::Kind::Roadmap => Self::Roadmap,
            blind::Kind::Change => Self::Change,
            blind::Kind::Event => Self::Event,
        }
    }

    /// Whether an edit is worth telling by itself.
    #[must_use]
    pub const fn tells_edits(self) -> bool {
        matches!(self, Self::Task | Self::Change)
    }
}

impl MuteKind {
    /// From the word on the wire.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Source, Self::Story, Self::Actor].into_iter().find(|kind| kind.word() == word)
    }
}
