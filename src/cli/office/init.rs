//! `khien office init`: a working folder and its keys, from a few answers.

use std::fs;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use super::desk::{new_passphrase, tell};
use super::keys::make;
use crate::cli::FINE;
use crate::office::desk::KEYS;
use crate::office::folder::{Folder, IGNORED, OFFICE};
use crate::office::publication::is_role;
use crate::office::tuf::sign::{key_id, public};

/// A new folder.
#[derive(Debug, Args)]
pub(in crate::cli) struct Init {
    /// The folder, which is made where it is not there
    #[arg(long, value_name = "DIR", default_value = ".", env = "KHIEN_FOLDER")]
    folder: PathBuf,
    /// What the office is called
    #[arg(long)]
    name: Option<String>,
    /// Where schools will fetch what is published, as in https://lists.example.edu.vn/khien/
    #[arg(long)]
    url: Option<String>,
    /// Who signs the root and who may speak for what: names, or the public keys (NAME.pub) that they made on their own machines
    #[arg(long, value_delimiter = ',', value_name = "NAME|NAME.pub,…")]
    people: Vec<String>,
    /// How many of them must sign; more than half where nothing is said
    #[arg(long, value_name = "N")]
    threshold: Option<u64>,
    /// The role whose lists lie here
    #[arg(long, default_value = "ministry")]
    role: String,
    /// Ask for a passphrase that the keys made here are kept under
    #[arg(long)]
    passphrase: bool,
}

impl Init {
    pub(super) fn run(self) -> Result<u8> {
        let root = self.folder;
        if root.join(OFFICE).exists() {
            bail!(
                "{} is there already\nhint: this folder is an office's; `khien office status` says how it stands",
                root.join(OFFICE).display()
            );
        }
        if !is_role(&self.role) {
            bail!("`{}` is no id of a role\nhint: use a–z, 0–9 and hyphens, as in district-1", self.role);
        }
        let name = answer(self.name, "The office's name", "--name")?;
        let url = answer(self.url, "Where schools will fetch what is published (https://…/)", "--url")?;
        let people = if self.people.is_empty() {
            let said = answer(None, "Who signs (three names or NAME.pub, with commas between)", "--people")?;
            said.split(',').map(|person| person.trim().to_owned()).filter(|person| !person.is_empty()).collect()
        } else {
            self.people
        };
        let passphrase = if self.passphrase { Some(new_passphrase("these keys")?) } else { None };
        let keys = root.join(KEYS);
        fs::create_dir_all(&keys).with_context(|| keys.display().to_string())?;
        let mut names = Vec::new();
        for person in &people {
            names.push(key_of(person, &keys, passphrase.as_deref())?);
        }
        for machine in ["publication", "snapshot", "timestamp", self.role.as_str()] {
            make(&keys, machine, passphrase.as_deref())?;
        }
        let threshold = self.threshold.unwrap_or(names.len() as u64 / 2 + 1);
        let text = office(&name, &url, &names, threshold, &self.role);
        let role = root.join("roles").join(&self.role);
        put(&role.join("lists").join(".keep"), "")?;
        put(&role.join("decisions.toml"), DECISIONS)?;
        put(&root.join(".gitignore"), IGNORED)?;
        put(&root.join(OFFICE), &text)?;
        if let Err(faults) = Folder::read(&root) {
            // What was answered makes no office; the keys stay, for they are nobody else's.
            fs::remove_file(root.join(OFFICE))?;
            return Ok(tell(&faults));
        }
        println!("{}: an office's folder", root.display());
        println!("  lists go into {}/lists, one file a category: gambling.txt", role.display());
        println!("  keys lie in {}: keep a copy of them where nobody else comes", keys.display());
        let here: Vec<&String> = names.iter().filter(|name| keys.join(format!("{name}.key")).exists()).collect();
        if here.len() > 1 {
            println!(
                "  the keys of {} people lie on this machine: for more than a trial each makes their own, on their own",
                here.len()
            );
        }
        println!("then: khien office check; khien office build; khien office publish --to DIR");
        Ok(FINE)
    }
}

/// A person's key: made elsewhere and handed over, or made here. Gives its name.
fn key_of(person: &str, keys: &Path, passphrase: Option<&str>) -> Result<String> {
    let Some(stem) = person.strip_suffix(".pub") else {
        make(keys, person, passphrase)?;
        return Ok(person.to_owned());
    };
    let name = Path::new(stem).file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let key = public(Path::new(person))?;
    let place = keys.join(format!("{name}.pub"));
    fs::copy(person, &place).with_context(|| place.display().to_string())?;
    println!("{name} is {}…: compare it with what its owner reads out", &key_id(&key)[..16]);
    Ok(name)
}

/// What a flag says, or a person at the terminal.
fn answer(flag: Option<String>, question: &str, named: &str) -> Result<String> {
    if let Some(flag) = flag {
        return Ok(flag);
    }
    if !std::io::stdin().is_terminal() {
        bail!("{named} is missing\nhint: name it on the command line, or run this at a terminal, where it is asked for");
    }
    print!("{question}: ");
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    match line.trim() {
        "" => bail!("nothing was answered\nhint: name it with {named}"),
        line => Ok(line.to_owned()),
    }
}

fn put(path: &Path, text: &str) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    }
    if path.exists() {
        return Ok(());
    }
    fs::write(path, text).with_context(|| path.display().to_string())
}

const DECISIONS: &str =
    "# What people decide of single names; `khien office add`, `guarantee`, `allow` and `remove` write here too.\n";

fn office(name: &str, url: &str, people: &[String], threshold: u64, role: &str) -> String {
    let text = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let people: Vec<String> = people.iter().map(|person| text(person)).collect();
    format!(
        "# What this office publishes, and who signs it. docs/office.md says how it all goes together.\n\
         name = {name}\n\
         # Where schools fetch what is published: any web server, plain files.\n\
         url = {url}\n\
         \n\
         # Ring 1 takes a publication at once; these wait.\n\
         [rings]\n\
         2 = \"24h\"\n\
         3 = \"72h\"\n\
         \n\
         # Who signs the root and who may speak for what (keys/NAME.pub), and how many of them must.\n\
         [signing]\n\
         people = [{people}]\n\
         threshold = {threshold}\n\
         \n\
         # Who may speak for what. A school cuts what a role says beyond it.\n\
         [[role]]\n\
         id = {role}\n\
         speaks_for = [\"*\"]\n",
        name = text(name),
        url = text(url),
        people = people.join(", "),
        role = text(role),
    )
}
