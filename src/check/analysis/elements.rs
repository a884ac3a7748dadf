//! What an agreement should have, whatever it promises.

use crate::check::Checker;
use crate::diagnostic::{Code, Finding};

pub(super) fn run(checker: &mut Checker) {
    let model = &checker.model;
    let mut findings = Vec::new();
    for agreement in model.agreements.iter() {
        let promises = agreement.services.iter().map(|s| model.services[*s].obligations.len() + model.services[*s].objectives.len());
        if promises.sum::<usize>() == 0 {
            let message = format!("agreement `{}` promises nothing", agreement.name);
            let finding = Finding::new(Code::NoObligations, agreement.span, message);
            findings.push(finding.help("add `service … by … for … { obligation … { … } }`"));
        }
    }
    let owing = model.services.iter().flat_map(|s| s.by.iter().chain(&s.for_));
    let mut owing: Vec<_> = owing.copied().collect();
    owing.sort();
    owing.dedup();
    for party in owing {
        let party = &model.parties[party];
        if party.contacts.is_empty() {
            let finding = Finding::new(Code::NoContact, party.span, format!("party `{}` has no contact", party.name));
            findings.push(finding.help("add `contact \"Service desk <desk@example.com>\"`"));
        }
    }
    checker.findings.extend(findings);
}
