//! Word lists, each written as one string and sorted at first use: a look-up is a binary search.

use std::sync::LazyLock;

fn words(list: &'static str) -> Vec<&'static str> {
    let mut words: Vec<&str> = list.split_ascii_whitespace().collect();
    words.sort_unstable();
    words
}

/// Whether `list` holds `word`.
pub(crate) fn has(list: &[&str], word: &str) -> bool {
    list.binary_search(&word).is_ok()
}

/// Whether `word` is a verb of doing, in the form of the imperative.
pub(crate) fn is_action(word: &str) -> bool {
    let again = || word.strip_prefix("re").is_some_and(|rest| has(&ACTIONS, rest.trim_start_matches('-')));
    has(&ACTIONS, word)
        || !matches!(word, "recall" | "remark" | "resort" | "represent" | "recount") && again()
}

/// The imperative of a third-person form: "prepares" gives "prepare".
pub(crate) fn from_third_person(word: &str) -> Option<&'static str> {
    let plain = word.strip_suffix('s')?;
    if let Some(found) = listed(plain) {
        return Some(found);
    }
    let short = word.strip_suffix("es").and_then(listed);
    short.or_else(|| {
        let stem = word.strip_suffix("ies")?;
        ACTIONS.iter().copied().find(|verb| verb.strip_suffix('y') == Some(stem))
    })
}

fn listed(word: &str) -> Option<&'static str> {
    ACTIONS.binary_search(&word).ok().map(|i| ACTIONS[i])
}

/// The imperative of a form in -ing: "sending" gives "send".
pub(crate) fn from_ing(word: &str) -> Option<&'static str> {
    let stem = word.strip_suffix("ing").filter(|s| s.len() >= 2)?;
    let doubled = stem.as_bytes().windows(2).next_back().is_some_and(|w| w[0] == w[1]);
    let single = if doubled { stem.get(..stem.len() - 1).and_then(listed) } else { None };
    let with_e = || {
        let at = ACTIONS.partition_point(|verb| *verb < stem);
        ACTIONS[at..].iter().copied().take(4).find(|verb| verb.strip_suffix('e') == Some(stem))
    };
    listed(stem).or(single).or_else(with_e)
}

/// Verbs of doing.
pub(crate) static ACTIONS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    words(
        "accept activate adapt add address adjust align announce answer apply approve archive arrange ask \
         assemble assign attach audit back back-up backport backup bake benchmark bill block book borrow \
         brief bring build bump buy calculate calibrate call cancel caption carry catalog catalogue change \
         charge chase check choose circulate clarify clean clear clip close coat collate collect combine \
         compare compile complete compost confirm connect consolidate contact convert cook coordinate copy \
         correct count cover create crop cut deactivate decide define delete deliver deploy deposit \
         describe design dig disable discuss distribute document double-check download draft draw drill \
         drive drop duplicate dust edit email empty enable ensure enter escalate estimate evaluate examine \
         exchange explain export extend extract feed fetch file fill finalise finalize find finish fix flag \
         fold follow follow-up format forward gather get give go grab grade grease groom hand handle hang \
         harvest help hire hold hook host implement import include inform inspect install instruct \
         introduce investigate invite invoice iron join jot keep knead label laminate launch lead leave \
         lend link list load lock log look mail make mark measure meet mend mention merge message migrate \
         mix mock mount move mow name negotiate nominate notify obtain oil open order organise organize \
         outline oversee pack paint park pass paste patch pay phone photograph pick pick-up pin ping plan \
         plant plaster plug point polish port post postpone pot prebook prepare prepay present print \
         process profile proofread propose provide prune publish pull pump push put query quote raise \
         re-import re-run reach read reassign rebase rebook rebuild recheck record recruit redo reduce \
         refactor refill refund register rehearse reinstall relabel release remake remind remove rename \
         render renew rent repair repeat replace reply report request rerun reschedule research resend \
         reserve reset reshelve resolve respond restart restock restore resubmit retest retouch return \
         revert review revise rework rewrite ring roll rotate run sand save scan schedule scrub seal sell \
         send separate serve set settle sew shape share shelve ship show shut sign silence simplify sketch \
         skip solder sort speak specify split squash stack stage staple start stitch stock stop store \
         submit summarise summarize supply swap sweep switch sync tag take talk teach tell test text throw \
         tick tidy time trace track train transcribe transfer translate transport trigger trim try tune \
         turn type unblock unlock unpack update upgrade upload use vacuum verify visit wait walk wash watch \
         water weed weigh whitelist wipe wire withdraw work wrap write",
    )
});

/// After "can you": a question about what somebody knows or perceives, no request.
pub(crate) static STATIVE: LazyLock<Vec<&str>> = LazyLock::new(|| {
    words(
        "access afford agree be believe even explain feel fit guess have hear hope imagine know like live \
         love mean not notice recall relate remember repro reproduce say see smell spot still suppose tell \
         think understand want",
    )
});

/// After "please": courtesy and boilerplate.
pub(crate) static COURTESY: LazyLock<Vec<&str>> = LazyLock::new(|| {
    words(
        "advise appreciate be bear click disregard do enjoy excuse feel find forgive hesitate ignore let \
         note pardon refer remember respect stay think understand",
    )
});

