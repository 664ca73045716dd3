//! PTX text to instructions. Anything not understood is an error at load time, never at run time.

use super::{Comparison, Entry, Instruction, Module, Op, Operand, Param, Round, Space, Special, Type};
use std::collections::HashMap;
use std::sync::Arc;

/// Instructions whose result NVIDIA does not define to the bit; a kernel that must be bit-exact has none.
const INEXACT: [&str; 3] = [".approx", ".ftz", ".full"];

struct Fun {
    regs: HashMap<String, u32>,
    symbols: HashMap<String, u64>,
    params: Vec<Param>,
}

pub fn parse(text: &str) -> Result<Module, String> {
    let mut m = Module { version: (0, 0), target: 0, entries: HashMap::new() };
    let lines: Vec<&str> = text.lines().map(|l| l.split("//").next().unwrap().trim()).collect();
    let mut k = 0;
    while k < lines.len() {
        let l = lines[k];
        if let Some(v) = l.strip_prefix(".version ") {
            let (a, b) = v.trim().split_once('.').ok_or("bad .version")?;
            m.version = (a.parse().map_err(|_| "bad .version")?, b.parse().map_err(|_| "bad .version")?);
        } else if let Some(t) = l.strip_prefix(".target sm_") {
            m.target = t.chars().take_while(|c| c.is_ascii_digit()).collect::<String>().parse().map_err(|_| "bad .target")?;
        } else if l.contains(".entry ") {
            let (e, next) = entry(&lines, k).map_err(|e| format!("PTX line {}: {e}", k + 1))?;
            m.entries.insert(e.name.clone(), Arc::new(e));
            k = next;
        } else if l.starts_with(".func") || l.contains(" .func") {
            return Err(format!("PTX line {}: functions are not supported: mark them __forceinline__", k + 1));
        } else if l.contains(".global ") || l.contains(".const ") {
            return Err(format!("PTX line {}: module variables are not supported", k + 1));
        }
        k += 1;
    }
    if m.version == (0, 0) {
        return Err("no .version: not PTX".into());
    }
    Ok(m)
}

fn number_after(s: &str, key: &str) -> Option<usize> {
    let r = &s[s.find(key)? + key.len()..];
    r.trim_start().split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn ty(s: &str) -> Option<Type> {
    Some(match s {
        "pred" => Type::Pred,
        "b8" | "u8" => Type::B8,
        "b16" | "u16" => Type::B16,
        "b32" | "u32" => Type::B32,
        "b64" | "u64" => Type::B64,
        "s8" => Type::S8,
        "s16" => Type::S16,
        "s32" => Type::S32,
        "s64" => Type::S64,
        "f32" => Type::F32,
        "f64" => Type::F64,
        _ => return None,
    })
}

fn entry(lines: &[&str], first: usize) -> Result<(Entry, usize), String> {
    let name: String = lines[first].split(".entry ").nth(1).unwrap().split('(').next().unwrap().trim().into();
    let mut k = first + 1;
    let mut f = Fun { regs: HashMap::new(), symbols: HashMap::new(), params: vec![] };
    let mut end = 0usize;
    while !lines[k].starts_with('{') {
        let l = lines[k].trim_end_matches(',');
        if let Some(p) = l.strip_prefix(".param ") {
            let words: Vec<&str> = p.split_whitespace().collect();
            let last = words[words.len() - 1];
            let (pname, count) = match last.split_once('[') {
                Some((n, c)) => (n, c.trim_end_matches(']').parse().map_err(|_| "bad parameter")?),
                None => (last, 1usize),
            };
            let unit = words.iter().find_map(|w| ty(w.trim_start_matches('.'))).ok_or("parameter without a type")?.size();
            // ".ptr .align N" describes the pointee, a bare ".align N" the parameter
            let align = if p.contains(".ptr") { unit } else { number_after(p, ".align").unwrap_or(unit) };
            end = end.next_multiple_of(align);
            f.params.push(Param { name: pname.into(), offset: end, size: unit * count });
            f.symbols.insert(pname.into(), end as u64);
            end += unit * count;
        }
        k += 1;
    }
    let (mut code, mut labels, mut jumps, mut shared, mut local) = (vec![], HashMap::new(), vec![], 0usize, 0usize);
    k += 1;
    while lines[k] != "}" {
        let l = lines[k];
        let here = k as u32 + 1;
        let fail = |e: String| format!("{name}, PTX line {here}: {e}: `{l}`");
        if l.is_empty() || l.starts_with(".reg") || l.starts_with(".pragma") || l.starts_with(".loc") || l.starts_with(".file") {
        } else if l.starts_with(".shared") || l.starts_with(".local") {
            let align = number_after(l, ".align").unwrap_or(8);
            let var = l.trim_end_matches(';').split_whitespace().last().unwrap();
            let (n, c) = var.split_once('[').ok_or_else(|| fail("scalar variable".into()))?;
            let unit = l.split_whitespace().find_map(|w| ty(w.trim_start_matches('.'))).ok_or_else(|| fail("no type".into()))?.size();
            let bytes: usize = c.trim_end_matches(']').parse::<usize>().map_err(|_| fail("unsized variable".into()))? * unit;
            let pool = if l.starts_with(".shared") { &mut shared } else { &mut local };
            *pool = pool.next_multiple_of(align);
            f.symbols.insert(n.into(), *pool as u64);
            *pool += bytes;
        } else if let Some(label) = l.strip_suffix(':') {
            labels.insert(label.to_string(), code.len());
        } else {
            let mut stmt = l.to_string();
            while !stmt.ends_with([';', '}']) {
                k += 1;
                stmt.push(' ');
                stmt.push_str(lines[k]);
            }
            // `{ .reg .b32 tmp; mov.b64 {tmp, %r5}, %rd22; }`: a register for one instruction, as for halves of a word.
            let block = stmt.strip_prefix('{').and_then(|stmt| stmt.strip_suffix('}')).map(|stmt| stmt.replace("tmp", "%tmp"));
            for stmt in block.as_deref().unwrap_or(&stmt).split(';').map(str::trim).filter(|s| !s.is_empty() && !s.starts_with(".reg")) {
                let (inst, jump) = inst(&mut f, stmt, here).map_err(fail)?;
                if let Some(j) = jump {
                    jumps.push((code.len(), j));
                }
                code.push(inst);
            }
        }
        k += 1;
    }
    for (at, label) in jumps {
        code[at].target = *labels.get(&label).ok_or_else(|| format!("{name}: no label {label}"))?;
    }
    Ok((Entry { name, params: f.params, nregs: f.regs.len(), shared_bytes: shared, local_bytes: local, code }, k))
}

/// Splits "a, [b+4], {c, d}" at the commas outside braces and brackets.
fn split(s: &str) -> Vec<String> {
    let (mut out, mut depth, mut cur) = (vec![], 0, String::new());
    for c in s.chars() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            out.push(cur.trim().to_string());
            cur.clear();
        } else {
            cur.push(c);
        }
    }
    if !cur.trim().is_empty() {
        out.push(cur.trim().to_string());
    }
    out
}

