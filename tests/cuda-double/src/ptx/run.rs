//! Running a launch in the PTX engine: blocks, threads, barriers, warp collectives, memory checks.

use super::arithmetic::{convert, f32v, f64v, fb, float32, float64, int, mask_to, sext};
use super::{Comparison, Entry, Instruction, Op, Operand, Space, Special, Type};
use std::collections::HashMap;

/// What a launch may touch.
pub trait Memory {
    /// Whether `len` bytes at `address` lie in one live allocation.
    fn check(&self, address: u64, len: usize) -> Result<(), String>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    IllegalAddress(String),
    Misaligned(String),
    Race(String),
    Hang(String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Run,
    Barrier(usize),
    Warp(usize),
    Done,
}

struct Thread {
    /// In its block.
    number: u32,
    pc: usize,
    regs: Vec<u64>,
    local: Vec<u8>,
    state: State,
    tid: [u32; 3],
    deposit: u64,
}

/// Last accesses of one 4-byte word of shared memory, per barrier epoch.
#[derive(Clone, Copy, Default)]
struct SharedWord {
    w_epoch: u32,
    w_tid: u32,
    r_epoch: u32,
    r_tid: u32,
    r_many: bool,
}

/// Which blocks touched one 4-byte word of global memory in this launch, as index + 1; 0: none.
#[derive(Clone, Copy, Default)]
struct GlobalWord {
    writer: u64,
    reader: u64,
    many_readers: bool,
    atomic: u64,
    many_atomics: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Access {
    Read,
    /// Through the read-only cache: nobody may write there during the whole launch.
    ReadConstant,
    Write,
    Atomic,
}

#[derive(Clone, Copy)]
struct Touch {
    addr: u64,
    len: usize,
    access: Access,
}

pub struct Launch<'a, M: Memory> {
    entry: &'a Entry,
    grid: [u32; 3],
    block: [u32; 3],
    params: &'a [u8],
    memory: &'a M,
    /// Report races: in shared memory two threads, one word, one barrier interval, at least one write; in global memory two
    /// blocks, one word, at least one write, not both atomic.
    checked: bool,
    /// Shuffles threads and blocks; 0: in order.
    random: u64,
    global: HashMap<u64, GlobalWord>,
    pub instructions: u64,
}

struct Block {
    id: [u32; 3],
    number: u64,
    shared: Vec<u8>,
    words: Vec<SharedWord>,
    epoch: u32,
}

impl<'a, M: Memory> Launch<'a, M> {
    pub fn new(
        entry: &'a Entry,
        grid: [u32; 3],
        block: [u32; 3],
        params: &'a [u8],
        memory: &'a M,
        checked: bool,
        seed: Option<u64>,
    ) -> Self {
        let random = seed.map_or(0, |seed| seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        Launch { entry, grid, block, params, memory, checked, random, global: HashMap::new(), instructions: 0 }
    }

    pub fn run(&mut self) -> Result<(), Fault> {
        let [width, height, depth] = self.grid.map(u64::from);
        let mut order: Vec<u64> = (0..width * height * depth).collect();
        self.shuffle(&mut order);
        for number in order {
            self.block(number, [number % width, number / width % height, number / (width * height)].map(|index| index as u32))?;
        }
        Ok(())
    }

    fn shuffle<T>(&mut self, order: &mut [T]) {
        if self.random == 0 {
            return;
        }
        for end in (1..order.len()).rev() {
            self.random ^= self.random << 13;
            self.random ^= self.random >> 7;
            self.random ^= self.random << 17;
            order.swap(end, (self.random % (end as u64 + 1)) as usize);
        }
    }

    fn at(&self, b: &Block, t: &Thread, i: &Instruction) -> String {
        format!("{} (PTX line {}) block {:?} thread {:?}", self.entry.name, i.line, b.id, t.tid)
    }

    fn block(&mut self, number: u64, id: [u32; 3]) -> Result<(), Fault> {
        let e = self.entry;
        let n = (self.block[0] * self.block[1] * self.block[2]) as usize;
        // Shared memory starts as 0xFF: unwritten floats read as NaN.
        let mut b = Block {
            id,
            number,
            shared: vec![0xFF; e.shared_bytes],
            words: vec![SharedWord::default(); e.shared_bytes.div_ceil(4)],
            epoch: 1,
        };
        let mut th: Vec<Thread> = (0..n as u32)
            .map(|t| Thread {
                number: t,
                pc: 0,
                regs: vec![0; e.nregs],
                local: vec![0xFF; e.local_bytes],
                state: State::Run,
                deposit: 0,
                tid: [t % self.block[0], t / self.block[0] % self.block[1], t / (self.block[0] * self.block[1])],
            })
            .collect();
        let mut order: Vec<usize> = (0..n).collect();
        loop {
            let mut progress = false;
            self.shuffle(&mut order);
            for &t in &order {
                if th[t].state == State::Run {
                    self.thread(&mut b, &mut th[t])?;
                    progress = true;
                }
            }
            // Warp collectives: complete when every live lane of the mask waits at the same instruction.
            for w in (0..n).step_by(32) {
                let end = (w + 32).min(n);
                for lane in w..end {
                    let State::Warp(pc) = th[lane].state else { continue };
                    let mask = self.value(&b, &th[lane], *e.code[pc].src.last().unwrap()) as u32;
                    let live: Vec<usize> = (w..end).filter(|&l| mask >> (l - w) & 1 == 1 && th[l].state != State::Done).collect();
                    if live.iter().all(|&l| th[l].state == State::Warp(pc)) {
                        self.collective(&mut th, w, end, &live, mask, pc);
                        progress = true;
                    }
                }
            }
            if th.iter().all(|t| t.state == State::Done) {
                return Ok(());
            }
            let live: Vec<usize> = (0..n).filter(|&t| th[t].state != State::Done).collect();
            if live.iter().all(|&t| matches!(th[t].state, State::Barrier(_))) {
                let State::Barrier(pc) = th[live[0]].state else { unreachable!() };
                if live.len() < n || live.iter().any(|&t| th[t].state != State::Barrier(pc)) {
                    return Err(Fault::Hang(format!(
                        "barrier divergence: {} of {n} threads at a barrier, not all at the same one: {}",
                        live.len(),
                        self.at(&b, &th[live[0]], &e.code[pc])
                    )));
                }
                b.epoch += 1;
                for t in live {
                    th[t].state = State::Run;
                    th[t].pc += 1;
                }
                progress = true;
            }
            if !progress {
                return Err(Fault::Hang(format!("deadlock in {} block {id:?}", e.name)));
            }
        }
    }

    fn collective(&self, th: &mut [Thread], w: usize, end: usize, live: &[usize], mask: u32, pc: usize) {
        let i = &self.entry.code[pc];
        let dep: Vec<u64> = (w..end).map(|l| th[l].deposit).collect();
        let votes = live.iter().fold(0u32, |m, &l| m | ((dep[l - w] as u32 & 1) << (l - w)));
        for &l in live {
            let me = (l - w) as i64;
            let imm = |t: &Thread, k: usize| match i.src[k] {
                Operand::Reg(r) => t.regs[r as usize],
                Operand::Imm(v) => v,
                _ => 0,
            };
            let r = match i.op {
                Op::WarpSync => None,
                Op::Ballot => Some(votes as u64),
                Op::Any => Some((votes != 0) as u64),
                Op::All => Some((votes == live.iter().fold(0, |m, &l| m | 1 << (l - w))) as u64),
                _ => {
                    let d = imm(&th[l], 1) as i64;
                    let s = match i.op {
                        Op::ShflDown => me + d,
                        Op::ShflUp => me - d,
                        Op::ShflBfly => me ^ d,
                        _ => d & 31,
                    };
                    let ok = (0..32).contains(&s) && mask >> s & 1 == 1 && ((s as usize) < end - w);
                    if i.dst.len() > 1 {
                        th[l].regs[i.dst[1] as usize] = ok as u64;
                    }
                    Some(dep[if ok { s as usize } else { me as usize }])
                }
            };
            if let Some(v) = r {
                th[l].regs[i.dst[0] as usize] = v;
            }
            th[l].state = State::Run;
            th[l].pc += 1;
        }
    }

    fn value(&self, b: &Block, t: &Thread, o: Operand) -> u64 {
        match o {
            Operand::Reg(r) => t.regs[r as usize],
            Operand::Imm(v) => v,
            Operand::Special(s) => match s {
                Special::Tid(k) => t.tid[k as usize] as u64,
                Special::Ctaid(k) => b.id[k as usize] as u64,
                Special::Ntid(k) => self.block[k as usize] as u64,
                Special::Nctaid(k) => self.grid[k as usize] as u64,
                Special::Lane => ((t.tid[0] + self.block[0] * (t.tid[1] + self.block[1] * t.tid[2])) & 31) as u64,
            },
        }
    }

    /// Holds an access of shared memory against those of the other threads since the last barrier.
    fn hazard(&self, b: &mut Block, t: &Thread, i: &Instruction, touch: Touch) -> Result<(), Fault> {
        let (me, write) = (t.number, touch.access == Access::Write);
        let (addr, len) = (touch.addr as usize, touch.len);
        for k in addr / 4..(addr + len).div_ceil(4) {
            let epoch = b.epoch;
            let w = &mut b.words[k];
            let ww = w.w_epoch == epoch && w.w_tid != me;
            let rw = write && w.r_epoch == epoch && (w.r_many || w.r_tid != me);
            let (other, kind) = (if ww { w.w_tid } else { w.r_tid }, if ww { "wrote" } else { "read" });
            if write {
                w.w_epoch = epoch;
                w.w_tid = me;
            } else if w.r_epoch == epoch {
                w.r_many |= w.r_tid != me;
            } else {
                *w = SharedWord { r_epoch: epoch, r_tid: me, r_many: false, ..*w };
            }
            if self.checked && (ww || rw) {
                return Err(Fault::Race(format!(
                    "shared-memory hazard: {} {}s word {k}, which thread {other} {kind} since the last barrier",
                    self.at(b, t, i),
                    if write { "write" } else { "read" }
                )));
            }
        }
        Ok(())
    }

    /// Holds an access of global memory against those of the other blocks.
    fn race(&mut self, b: &Block, t: &Thread, i: &Instruction, touch: Touch) -> Result<(), Fault> {
        let me = b.number + 1;
        let Touch { addr, len, access } = touch;
        for word in addr / 4..(addr + len as u64).div_ceil(4) {
            let other = |who: u64| who != 0 && who != me;
            let known = if access == Access::ReadConstant {
                self.global.get(&word).copied().unwrap_or_default()
            } else {
                *self.global.entry(word).or_default()
            };
            let written = other(known.writer) || access == Access::ReadConstant && known.writer == me;
            let by_atomic = other(known.atomic) || known.many_atomics;
            let read = other(known.reader) || known.many_readers;
            let race = match access {
                Access::Read | Access::ReadConstant => written || by_atomic,
                Access::Write => written || by_atomic || read,
                Access::Atomic => written || read,
            };
            if race {
                let told = self.at(b, t, i);
                return Err(Fault::Race(format!(
                    "race: {told} touches a word of global memory that another block touches too, not both atomic"
                )));
            }
            if let Some(known) = self.global.get_mut(&word) {
                match access {
                    Access::Read if known.reader == 0 => known.reader = me,
                    Access::Read => known.many_readers |= known.reader != me,
                    Access::Write => known.writer = me,
                    Access::Atomic if known.atomic == 0 => known.atomic = me,
                    Access::Atomic => known.many_atomics |= known.atomic != me,
                    Access::ReadConstant => {}
                }
            }
        }
        Ok(())
    }

    /// Resolves an access to a host pointer after every check.
    fn resolve(&mut self, b: &mut Block, t: &mut Thread, i: &Instruction, space: Space, touch: Touch) -> Result<*mut u8, Fault> {
        let Touch { addr, len, access } = touch;
        let write = matches!(access, Access::Write | Access::Atomic);
        if !addr.is_multiple_of(len as u64) {
            return Err(Fault::Misaligned(format!("misaligned {len}-byte {space:?} access at {addr:#x}: {}", self.at(b, t, i))));
        }
        let inside = |size: usize| (addr as usize).checked_add(len).is_some_and(|e| e <= size);
        let bad = |what: String, s: &Self, b: &Block, t: &Thread| Fault::IllegalAddress(format!("{what}: {}", s.at(b, t, i)));
        match space {
            Space::Global => match self.memory.check(addr, len) {
                Ok(()) if !self.checked => Ok(addr as *mut u8),
                Ok(()) => self.race(b, t, i, touch).map(|()| addr as *mut u8),
                Err(e) => Err(bad(e, self, b, t)),
            },
            Space::Shared => {
                if !inside(b.shared.len()) {
                    return Err(bad(
                        format!("shared {} of {len} bytes at offset {addr} of {}", if write { "write" } else { "read" }, b.shared.len()),
                        self,
                        b,
                        t,
                    ));
                }
                if access != Access::Atomic {
                    self.hazard(b, t, i, touch)?;
                }
                Ok(&mut b.shared[addr as usize] as *mut u8)
            }
            Space::Local => {
                if !inside(t.local.len()) {
                    return Err(bad(format!("local access at offset {addr}"), self, b, t));
                }
                Ok(&mut t.local[addr as usize] as *mut u8)
            }
            Space::Param => {
                if write || !inside(self.params.len()) {
                    return Err(bad(format!("parameter access at offset {addr}"), self, b, t));
                }
                Ok(self.params[addr as usize..].as_ptr() as *mut u8)
            }
        }
    }

    fn thread(&mut self, b: &mut Block, t: &mut Thread) -> Result<(), Fault> {
        let e = self.entry;
        loop {
            let Some(i) = e.code.get(t.pc) else {
                t.state = State::Done;
                return Ok(());
            };
            self.instructions += 1;
            if let Some((p, neg)) = i.guard
                && (t.regs[p as usize] & 1 == 1) == neg
            {
                t.pc += 1;
                continue;
            }
            macro_rules! s {
                ($k:expr) => {
                    self.value(b, t, i.src[$k])
                };
            }
            macro_rules! set {
                ($v:expr) => {{
                    let v = $v;
                    t.regs[i.dst[0] as usize] = mask_to(v, i.ty);
                }};
            }
            match i.op {
                Op::Nop | Op::Fence => {}
                Op::Ret => {
                    t.state = State::Done;
                    return Ok(());
                }
                Op::Bra => {
                    t.pc = i.target;
                    continue;
                }
                Op::Bar => {
                    t.state = State::Barrier(t.pc);
                    return Ok(());
                }
                Op::ShflDown | Op::ShflUp | Op::ShflBfly | Op::ShflIdx | Op::Ballot | Op::Any | Op::All | Op::WarpSync => {
                    t.deposit = s!(0);
                    t.state = State::Warp(t.pc);
                    return Ok(());
                }
                Op::Mov => set!(s!(0)),
                Op::Pack => {
                    let h = i.ty.bits() / i.src.len() as u32;
                    let mut v = 0;
                    for k in 0..i.src.len() {
                        v |= s!(k) << (h * k as u32);
                    }
                    set!(v)
                }
                Op::Unpack => {
                    let v = s!(0);
                    let h = i.ty.bits() / i.dst.len() as u32;
                    for (k, &d) in i.dst.iter().enumerate() {
                        t.regs[d as usize] = v >> (h * k as u32) & ((1u64 << h) - 1);
                    }
                }
                Op::Ld(space) => {
                    let (n, sz) = (i.dst.len(), i.ty.size());
                    let addr = s!(0).wrapping_add(i.off as u64);
                    let access = if i.constant { Access::ReadConstant } else { Access::Read };
                    let p = self.resolve(b, t, i, space, Touch { addr, len: n * sz, access })?;
                    for k in 0..n {
                        let mut v = [0u8; 8];
                        unsafe { std::ptr::copy_nonoverlapping(p.add(k * sz), v.as_mut_ptr(), sz) };
                        let v = u64::from_le_bytes(v);
                        t.regs[i.dst[k] as usize] = if i.ty.signed() { sext(v, i.ty) as u64 } else { v };
                    }
                }
                Op::St(space) => {
                    let (n, sz) = (i.src.len() - 1, i.ty.size());
                    let addr = s!(0).wrapping_add(i.off as u64);
                    let p = self.resolve(b, t, i, space, Touch { addr, len: n * sz, access: Access::Write })?;
                    for k in 0..n {
                        let v = s!(k + 1).to_le_bytes();
                        unsafe { std::ptr::copy_nonoverlapping(v.as_ptr(), p.add(k * sz), sz) };
                    }
                }
                Op::AtomAdd(sp)
                | Op::AtomMax(sp)
                | Op::AtomMin(sp)
                | Op::AtomExch(sp)
                | Op::AtomCas(sp)
                | Op::AtomOr(sp)
                | Op::AtomAnd(sp) => {
                    let sz = i.ty.size();
                    let addr = s!(0).wrapping_add(i.off as u64);
                    let p = self.resolve(b, t, i, sp, Touch { addr, len: sz, access: Access::Atomic })?;
                    let mut o = [0u8; 8];
                    unsafe { std::ptr::copy_nonoverlapping(p, o.as_mut_ptr(), sz) };
                    let old = u64::from_le_bytes(o);
                    let v = mask_to(s!(1), i.ty);
                    let less = |a: u64, b: u64| if i.ty.signed() { sext(a, i.ty) < sext(b, i.ty) } else { a < b };
                    let new = match i.op {
                        Op::AtomAdd(_) if i.ty == Type::F32 => fb(f32v(old) + f32v(v)),
                        Op::AtomAdd(_) if i.ty == Type::F64 => (f64v(old) + f64v(v)).to_bits(),
                        Op::AtomAdd(_) => old.wrapping_add(v),
                        Op::AtomMax(_) => {
                            if less(old, v) {
                                v
                            } else {
                                old
                            }
                        }
                        Op::AtomMin(_) => {
                            if less(v, old) {
                                v
                            } else {
                                old
                            }
                        }
                        Op::AtomExch(_) => v,
                        Op::AtomOr(_) => old | v,
                        Op::AtomAnd(_) => old & v,
                        _ => {
                            if old == v {
                                mask_to(s!(2), i.ty)
                            } else {
                                old
                            }
                        }
                    };
                    unsafe { std::ptr::copy_nonoverlapping(new.to_le_bytes().as_ptr(), p, sz) };
                    if let Some(&d) = i.dst.first() {
                        t.regs[d as usize] = old;
                    }
                }
                Op::Setp(c) => {
                    let (x, y) = (s!(0), s!(1));
                    let r = if i.from.float() {
                        let (x, y) = if i.from == Type::F32 { (f32v(x) as f64, f32v(y) as f64) } else { (f64v(x), f64v(y)) };
                        let un = x.is_nan() || y.is_nan();
                        match c {
                            Comparison::Eq => x == y,
                            Comparison::Ne => !un && x != y,
                            Comparison::Lt => x < y,
                            Comparison::Le => x <= y,
                            Comparison::Gt => x > y,
                            Comparison::Ge => x >= y,
                            Comparison::Equ => un || x == y,
                            Comparison::Neu => un || x != y,
                            Comparison::Ltu => un || x < y,
                            Comparison::Leu => un || x <= y,
                            Comparison::Gtu => un || x > y,
                            Comparison::Geu => un || x >= y,
                            Comparison::Num => !un,
                            Comparison::Nan => un,
                        }
                    } else {
                        let o = if i.from.signed() {
                            sext(x, i.from).cmp(&sext(y, i.from))
                        } else {
                            mask_to(x, i.from).cmp(&mask_to(y, i.from))
                        };
                        match c {
                            Comparison::Eq => o.is_eq(),
                            Comparison::Ne => o.is_ne(),
                            Comparison::Lt => o.is_lt(),
                            Comparison::Le => o.is_le(),
                            Comparison::Gt => o.is_gt(),
                            _ => o.is_ge(),
                        }
                    };
                    t.regs[i.dst[0] as usize] = r as u64;
                }
                Op::Selp => {
                    let p = s!(2) & 1 == 1;
                    let v = if p { s!(0) } else { s!(1) };
                    set!(v)
                }
                Op::Cvt => {
                    let v = s!(0);
                    set!(convert(v, i.from, i.ty, i.round))
                }
                _ => {
                    let x = s!(0);
                    let y = if i.src.len() > 1 { s!(1) } else { 0 };
                    let z = if i.src.len() > 2 { s!(2) } else { 0 };
                    let v = match i.ty {
                        Type::F32 => fb(float32(i.op, f32v(x), f32v(y), f32v(z))),
                        Type::F64 => float64(i.op, f64v(x), f64v(y), f64v(z)).to_bits(),
                        _ => int(i.op, i.ty, x, y, z),
                    };
                    let wide = matches!(i.op, Op::MulWide | Op::MadWide);
                    t.regs[i.dst[0] as usize] = if wide {
                        v
                    } else if matches!(i.op, Op::Popc | Op::Clz) {
                        v & 0xffff_ffff
                    } else {
                        mask_to(v, i.ty)
                    };
                }
            }
            t.pc += 1;
        }
    }
}
