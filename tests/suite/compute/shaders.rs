//! WGSL holds what the contract says: it validates, its entries, bindings and layouts are those of Rust, its helpers those of
//! the .cu file, in the same order.

use linetwin_compute::contract::{Access, Argument, Kernel};
use linetwin_compute::kernels::KERNELS;
use linetwin_tests::repository_root;
use naga::valid::{Capabilities, ValidationFlags, Validator};
use naga::{AddressSpace, Module, Scalar, ScalarKind, StorageAccess, TypeInner};
use std::collections::BTreeMap;
use std::fs;

/// Modules of all kernels that are written in WGSL.
fn modules() -> Vec<(&'static Kernel, &'static str, Module)> {
    let parsed = |(kernel, text): (&'static Kernel, &'static str)| {
        let module = naga::front::wgsl::parse_str(text).unwrap_or_else(|error| panic!("{}", error.emit_to_string(text)));
        (kernel, text, module)
    };
    let written: Vec<_> = KERNELS.iter().filter_map(|kernel| Some((*kernel, kernel.wgsl?))).map(parsed).collect();
    assert!(written.len() >= 3, "the tests read nothing");
    written
}

#[test]
fn shaders_validate_without_any_extension() {
    for (kernel, text, module) in modules() {
        // No capability: plain WGSL, which every adapter with compute shaders runs.
        let checked = Validator::new(ValidationFlags::all(), Capabilities::empty()).validate(&module);
        checked.unwrap_or_else(|error| panic!("{}.wgsl: {}", kernel.stem, error.emit_to_string(text)));
    }
}

#[test]
fn entries_and_bindings_are_those_of_the_contract() {
    for (kernel, _, module) in modules() {
        let stem = kernel.stem;
        let entries: Vec<(&str, [u32; 3])> = module.entry_points.iter().map(|entry| (entry.name.as_str(), entry.workgroup_size)).collect();
        let expected: Vec<(&str, [u32; 3])> = kernel.entries.iter().map(|entry| (entry.name, [entry.threads_per_block, 1, 1])).collect();
        assert_eq!(entries, expected, "{stem}.wgsl: entries and their threads");
        let mut found: Vec<(u32, &str)> = Vec::new();
        for (_, variable) in module.global_variables.iter() {
            let name = variable.name.as_deref().unwrap_or_default();
            let Some(binding) = &variable.binding else {
                assert_eq!(variable.space, AddressSpace::WorkGroup, "{stem}.wgsl: `{name}` is neither bound nor of a block");
                continue;
            };
            assert_eq!(binding.group, 0, "{stem}.wgsl: `{name}`");
            found.push((binding.binding, name));
            for argument in kernel.entries.iter().flat_map(|entry| entry.arguments).filter(|argument| argument.name() == name) {
                check_argument(stem, &module, variable.space, &module.types[variable.ty].inner, argument);
            }
        }
        found.sort();
        let names: Vec<(u32, &str)> = (0..).zip(kernel.bindings()).collect();
        assert_eq!(found, names, "{stem}.wgsl: arguments have their place in `Kernel::bindings` as @binding");
    }
}

/// Address space, access, size of an element or of the parameters.
fn check_argument(stem: &str, module: &Module, space: AddressSpace, inner: &TypeInner, argument: &Argument) {
    let told = format!("{stem}.wgsl: `{}`", argument.name());
    match (argument, inner, space) {
        (Argument::Buffer(buffer), TypeInner::Array { base, stride, .. }, AddressSpace::Storage { access }) => {
            // An entry that reads what another writes sees it as written.
            assert!(buffer.access == Access::Read || access.contains(StorageAccess::STORE), "{told} cannot be written");
            assert_eq!(*stride as usize, buffer.element_bytes, "{told}: bytes of an element");
            let alignment = layouter(module)[*base].alignment;
            assert!(alignment <= naga::proc::Alignment::new(buffer.element_align as u32).expect("a power of two"), "{told}: alignment");
        }
        (Argument::Parameters { bytes, .. }, TypeInner::Struct { .. }, AddressSpace::Uniform) => {
            assert_eq!(inner.size(module.to_ctx()) as usize, *bytes, "{told}: bytes");
        }
        other => panic!("{told} is {other:?}"),
    }
}

fn layouter(module: &Module) -> naga::proc::Layouter {
    let mut layouter = naga::proc::Layouter::default();
    layouter.update(module.to_ctx()).expect("a valid module has layouts");
    layouter
}

/// Name, offset [bytes] and form of each field, such as ("low_m", 0, "f32 3").
type Fields = Vec<(String, u32, String)>;

/// The `#[repr(C)]` structs of the kernels' Rust files, by name.
fn rust_structs() -> BTreeMap<String, Fields> {
    let mut structs = BTreeMap::new();
    let mut open = vec![repository_root().join("engine/compute/src/kernels")];
    while let Some(folder) = open.pop() {
        for path in fs::read_dir(folder).expect("the folder is committed").map(|entry| entry.expect("it can be listed").path()) {
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let text = fs::read_to_string(path).expect("Rust is text");
            for part in text.split("#[repr(C").skip(1) {
                let Some((head, rest)) = part.split_once("pub struct ").and_then(|(_, rest)| rest.split_once(" {\n")) else { continue };
                let body = rest.split("\n}").next().unwrap_or_default();
                structs.insert(head.to_string(), fields_of(body));
            }
        }
    }
    structs
}

