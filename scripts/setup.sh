# Sees to the programs that building and testing need. Sourced by ./demo and ./test, which run in the root of the repository.
#
# What is missing is installed where that is possible (apt-get as root or through sudo). Otherwise the script says what to install and
# ends: nothing is skipped in silence.

say() { printf '\n\033[1m== %s\033[0m\n' "$*" >&2; }
die() { printf '\n%s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command as root, or fails. Asks for a password only where somebody can type one.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif ! have sudo; then return 1
    elif [ -t 0 ]; then sudo "$@"
    else sudo -n "$@"
    fi
}

apt_updated=
# install PACKAGE...: installs Debian packages, or says that somebody must.
install() {
    say "installing $*"
    if have apt-get; then
        [ -n "$apt_updated" ] || as_root apt-get update -q && apt_updated=yes
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" && return
    fi
    die "These packages are missing and could not be installed from here: $*
On Debian or Ubuntu: sudo apt-get update && sudo apt-get install $*"
}

see_to_c_compiler() {
    # SQLite and ring are compiled from C.
    have cc && printf '#include <stdio.h>\nint main(void){return 0;}' | cc -x c - -o /dev/null 2>/dev/null || install gcc libc6-dev
}

# The version that rust-toolchain.toml asks for.
wanted_rust() { sed -n 's/^channel *= *"\(.*\)"/\1/p' rust-toolchain.toml; }

rust_is_there() {
    have cargo || return 1
    local got
    got=$(cargo --version 2>/dev/null | cut -d ' ' -f 2)
    # A distribution's own cargo may be older than what the code is written in.
    [ -n "$got" ] && [ "$(printf '%s\n%s\n' "$(wanted_rust)" "$got" | sort -V | head -n 1)" = "$(wanted_rust)" ]
}

see_to_rust() {
    export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
    rust_is_there && return
    if ! have rustup; then
        if have apt-cache && apt-cache show rustup >/dev/null 2>&1; then
            install rustup
        else
            have curl || install curl ca-certificates
            say "installing the Rust toolchain with the official installer (rustup)"
            curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal --default-toolchain none --no-modify-path ||
                die "Rust could not be installed from here. Install it as https://rustup.rs says, then run this again."
        fi
    fi
    hash -r
    say "installing Rust $(wanted_rust)"
    rustup toolchain install "$(wanted_rust)" --profile minimal --component clippy --component rustfmt
    rust_is_there || die "Rust $(wanted_rust) is needed, and \`cargo --version\` does not say so. See https://rustup.rs."
}
