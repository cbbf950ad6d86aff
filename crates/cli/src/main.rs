//! `buddyscope`: the allocator model on the command line, for tests, benchmarks and bug reports.

mod bench;
mod boot;
mod boot_json;
mod check_boot;
mod replay;

use clap::{Parser, Subcommand};
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
    /// Boot a machine and print it as the kernel would.
    Boot(boot::Args),
    /// Measure the model beside other buddy allocators.
    Bench(bench::Args),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Replay(args) => replay::run(&args),
        Command::CheckBoot(args) => check_boot::run(&args),
        Command::Boot(args) => boot::run(&args),
        Command::Bench(args) => bench::run(&args),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("buddyscope: {error:#}");
            ExitCode::FAILURE
        }
    }
}
