//! The variants of a kind of case, as process mining calls them: cases of one variant had the same events in the same order. What that
//! comes to, but for when it was, is found out once for each.

use crate::engine::deferral::usual::Usual;
use crate::engine::deferral::{Deed, Deferral, Deferred, MOST};
use crate::engine::live::End;
use crate::engine::sink::Sink;
use crate::engine::truth::place_of;
use crate::id::{ClassId, Id, TierId};
use hashbrown::HashMap;
use smallvec::SmallVec;
use std::cell::OnceCell;

/// Those that were seen, numbered.
pub(in crate::engine) struct Variants {
    /// How many steps each has: one for each class of events, and that of a row which only changes fields.
    width: usize,
    all: Vec<Variant>,
    /// Those of one behind those of another.
    steps: Vec<Step>,
    /// Those with which cases go on when all before was told.
    roots: HashMap<Root, u32>,
}

/// What is left of a case of which all rows were told, by bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Root {
    /// The promises that have started once.
    pub(super) started: u32,
    /// The states that are on.
    pub(super) states: u32,
    /// The stages that were reached.
    pub(super) staged: u32,
}

/// What cases of a variant have in common: which promises its rows started and ended, and when clocks stood still, by the rows' places.
#[derive(Default)]
pub(super) struct Variant {
    rows: u8,
    /// What would be left of it.
    pub(super) root: Root,
    /// Some state was on.
    pub(super) moved: bool,
    /// The stages that its rows have reached, each with the row.
    pub(super) reached: SmallVec<[(u8, u8); 2]>,
    pub(super) open: SmallVec<[Instance; 2]>,
    /// In the order of their ends.
    pub(super) ended: SmallVec<[Instance; 2]>,
    /// What is usual of these, by tiers, as far as it was asked for.
    usual: Vec<OnceCell<Option<Box<[Usual]>>>>,
}

/// An instance of a promise.
#[derive(Clone)]
pub(super) struct Instance {
    pub(super) promise: u8,
    /// The rows that started and ended it, and how.
    pub(super) start: u8,
    pub(super) end: u8,
    pub(super) how: End,
    /// From which row to which its clock ran; the last time to its end, unless it stood still then.
    pub(super) runs: SmallVec<[(u8, u8); 1]>,
    /// Whether its clock runs.
    pub(super) running: bool,
}

/// What an event makes of a case of a variant, in few bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Step(u32);

impl Step {
    const UNASKED: Step = Step(u32::MAX);
    /// More than is known here.
    const UNFORESEEN: Step = Step(u32::MAX - 1);

    fn new(to: u32, starts: Starts, is_over: bool) -> Step {
        Step(to << 3 | u32::from(starts.anew) << 2 | u32::from(starts.none) << 1 | u32::from(is_over))
    }

    /// It goes on as one of this variant: the same where the event does nothing to it.
    #[inline]
    pub(super) fn to(self) -> u32 {
        self.0 >> 3
    }

    /// Something starts that has ended before: only at a later instant, else more happens than is known here.
    #[inline]
    pub(super) fn starts_anew(self) -> bool {
        self.0 & 4 != 0
    }

    /// Something does not start that is open: if it is.
    #[inline]
    pub(super) fn starts_none(self) -> bool {
        self.0 & 2 != 0
    }

    /// No instance is open or may be reopened, and no other can start unless the kind of case may start some again.
    #[inline]
    pub(super) fn is_over(self) -> bool {
        self.0 & 1 != 0
    }
}

/// What an event that may start something does to what was started before.
#[derive(Clone, Copy, Default)]
struct Starts {
    /// It starts what has ended.
    anew: bool,
    /// It does not start what is open.
    none: bool,
}

/// So many are looked at. Most kinds of case have far fewer; what goes on as yet another is judged row after row.
const LIMIT: usize = 1024;
/// Of so many tiers each variant remembers what is usual.
const TIERS: usize = 256;

impl Variants {
    /// With this variant each case begins: it has no rows.
    pub(super) const NEW: u32 = 0;

    /// None but that so far, of a kind of case of a vocabulary of so many classes of events.
    pub(in crate::engine) fn new(classes: usize) -> Variants {
        let width = classes + 1;
        let roots = HashMap::from_iter([(Root::default(), Variants::NEW)]);
        Variants { width, all: vec![Variant::default()], steps: vec![Step::UNASKED; width], roots }
    }

    #[inline]
    pub(super) fn get(&self, number: u32) -> &Variant {
        &self.all[number as usize]
    }

    /// The variant of a case of which this is left, and of which no row is kept.
    pub(super) fn root(&mut self, root: Root) -> u32 {
        match self.roots.get(&root) {
            Some(number) => *number,
            None => {
                let number = self.add(Variant { root, moved: root.states != 0, ..Variant::default() });
                self.roots.insert(root, number);
                number
            }
        }
    }

    fn add(&mut self, variant: Variant) -> u32 {
        self.all.push(variant);
        self.steps.resize(self.all.len() * self.width, Step::UNASKED);
        self.all.len() as u32 - 1
    }

    /// The variant of a case that was put aside, if there are not too many.
    #[cold]
    pub(super) fn find(&mut self, deferral: &Deferral, case: &Deferred) -> Option<u32> {
        let root = self.root(case.root());
        case.kept().iter().try_fold(root, |at, row| match self.step(deferral, at, Some(row.class()))?.to() {
            // It was kept for it changed fields.
            to if to == at => Some(self.step(deferral, at, None)?.to()),
            to => Some(to),
        })
    }

