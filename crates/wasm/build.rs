//! Sets the end of the memory that a module may take: a scenario from a link must not eat all of the reader's.

/// 2 GiB, a multiple of wasm's pages of 64 KiB.
const MAX_MEMORY: u64 = 2 << 30;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo:rustc-link-arg-cdylib=--max-memory={MAX_MEMORY}");
    }
}
