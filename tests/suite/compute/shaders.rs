//! WGSL holds what the contract says: it validates, its entries, bindings and layouts are those of Rust, its helpers those of
//! the .cu file, in the same order.

use linetwin_compute::contract::{Argument, Kernel};
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
        let mut found: BTreeMap<u32, &str> = BTreeMap::new();
        for (_, variable) in module.global_variables.iter() {
            let own = variable.name.as_deref().unwrap_or_default();
            // Parameters of several entries are several structs, at one place.
            let name = if own.ends_with("_parameters") { "parameters" } else { own };
            let Some(binding) = &variable.binding else {
                assert_eq!(variable.space, AddressSpace::WorkGroup, "{stem}.wgsl: `{name}` is neither bound nor of a block");
                continue;
            };
            assert_eq!(binding.group, 0, "{stem}.wgsl: `{name}`");
            found.insert(binding.binding, name);
            let inner = &module.types[variable.ty].inner;
            let arguments = kernel.entries.iter().flat_map(|entry| entry.arguments);
            let mut own_arguments = arguments.filter(|argument| argument.name() == name).peekable();
            assert!(own_arguments.peek().is_some(), "{stem}.wgsl: `{own}` is no argument");
            if name == "parameters" {
                let bytes = inner.size(module.to_ctx()) as usize;
                let known =
                    own_arguments.any(|argument| matches!(argument, Argument::Parameters { bytes: wanted, .. } if *wanted == bytes));
                assert!(known, "{stem}.wgsl: no entry has parameters of {bytes} bytes, as `{own}`");
                continue;
            }
            let written = kernel.writes(name);
            let AddressSpace::Storage { access } = variable.space else { panic!("{stem}.wgsl: `{name}` is no storage") };
            assert_eq!(access.contains(StorageAccess::STORE), written, "{stem}.wgsl: `{name}` is `read` where no entry writes it");
            own_arguments.for_each(|argument| check_argument(stem, &module, inner, argument));
        }
        let found: Vec<(u32, &str)> = found.into_iter().collect();
        let names: Vec<(u32, &str)> = (0..).zip(kernel.bindings()).collect();
        assert_eq!(found, names, "{stem}.wgsl: arguments have their place in `Kernel::bindings` as @binding");
    }
}

/// Size and alignment of an element.
fn check_argument(stem: &str, module: &Module, inner: &TypeInner, argument: &Argument) {
    let told = format!("{stem}.wgsl: `{}`", argument.name());
    let (Argument::Buffer(buffer), TypeInner::Array { base, stride, .. }) = (argument, inner) else {
        panic!("{told} is {inner:?}, not {argument:?}");
    };
    assert_eq!(*stride as usize, buffer.element_bytes, "{told}: bytes of an element");
    let alignment = layouter(module)[*base].alignment;
    assert!(alignment <= naga::proc::Alignment::new(buffer.element_align.max(16) as u32).expect("a power of two"), "{told}: alignment");
}

fn layouter(module: &Module) -> naga::proc::Layouter {
    let mut layouter = naga::proc::Layouter::default();
    layouter.update(module.to_ctx()).expect("a valid module has layouts");
    layouter
}

/// Name, offset [bytes] and form of each field, such as ("low_m", 0, "f32 3").
type Fields = Vec<(String, u32, String)>;

/// Name and type of each field as written.
type Written = Vec<(String, String)>;

/// The `#[repr(C)]` structs of the kernels' Rust files, by name.
fn rust_structs() -> BTreeMap<String, Written> {
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
                let fields =
                    body.lines().map(str::trim).filter_map(|line| line.strip_prefix("pub ")?.trim_end_matches(',').split_once(": "));
                structs.insert(head.to_string(), fields.map(|(name, kind)| (name.to_string(), kind.to_string())).collect());
            }
        }
    }
    structs
}

/// `Pod` has no padding, so each field begins where the last one ends. What has 64 bits crosses as two words.
fn fields_of(structs: &BTreeMap<String, Written>, name: &str) -> Fields {
    let mut offset = 0;
    let written = structs.get(name).unwrap_or_else(|| panic!("`{name}` is no #[repr(C)] struct of the kernels"));
    let field = |(name, kind): &(String, String)| {
        let scalar = kind.trim_start_matches('[').split([';', ']']).next().unwrap_or_default();
        let count: u32 = kind.split(';').skip(1).map(|part| part.trim_matches([' ', ']']).parse::<u32>().expect("a length")).product();
        let (form, words) = match scalar {
            "u64" | "i64" => (format!("u32 {}", 2 * count), 2 * count),
            "f32" | "u32" | "i32" => (format!("{scalar} {count}"), count),
            other => (other.to_string(), words_of(structs, other)),
        };
        let field = (name.clone(), offset, form);
        offset += 4 * words;
        field
    };
    written.iter().map(field).collect()
}

