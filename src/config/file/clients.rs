//! `[clients]` and `[[group]]` with its `[[group.schedule]]`: who may ask, how much, and which clients share a policy.

use super::At;
use super::rules::youtube;
use super::values::{Id, Target};
use super::walk::{Keys, Section, Value, Wrong};
use crate::client::{RateLimit, Via};
use crate::policy::{Days, MinuteOfDay, OnHolidays, YouTube};
use ipnet::IpNet;
use jiff::civil::Weekday;
use std::net::IpAddr;
use std::time::Duration;
use toml::de::DeValue;

/// The keys of `[clients]`.
pub(super) const CLIENTS: Keys = Keys {
    section: "clients",
    written: "[clients]",
    keys: &["allowed", "default_group", "trusted_forwarders", "max_ttl", "rate_limit", "proxy_protocol"],
};

/// The keys of `[clients.proxy_protocol]`, of a later version.
pub(super) const PROXY_PROTOCOL: Keys =
    Keys { section: "clients.proxy_protocol", written: "[clients.proxy_protocol]", keys: &["from"] };

/// Who may ask, and how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clients {
    /// Who may ask, besides every group's subnets.
    pub allowed: Vec<At<Allowed>>,
    /// The group of clients that no subnet covers.
    pub default_group: Option<At<Id>>,
    /// Who may pass the client on by EDNS Client Subnet.
    pub trusted_forwarders: Vec<At<IpNet>>,
    /// The longest time that a client may remember an answer, in whole seconds.
    pub max_ttl: Duration,
    /// How much one client may ask, where its group says nothing else.
    pub rate_limit: RateLimit,
}

/// Clients that may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// Private, unique-local, link-local and loopback addresses.
    Private,
    /// Everybody: an open resolver.
    Any,
    /// A network.
    Network(IpNet),
}

impl Value for Allowed {
    const WANTED: &'static str = "\"private\", \"any\" or a network in quotes, such as \"10.20.0.0/16\"";

    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong> {
        match value.as_str() {
            Some("private") => Ok(Some(Self::Private)),
            Some("any") => Ok(Some(Self::Any)),
            Some(_) | None => Ok(IpNet::read(value)?.map(Self::Network)),
        }
    }
}

impl Value for Via {
    const WANTED: &'static str = "an address or an interface of this machine in quotes, such as \"10.0.0.2\" or \"eth1\"";

    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong> {
        let Some(text) = value.as_str() else { return Ok(None) };
        if let Ok(address) = text.parse::<IpAddr>() {
            let address = address.to_canonical();
            let link_local = match address {
                IpAddr::V4(v4) => v4.is_link_local(),
                IpAddr::V6(v6) => v6.is_unicast_link_local(),
            };
            return match address {
                _ if link_local => Err(Wrong::new("is link-local: the same on every link", "name the interface: \"eth1\"")),
                _ if address.is_unspecified() || address.is_multicast() => {
                    Err(Wrong::new("is no address that a client can ask", "write one of this machine's own addresses"))
                }
                IpAddr::V4(_) | IpAddr::V6(_) => Ok(Some(Self::Address(address))),
            };
        }
        // What Linux takes for a name: 1 to 15 octets, no blank, and nothing that would be a path.
        let is_name = (1..=15).contains(&text.len())
            && text.bytes().all(|octet| octet.is_ascii_graphic() && octet != b'/')
            && !matches!(text, "." | "..");
        if is_name {
            return Ok(Some(Self::Interface(text.to_owned())));
        }
        Err(Wrong::new("is no address and no interface", format!("write {}", Self::WANTED)))
    }
}

impl Clients {
    /// Reads the section.
    pub(super) fn read(section: &Section<'_, '_>) -> Self {
        section.section("proxy_protocol", &PROXY_PROTOCOL).later("from", &[]);
        let five_minutes = Duration::from_secs(300);
        let ttls = Duration::ZERO..=Duration::from_secs(86_400);
        Self {
            allowed: section.array("allowed").unwrap_or_else(|| vec![At { value: Allowed::Private, line: section.line() }]),
            default_group: section.optional("default_group"),
            trusted_forwarders: section.array("trusted_forwarders").unwrap_or_default(),
            max_ttl: section.whole_seconds("max_ttl", five_minutes, ttls, "from \"0\" to \"1d\"").value,
            rate_limit: section.or("rate_limit", RateLimit::per_second(1000)).value,
        }
    }
}