impl Fun {
    fn reg(&mut self, s: &str) -> Result<u32, String> {
        if !s.starts_with('%') && s != "_" {
            return Err(format!("`{s}` is not a register"));
        }
        let n = self.regs.len() as u32;
        Ok(*self.regs.entry(s.to_string()).or_insert(n))
    }
    fn operand(&mut self, s: &str) -> Result<Operand, String> {
        let axis = |s: &str| match s.rsplit('.').next() {
            Some("x") => Some(0),
            Some("y") => Some(1),
            Some("z") => Some(2),
            _ => None,
        };
        let special = if s.starts_with("%tid.") {
            axis(s).map(Special::Tid)
        } else if s.starts_with("%ctaid.") {
            axis(s).map(Special::Ctaid)
        } else if s.starts_with("%ntid.") {
            axis(s).map(Special::Ntid)
        } else if s.starts_with("%nctaid.") {
            axis(s).map(Special::Nctaid)
        } else if s == "%laneid" {
            Some(Special::Lane)
        } else {
            None
        };
        if let Some(x) = special {
            return Ok(Operand::Special(x));
        }
        if s.starts_with('%') {
            return Ok(Operand::Reg(self.reg(s)?));
        }
        if let Some(h) =
            s.strip_prefix("0f").or_else(|| s.strip_prefix("0F")).or_else(|| s.strip_prefix("0d")).or_else(|| s.strip_prefix("0D"))
        {
            return u64::from_str_radix(h, 16).map(Operand::Imm).map_err(|e| e.to_string());
        }
        if let Some(&a) = self.symbols.get(s) {
            return Ok(Operand::Imm(a));
        }
        let n = s.trim_end_matches('U');
        let v = if let Some(h) = n.strip_prefix("0x") {
            u64::from_str_radix(h, 16).ok()
        } else {
            n.parse::<i64>().ok().map(|v| v as u64).or(n.parse().ok())
        };
        v.map(Operand::Imm).ok_or_else(|| format!("operand `{s}` not understood"))
    }
    /// "[%rd1+8]" or "[symbol]"
    fn address(&mut self, s: &str) -> Result<(Operand, i64), String> {
        let s = s.trim_start_matches('[').trim_end_matches(']').trim();
        if let Some((b, o)) = s.rsplit_once('+')
            && let Ok(o) = o.trim().parse()
        {
            return Ok((self.operand(b.trim())?, o));
        }
        Ok((self.operand(s)?, 0))
    }
    fn list(&mut self, s: &str) -> Vec<String> {
        s.trim_start_matches('{').trim_end_matches('}').split(',').map(|x| x.trim().to_string()).collect()
    }
}

