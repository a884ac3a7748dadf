//! The times in which states were on, in order: what a period has of them is found without looking at all of them.

use crate::engine::counter::KeyValue;
use crate::engine::objective::stretches::{Pieces, union};
use crate::engine::span::{Spans, Stretch};
use crate::time::Instant;
use hashbrown::HashMap;
use std::cell::OnceCell;

/// All of them, by the plan's spans and by group.
pub(in crate::engine) struct Downs(Vec<HashMap<Vec<KeyValue>, Stretches>>);

/// The stretches of a group.
pub(super) struct Stretches {
    /// In the order of their beginnings.
    all: Vec<Stretch>,
    /// The latest end of each and of all before it.
    reach: Vec<Instant>,
    united: OnceCell<Pieces>,
}

impl From<Spans> for Downs {
    fn from(spans: Spans) -> Downs {
        Downs(spans.into_groups().map(|groups| groups.map(|(group, all)| (group, all.into())).collect()).collect())
    }
}

impl From<Vec<Stretch>> for Stretches {
    fn from(mut all: Vec<Stretch>) -> Stretches {
        all.sort_by_key(|stretch| stretch.from);
        let mut latest = Instant::FIRST;
        let reach = all.iter().map(|stretch| {
            latest = latest.max(stretch.to);
            latest
        });
        Stretches { reach: reach.collect(), all, united: OnceCell::new() }
    }
}

impl Downs {
    /// Those of a group, if it has any.
    pub(super) fn of_group(&self, span: usize, group: &[KeyValue]) -> Option<&Stretches> {
        self.0[span].get(group)
    }

    /// The groups that have some in a period.
    pub(super) fn groups(&self, span: usize, from: Instant, to: Instant) -> impl Iterator<Item = &Vec<KeyValue>> {
        self.0[span].iter().filter(move |(_, all)| all.touching(from, to).next().is_some()).map(|(group, _)| group)
    }
}

impl Stretches {
    /// Those that have a part in a period.
    pub(super) fn touching(&self, from: Instant, to: Instant) -> impl Iterator<Item = &Stretch> {
        let first = self.reach.partition_point(|end| *end <= from);
        let behind = self.all.partition_point(|stretch| stretch.from < to);
        self.all[first.min(behind)..behind].iter().filter(move |stretch| from < stretch.to)
    }

    /// All of them, joined.
    pub(super) fn united(&self) -> &Pieces {
        self.united.get_or_init(|| union(self.all.iter().map(|stretch| (stretch.from, stretch.to)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Duration;

    #[test]
    fn a_period_has_what_begins_before_its_end_and_ends_behind_its_beginning() {
        let at = |seconds: i64| Instant::FIRST.plus(Duration::seconds(seconds));
        // Long ones and short ones in no order, some of which touch each other.
        let all: Vec<(i64, i64)> = (0..200).map(|n| (n * 37 % 101, n * 37 % 101 + 1 + n * n % 23)).chain([(3, 90), (50, 51)]).collect();
        let stretches = Stretches::from(Vec::from_iter(all.iter().map(|(from, to)| Stretch { from: at(*from), to: at(*to), excluded: 0 })));
        for (from, to) in (0..130).flat_map(|from| [(from, from + 1), (from, from + 7), (from, 130)]) {
            let mut found: Vec<_> = stretches.touching(at(from), at(to)).map(|s| (s.from, s.to)).collect();
            let mut wanted: Vec<_> = all.iter().filter(|s| s.0 < to && from < s.1).map(|s| (at(s.0), at(s.1))).collect();
            found.sort();
            wanted.sort();
            assert_eq!(found, wanted, "from {from} to {to}");
        }
    }
}
