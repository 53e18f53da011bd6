//! dnsmasq's `address=`, `server=` and `local=` lines, each for its names and all below them (dnsmasq(8)).
//!
//! Only what says how names are answered is read; no other directive of a downloaded file is ever taken.

use super::domains::without_comment;
use super::hosts::Target;
use super::reader::{Effect, Out};
use super::{IssueKind, Scope};

/// Reads one line, `key=/name/…/target`.
pub(super) fn line(text: &str, out: &mut Out<'_>) {
    let rule = without_comment(text);
    let Some((key, value)) = rule.split_once('=') else {
        let kind = if rule.contains(['/', ' ']) { IssueKind::Unreadable } else { IssueKind::Directive };
        return out.issue(kind, text.as_bytes());
    };
    let Some(key) = Key::of(key.trim_ascii()) else { return out.issue(IssueKind::Directive, text.as_bytes()) };
    let Some((names, target)) = value.trim_ascii().strip_prefix('/').and_then(|value| value.rsplit_once('/')) else {
        return out.issue(IssueKind::Directive, text.as_bytes());
    };
    for name in names.split('/') {
        match key.effect(target.trim_ascii()) {
            Ok(effect) => out.name(name.strip_prefix('.').unwrap_or(name), text, Scope::Subtree, effect),
            // A network's own slash makes of `server=/192.0.2.0/24` a name and a target.
            Err(_) if Target::of(name).is_some() => out.issue(IssueKind::Network, text.as_bytes()),
            Err(kind) => out.issue(kind, text.as_bytes()),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Key {
    Address,
    Server,
}

impl Key {
    fn of(text: &str) -> Option<Self> {
        match text {
            "address" => Some(Self::Address),
            "server" | "local" => Some(Self::Server),
            _ => None,
        }
    }

    /// What a target means: nowhere is a block, a server to ask is an exception, an address to answer is a rewrite.
    fn effect(self, target: &str) -> Result<Effect, IssueKind> {
        match (self, target) {
            (Self::Address | Self::Server, "") | (Self::Address, "#") => return Ok(Effect::BLOCK),
            (Self::Server, "#") => return Ok(Effect::ALLOW),
            (Self::Address | Self::Server, _) => {}
        }
        let address = target.split(['#', '@']).next().unwrap_or_default();
        match (self, Target::of(address).ok_or(IssueKind::Unreadable)?) {
            (Self::Address | Self::Server, Target::Sink) => Ok(Effect::BLOCK),
            (Self::Server, Target::Elsewhere) => Ok(Effect::ALLOW),
            (Self::Address, Target::Elsewhere) => Err(IssueKind::Rewrite),
        }
    }
}

#[cfg(test)]
mod tests;
