//! The `bunri` executable: everything is in the library.
fn main() -> std::process::ExitCode {
    bunri::cli::main()
}