/// `Pod` has no padding, so each field begins where the last one ends. What has 64 bits crosses as two words.
fn fields_of(body: &str) -> Fields {
    let mut offset = 0;
    let declared = body.lines().map(str::trim).filter(|line| line.starts_with("pub "));
    declared
        .map(|line| {
            let (name, kind) = line.trim_start_matches("pub ").trim_end_matches(',').split_once(": ").expect("a field has a type");
            let (scalar, count) = match kind.trim_matches(['[', ']']).split_once("; ") {
                Some((scalar, count)) => (scalar, count.parse().unwrap_or(1)),
                None => (kind, 1),
            };
            let (word, words) = if ["u64", "i64"].contains(&scalar) { ("u32", 2 * count) } else { (scalar, count) };
            let field = (name.to_string(), offset, format!("{word} {words}"));
            offset += 4 * words;
            field
        })
        .collect()
}

#[test]
fn layouts_are_those_of_rust() {
    let rust = rust_structs();
    assert!(rust.contains_key("PlacedSolid") && rust["Ray"].len() == 4, "the tests read no Rust: {rust:?}");
    for (kernel, _, module) in modules() {
        let bound: Vec<_> = module.global_variables.iter().filter(|(_, variable)| variable.binding.is_some()).collect();
        for (_, variable) in bound {
            let ty = match module.types[variable.ty].inner {
                TypeInner::Array { base, .. } => &module.types[base],
                _ => &module.types[variable.ty],
            };
            let TypeInner::Struct { members, .. } = &ty.inner else { continue };
            let name = ty.name.as_deref().unwrap_or_default();
            let told = format!("{}.wgsl: `{name}`", kernel.stem);
            let expected = rust.get(name).unwrap_or_else(|| panic!("{told} has no twin in Rust"));
            let found: Vec<_> = members.iter().map(|member| (member.name.clone().unwrap_or_default(), member.offset)).collect();
            let places: Vec<_> = expected.iter().map(|(name, offset, _)| (name.clone(), *offset)).collect();
            assert_eq!(found, places, "{told}: names and offsets of its fields");
            for (member, (field, _, form)) in members.iter().zip(expected) {
                let own = form_of(&module, &module.types[member.ty].inner);
                // Bits that are no plain number cross as u32.
                assert!(own == *form || own == form.replace("f32", "u32"), "{told}: `{field}` is {own}, in Rust {form}");
            }
        }
    }
}

fn form_of(module: &Module, inner: &TypeInner) -> String {
    let word = |scalar: &Scalar| match (scalar.kind, scalar.width) {
        (ScalarKind::Float, 4) => "f32",
        (ScalarKind::Uint, 4) => "u32",
        (ScalarKind::Sint, 4) => "i32",
        _ => "another scalar",
    };
    match inner {
        TypeInner::Scalar(scalar) => format!("{} 1", word(scalar)),
        TypeInner::Vector { size, scalar } => format!("{} {}", word(scalar), *size as u32),
        TypeInner::Array { base, size: naga::ArraySize::Constant(count), stride } => {
            let of = &module.types[*base].inner;
            let form = form_of(module, of);
            match form.split_once(' ').and_then(|(scalar, words)| Some((scalar, words.parse::<u32>().ok()?))) {
                Some((scalar, words)) if *stride == 4 * words => format!("{scalar} {}", words * count.get()),
                _ => format!("{count} of {form}, one every {stride} bytes"),
            }
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn helpers_have_their_twins_in_the_same_order() {
    for (kernel, text, _) in modules() {
        let cuda: Vec<&str> = kernel.source.split("__forceinline__ ").skip(1).filter_map(name_before_bracket).collect();
        let entry = |name: &&str| kernel.entries.iter().all(|entry| entry.name != *name);
        let wgsl: Vec<&str> = text.split("\nfn ").skip(1).filter_map(name_before_bracket).filter(entry).collect();
        assert_eq!(wgsl, cuda, "{}: helpers of the .wgsl and of the .cu file, in their order", kernel.stem);
        // Rust may have helpers of its own between them.
        let path = repository_root().join(format!("engine/compute/src/kernels/{}.rs", kernel.stem));
        let rust = fs::read_to_string(path).expect("a stem has its Rust file");
        let all: Vec<&str> = rust.split("fn ").skip(1).filter_map(name_before_bracket).collect();
        let twins: Vec<&str> = all.into_iter().filter(|name| cuda.contains(name)).collect();
        assert_eq!(twins, cuda, "{}: helpers of the .rs file (left) and of the .cu file, in their order", kernel.stem);
        for name in kernel.entries.iter().map(|entry| entry.name) {
            assert!(text.contains(&format!("\nfn {name}(")), "{}.wgsl: entry `{name}`", kernel.stem);
        }
    }
}

fn name_before_bracket(rest: &str) -> Option<&str> {
    rest.split(['(', '<']).next()?.split_whitespace().last()
}

/// Functions of WGSL whose last bit is the driver's.
const INEXACT: [&str; 17] = [
    "sin",
    "cos",
    "tan",
    "exp",
    "exp2",
    "log",
    "log2",
    "pow",
    "fma",
    "mix",
    "length",
    "distance",
    "normalize",
    "inverseSqrt",
    "atan2",
    "smoothstep",
    "cross",
];

#[test]
fn no_shader_calls_what_rounds_freely() {
    for (kernel, text, _) in modules() {
        let code: String = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
        let calls: Vec<&str> =
            code.split('(').filter_map(|before| before.trim_end().rsplit(|c: char| !c.is_alphanumeric() && c != '_').next()).collect();
        assert!(calls.contains(&"if"), "the tests read nothing");
        let found: Vec<&&str> = INEXACT.iter().filter(|name| calls.contains(name)).collect();
        assert!(found.is_empty(), "{}.wgsl calls {found:?}\n=> + - * / sqrt, comparisons and floor only", kernel.stem);
    }
}
