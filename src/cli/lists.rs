//! `khien lists`: fetch, compile and export what the configuration names, say what came of it, and look at single files.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Subcommand;

use super::progress::while_doing;
use super::{AT_FAULT, FINE, export, fetch};
use crate::config::{self, Program};
use crate::fetch::Change;
use crate::lists::compile::{ListReport, Loaded, Report};
use crate::server::{self, Compiler};

/// Work with lists.
#[derive(Debug, Subcommand)]
pub(super) enum Lists {
    /// Fetch the lists whose source is a page; a running server takes what came by itself
    Fetch {
        /// These lists only
        #[arg(value_name = "LIST")]
        lists: Vec<String>,
        /// Take a list too that became much shorter or longer than the last good copy
        #[arg(long, env = "KHIEN_ACCEPT_CHANGE")]
        accept_change: bool,
    },
    /// Compile all lists, so that the next start or reload has them ready
    Compile {
        /// Print JSON
        #[arg(long, env = "KHIEN_JSON")]
        json: bool,
    },
    /// Show how many names each list brings, and what was not taken
    Stats {
        /// Print JSON
        #[arg(long, env = "KHIEN_JSON")]
        json: bool,
    },
    /// Write what a tier blocks as a file for another resolver
    Export(export::Export),
    /// Look at list files: what is taken, what is not, and which harm is averted
    Lint {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The category as which they are judged
        #[arg(long, default_value = "adult", value_name = "ID", env = "KHIEN_CATEGORY")]
        category: String,
    },
}

impl Lists {
    /// Exit code 2 where a list is at fault.
    pub(super) fn run(self, file: Option<&Path>) -> Result<u8> {
        let program = program(file)?;
        let (report, json, issues) = match self {
            Self::Fetch { lists, accept_change } => {
                let change = if accept_change { Change::Any } else { Change::Bounded };
                return fetch::run(&program, &lists, change);
            }
            Self::Export(export) => return export.run(&program),
            Self::Compile { json } => (compile(&program)?, json, Issues::Counted),
            Self::Stats { json } => (compile(&program)?, json, Issues::Counted),
            Self::Lint { files, category } => (lint(&program, &files, &category)?, false, Issues::Shown),
        };
        if json {
            println!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            print!("{}", page(&report, issues));
        }
        Ok(if report.lists.iter().any(|list| list.fault.is_some()) { AT_FAULT } else { FINE })
    }
}

fn program(file: Option<&Path>) -> Result<Program> {
    match config::load(file) {
        Ok((program, _)) => Ok(program),
        Err(faults) => bail!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

fn compile(program: &Program) -> Result<Report> {
    let compiler = Compiler::this_program()?;
    while_doing("compiling lists", || server::compile(program, &compiler)).map_err(anyhow::Error::msg)
}

fn lint(program: &Program, files: &[PathBuf], category: &str) -> Result<Report> {
    let Some(category) = program.registry.find(category) else { bail!("there is no category `{category}`") };
    while_doing("reading lists", || server::lint(program, files, category)).map_err(anyhow::Error::msg)
}

/// How much is said of lines that were not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Issues {
    /// How many of which kind.
    Counted,
    /// The first of each kind too, with their lines.
    Shown,
}

fn page(report: &Report, issues: Issues) -> String {
    let mut lines = Vec::new();
    for list in &report.lists {
        list_lines(&mut lines, list, issues);
    }
    let Report { names, rules, patterns, networks, octets, millis, .. } = report;
    let of_networks = if *networks == 0 { String::new() } else { format!(", {networks} networks") };
    lines.push(format!("{names} names, {rules} rules, {patterns} patterns{of_networks}, {} KiB, {millis} ms", octets >> 10));
    lines.push(String::new());
    lines.join("\n")
}

fn list_lines(lines: &mut Vec<String>, list: &ListReport, shown: Issues) {
    let format = list.format.as_deref().unwrap_or("unknown format");
    let patterns = if list.patterns == 0 { String::new() } else { format!(", {} patterns", list.patterns) };
    lines.push(format!("{}: {} entries{patterns} from {} lines ({format})", list.id.0, list.entries, list.lines));
    if let Some(fault) = &list.fault {
        let kept = if list.loaded == Loaded::Kept { "; the last good copy is used" } else { "" };
        lines.push(format!("  FAULT: {fault}{kept}"));
    }
    for issue in &list.issues {
        lines.push(format!("  not taken: {} {}", issue.count, issue.what));
        if shown == Issues::Shown {
            lines.extend(issue.first.iter().map(|(line, text)| format!("    {line}: {text}")));
        }
    }
    let (suffixes, platforms, tried) = (&list.guarded.suffixes, &list.guarded.platforms, &list.guarded.tried);
    let named = |(name, line): &(String, u32)| format!("    {line}: {name}");
    if !suffixes.is_empty() {
        lines.push(format!("  refused: {} whole public suffixes", suffixes.len()));
        lines.extend(suffixes.iter().take(10).map(named));
    }
    let networks = &list.guarded.networks;
    if !networks.is_empty() {
        lines.push(format!("  refused: {} networks of half the world, or of no part of the Internet", networks.len()));
        lines.extend(networks.iter().take(10).map(named));
    }
    if !platforms.is_empty() {
        lines.push(format!("  taken: {} whole platforms that many sites share", platforms.len()));
        lines.extend(platforms.iter().take(10).map(named));
    }
    if !tried.is_empty() {
        lines.push(format!("  left open: {} protected names", tried.len()));
        let row = |tried: &crate::lists::compile::Tried| {
            format!("    {}: {} would take {} ({})", tried.line, tried.rule, tried.name, tried.kinds.join(", "))
        };
        lines.extend(tried.iter().take(20).map(row));
    }
    for (line, pattern) in &list.patterns_left_out {
        lines.push(format!("  no room for the pattern on line {line}: {pattern}"));
    }
}
