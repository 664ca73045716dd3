//! Gives the library the name that a program looks for: one that loaded it by path is then given it for the plain name.

fn main() {
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libcuda.so.1");
    println!("cargo::rerun-if-changed=build.rs");
}
