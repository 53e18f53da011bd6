//! The values that stand in the file: texts that mean durations, sizes, rates, addresses, networks, names, dates and times.
//! Whatever is read is valid; what is not says what to write instead.

use super::walk::{Value, Wrong};
use crate::answer::upstream::{AddressError, Server};
use crate::client::RateLimit;
use crate::config::fault::Shown;
use crate::dns::Name;
use crate::lists::text::normalise;
use crate::policy::MinuteOfDay;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use toml::de::DeValue;

use jiff::civil::Date;

/// Reads a text, and nothing for a value that is none.
fn text<T>(value: &DeValue<'_>, read: impl FnOnce(&str) -> Result<T, Wrong>) -> Result<Option<T>, Wrong> {
    value.as_str().map(read).transpose()
}

impl Value for String {
    const WANTED: &'static str = "a text in quotes";

    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong> {
        text(value, |text| match text.chars().any(char::is_control) {
            true => Err(Wrong::new("holds a control character", "leave it out")),
            false => Ok(text.to_owned()),
        })
    }
}

impl Value for bool {
    const WANTED: &'static str = "`true` or `false` without quotes";

    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong> {
        Ok(value.as_bool())
    }
}

impl Value for u8 {
    const WANTED: &'static str = "a whole number without quotes, such as 3";

    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong> {
        let read = |number: &toml::de::DeInteger<'_>| {
            let digits = number.as_str().replace('_', "");
            Self::from_str_radix(&digits, number.radix())
                .map_err(|_| Wrong::new("is out of range", "write a smaller number, without a sign"))
        };
        value.as_integer().map(read).transpose()
    }
}

impl Value for Duration {
    const WANTED: &'static str = "a duration in quotes, such as \"30s\"";

    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong> {
        text(value, duration)
    }
}

/// The units that a duration may have, in milliseconds.
const TIME_UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

fn duration(text: &str) -> Result<Duration, Wrong> {
    let hint = "write a number and one of ms, s, m, h, d, such as \"30s\", \"5m\" or \"90d\", or \"0\"";
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let (number, unit) = split_unit(text);
    let unit = TIME_UNITS.iter().find(|(name, _)| *name == unit).map(|(_, milliseconds)| *milliseconds);
    let milliseconds = number.zip(unit).and_then(|(number, unit)| number.checked_mul(unit));
    milliseconds.map(Duration::from_millis).ok_or_else(|| Wrong::new("is no duration", hint))
}

/// `90d` is 90 and `d`. The number is a plain run of digits: no sign, no blank, no point.
fn split_unit(text: &str) -> (Option<u64>, &str) {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (text[..digits].parse().ok(), &text[digits..])
}

/// A number of octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl Value for Size {
    const WANTED: &'static str = "a size in quotes, such as \"64MiB\"";

    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong> {
        text(value, |text| {
            let (number, unit) = split_unit(text);
            let unit: Option<u64> = match unit {
                "KiB" => Some(1 << 10),
                "MiB" => Some(1 << 20),
                "GiB" => Some(1 << 30),
                "" if text == "0" => Some(1),
                _ => None,
            };
            let octets = number.zip(unit).and_then(|(number, unit)| number.checked_mul(unit));
            octets.map(Self).ok_or_else(|| Wrong::new("is no size", "write a number and one of KiB, MiB, GiB, such as \"64MiB\""))
        })
    }
}

impl Value for RateLimit {
    const WANTED: &'static str = "a rate in quotes, such as \"1000/s\"";

    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong> {
        text(value, |text| {
            // A sign, a blank or a thousand's point reads as something else than it was meant for.
            let is_plain = text.strip_suffix("/s").and_then(split_whole).is_some() || text == "0";
            let hint = "write queries a second, such as \"1000/s\", or \"0\" for no limit";
            text.parse().ok().filter(|_| is_plain).ok_or_else(|| Wrong::new("is no rate", hint))
        })
    }
}

