//! What an agreement should have, whatever it promises.

use crate::check::Checker;
use crate::diagnostic::{Code, Finding};
use crate::model::{Agreement, Duty, Model, Obligation};
use crate::source::Span;

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
    findings.extend(model.agreements.iter().filter(|a| a.extends.is_none()).flat_map(|a| missing(model, a)));
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

/// What a reader looks for in an agreement and does not find. A level takes it over from the agreement above.
fn missing(model: &Model, agreement: &Agreement) -> Vec<Finding> {
    let services = || agreement.services.iter().map(|s| &model.services[*s]);
    let obligations: Vec<&Obligation> = services().flat_map(|s| &s.obligations).map(|o| &model.obligations[*o]).collect();
    let name = &agreement.name;
    let mut findings = Vec::new();
    let mut say = |code: Code, message: String, help: &str| findings.push(Finding::new(code, agreement.span, message).help(help));
    if agreement.goals.is_empty() {
        say(Code::NoGoal, format!("`{name}` does not say what it is for"), "say what each party wants: `goal customers \"…\"`");
    }
    if agreement.review.is_none() {
        say(Code::NoReview, format!("`{name}` does not say when it is looked at again"), "add `review every quarter`");
    }
    let ends = agreement.prose.iter().any(|(title, text)| {
        let words = format!("{title} {text}").to_lowercase();
        ["cancel", "terminat", "withdraw", "notice", "end of"].iter().any(|word| words.contains(word))
    });
    if !ends {
        let help = "add `clause \"Cancellation\" \"Either party may end this agreement on 30 days' written notice.\"`";
        say(Code::NoCancellation, format!("`{name}` does not say how it is ended early"), help);
    }
    if !ends && agreement.to.is_none() {
        say(Code::NoTerm, format!("`{name}` has no last day, and no way to end it"), "give it one: `effective 2026-01-01 to 2026-12-31`");
    }
    let escalates = |o: &&Obligation| matches!(&o.duty, Duty::Clock { notices, .. } if notices.iter().any(|n| n.to.is_some()));
    let costs = obligations.iter().any(|o| o.penalty.is_some() || escalates(o));
    let follows =
        services().flat_map(|s| &s.objectives).map(|o| &model.objectives[*o]).any(|o| !o.bands.is_empty() || !o.chronic.is_empty());
    if !costs && !follows {
        let help = "add an `escalate`, a `penalty`, a `credit` or a `chronic`";
        say(Code::NoConsequence, format!("nothing follows when a promise of `{name}` is broken"), help);
    }
    let untitled = services().filter(|s| s.title.is_none()).map(|s| s.span);
    let untitled = untitled.chain(obligations.iter().filter(|o| o.title.is_none()).map(|o| o.name_span));
    let objectives =
        services().flat_map(|s| &s.objectives).map(|o| &model.objectives[*o]).filter(|o| o.title.is_none()).map(|o| o.name_span);
    findings.extend(each(Code::NoTitle, untitled.chain(objectives), "this has no name for people", "add one in quotes behind the name"));
    let nobody = obligations.iter().filter(|o| o.case.is_some() && o.blame.is_none()).map(|o| o.name_span);
    findings.extend(each(Code::NoOwner, nobody, "nobody answers for a case of this", "name the field that says who: `blame owner`"));
    findings
}

fn each(code: Code, places: impl Iterator<Item = Span>, message: &str, help: &str) -> Vec<Finding> {
    places.map(|span| Finding::new(code, span, message).help(help)).collect()
}
