//! Response policy zones in master-file form (draft-vixie-dnsop-dns-rpz, RFC 1035 section 5).
//!
//! An owner stands for itself alone, `*.owner` for what is below it and not for itself: in no other format is it so.

use super::hosts::Target;
use super::lines::Indent;
use super::reader::{Effect, Out};
use super::{IssueKind, Scope};
use crate::dns::RecordType;

/// Labels that end an owner which is no name that is asked for.
const TRIGGERS: [&str; 4] = ["rpz-ip", "rpz-client-ip", "rpz-nsdname", "rpz-nsip"];

/// What earlier lines of the zone say about the next.
#[derive(Debug, Default)]
pub(super) struct Zone {
    origin: String,
    owner: String,
    /// How many parentheses are open: a record goes on over line ends in them.
    open: usize,
}

impl Zone {
    /// Reads one line.
    pub(super) fn line(&mut self, text: &str, out: &mut Out<'_>) {
        let rule = text.split(';').next().unwrap_or_default();
        let continues = self.open > 0;
        self.open = (self.open + rule.matches('(').count()).saturating_sub(rule.matches(')').count());
        if continues {
            return;
        }
        let mut words = rule.split_ascii_whitespace().peekable();
        if let Some(directive) = words.next_if(|word| word.starts_with('$')) {
            return self.directive(directive, words.next(), text, out);
        }
        if out.indent() == Indent::None
            && let Some(owner) = words.next()
        {
            owner.clone_into(&mut self.owner);
        }
        // A TTL and the class may stand before the type, in either order.
        while words.next_if(|word| is_ttl(word) || word.eq_ignore_ascii_case("IN")).is_some() {}
        let (Some(kind), Some(value)) = (words.next().and_then(RecordType::parse), words.next()) else {
            return out.issue(IssueKind::Unreadable, text.as_bytes());
        };
        if matches!(kind, RecordType::SOA | RecordType::NS) {
            return;
        }
        match self.effect(kind, value) {
            Ok(effect) => self.rule(effect, text, out),
            Err(fault) => out.issue(fault, text.as_bytes()),
        }
    }

    fn directive(&mut self, directive: &str, value: Option<&str>, text: &str, out: &mut Out<'_>) {
        match (directive.to_ascii_uppercase().as_str(), value) {
            ("$ORIGIN", Some(origin)) => self.origin = origin.trim_matches('.').to_ascii_lowercase(),
            ("$TTL", Some(_)) => {}
            _ => out.issue(IssueKind::Directive, text.as_bytes()),
        }
    }

    fn effect(&self, kind: RecordType, value: &str) -> Result<Effect, IssueKind> {
        if kind.is_address() {
            return match Target::of(value).ok_or(IssueKind::Unreadable)? {
                Target::Sink => Ok(Effect::BLOCK),
                Target::Elsewhere => Err(IssueKind::Rewrite),
            };
        }
        if kind != RecordType::CNAME {
            return Err(IssueKind::Rewrite);
        }
        let target = value.to_ascii_lowercase();
        match target.as_str() {
            "." | "*." | "rpz-drop." => Ok(Effect::BLOCK),
            "rpz-passthru." => Ok(Effect::ALLOW),
            "rpz-tcp-only." => Err(IssueKind::Directive),
            // In the oldest zones an alias of a name to itself lets it pass.
            _ if target.trim_end_matches('.') == self.owner.to_ascii_lowercase() => Ok(Effect::ALLOW),
            _ => Err(IssueKind::Rewrite),
        }
    }

    fn rule(&self, effect: Effect, text: &str, out: &mut Out<'_>) {
        let Some(owner) = self.relative() else { return out.issue(IssueKind::Unreadable, text.as_bytes()) };
        let last = owner.rsplit('.').next().unwrap_or_default();
        if TRIGGERS.iter().any(|trigger| trigger.eq_ignore_ascii_case(last)) {
            return out.issue(IssueKind::Trigger, text.as_bytes());
        }
        match owner.strip_prefix("*.") {
            Some(above) => out.name(above, text, Scope::Below, effect),
            None => out.name(owner, text, Scope::Exact, effect),
        }
    }

    /// The owner without the zone's own name; none where it is outside the zone or the zone itself.
    fn relative(&self) -> Option<&str> {
        let owner = self.owner.as_str();
        let Some(absolute) = owner.strip_suffix('.') else { return (owner != "@").then_some(owner) };
        if self.origin.is_empty() {
            return (!absolute.is_empty()).then_some(absolute);
        }
        let start = absolute.len().checked_sub(self.origin.len())?;
        let (name, zone) = (absolute.get(..start)?, absolute.get(start..)?);
        name.strip_suffix('.').filter(|_| zone.eq_ignore_ascii_case(&self.origin))
    }
}

/// A TTL: seconds, or with units as BIND writes them (`1h30m`).
fn is_ttl(word: &str) -> bool {
    word.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && word.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte.to_ascii_lowercase(), b's' | b'm' | b'h' | b'd' | b'w'))
}

#[cfg(test)]
mod tests;