fn words_of(structs: &BTreeMap<String, Written>, name: &str) -> u32 {
    let of_form = |form: &str| match form.split_once(' ') {
        Some((_, words)) => words.parse().expect("a form tells its words"),
        None => words_of(structs, form),
    };
    fields_of(structs, name).iter().map(|(_, _, form)| of_form(form)).sum()
}

#[test]
fn layouts_are_those_of_rust() {
    let rust = rust_structs();
    assert!(rust.contains_key("PlacedSolid") && rust["Ray"].len() == 4, "the tests read no Rust: {rust:?}");
    let mut seen = 0;
    for (kernel, _, module) in modules() {
        for (_, ty) in module.types.iter() {
            let (TypeInner::Struct { members, .. }, Some(name)) = (&ty.inner, ty.name.as_deref()) else { continue };
            // What no buffer holds is the shader's own.
            if !rust.contains_key(name) {
                continue;
            }
            let told = format!("{}.wgsl: `{name}`", kernel.stem);
            let expected = fields_of(&rust, name);
            let found: Vec<_> = members.iter().map(|member| (member.name.clone().unwrap_or_default(), member.offset)).collect();
            let places: Vec<_> = expected.iter().map(|(name, offset, _)| (name.clone(), *offset)).collect();
            assert_eq!(found, places, "{told}: names and offsets of its fields");
            for (member, (field, _, form)) in members.iter().zip(&expected) {
                let own = form_of(&module, &module.types[member.ty]);
                // Bits that are no plain number cross as u32.
                assert!(own == *form || own == form.replace("f32", "u32"), "{told}: `{field}` is {own}, in Rust {form}");
            }
            seen += 1;
        }
        for (_, variable) in module.global_variables.iter().filter(|(_, variable)| variable.binding.is_some()) {
            let ty = match module.types[variable.ty].inner {
                TypeInner::Array { base, .. } => &module.types[base],
                _ => &module.types[variable.ty],
            };
            let twin = ty.name.as_ref().is_none_or(|name| rust.contains_key(name));
            assert!(twin, "{}.wgsl: {:?} of a buffer has no twin in Rust", kernel.stem, ty.name);
        }
    }
    assert!(seen > 12, "only {seen} layouts were compared");
}

fn form_of(module: &Module, ty: &naga::Type) -> String {
    let word = |scalar: &Scalar| match (scalar.kind, scalar.width) {
        (ScalarKind::Float, 4) => "f32",
        (ScalarKind::Uint, 4) => "u32",
        (ScalarKind::Sint, 4) => "i32",
        _ => "another scalar",
    };
    match &ty.inner {
        TypeInner::Scalar(scalar) | TypeInner::Atomic(scalar) => format!("{} 1", word(scalar)),
        TypeInner::Struct { .. } => ty.name.clone().unwrap_or_default(),
        TypeInner::Vector { size, scalar } => format!("{} {}", word(scalar), *size as u32),
        TypeInner::Array { base, size: naga::ArraySize::Constant(count), stride } => {
            let form = form_of(module, &module.types[*base]);
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
        // What WGSL lacks: 64 bits, and templates of which one half only counts.
        let own = |name: &&str| {
            name.starts_with("limbs_") || name.starts_with("count_") || kernel.entries.iter().any(|entry| entry.name == *name)
        };
        let wgsl: Vec<&str> = text.split("\nfn ").skip(1).filter_map(name_before_bracket).collect();
        let wgsl: Vec<&str> = wgsl.into_iter().filter(|name| cuda.contains(name) || !own(name)).collect();
        assert_eq!(wgsl, cuda, "{}: helpers of the .wgsl and of the .cu file, in their order", kernel.stem);
        // Rust may have helpers of its own between them, or, where a kernel fills several files, its own order.
        let path = repository_root().join(format!("engine/compute/src/kernels/{}.rs", kernel.stem));
        let rust = fs::read_to_string(path).expect("a stem has its Rust file");
        let all: Vec<&str> = rust.split("fn ").skip(1).filter_map(name_before_bracket).collect();
        let twins: Vec<&str> = all.into_iter().filter(|name| cuda.contains(name)).collect();
        let in_one_file = !twins.is_empty();
        assert!(!in_one_file || twins == cuda, "{}: helpers of the .rs file, {twins:?}, and of the .cu file, {cuda:?}", kernel.stem);
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
        let own = |name: &str| code.contains(&format!("\nfn {name}("));
        let found: Vec<&&str> = INEXACT.iter().filter(|name| calls.contains(name) && !own(name)).collect();
        assert!(found.is_empty(), "{}.wgsl calls {found:?}\n=> + - * / sqrt, comparisons and floor only", kernel.stem);
    }
}