/// The keys of `[[group]]`.
pub(super) const GROUP: Keys = Keys {
    section: "group",
    written: "[[group]]",
    keys: &[
        "id",
        "name",
        "subnets",
        "via",
        "tier",
        "allow",
        "deny",
        "safe_search",
        "youtube",
        "allow_only",
        "rate_limit",
        "schedule",
    ],
};

/// The keys of `[[group.schedule]]`.
pub(super) const GROUP_SCHEDULE: Keys = Keys {
    section: "group.schedule",
    written: "[[group.schedule]]",
    keys: &["days", "from", "to", "opens", "tier", "allow_only", "only", "holidays"],
};

/// Clients that share a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Where the section starts.
    pub line: u32,
    /// Its word in journal and metrics.
    pub id: At<Id>,
    /// What people read; none for the id.
    pub name: Option<String>,
    /// Its clients.
    pub subnets: Vec<At<IpNet>>,
    /// The ways in by which its clients come where no prefix matches.
    pub via: Vec<At<Via>>,
    /// Its age band.
    pub tier: At<Id>,
    /// What is open to it.
    pub allow: Vec<At<Target>>,
    /// What is closed to it.
    pub deny: Vec<At<Target>>,
    /// Whether its searches are made safe, where it differs from its tier; a later version does so.
    pub safe_search: Option<At<bool>>,
    /// How YouTube is restricted, where it differs from its tier; a later version does so.
    pub youtube: Option<At<YouTube>>,
    /// Whether it is always in an exam: nothing but what `allow` names is open.
    pub allow_only: At<bool>,
    /// How much one of its clients may ask; none for what `[clients]` says.
    pub rate_limit: Option<RateLimit>,
    /// When something else holds.
    pub schedule: Vec<GroupWindow>,
}

/// A time in the week at which something else holds for a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupWindow {
    /// Where the section starts.
    pub line: u32,
    /// On which days.
    pub days: Days,
    /// When it begins.
    pub from: At<MinuteOfDay>,
    /// When it is over; this minute is no longer in it.
    pub to: At<MinuteOfDay>,
    /// The categories that it opens.
    pub opens: Vec<At<Id>>,
    /// The tier that it puts in force.
    pub tier: Option<At<Id>>,
    /// Whether it is an exam: nothing but what is named is open.
    pub allow_only: At<bool>,
    /// What alone is open in the exam; none for what the group's `allow` names.
    pub only: Option<Vec<At<Target>>>,
    /// What becomes of it on holidays.
    pub on_holidays: OnHolidays,
}

/// The days of the week as the file writes them.
const WEEK: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl Group {
    /// Reads the section; none where it lacks what it cannot do without.
    pub(super) fn read(section: &Section<'_, '_>) -> Option<Self> {
        let id = section.required("id");
        let tier = section.required("tier");
        let group = Self {
            line: section.line(),
            name: section.optional("name").map(|name| name.value),
            subnets: section.array("subnets").unwrap_or_default(),
            via: section.array("via").unwrap_or_default(),
            allow: section.array("allow").unwrap_or_default(),
            deny: section.array("deny").unwrap_or_default(),
            safe_search: section.optional("safe_search"),
            youtube: youtube(section),
            allow_only: section.or("allow_only", false),
            rate_limit: section.optional("rate_limit").map(|rate| rate.value),
            schedule: section.sections("schedule", &GROUP_SCHEDULE).iter().filter_map(GroupWindow::read).collect(),
            id: id.clone()?,
            tier: tier?,
        };
        Some(group)
    }
}

impl GroupWindow {
    /// Reads the section; none where it lacks what it cannot do without.
    fn read(section: &Section<'_, '_>) -> Option<Self> {
        let days = section.words("days", &WEEK);
        if days.is_none() && !section.has("days") {
            let hint = "add `days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]`, or those that are meant";
            section.fault(section.line(), "[[group.schedule]] without `days`", hint);
        } else if section.is_empty_array("days") {
            section.fault(section.line_of("days"), "`days` names no day", "name a day, or leave the window out");
        }
        let from = section.required("from");
        let to = section.required("to");
        let window = Self {
            line: section.line(),
            opens: section.array("opens").unwrap_or_default(),
            tier: section.optional("tier"),
            allow_only: section.or("allow_only", false),
            only: section.array("only"),
            on_holidays: if section.or("holidays", false).value { OnHolidays::Open } else { OnHolidays::Shut },
            days: days?.iter().map(|day| day.value).collect(),
            from: from?,
            to: to?,
        };
        Some(window)
    }
}
