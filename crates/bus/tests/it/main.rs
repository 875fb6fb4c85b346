//! One contract, both implementations, real servers.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking and ends with what it spawned"
)]

mod contract;
mod death;
mod embedded;
mod ground;
mod kafka;

/// Makes a test of every promise of the contract on the ground given.
macro_rules! contract_on {
    ($ground:path) => {
        crate::contract_on!($ground:
            records_with_equal_keys_keep_their_order,
            what_was_published_comes_back_whole,
            several_topics_are_published_at_once,
            what_is_there_comes_without_waiting,
            a_publish_with_a_refused_record_leaves_nothing,
            a_record_of_one_mebibyte_travels,
            a_committed_batch_does_not_come_again,
            an_uncommitted_batch_goes_to_the_next_owner,
            a_retried_batch_comes_again,
            half_a_batch_can_be_committed,
            a_cancelled_wait_loses_nothing,
            an_arriving_record_wakes_a_waiting_consumer,
            two_consumers_share_and_hand_over,
            groups_do_not_disturb_each_other,
            lag_counts_what_is_not_committed,
            a_partition_can_be_read_without_a_group,
            a_topic_keeps_its_number_of_partitions,
            an_unknown_topic_is_an_error,
            a_killed_consumers_partitions_are_taken_over
        );
    };
    ($ground:path: $($promise:ident),+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                crate::contract::$promise($ground().await).await;
            }
        )+
    };
}
pub(crate) use contract_on;
