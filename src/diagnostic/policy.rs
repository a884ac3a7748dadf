//! What a caller makes of findings: some count as errors, some not at all.

use crate::diagnostic::{Code, Finding, Group, Severity, nearest};

/// Codes, groups of codes, or all warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// One code.
    Code(Code),
    /// All codes of a group.
    Group(Group),
    /// Every warning.
    Warnings,
}

impl Which {
    /// By its name: `unused`, `elements`, `warnings`.
    pub fn named(text: &str) -> Result<Which, String> {
        let group = Group::ALL.iter().copied().find(|g| g.text() == text).map(Which::Group);
        let code = Code::named(text).map(Which::Code);
        let all = (text == "warnings").then_some(Which::Warnings);
        all.or(group).or(code).ok_or_else(|| {
            let names = Code::ALL.iter().map(|c| c.text()).chain(Group::ALL.iter().map(|g| g.text())).chain(["warnings"]);
            match nearest(text, names) {
                Some(near) => format!("there is no code or group of this name; did you mean `{near}`?"),
                None => {
                    let groups: Vec<&str> = Group::ALL.iter().map(|g| g.text()).collect();
                    format!("write a code, as it stands in a finding, `warnings`, or a group: {}", groups.join(", "))
                }
            }
        })
    }

    fn holds(self, code: Code) -> bool {
        match self {
            Which::Code(wanted) => wanted == code,
            Which::Group(group) => group == code.group(),
            Which::Warnings => code.severity() != Severity::Advice,
        }
    }

    /// How narrow it is: a code is narrower than a group, a group than all.
    fn rank(self) -> u8 {
        match self {
            Which::Code(_) => 2,
            Which::Group(_) => 1,
            Which::Warnings => 0,
        }
    }
}

/// What becomes of warnings. The narrowest rule about a code counts; of two as narrow the stricter. What is an error by
/// itself stays one.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Not said.
    pub allow: Vec<Which>,
    /// Said as warnings.
    pub warn: Vec<Which>,
    /// Said as errors.
    pub deny: Vec<Which>,
    /// What counts for codes of which this one says nothing.
    pub under: Option<Box<Policy>>,
}

impl Policy {
    /// The findings that are left, each as severe as it is to be. What nothing is said about stays a warning, and advice unsaid.
    pub fn apply(&self, findings: Vec<Finding>) -> Vec<Finding> {
        let severity = |finding: &Finding| match finding.severity {
            Severity::Error => Some(Severity::Error),
            usual => self.told(finding.code).unwrap_or((usual == Severity::Warning).then_some(usual)),
        };
        findings.into_iter().filter_map(|f| Some(Finding { severity: severity(&f)?, ..f })).collect()
    }

    /// What becomes of findings of a code, if anything is said about it; nothing at all where it is allowed.
    fn told(&self, code: Code) -> Option<Option<Severity>> {
        let narrowest = |rules: &[Which]| rules.iter().filter(|r| r.holds(code)).map(|r| r.rank()).max();
        let rules = [
            (narrowest(&self.allow), None),
            (narrowest(&self.warn), Some(Severity::Warning)),
            (narrowest(&self.deny), Some(Severity::Error)),
        ];
        // Of equals `max_by_key` takes the last, the strictest.
        let told = rules.into_iter().filter(|(rank, _)| rank.is_some()).max_by_key(|(rank, _)| *rank).map(|(_, severity)| severity);
        told.or_else(|| self.under.as_ref()?.told(code))
    }
}
