//! The registry of codes: each finding's stable name, how much it matters, and the group in which it can be allowed.

use crate::diagnostic::Severity;
use std::fmt;

/// What a code is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// How the text is read.
    Syntax,
    /// Names and types.
    Names,
    /// Calendars and clocks.
    Time,
    /// Tiers and conditions.
    Tiers,
    /// Objectives.
    Objectives,
    /// Agreements, their versions and levels.
    Agreements,
    /// Sources and tests.
    Sources,
    /// What an agreement should have.
    Elements,
    /// Limits of the tool.
    Limits,
    /// What a log says about a spec.
    Log,
}

impl Group {
    /// All groups.
    pub const ALL: &[Group] = &[
        Group::Syntax,
        Group::Names,
        Group::Time,
        Group::Tiers,
        Group::Objectives,
        Group::Agreements,
        Group::Sources,
        Group::Elements,
        Group::Limits,
        Group::Log,
    ];

    /// The name.
    pub fn text(self) -> &'static str {
        match self {
            Group::Syntax => "syntax",
            Group::Names => "names",
            Group::Time => "time",
            Group::Tiers => "tiers",
            Group::Objectives => "objectives",
            Group::Agreements => "agreements",
            Group::Sources => "sources",
            Group::Elements => "elements",
            Group::Limits => "limits",
            Group::Log => "log",
        }
    }
}

macro_rules! codes {
    ($($group:ident $severity:ident { $($name:ident $text:literal $about:literal,)* })*) => {
        /// The stable name of a kind of finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $about] $name,)*)*
        }

        impl Code {
            /// All codes, in the registry's order.
            pub const ALL: &[Code] = &[$($(Code::$name,)*)*];

            /// The name, in kebab case.
            pub fn text(self) -> &'static str {
                match self { $($(Code::$name => $text,)*)* }
            }

            /// What it means, in a sentence.
            pub fn about(self) -> &'static str {
                match self { $($(Code::$name => $about,)*)* }
            }

            /// Its page, in Markdown: what it means, why it matters, a wrong example and the right one.
            pub fn page(self) -> &'static str {
                match self { $($(Code::$name => include_str!(concat!("../../docs/codes/", $text, ".md")),)*)* }
            }

            /// How much it matters unless told otherwise.
            pub fn severity(self) -> Severity {
                match self { $($(Code::$name => Severity::$severity,)*)* }
            }

            /// The group that it belongs to.
            pub fn group(self) -> Group {
                match self { $($(Code::$name => Group::$group,)*)* }
            }
        }
    };
}