fn inst(f: &mut Fun, stmt: &str, line: u32) -> Result<(Instruction, Option<String>), String> {
    let mut i = Instruction {
        guard: None,
        op: Op::Nop,
        ty: Type::B32,
        from: Type::B32,
        round: Round::None,
        dst: vec![],
        src: vec![],
        off: 0,
        constant: false,
        target: 0,
        line,
    };
    let mut rest = stmt.trim();
    if let Some(g) = rest.strip_prefix('@') {
        let (p, r) = g.split_once(char::is_whitespace).ok_or("guard alone")?;
        i.guard = Some((f.reg(p.trim_start_matches('!'))?, p.starts_with('!')));
        rest = r.trim();
    }
    let (full, args) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if let Some(m) = INEXACT.iter().find(|m| full.contains(**m)) {
        return Err(format!("{m} is not bit-exact"));
    }
    let w: Vec<&str> = full.split('.').collect();
    let a = split(args);
    let has = |s: &str| w.contains(&s);
    let types: Vec<Type> = w.iter().filter_map(|s| ty(s)).collect();
    if let Some(&t) = types.first() {
        i.ty = t;
        i.from = t;
    }
    i.constant = has("nc");
    let space = if has("global") {
        Space::Global
    } else if has("shared") {
        Space::Shared
    } else if has("param") {
        Space::Param
    } else if has("local") {
        Space::Local
    } else {
        Space::Global
    };
    for (n, r) in [
        ("rn", Round::Rn),
        ("rz", Round::Rz),
        ("rm", Round::Rm),
        ("rp", Round::Rp),
        ("rni", Round::Rni),
        ("rzi", Round::Rzi),
        ("rmi", Round::Rmi),
        ("rpi", Round::Rpi),
    ] {
        if has(n) {
            i.round = r;
        }
    }
    if matches!(w[0], "add" | "sub" | "mul" | "fma" | "div" | "sqrt" | "rcp") && i.ty.float() && i.round != Round::Rn {
        return Err("a float operation without .rn may be contracted or rounded otherwise".into());
    }
    match w[0] {
        "bra" => {
            i.op = Op::Bra;
            return Ok((i, Some(a[0].clone())));
        }
        "ret" | "exit" => i.op = Op::Ret,
        "bar" | "barrier" if has("warp") => {
            i.op = Op::WarpSync;
            i.src = vec![f.operand(&a[0])?];
        }
        "bar" | "barrier" => i.op = Op::Bar,
        "membar" | "fence" => i.op = Op::Fence,
        "mov" if a[0].starts_with('{') => {
            i.op = Op::Unpack;
            i.dst = f.list(&a[0]).iter().map(|s| f.reg(s)).collect::<Result<_, _>>()?;
            i.src = vec![f.operand(&a[1])?];
        }
        "mov" if a[1].starts_with('{') => {
            i.op = Op::Pack;
            i.dst = vec![f.reg(&a[0])?];
            i.src = f.list(&a[1]).iter().map(|s| f.operand(s)).collect::<Result<_, _>>()?;
        }
        "mov" | "cvta" => {
            i.op = Op::Mov;
            i.dst = vec![f.reg(&a[0])?];
            i.src = vec![f.operand(&a[1])?];
        }
        "ld" => {
            i.op = Op::Ld(space);
            i.dst = f.list(&a[0]).iter().map(|s| f.reg(s)).collect::<Result<_, _>>()?;
            let (b, o) = f.address(&a[1])?;
            (i.src, i.off) = (vec![b], o);
        }
        "st" => {
            i.op = Op::St(space);
            let (b, o) = f.address(&a[0])?;
            (i.src, i.off) = (vec![b], o);
            for s in f.list(&a[1]) {
                let v = f.operand(&s)?;
                i.src.push(v);
            }
        }
        "atom" | "red" => {
            i.op = if has("add") {
                Op::AtomAdd(space)
            } else if has("max") {
                Op::AtomMax(space)
            } else if has("min") {
                Op::AtomMin(space)
            } else if has("exch") {
                Op::AtomExch(space)
            } else if has("cas") {
                Op::AtomCas(space)
            } else if has("or") {
                Op::AtomOr(space)
            } else if has("and") {
                Op::AtomAnd(space)
            } else {
                return Err("atomic not supported".into());
            };
            let k = if w[0] == "atom" {
                if a[0] != "_" {
                    i.dst = vec![f.reg(&a[0])?];
                }
                1
            } else {
                0
            };
            let (b, o) = f.address(&a[k])?;
            (i.src, i.off) = (vec![b], o);
            for s in &a[k + 1..] {
                let v = f.operand(s)?;
                i.src.push(v);
            }
        }
        "shfl" => {
            i.op = if has("down") {
                Op::ShflDown
            } else if has("up") {
                Op::ShflUp
            } else if has("bfly") {
                Op::ShflBfly
            } else {
                Op::ShflIdx
            };
            i.dst = a[0].split('|').map(|s| f.reg(s.trim())).collect::<Result<_, _>>()?;
            // operands: value, lane, clamp, mask; only whole-warp segments are understood
            if !matches!(a[3].as_str(), "31" | "0") {
                return Err("shuffle with a width below 32".into());
            }
            i.src = [&a[1], &a[2], &a[4]].into_iter().map(|s| f.operand(s)).collect::<Result<_, _>>()?;
        }
        "vote" => {
            i.op = if has("ballot") {
                Op::Ballot
            } else if has("any") {
                Op::Any
            } else if has("all") {
                Op::All
            } else {
                return Err("vote not supported".into());
            };
            i.dst = vec![f.reg(&a[0])?];
            i.src = vec![f.operand(&a[1])?, f.operand(&a[2])?];
        }
        "setp" => {
            let c = match w[1] {
                "eq" => Comparison::Eq,
                "ne" => Comparison::Ne,
                "lt" | "lo" => Comparison::Lt,
                "le" | "ls" => Comparison::Le,
                "gt" | "hi" => Comparison::Gt,
                "ge" | "hs" => Comparison::Ge,
                "equ" => Comparison::Equ,
                "neu" => Comparison::Neu,
                "ltu" => Comparison::Ltu,
                "leu" => Comparison::Leu,
                "gtu" => Comparison::Gtu,
                "geu" => Comparison::Geu,
                "num" => Comparison::Num,
                "nan" => Comparison::Nan,
                _ => return Err("comparison not supported".into()),
            };
            if a.len() != 3 || w.len() != 3 {
                return Err("setp form not supported".into());
            }
            (i.op, i.ty) = (Op::Setp(c), Type::Pred);
            i.dst = vec![f.reg(&a[0])?];
            i.src = vec![f.operand(&a[1])?, f.operand(&a[2])?];
        }
        op => {
            i.op = match (op, has("wide"), has("hi")) {
                ("add", ..) => Op::Add,
                ("sub", ..) => Op::Sub,
                ("mul", true, _) => Op::MulWide,
                ("mul", _, true) => Op::MulHi,
                ("mul", ..) => Op::MulLo,
                ("mad", true, _) => Op::MadWide,
                ("mad", false, false) => Op::MadLo,
                ("fma", ..) => Op::Fma,
                ("div", ..) => Op::Div,
                ("rem", ..) => Op::Rem,
                ("neg", ..) => Op::Neg,
                ("abs", ..) => Op::Abs,
                ("min", ..) => Op::Min,
                ("max", ..) => Op::Max,
                ("and", ..) => Op::And,
                ("or", ..) => Op::Or,
                ("xor", ..) => Op::Xor,
                ("not", ..) => Op::Not,
                ("shl", ..) => Op::Shl,
                ("shr", ..) => Op::Shr,
                ("popc", ..) => Op::Popc,
                ("clz", ..) => Op::Clz,
                ("sqrt", ..) => Op::Sqrt,
                ("rcp", ..) => Op::Rcp,
                ("selp", ..) => Op::Selp,
                ("cvt", ..) => Op::Cvt,
                _ => return Err("instruction not supported".into()),
            };
            if op == "cvt" {
                if types.len() != 2 || has("sat") {
                    return Err("conversion not supported".into());
                }
                i.from = types[1];
            }
            let ok = !i.ty.float()
                || matches!(
                    i.op,
                    Op::Add
                        | Op::Sub
                        | Op::MulLo
                        | Op::Fma
                        | Op::Div
                        | Op::Neg
                        | Op::Abs
                        | Op::Min
                        | Op::Max
                        | Op::Sqrt
                        | Op::Rcp
                        | Op::Selp
                        | Op::Cvt
                );
            if !ok || has("cc") || has("sat") {
                return Err("instruction not supported".into());
            }
            i.dst = vec![f.reg(&a[0])?];
            i.src = a[1..].iter().map(|s| f.operand(s)).collect::<Result<_, _>>()?;
        }
    }
    Ok((i, None))
}