/// After "I will": talk, no undertaking.
pub(crate) static NO_PROMISE: LazyLock<Vec<&str>> = LazyLock::new(|| {
    words(
        "admit agree always assume be believe bet confess cry die forget guess hate have know like live \
         love mention miss need neither never not regret remember say see survive take-that tell think \
         understand wait want wonder",
    )
});

/// After "let us": talk, no plan.
pub(crate) static NO_PLAN: LazyLock<Vec<&str>> = LazyLock::new(|| {
    words(
        "agree assume be face forget go hear hope imagine know not pretend remember say see stay suppose \
         think wait",
    )
});

/// Past forms that do not end in -ed.
pub(crate) static PAST: LazyLock<Vec<&str>> = LazyLock::new(|| {
    words(
        "asked ate began bought brought came did drove fell felt flew forgot found gave got had heard held \
         kept knew left lost made met paid ran rang said sat saw sent showed sold spoke stood thought told \
         took was went were won wrote",
    )
});

/// Words that may stand between the head of a pattern and its verb.
pub(crate) static FILLERS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    words(
        "actually again all already also asap both definitely either gladly happily honestly just kindly later maybe now once \
         perhaps personally please possibly probably quick quickly really simply soon still then too",
    )
});

/// Words that say "finished" of a thing.
pub(crate) static FINISHED: LazyLock<Vec<&str>> = LazyLock::new(|| {
    words(
        "approved archived arranged booked bought built canceled cancelled cleaned closed collected complete completed \
         confirmed delivered deployed done filed finished fixed handed hung installed landed live mailed merged migrated online \
         ordered out over paid painted picked ported posted printed published ready recorded registered released removed \
         renewed rented repaired replaced reserved resolved rewritten sent settled shipped signed solved sorted submitted \
         tagged tested translated up updated uploaded wrapped written",
    )
});

/// Participles that do not end in -ed.
pub(crate) static PARTICIPLES: LazyLock<Vec<&str>> = LazyLock::new(|| {
    words(
        "bought brought built chosen cut drawn drew dug found got held hung lent made paid put rebuilt rewritten sent set sewn \
         sold swept taken written wrote",
    )
});

/// Words with which the object of a verb begins.
pub(crate) static OPENS_OBJECT: LazyLock<Vec<&str>> = LazyLock::new(|| {
    words(
        "a all an another any back both down each every everybody everyone everything five for four her him his in into it me \
         my off on one our out over six some that the their them these this those three to two up us whatever with your",
    )
});

/// Words that are no verb of doing where one could stand.
pub(crate) static FUNCTION: LazyLock<Vec<&str>> = LazyLock::new(|| {
    words(
        "a an and are as at by for from he how i if in is it me my never no not of ok on one or she so that the there they this \
         to was we what when why you",
    )
});

/// Words so common that they are themselves where others are only a sort of word.
pub(crate) static FREQUENT: LazyLock<Vec<&str>> = LazyLock::new(|| {
    words(
        "a about after again ago all already also always am an and another any anyone anything anyway are as \
         ask asked asap at away back be because been before behind both but by call came can cannot come \
         comes could date day days deadline dear did do does done down due each either else end every \
         everyone everything far few fine first for free friday from get gets give given go goes going gone \
         good got had hand happy has have he hello her here hey hi him his how i if in instead into is it its \
         just know last later least leave left let like likely long look made make makes man many may maybe \
         me mine monday more morning most much must my myself need needed needs never new next nice no nobody \
         none not nothing now of off ok okay old on once one ones only onto open or other our out over own \
         past perhaps please put quite rather ready really right said same saturday say says second see seems \
         send sent shall she should since so some somebody someone something soon sorry still sunday sure \
         take taken takes than thank thanks that the their them then there these they thing things think this \
         those though three through thursday till time to today together told tomorrow tonight too took \
         tuesday twice two under unless until up us use very wait waiting want wants was way we wednesday \
         week weeks well went were what when where whether which while who whole whom whose why will with \
         within without wonder would write yes yet you your yours",
    )
});

/// Words that may follow "by the 3rd"; a noun would make it the third of something.
pub(crate) static AFTER_A_DAY: LazyLock<Vec<&str>> = LazyLock::new(|| {
    words(
        "afternoon already and anyway are as at because but by can due evening for he i if in instead is it \
         latest morning my noon not now of only or our please sharp she since so thanks that the then they \
         this to too unless until we when will with works would you",
    )
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verb_forms_lead_back_to_the_imperative() {
        assert_eq!(from_third_person("prepares"), Some("prepare"));
        assert_eq!(from_third_person("fetches"), Some("fetch"));
        assert_eq!(from_third_person("copies"), Some("copy"));
        assert_eq!(from_third_person("glasses"), None);
        assert_eq!(from_ing("sending"), Some("send"));
        assert_eq!(from_ing("running"), Some("run"));
        assert_eq!(from_ing("preparing"), Some("prepare"));
        assert_eq!(from_ing("morning"), None);
    }
}
