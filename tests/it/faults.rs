//! Golden faults: what an operator reads for each of the usual slips, word by word (`snapshots/`).

use crate::manual::surroundings;
use khien::config::{check, read};
use std::fmt::Write as _;
use std::path::Path;

/// Configurations with a fault or a doubt each, in the order of the manual.
const BROKEN: [(&str, &str); 58] = [
    ("no TOML", "[listen\ndns = [\"127.0.0.1:53\"]\n"),
    ("text without quotes", "[log]\nlevel = info\n"),
    ("an array that does not end", "[listen]\ndns = [\"127.0.0.1:53\"\n[log]\nlevel = \"info\"\n"),
    ("a key twice", "[log]\nlevel = \"info\"\nlevel = \"warn\"\n"),
    ("a section twice", "[log]\n[cache]\n[log]\n"),
    ("unknown section", "[upstreams]\nservers = [\"system\"]\n"),
    ("unknown key", "[upstream]\ntimout = \"2s\"\n"),
    ("a key of another section", "[listen]\nrate_limit = \"5/s\"\n"),
    ("a key of nowhere", "[log]\ncolour = true\n"),
    ("a number for a text", "[upstream]\ntimeout = 2\n"),
    ("a text for an array", "[listen]\ndns = \"0.0.0.0:53\"\n"),
    ("one section for several", "[group]\nid = \"a\"\n"),
    ("several sections for one", "[[cache]]\nsize = \"1MiB\"\n"),
    ("a value for a section", "cache = \"64MiB\"\n"),
    ("address without port", "[listen]\ndns = [\"10.0.0.1\", \"::1\", \":53\", \"localhost:53\"]\n"),
    ("no listener", "[listen]\ndns = []\n"),
    ("two listeners on one address", "[listen]\ndns = [\"127.0.0.1:53\", \"0.0.0.0:53\"]\n"),
    ("encrypted listeners", "[listen]\ndot = [\"0.0.0.0:853\"]\ndoh = []\n[tls]\nname = \"dns.truong.edu.vn\"\n"),
    ("durations", "[upstream]\ntimeout = \"2 s\"\n[block]\nttl = \"500ms\"\n[clients]\nmax_ttl = \"2d\"\n"),
    ("sizes", "[cache]\nsize = \"64MB\"\n"),
    ("rates", "[clients]\nrate_limit = \"1000\"\n"),
    ("upstreams", "[upstream]\nservers = [\"tls://1.1.1.1\", \"dns.google\", \"upd://1.1.1.1\", \"udp://0.0.0.0\"]\n"),
    ("our own listener as upstream", "[upstream]\nservers = [\"udp://127.0.0.1:5300\"]\n"),
    ("later upstreams", "[upstream]\nrebinding = \"block\"\nvalidate = true\n[[upstream.zone]]\nname = \"a.lan\"\n"),
    (
        "later answers",
        "[block]\nanswer = \"page\"\npage_address = [\"10.0.0.2\"]\nportal = \"khien.truong.lan\"\n[cache]\nserve_stale = \"8d\"\n",
    ),
    ("an unknown word", "[upstream]\nstrategy = \"fast\"\n[journal]\nclient = \"psuedonym\"\n"),
    ("an open resolver", "[listen]\ndns = [\"0.0.0.0:53\"]\n[clients]\nallowed = [\"any\"]\n"),
    (
        "networks",
        "[clients]\nallowed = [\"10.20.1.7/16\", \"10.0.0.0/255.0.0.0\", \"fd00::/129\", \"10.20\", \"::ffff:10.0.0.0/104\"]\n",
    ),
    ("later clients", "[clients.proxy_protocol]\nfrom = [\"10.0.0.1/32\"]\n"),
    (
        "forwarders that say too much",
        "[clients]\ntrusted_forwarders = [\"10.40.0.1/32\", \"10.0.0.0/8\", \"router\"]\n[[group]]\nid = \"pupils\"\ntier = \"primary\"\nsubnets = [\"10.20.0.0/16\"]\n[[group]]\nid = \"staff\"\ntier = \"staff\"\nsubnets = [\"10.40.0.0/24\"]\n",
    ),
    (
        "ways in",
        "[[group]]\nid = \"a\"\ntier = \"staff\"\nvia = [\"10.0.0.2\", \"eth1\", \"eth1\", \"fe80::1\", \"0.0.0.0\", \"an interface\", 7]\n",
    ),
    (
        "the same way in twice",
        "[[group]]\nid = \"a\"\ntier = \"staff\"\nvia = [\"10.0.0.2\", \"eth1\"]\n[[group]]\nid = \"b\"\ntier = \"primary\"\nvia = [\"eth1\", \"::ffff:10.0.0.2\"]\n",
    ),
    ("default group", "[clients]\ndefault_group = \"gests\"\n[[group]]\nid = \"guests\"\ntier = \"primary\"\n"),
    ("unlocking the law", "[[category]]\nid = \"gambling\"\nlocked = false\n"),
    (
        "tiers",
        "[[tier]]\nid = \"staff\"\n[[tier]]\nid = \"primary\"\nblocks = [\"scoial\"]\nrestricted = [\"youtube\"]\n[[tier]]\nid = \"staff\"\n",
    ),
    (
        "what is restricted",
        "[[tier]]\nid = \"primary\"\nrestricted = [\"youtub\", \"zalo\"]\n[[tier]]\nid = \"old\"\nyoutube = \"off\"\nrestricted = [\"youtube\"]\n",
    ),
    (
        "an older tier blocks what a younger one restricts",
        "[[tier]]\nid = \"primary\"\nrestricted = [\"youtube\"]\n[[tier]]\nid = \"old\"\nblocks = [\"video\"]\n",
    ),
    ("a country", "[[group]]\nid = \"a\"\ntier = \"staff\"\nsubnets = [\"10.1.0.0/16\"]\ndeny = [\"vn\"]\n"),
    ("time zone and holidays", "[schedule]\ntime_zone = \"Asia/Hochiminh\"\nholidays = [\"2026-02-30\", \"02/09/2026\"]\n"),
    ("a group without tier", "[[group]]\nid = \"lab-1\"\nsubnets = [\"10.1.0.0/16\"]\n"),
    (
        "ids",
        "[[group]]\nid = \"Phòng máy\"\ntier = \"none\"\n[[group]]\nid = \"default\"\ntier = \"staff\"\nsubnets = [\"10.1.0.0/16\"]\n",
    ),
    (
        "the same prefix twice",
        "[[group]]\nid = \"a\"\ntier = \"staff\"\nsubnets = [\"10.1.0.0/16\"]\n[[group]]\nid = \"b\"\ntier = \"primary\"\nsubnets = [\"10.1.0.0/16\", \"fe80::/10\"]\n",
    ),
    ("a tier that is not defined", "[[group]]\nid = \"a\"\ntier = \"primery\"\nsubnets = [\"10.1.0.0/16\"]\n"),
    (
        "names",
        "[[group]]\nid = \"a\"\ntier = \"staff\"\nsubnets = [\"10.1.0.0/16\"]\nallow = [\"https://olm.vn/lop-6\", \"*.olm.vn\", \"youtub\", \"a..b\"]\ndeny = [\"tongdai111.vn\", \"olm.vn:443\"]\n",
    ),
    ("an exam that opens nothing", "[[group]]\nid = \"a\"\ntier = \"primary\"\nsubnets = [\"10.1.0.0/16\"]\nallow_only = true\n"),
    (
        "a window past midnight",
        "[[group]]\nid = \"a\"\ntier = \"primary\"\nsubnets = [\"10.1.0.0/16\"]\n[[group.schedule]]\ndays = [\"mon\"]\nfrom = \"22:00\"\nto = \"06:00\"\nopens = [\"games\"]\n",
    ),
    (
        "odd windows",
        "[[group]]\nid = \"a\"\ntier = \"primary\"\nsubnets = [\"10.1.0.0/16\"]\n[[group.schedule]]\ndays = []\nfrom = \"7:30\"\nto = \"25:00\"\n[[group.schedule]]\nfrom = \"07:30\"\nto = \"08:00\"\nopens = [\"gambling\"]\n",
    ),
    (
        "a window for older pupils",
        "[[group]]\nid = \"a\"\ntier = \"primary\"\nsubnets = [\"10.1.0.0/16\"]\n[[group.schedule]]\ndays = [\"mon\"]\nfrom = \"10:00\"\nto = \"11:00\"\ntier = \"staff\"\n[[group.schedule]]\ndays = [\"mon\"]\nfrom = \"10:30\"\nto = \"11:30\"\nopens = [\"games\"]\n",
    ),
    (
        "exceptions",
        "[[exception]]\nname = \"a.vn\"\n[[exception]]\nname = \"b.vn\"\nreason = \"\"\nuntil = \"2027\"\n[[exception]]\nname = \"c.vn\"\nreason = \"wrongly listed\"\nuntil = \"2026-11-22\"\n",
    ),
    (
        "lists",
        "[[list]]\nid = \"a\"\ncategory = \"adlut\"\nsource = \"https://example.org/list.txt\"\n[[list]]\nid = \"b\"\nsource = \"b.txt\"\n[[list]]\nid = \"c\"\ncategory = \"adult\"\nsource = \"\"\nformat = \"networks\"\n",
    ),
    (
        "pages that are none",
        "[upstream]\nbootstrap = [\"udp://127.0.0.1:5300\", \"dns.google\"]\n[[list]]\nid = \"a\"\ncategory = \"adult\"\nsource = \"http://example.org/list.txt\"\n[[list]]\nid = \"b\"\ncategory = \"adult\"\nsource = \"https://10.0.0.1/list.txt\"\naccept = [\"http\", \"privat-address\"]\n[[list]]\nid = \"c\"\ncategory = \"adult\"\nsource = \"https://me:secret@example.org/\"\nmax_size = \"3GiB\"\n[[list]]\nid = \"d\"\ncategory = \"adult\"\nsource = \"ftp://example.org/list.txt\"\n[[list]]\nid = \"e\"\ncategory = \"adult\"\nsource = \"https://example.org:22/\"\n[[list]]\nid = \"f\"\ncategory = \"adult\"\nsource = \"https://[::]/\"\naccept = [\"private-address\"]\n",
    ),
    (
        "a list that is not there",
        "[[list]]\nid = \"a\"\ncategory = \"social\"\nsource = \"nowhere/a.txt\"\n[[list]]\nid = \"b\"\ncategory = \"social\"\nsource = \"nowhere/b.txt\"\noptional = true\n",
    ),
    (
        "an exact list of a locked category",
        "[[list]]\nid = \"a\"\ncategory = \"adult\"\nsource = \"nowhere/a.txt\"\nformat = \"hosts\"\n",
    ),
    (
        "folders",
        "[[list]]\nid = \"a\"\nsource = \"ut1\"\nformat = \"ut1\"\ncategories = { \"../../etc\" = \"adult\", games = \"gmaes\" }\n",
    ),
    (
        "control characters",
        "[block]\ncontact = \"\\u001b[31m\"\n[log]\nlevel = \"\\u202einfo\"\n[office]\nurl = \"https://lists.example.gov.vn/\"\n",
    ),
    ("an office without an address", "[office]\nroot = \"office-root.json\"\nring = 0\nrefresh = \"1s\"\n"),
    (
        "an office in a private network",
        "[office]\nurl = \"http://10.0.0.2:8000/khien\"\naccept = [\"http\", \"port\"]\nroot = \"office-root.json\"\nring = \"3\"\n",
    ),
    ("an office with a question", "[office]\nurl = \"https://lists.example.gov.vn/?x=1\"\nroot = \"\"\nring = 300\n"),
];

#[test]
fn faults_read_as_they_always_did() {
    let mut all = String::new();
    for (what, text) in BROKEN {
        writeln!(all, "=== {what}").expect("memory");
        for (number, line) in text.lines().enumerate() {
            writeln!(all, "{:>4} | {line}", number + 1).expect("memory");
        }
        let faults = match read(text, Some(Path::new("khien.toml")), &surroundings()) {
            Err(faults) => faults,
            Ok((program, mut doubts)) => {
                doubts.extend(check::sources(&program));
                doubts
            }
        };
        assert!(!faults.is_empty(), "{what}: no fault is found");
        for fault in faults {
            writeln!(all, "{fault}").expect("memory");
        }
        all.push('\n');
    }
    insta::assert_snapshot!(all);
}