fn split_whole(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl Value for SocketAddr {
    const WANTED: &'static str = "an address and a port in quotes, such as \"127.0.0.1:5300\" or \"[::1]:5300\"";

    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong> {
        text(value, |text| {
            text.parse().map_err(|_| {
                let hint = match text.parse::<IpAddr>() {
                    Ok(IpAddr::V4(address)) => format!("add the port: \"{address}:53\""),
                    Ok(IpAddr::V6(address)) => format!("put the address in brackets and add the port: \"[{address}]:53\""),
                    Err(_) => match text.strip_prefix(':').and_then(split_whole) {
                        Some(port) => format!("name the address too: \"0.0.0.0:{port}\" and \"[::]:{port}\" for all of them"),
                        None => format!("write {}", Self::WANTED),
                    },
                };
                Wrong::new("is no address with a port", hint)
            })
        })
    }
}

impl Value for IpNet {
    const WANTED: &'static str = "a network in quotes, such as \"10.20.1.0/24\" or \"fd20:1::/64\"";

    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong> {
        text(value, network)
    }
}

fn network(text: &str) -> Result<IpNet, Wrong> {
    let wanted = || format!("write {}", IpNet::WANTED);
    let written: IpNet = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => text.parse().map_err(|_| {
            let hint = match text.split_once('/') {
                Some((address, length)) if address.parse::<IpAddr>().is_ok() => {
                    let most = if address.contains(':') { 128 } else { 32 };
                    match length.parse::<IpAddr>().ok().and_then(|mask| ipnet::ip_mask_to_prefix(mask).ok()) {
                        Some(length) => format!("write the mask as a length: \"{address}/{length}\""),
                        None => format!("the number after the slash is a whole one from 0 to {most}"),
                    }
                }
                Some(_) | None => wanted(),
            };
            Wrong::new("is no network", hint)
        })?,
    };
    if written.addr() != written.network() {
        let whole = written.trunc();
        let hint = format!("write \"{whole}\" for the whole network, or \"{}\" for this one address", written.addr());
        return Err(Wrong::new("has bits set behind its prefix", hint));
    }
    match written {
        IpNet::V6(v6) if v6.addr().to_ipv4_mapped().is_some() => {
            Err(Wrong::new("is an IPv4 network in IPv6 form", "write it in IPv4 form, such as \"10.0.0.0/8\""))
        }
        IpNet::V4(_) | IpNet::V6(_) => Ok(written),
    }
}

impl Value for IpAddr {
    const WANTED: &'static str = "an address in quotes, such as \"10.0.0.2\" or \"fd00::2\"";

    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong> {
        text(value, |text| text.parse().map_err(|_| Wrong::new("is no address", format!("write {}", Self::WANTED))))
    }
}

impl Value for PathBuf {
    const WANTED: &'static str = "a path in quotes, such as \"lists/adult.txt\"";

    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong> {
        // PATH_MAX of Linux, its final zero octet included.
        const MOST: usize = 4096;
        text(value, |text| match text {
            "" => Err(Wrong::new("names no file", format!("write {}", Self::WANTED))),
            text if text.chars().any(char::is_control) => {
                Err(Wrong::new("holds a control character", "a path has none; in TOML a backslash is written `\\\\`"))
            }
            text if text.len() >= MOST => Err(Wrong::new("is longer than a path can be", "a path has at most 4095 octets")),
            text => Ok(Self::from(text)),
        })
    }
}

/// The word by which groups, tiers, categories and lists are known in configuration, journal and metrics.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(String);

impl Id {
    /// The longest id: it is repeated in every journal entry and metric.
    const MOST: usize = 64;

