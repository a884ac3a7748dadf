//! How instants and lengths are kept in binary: as whole seconds where they are, which takes half the room. In text they are
//! microseconds.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

const SECOND: i64 = 1_000_000;

/// Whole seconds are even numbers, microseconds odd ones.
pub(super) fn serialize<S: Serializer>(us: &i64, to: S) -> Result<S::Ok, S::Error> {
    if to.is_human_readable() {
        return to.serialize_i64(*us);
    }
    to.serialize_i128(if us % SECOND == 0 { i128::from(us / SECOND) << 1 } else { i128::from(*us) << 1 | 1 })
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    if from.is_human_readable() {
        return i64::deserialize(from);
    }
    let n = i128::deserialize(from)?;
    let number = i64::try_from(n >> 1).ok();
    let us = if n & 1 == 0 { number.and_then(|seconds| seconds.checked_mul(SECOND)) } else { number };
    us.ok_or_else(|| D::Error::custom("no time is so far away"))
}

#[cfg(test)]
mod tests {
    use crate::time::{Duration, Instant};

    #[test]
    fn every_time_comes_back_and_whole_seconds_are_short() {
        for us in [0, 1, -1, 1_000_000, -2_500_000, 1_767_225_600_000_000, 1_767_225_600_000_001, i64::MIN, i64::MAX] {
            let (instant, length) = (Instant::from_micros(us), Duration::micros(us));
            let packed = postcard::to_stdvec(&(instant, length)).unwrap();
            assert_eq!(postcard::from_bytes::<(Instant, Duration)>(&packed).unwrap(), (instant, length));
            assert_eq!(serde_json::to_string(&(instant, length)).unwrap(), format!("[{us},{us}]"));
        }
        // 1,767,225,600 seconds, doubled and doubled again for the sign: 33 bits, seven a byte.
        assert_eq!(postcard::to_stdvec(&Instant::from_micros(1_767_225_600_000_000)).unwrap().len(), 5);
        assert_eq!(postcard::to_stdvec(&Duration::seconds(3_600)).unwrap().len(), 2);
    }
}
