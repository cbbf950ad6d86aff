//! `buddyscope`: the allocator model on the command line, for tests, benchmarks and bug reports.

mod bench;
mod boot;
mod boot_json;
mod check_boot;
mod compare;
mod explain;
mod folders;
mod replay;
mod replay_trace;
mod roundtrip;
mod run;
mod text;

use clap::{Parser, Subcommand};
use std::io;
use std::process::ExitCode;

/// The Linux 5.10 page allocator, as a model.
#[derive(Parser)]
#[command(name = "buddyscope", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Replay recordings of a real kernel and compare every page, counter and list.
    Replay(replay::Args),
    /// Boot recorded machines and compare their zones, marks and lists.
    CheckBoot(check_boot::Args),
    /// Put the model under recorded loads of a real kernel and compare what happens.
    Compare(compare::Args),
    /// Boot a machine and print it as the kernel would.
    Boot(boot::Args),
    /// Say why requests failed and whom the OOM killer chose, from a kernel's log.
    Explain(explain::Args),
    /// Read texts of a kernel and print them again byte for byte.
    Roundtrip(roundtrip::Args),
    /// Make the requests of an ftrace text again and tell where the model and the trace part.
    ReplayTrace(replay_trace::Args),
    /// Run a scenario in virtual time.
    Run(run::Args),
    /// Measure the model beside other buddy allocators.
    Bench(bench::Args),
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let mut out = io::stdout().lock();
    let outcome = match command {
        Command::Replay(args) => replay::run(&args, &mut out),
        Command::CheckBoot(args) => check_boot::run(&args, &mut out),
        Command::Compare(args) => compare::run(&args, &mut out),
        Command::Boot(args) => boot::run(&args, &mut out),
        Command::Explain(args) => explain::run(&args, &mut out),
        Command::Roundtrip(args) => roundtrip::run(&args, &mut out),
        Command::ReplayTrace(args) => replay_trace::run(&args, &mut out),
        Command::Run(args) => run::run(&args, &mut out),
        Command::Bench(args) => bench::run(&args, &mut out),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) if is_closed_pipe(&error) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("buddyscope: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether whoever read the output has seen enough.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
