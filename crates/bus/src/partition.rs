//! Which partition a key belongs to.

/// The partition of a key among `partitions` (at least one): murmur2 as Kafka's own clients use it, so that every
/// producer, of whatever make, puts a key where this one does.
#[must_use]
pub fn partition_of(key: &[u8], partitions: i32) -> i32 {
    let positive = murmur2(key) & 0x7fff_ffff;
    let count = u32::try_from(partitions.max(1)).unwrap_or(1);
    // The remainder is below an i32, so the conversion cannot fail.
    i32::try_from(positive % count).unwrap_or(0)
}

/// `org.apache.kafka.common.utils.Utils.murmur2`.
fn murmur2(data: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const MIX: u32 = 0x5bd1_e995;
    const ROTATE: u32 = 24;

    // Kafka's keys are shorter than 4 GiB; the length only seeds the hash.
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut hash = SEED ^ length;
    let (words, rest) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(MIX);
        k ^= k >> ROTATE;
        hash = hash.wrapping_mul(MIX) ^ k.wrapping_mul(MIX);
    }
    if !rest.is_empty() {
        for (place, &byte) in rest.iter().enumerate() {
            hash ^= u32::from(byte) << (8 * place);
        }
        hash = hash.wrapping_mul(MIX);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(MIX);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_kafkas_own_test() {
        // org.apache.kafka.common.utils.UtilsTest.testMurmur2
        let known: [(&[u8], i32); 6] = [
            (b"21", -973_932_308),
            (b"foobar", -790_332_482),
            (b"a-little-bit-long-string", -985_981_536),
            (b"a-little-bit-longer-string", -1_486_304_829),
            (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            (b"abc", 479_470_107),
        ];
        for (data, hash) in known {
            assert_eq!(murmur2(data).cast_signed(), hash, "{}", String::from_utf8_lossy(data));
        }
    }

    #[test]
    fn every_key_has_a_partition_that_exists() {
        for partitions in [1, 2, 3, 16, 1024] {
            for key in 0..1000_u32 {
                assert!((0..partitions).contains(&partition_of(&key.to_be_bytes(), partitions)));
            }
        }
    }
}
