# shellcheck shell=bash disable=SC2034 # the variables are for those who source this
# Sourced by the other tools: where things are kept, and how to run cargo for wasm32.

cache=${BUDDYSCOPE_CACHE:-$HOME/.cache/buddyscope}

# The command-line tools must be the very version of the crate: Cargo.lock decides for both.
wasm_bindgen_version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/"/, "", $3); print $3 }' Cargo.lock)
wasm_bindgen_bin=$cache/wasm-bindgen-$wasm_bindgen_version/bin

say() { printf '%s\n' "$*" >&2; }

toolchain_has_wasm_std() {
  [ -d "$(rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null)" ]
}

# How the standard library is built from source: sorting, formatting and the like made small, as the page loads them.
std_features=optimize_for_size

# Where the standard library built from Debian's source is kept. Another compiler, source or build is another folder.
debian_sysroot() {
  local id
  id=$({ /usr/bin/rustc -vV && dpkg-query --show rust-web-src && echo "$std_features"; } | sha256sum)
  printf '%s/wasm-sysroot-%.16s\n' "$cache" "$id"
}

# Debian names its wasm linker after the LLVM it belongs to, which is the compiler's.
debian_lld_package() {
  /usr/bin/rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/lld-\1/p'
}

# Debian's compiler and cargo, whatever else PATH and the environment offer.
debian_cargo() {
  env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS -u RUSTUP_TOOLCHAIN PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc \
    /usr/bin/cargo "$@"
}

# cargo for wasm32: the active toolchain if it has the target, else Debian's with the private sysroot. The target
# folder is its own, as two compilers in one would keep undoing each other's work.
wasm_cargo() {
  export CARGO_TARGET_DIR=target/wasm
  # Panic messages hold source paths: the same wasm must come out wherever the registry and the compiler are kept.
  local flags="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=crates"
  if toolchain_has_wasm_std; then
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$flags cargo "$@"
  else
    local lld
    lld=$(debian_lld_package)
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--sysroot=$(debian_sysroot) $flags" \
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=/usr/bin/wasm-ld${lld#lld} debian_cargo "$@"
  fi
}
