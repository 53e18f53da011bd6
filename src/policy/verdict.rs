//! What was decided of one query, and why: the words of journal, metrics and `explain`.

use crate::lists::Category;

/// What the policy says of a name for a group at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Closed or open.
    pub action: Action,
    /// The rule that decided.
    pub reason: Reason,
    /// The category that decided, the gravest where several did; none for deny, exam and open names that no list names.
    pub category: Option<Category>,
    /// Whether an alias in an upstream's answer, and not the asked name, brought the deciding category or deny.
    pub by_alias: bool,
}

/// Closed or open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// The client gets the block answer.
    Block,
    /// The name is looked up.
    Open,
}

/// The rule that decided, in the journal's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// A locked category: forbidden to everyone.
    Locked,
    /// An administrator's `[[exception]]` took the lock of the school's own lists away.
    Exception,
    /// The office guarantees the name.
    Guarantee,
    /// The office lifted the tiers' blocks.
    OfficeAllow,
    /// A temporary exception of the school.
    Grant,
    /// The group's `allow`, or the `only` of an exam.
    Allow,
    /// The group's `deny`.
    Deny,
    /// An exam lets only named sites through.
    AllowOnly,
    /// The tier in force.
    Tier,
    /// The answer is the safe twin of the name.
    SafeSearch,
    /// A known way round the filter.
    Bypass,
    /// A public name whose answer leads into a private network.
    Rebinding,
    /// Answered here and never forwarded.
    Local,
    /// A configured list has never been loaded.
    NotReady,
    /// No rule.
    None,
}

impl Reason {
    /// As journal and metrics write it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Exception => "exception",
            Self::Guarantee => "guarantee",
            Self::OfficeAllow => "office-allow",
            Self::Grant => "grant",
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::AllowOnly => "allow-only",
            Self::Tier => "tier",
            Self::SafeSearch => "safe-search",
            Self::Bypass => "bypass",
            Self::Rebinding => "rebinding",
            Self::Local => "local",
            Self::NotReady => "not-ready",
            Self::None => "none",
        }
    }

    /// The reason that `text` writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.text() == text)
    }

    /// All reasons.
    pub const ALL: [Self; 15] = [
        Self::Locked,
        Self::Exception,
        Self::Guarantee,
        Self::OfficeAllow,
        Self::Grant,
        Self::Allow,
        Self::Deny,
        Self::AllowOnly,
        Self::Tier,
        Self::SafeSearch,
        Self::Bypass,
        Self::Rebinding,
        Self::Local,
        Self::NotReady,
        Self::None,
    ];
}

/// What became of a query, in the words of journal and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Answered as upstream, cache or a local rule says.
    Allowed,
    /// Answered with the block answer.
    Blocked,
    /// Answered as another name.
    Rewritten,
    /// Allowed, but no answer could be had, or not ready.
    Failed,
    /// Never judged: FORMERR, NOTIMP, a refused client.
    None,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 5] = [Self::Allowed, Self::Blocked, Self::Rewritten, Self::Failed, Self::None];

    /// As journal and metrics write it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Blocked => "blocked",
            Self::Rewritten => "rewritten",
            Self::Failed => "failed",
            Self::None => "none",
        }
    }

    /// The outcome that `text` writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.text() == text)
    }
}
