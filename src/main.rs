//! The binary `sla`.

fn main() -> std::process::ExitCode {
    sla::cli::main()
}