    /// What is usual of the cases of a variant that are in a tier, if that is one of the first.
    #[inline]
    pub(super) fn usual(&mut self, deferral: &Deferral, number: u32, tier: Option<TierId>, sink: &Sink) -> Option<&[Usual]> {
        let (variant, place) = (&mut self.all[number as usize], place_of(tier));
        if variant.usual.len() <= place && place < TIERS {
            variant.usual.resize_with(place + 1, OnceCell::new);
        }
        let variant = &*variant;
        variant.usual.get(place)?.get_or_init(|| deferral.usual(variant, tier, sink)).as_deref()
    }

    /// What an event makes of a case of a variant, or a row that does nothing but change fields, if that is known.
    #[inline]
    pub(super) fn step(&mut self, deferral: &Deferral, from: u32, class: Option<ClassId>) -> Option<Step> {
        let at = from as usize * self.width + class.map_or(self.width - 1, |class| class.index());
        let mut step = self.steps[at];
        if step == Step::UNASKED {
            step = self.explore(deferral, from, class);
            self.steps[at] = step;
        }
        (step != Step::UNFORESEEN).then_some(step)
    }

    #[cold]
    fn explore(&mut self, deferral: &Deferral, from: u32, class: Option<ClassId>) -> Step {
        let before = &self.all[from as usize];
        match before.after(deferral, class) {
            Some((after, starts)) if after.rows == before.rows => Step::new(from, starts, before.is_over(deferral)),
            Some((after, starts)) if usize::from(after.rows) <= MOST && self.all.len() < LIMIT => {
                let is_over = after.is_over(deferral);
                Step::new(self.add(after), starts, is_over)
            }
            Some(_) | None => Step::UNFORESEEN,
        }
    }
}

impl Variant {
    /// The same with another row, which is kept if it does anything, and what it does to what was started before.
    fn after(&self, deferral: &Deferral, class: Option<ClassId>) -> Option<(Variant, Starts)> {
        let (nothing, row) = (Deed::default(), self.rows);
        let deed = class.map_or(Some(&nothing), |class| deferral.deed(class))?;
        if self.revocable(deferral) & deed.reopens != 0 {
            return None;
        }
        let Root { states: before, started, staged } = self.root;
        let (states, reaches) = (deed.states_after(before), deed.reaches & !staged);
        let mut after = Variant {
            rows: self.rows,
            root: Root { states, started, staged: staged | reaches },
            moved: self.moved || states != 0,
            reached: self.reached.clone(),
            ended: self.ended.clone(),
            ..Variant::default()
        };
        after.reached.extend((0..u32::BITS as u8).filter(|stage| reaches & 1 << stage != 0).map(|stage| (stage, row)));
        for instance in &self.open {
            let (mut instance, promise) = (instance.clone(), &deferral.promises[usize::from(instance.promise)]);
            instance.turn(row, states & promise.pauses == 0);
            match deed.ends(promise.bit) {
                Some(how) => after.ended.push(instance.ended(row, how)),
                None => after.open.push(instance),
            }
        }
        let mut starts = Starts::default();
        for (promise, nth) in deferral.promises.iter().zip(0..).filter(|(promise, _)| deed.starts & promise.bit != 0) {
            let is_it = |instance: &Instance| instance.promise == nth;
            if promise.once && started & promise.bit != 0 {
                continue;
            }
            after.root.started |= if promise.once { promise.bit } else { 0 };
            match self.open.iter().any(is_it) {
                // It ends and starts again with one row.
                true if !after.open.iter().any(is_it) => return None,
                true => starts.none = true,
                false => after.open.push(Instance::begun(nth, row, states & promise.pauses == 0)),
            }
            starts.anew |= self.ended.iter().any(is_it);
        }
        let does_nothing = (after.root, after.open.len(), after.ended.len()) == (self.root, self.open.len(), self.ended.len());
        after.rows += u8::from(!does_nothing || class.is_none());
        Some((after, starts))
    }

    fn is_over(&self, deferral: &Deferral) -> bool {
        self.open.is_empty() && self.revocable(deferral) == 0 && (!deferral.forgets || self.root.started == deferral.all)
    }

    /// The promises, by bits, of which an instance was stopped that may be reopened.
    fn revocable(&self, deferral: &Deferral) -> u32 {
        let stopped = self.ended.iter().filter(|instance| instance.how == End::Stop);
        let promises = stopped.map(|instance| &deferral.promises[usize::from(instance.promise)]);
        promises.filter(|promise| promise.reopens).fold(0, |bits, promise| bits | promise.bit)
    }
}

impl Instance {
    fn begun(promise: u8, row: u8, running: bool) -> Instance {
        let mut instance = Instance { promise, start: row, end: row, how: End::Stop, runs: SmallVec::new(), running: false };
        instance.turn(row, running);
        instance
    }

    /// Its clock runs from a row on, or does not.
    fn turn(&mut self, row: u8, running: bool) {
        match (std::mem::replace(&mut self.running, running), self.runs.last_mut()) {
            (false, _) if running => self.runs.push((row, row)),
            (true, Some(run)) if !running => run.1 = row,
            _ => {}
        }
    }

    /// Whether its clock ran from its start to its end.
    pub(super) fn never_stood_still(&self) -> bool {
        self.running && self.runs.as_slice() == [(self.start, self.end)]
    }

    fn ended(mut self, row: u8, how: End) -> Instance {
        if let Some(run) = self.runs.last_mut().filter(|_| self.running) {
            run.1 = row;
        }
        Instance { end: row, how, ..self }
    }
}