codes! {
    Syntax Error {
        Syntax "syntax" "a clause does not read as the language says",
        UnknownClause "unknown-clause" "a word begins no clause of its block",
        UnclosedBrace "unclosed-brace" "a block is never closed",
        StrayBrace "stray-brace" "a brace closes nothing",
        UnclosedText "unclosed-text" "a text has no closing quote",
        CurlyQuotes "curly-quotes" "a text stands in typographic quotes",
        OddSpace "odd-space" "a no-break space stands where a space should",
        DoubledEquals "doubled-equals" "`==` is written for `=`",
        CapitalWord "capital-word" "`and`, `or` or `not` is written in capitals or signs",
        SpacedUnit "spaced-unit" "a unit stands apart from its number, or is spelled out",
        BareDay "bare-day" "`1d` or `1 day` could mean three things",
        ChainedComparison "chained-comparison" "a comparison is chained",
        BadLiteral "bad-literal" "a number, date or time does not exist",
    }
    Names Error {
        UnknownName "unknown-name" "a name is not declared",
        DuplicateName "duplicate-name" "a name is declared twice",
        WrongKind "wrong-kind" "a name is of another kind than its place needs",
        TypeMismatch "type-mismatch" "two things of unlike types are compared or combined",
        UnknownType "unknown-type" "a field has a type that does not exist",
        UnknownMember "unknown-member" "a word is not a member of its enumeration",
        NotACondition "not-a-condition" "a condition is needed and a value is written",
        WrongCase "wrong-case" "a name belongs to another kind of case",
        DuplicateClause "duplicate-clause" "a clause may stand only once",
        MissingClause "missing-clause" "a clause is needed and not there",
        ImportFailed "import-failed" "an import cannot be followed",
        UnknownFunction "unknown-function" "a function does not exist",
        BadArgument "bad-argument" "a function is given something that it does not take",
        OtherCurrency "other-currency" "amounts of two currencies meet",
        DivisionByZero "division-by-zero" "a fixed value divides by zero",
        FactFile "fact-file" "a table beside the spec cannot be read, or has no row that is needed",
        CircularLet "circular-let" "named values depend on each other in a circle",
        CircularState "circular-state" "states depend on each other in a circle",
        AssertFails "assert-fails" "an assertion does not hold for the declared values",
    }
    Time Error {
        UnknownZone "unknown-zone" "a time zone is not in the database",
        OverlappingHours "overlapping-hours" "two rules of the same rank give hours for the same day",
        EmptyHours "empty-hours" "a window has no length",
        HolidayFile "holiday-file" "a list of holidays beside the spec cannot be read",
        NeverOpen "never-open" "a calendar is never open",
        MissingClock "missing-clock" "an obligation with a target has no calendar to count on",
        NoDays "no-days" "working days are counted on a calendar that has none of its own",
        EmptyTarget "empty-target" "a target has no length",
        BackwardRange "backward-range" "a range ends before it begins",
        CalendarEnds "calendar-ends" "no start of an obligation can reach its target on its calendar",
    }
    Tiers Error {
        TierAfterOtherwise "tier-after-otherwise" "a tier stands after `otherwise` and is never reached",
        NoTiers "no-tiers" "a tier is used for a kind of case that has none",
    }
    Objectives Error {
        NotAMeasure "not-a-measure" "an objective needs something that can be measured and compared",
        BandDirection "band-direction" "a credit is owed on the side on which its goal is kept",
        BandTwice "band-twice" "two bands of a credit begin at the same bound",
        MixedObjective "mixed-objective" "an objective measures things that cannot be counted together",
    }
    Agreements Error {
        CircularLevels "circular-levels" "agreements extend each other in a circle",
        LockedClause "locked-clause" "a level changes a clause that no level may change",
        WeakerOverride "weaker-override" "an override cannot be shown to be as strict as what it takes the place of",
        BackingDoesNotFit "backing-does-not-fit" "internal promises end later than the promise that they carry",
        OverlappingVersions "overlapping-versions" "two versions of an agreement are in force on the same day",
    }
    Elements Error {
        BadAllow "bad-allow" "a comment allows what it cannot, or gives no reason",
    }
    Sources Error {
        BadFormat "bad-format" "a time format does not exist",
        NothingExpected "nothing-expected" "a test expects nothing",
    }
    Tiers Warning {
        UnreachableTier "unreachable-tier" "no case is ever in a tier",
        ImpossibleCondition "impossible-condition" "a condition holds of no case",
        AlwaysTrue "always-true" "a condition holds of every case",
        TargetsNotMonotone "targets-not-monotone" "a more urgent tier has more time than a less urgent one",
        UnreachableRow "unreachable-row" "a target stands behind one that takes every start",
        UncoveredTier "uncovered-tier" "a tier has no row among an obligation's targets",
        NoOtherwise "no-otherwise" "a case can fall into no tier",
    }
    Time Warning {
        ShadowedStop "shadowed-stop" "what stops a duty cancels it first",
        EscalationBeforeWarning "escalation-before-warning" "an escalation comes before the first warning",
        CannotBeFulfilled "cannot-be-fulfilled" "more is asked for than the target or the vocabulary allows",
        BeyondTerm "beyond-term" "a promise cannot be due before its agreement ends",
        StretchedTarget "stretched-target" "holidays make a target in working days more than a week longer",
        CadenceOverlap "cadence-overlap" "a duty of each period begins again before it was due",
        NoticeOutOfReach "notice-out-of-reach" "a notice would come before the start",
        IdleAlternative "idle-alternative" "an event is named beside one that is enough",
        StopIsStart "stop-is-start" "what stops a duty starts it anew, so that the last one is never met",
        StateNeverEnds "state-never-ends" "what ends a state begins it anew",
        SiblingCancels "sibling-cancels" "an event cancels one of two promises that begin together",
        BeyondKnown "beyond-known" "an agreement goes on after the last day for which a calendar's dated rules are known",
    }
    Objectives Warning {
        BoundOutOfRange "bound-out-of-range" "a share is compared with more than all or less than nothing",
        MinimumAboveGoal "minimum-above-goal" "a minimum asks for as much as its goal",
        BandOrder "band-order" "a worse value costs no more than a better one",
        BandBeyondGoal "band-beyond-goal" "a band begins where the goal is still kept",
        IdleClause "idle-clause" "a clause has nothing to act on",
        ContradictingObjectives "contradicting-objectives" "two objectives cannot both be kept",
        StricterThanPromised "stricter-than-promised" "an objective asks for less time than the promise beneath it",
        CapNeverBinds "cap-never-binds" "a cap is never reached",
        CapAlwaysBinds "cap-always-binds" "every miss costs as much as the cap",
    }
    Names Warning {
        Unused "unused" "a declaration is used by nothing",
    }
    Elements Warning {
        NoContact "no-contact" "a party has no contact",
        UnusedAllow "unused-allow" "a comment allows a finding that is not there",
        NoObligations "no-obligations" "an agreement promises nothing",
    }
    Elements Advice {
        NoGoal "no-goal" "an agreement does not say what it is for",
        NoReview "no-review" "an agreement does not say when it is looked at again",
        NoTerm "no-term" "an agreement has neither a last day nor a way to end it",
        NoCancellation "no-cancellation" "an agreement does not say how it can be ended early",
        NoConsequence "no-consequence" "nothing follows from a breach",
        NoTitle "no-title" "a promise has no name for people",
        NoOwner "no-owner" "a promise does not say who answers for a case",
    }
    Log Warning {
        UnseenEvent "unseen-event" "a log never holds an event",
        UnseenField "unseen-field" "a log never has a value of a field",
        UnreadableRows "unreadable-rows" "rows of a log cannot be read",
        EndlessState "endless-state" "a log enters a state and never leaves it",
        OutsideTerm "outside-term" "events of a log lie outside of every agreement's term",
        Undecidable "undecidable" "a log cannot decide a promise",
        DriftedValue "drifted-value" "a measured value has drifted from the written one",
    }
    Limits Error {
        FileTooLarge "file-too-large" "a file is larger than the tool reads",
        NestingTooDeep "nesting-too-deep" "brackets nest deeper than the tool reads",
        TooManyImports "too-many-imports" "imports are too many or circular",
        OutOfRange "out-of-range" "a number or a date is outside of what the tool keeps",
    }
}

impl Code {
    /// The code of this name.
    pub fn named(text: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|c| c.text() == text)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
