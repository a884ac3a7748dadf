//! What the rules of the grammar are called for people.

use super::grammar::Rule;

/// The word of a keyword's rule: its name says it.
pub(super) fn keyword(rule: Rule) -> Option<String> {
    format!("{rule:?}").strip_prefix("kw_").map(str::to_string)
}

/// How a finding says that a rule was wanted; nothing for what no reader should aim for.
pub(super) fn wanted(rule: Rule) -> Option<String> {
    if let Some(word) = keyword(rule) {
        return Some(format!("`{word}`"));
    }
    let words = match rule {
        Rule::name | Rule::path | Rule::percentile | Rule::call | Rule::happened | Rule::target_path => "a name",
        Rule::string | Rule::quoted | Rule::title => "a text in quotes",
        Rule::lbrace => "`{`",
        Rule::rbrace => "`}`",
        Rule::lparen => "`(`",
        Rule::rparen => "`)`",
        Rule::comma => "`,`",
        Rule::equals => "`=`",
        Rule::colon => "`:`",
        Rule::bar => "`|`",
        Rule::minus | Rule::add_op | Rule::mul_op => return None,
        Rule::integer | Rule::count => "a whole number",
        Rule::number | Rule::money_number => "a number",
        Rule::percent => "a percentage such as `95%`",
        Rule::currency => "a currency such as `USD`",
        Rule::money => "an amount such as `500 USD`",
        Rule::duration => "a duration such as `4h` or `30m`",
        Rule::date | Rule::date_range | Rule::closed_dates | Rule::dated => "a date such as `2026-12-31`",
        Rule::date_time => "a time such as `2026-03-06 16:45`",
        Rule::month_day => "a day such as `12-25`",
        Rule::clock_time => "a clock time such as `09:00`",
        Rule::window => "hours such as `09:00-17:00`",
        Rule::weekdays | Rule::weekday | Rule::weekday_range => "weekdays such as `mon-fri`",
        Rule::ordinal => "`first` … `fifth` or `last`",
        Rule::month => "a month such as `jan`",
        Rule::yearly => "a day such as `12-25` or `last mon of may`",
        Rule::period_unit => "`day`, `week`, `month`, `quarter` or `year`",
        Rule::window_unit => "`month`, `quarter` or another period",
        Rule::span_unit => "`days`, `weeks` or `months`",
        Rule::calendar_span => "a number of calendar days",
        Rule::working_span => "a number of working days",
        Rule::target | Rule::target_row => "a target such as `4h`, `2 working days` or `none`",
        Rule::none => "`none`",
        Rule::kind_word => "`sla`, `ola` or `uc`",
        Rule::retier_word => "`keep`, `carry` or `restart`",
        Rule::rounding => "`started` or `full`",
        Rule::otherwise => "`otherwise`",
        Rule::once => "`once`",
        Rule::optional => "`?`",
        Rule::and => "`and`",
        Rule::or => "`or`",
        Rule::not => return None,
        Rule::compare => "a comparison such as `>=`",
        Rule::field_type | Rule::basic_type | Rule::members | Rule::member => {
            "a type (`text`, `number`, `money`, `bool`, `duration`, `date`, `time`) or members (`low | high`)"
        }
        Rule::field => "a field such as `score: number`",
        Rule::expr | Rule::conjunction | Rule::negation | Rule::comparison | Rule::sum | Rule::product | Rule::signed | Rule::primary => {
            "a condition or a value"
        }
        Rule::pattern | Rule::pattern_all | Rule::counted | Rule::happening | Rule::event_ref => "an event",
        Rule::verdict => "`met`, `breached`, `pending`, `void`, `unknown` or `none`",
        Rule::outcome => "`met`, `missed`, `open`, `unknown` or `none`",
        Rule::verdict_detail => "`elapsed`, `due`, `late` or another detail",
        Rule::period_label => "a period such as `2026-07`",
        Rule::notice_point => "`at 75%` or `30m before`",
        Rule::assignment => "a field and its value such as `score = 90`",
        Rule::value => "a value",
        Rule::event_mapping | Rule::value_mapping => "a word of the log and what it stands for such as `\"Call\" = attempted`",
        Rule::add | Rule::take => "`add` or `take`",
        Rule::easter => "`easter`",
        Rule::EOI => return None,
        // Blocks and clauses are wanted by their keyword; safety nets and near misses by nobody.
        _ => return None,
    };
    Some(words.to_string())
}

/// The word with which a clause begins. pest names the clause where a reader looks for the word.
pub(super) fn clause_word(rule: Rule) -> Option<String> {
    let word = match rule {
        Rule::let_ => "let",
        Rule::override_ => "override",
        Rule::agreement_currency => "currency",
        Rule::prose => "clause",
        Rule::for_party => "for",
        Rule::fiscal => "fiscal",
        Rule::tier_from => "tier",
        Rule::objective_penalty => "penalty",
        Rule::no_data => "no",
        Rule::counted_by => "counted",
        Rule::source_case => "case",
        Rule::source_time => "time",
        Rule::source_milestone | Rule::source_event => "event",
        Rule::source_field => "field",
        Rule::source_ignore => "ignore",
        Rule::source_missing => "missing",
        Rule::source_id => "id",
        Rule::source_format => "format",
        Rule::source_encoding => "encoding",
        Rule::source_delimiter => "delimiter",
        Rule::source_clears => "empty",
        Rule::as_of => "as",
        Rule::at_event => "at",
        Rule::expectation => "expect",
        Rule::import
        | Rule::party
        | Rule::calendar
        | Rule::event
        | Rule::table
        | Rule::case
        | Rule::agreement
        | Rule::test
        | Rule::source
        | Rule::contact
        | Rule::zone
        | Rule::open
        | Rule::closed
        | Rule::holidays
        | Rule::known
        | Rule::state
        | Rule::tier
        | Rule::score
        | Rule::stage
        | Rule::kind
        | Rule::version
        | Rule::effective
        | Rule::review
        | Rule::applies
        | Rule::clock
        | Rule::goal
        | Rule::assert
        | Rule::exclude
        | Rule::cap
        | Rule::claim
        | Rule::highest
        | Rule::service
        | Rule::waive
        | Rule::level
        | Rule::relax
        | Rule::obligation
        | Rule::objective
        | Rule::start
        | Rule::stop
        | Rule::pause
        | Rule::cancel
        | Rule::reset
        | Rule::reopen
        | Rule::retier
        | Rule::within
        | Rule::warn
        | Rule::escalate
        | Rule::blame
        | Rule::require
        | Rule::forbid
        | Rule::penalty
        | Rule::backed
        | Rule::locked
        | Rule::expect
        | Rule::minimum
        | Rule::credit
        | Rule::chronic
        | Rule::earned
        | Rule::sample
        | Rule::pace
        | Rule::carry => return Some(format!("{rule:?}")),
        _ => return None,
    };
    Some(word.to_string())
}

/// What a body is the body of.
pub(super) fn block(rule: Rule) -> &'static str {
    match rule {
        Rule::only_file => "a spec",
        Rule::only_party => "a party",
        Rule::only_calendar => "a calendar",
        Rule::only_event => "an event",
        Rule::only_case => "a case",
        Rule::only_score => "a score",
        Rule::only_agreement => "an agreement",
        Rule::only_service => "a service",
        Rule::only_obligation => "an obligation",
        Rule::only_objective => "an objective",
        Rule::only_change => "an override",
        Rule::only_test => "a test",
        Rule::only_entry => "a test's case",
        Rule::only_source => "a source",
        Rule::only_mapping => "a mapping",
        _ => "a block",
    }
}