    /// The word itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Value for Id {
    const WANTED: &'static str = "an id in quotes, such as \"lab-1\"";

    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong> {
        text(value, |text| {
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
            let hint = "an id has lower-case letters a to z, digits, `-`, `_` and `.`; what people read goes into `name`";
            match text {
                "" => Err(Wrong::new("is empty", hint)),
                "none" => Err(Wrong::new("is taken: journal and metrics write it for what has no id", "choose another id")),
                text if text.len() > Self::MOST => Err(Wrong::new("is longer than 64 characters", "choose a shorter id")),
                text if !text.chars().all(is_plain) => Err(Wrong::new("is no id", hint)),
                text => Ok(Self(text.to_owned())),
            }
        })
    }
}

impl Value for Name {
    const WANTED: &'static str = "a domain name in quotes, such as \"olm.vn\"";

    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong> {
        text(value, domain_name)
    }
}

fn domain_name(text: &str) -> Result<Name, Wrong> {
    let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
    let bare = bare.split(['/', ':', '?', '#']).next().unwrap_or(bare);
    if bare != text && !bare.is_empty() && !text.contains(char::is_whitespace) {
        return Err(Wrong::new("is an address of a page, and not a domain name", format!("write \"{bare}\"")));
    }
    if let Some(parent) = text.strip_prefix("*.") {
        return Err(Wrong::new("has a star", format!("write \"{parent}\": the name and all below it are meant anyway")));
    }
    normalise(text).map_err(|error| Wrong::new(format!("is no domain name: {error}"), format!("write {}", Name::WANTED)))
}

/// What `allow`, `deny` and `only` name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A name and all below it.
    Name(Box<Name>),
    /// A service by its id: text without a dot.
    Service(Id),
}

impl Value for Target {
    const WANTED: &'static str = "a domain name or a service in quotes, such as \"olm.vn\" or \"youtube\"";

    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong> {
        match value.as_str() {
            Some(text) if text.contains('.') || !text.is_ascii() => Ok(Name::read(value)?.map(Box::new).map(Self::Name)),
            Some(_) | None => Ok(Id::read(value)?.map(Self::Service)),
        }
    }
}

impl Value for Date {
    const WANTED: &'static str = "a date in quotes, such as \"2026-09-02\"";

    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong> {
        let Some(text) = written_time(value) else { return Ok(None) };
        // jiff reads a date with a time as its date; here that would hide a slip.
        let date = if text.len() == "2026-09-02".len() { text.parse().ok() } else { None };
        let hint = "write year, month and day, such as \"2026-09-02\"";
        date.map(Some).ok_or_else(|| Wrong::new("is no date", hint))
    }
}

/// A date or time, in quotes or as TOML's own.
fn written_time(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

impl Value for MinuteOfDay {
    const WANTED: &'static str = "a time of day in quotes, such as \"11:30\"";

    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong> {
        let Some(text) = written_time(value) else { return Ok(None) };
        // TOML's own time has seconds.
        let text = text.strip_suffix(":00").filter(|rest| rest.len() == "11:30".len()).unwrap_or(&text);
        let hint = "write hours and minutes in two digits each, from \"00:00\" to \"24:00\", such as \"07:30\"";
        text.parse().map(Some).map_err(|_| Wrong::new("is no time of day", hint))
    }
}

impl Value for Server {
    const WANTED: &'static str = "a server in quotes, such as \"udp://192.0.2.53\", \"tcp://192.0.2.53\" or \"system\"";

    fn read(value: &DeValue<'_>) -> Result<Option<Self>, Wrong> {
        text(value, |text| {
            Self::parse(text).map_err(|error| match &error {
                AddressError::NotBuiltIn { .. } => Wrong { hint: error.hint().to_owned(), ..Wrong::not_built() },
                AddressError::Empty
                | AddressError::UnknownScheme { .. }
                | AddressError::HostName { .. }
                | AddressError::BadAddress { .. }
                | AddressError::BadPort { .. }
                | AddressError::Trailing
                | AddressError::NotOneServer { .. } => {
                    Wrong::new(format!("names no server: {}", error.to_string().escaped()), error.hint())
                }
            })
        })
    }
}

#[cfg(test)]
mod tests;
