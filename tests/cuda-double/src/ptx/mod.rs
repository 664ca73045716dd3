//! The PTX engine: instructions of the subset that NVRTC writes for this project, as data.
//!
//! It runs the real compiler's output on the CPU, so it shows what no other compilation of the source can: wrong addresses,
//! misalignment, accesses outside an allocation, hazards between threads and between blocks. It knows no timing, no caches
//! and no weak memory: threads of a block run one after the other between barriers, blocks one after the other.

mod arithmetic;
mod parse;
mod run;
pub use parse::parse;
pub use run::{Fault, Launch, Memory};

use std::collections::HashMap;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Pred,
    B8,
    B16,
    B32,
    B64,
    S8,
    S16,
    S32,
    S64,
    F32,
    F64,
} // unsigned and untyped are both B*

impl Type {
    pub fn size(self) -> usize {
        match self {
            Type::Pred | Type::B8 | Type::S8 => 1,
            Type::B16 | Type::S16 => 2,
            Type::B32 | Type::S32 | Type::F32 => 4,
            _ => 8,
        }
    }
    pub(super) fn signed(self) -> bool {
        matches!(self, Type::S8 | Type::S16 | Type::S32 | Type::S64)
    }
    pub(super) fn float(self) -> bool {
        matches!(self, Type::F32 | Type::F64)
    }
    pub(super) fn bits(self) -> u32 {
        self.size() as u32 * 8
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    Param,
    Global,
    Shared,
    Local,
}

#[derive(Debug, Clone, Copy)]
pub enum Operand {
    Reg(u32),
    Imm(u64),
    Special(Special),
}

#[derive(Debug, Clone, Copy)]
pub enum Special {
    Tid(u8),
    Ctaid(u8),
    Ntid(u8),
    Nctaid(u8),
    Lane,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Equ,
    Neu,
    Ltu,
    Leu,
    Gtu,
    Geu,
    Num,
    Nan,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    None,
    Rn,
    Rz,
    Rm,
    Rp,
    Rni,
    Rzi,
    Rmi,
    Rpi,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Mov,
    Pack,
    Unpack,
    Ld(Space),
    St(Space),
    Cvt,
    Add,
    Sub,
    MulLo,
    MulHi,
    MulWide,
    MadLo,
    MadWide,
    Fma,
    Div,
    Rem,
    Neg,
    Abs,
    Min,
    Max,
    And,
    Or,
    Xor,
    Not,
    Shl,
    Shr,
    Popc,
    Clz,
    Sqrt,
    Rcp,
    Setp(Comparison),
    Selp,
    Bra,
    Bar,
    ShflDown,
    ShflUp,
    ShflBfly,
    ShflIdx,
    Ballot,
    Any,
    All,
    WarpSync,
    AtomAdd(Space),
    AtomMax(Space),
    AtomMin(Space),
    AtomExch(Space),
    AtomCas(Space),
    AtomOr(Space),
    AtomAnd(Space),
    Fence,
    Ret,
    Nop,
}

#[derive(Debug, Clone)]
pub struct Instruction {
    pub guard: Option<(u32, bool)>,
    pub op: Op,
    pub ty: Type,
    pub from: Type,
    pub round: Round,
    pub dst: Vec<u32>,
    pub src: Vec<Operand>,
    pub off: i64,
    /// Read through the read-only cache (`.nc`).
    pub constant: bool,
    pub target: usize,
    pub line: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    pub name: String,
    pub offset: usize,
    pub size: usize,
}

#[derive(Debug)]
pub struct Entry {
    pub name: String,
    pub params: Vec<Param>,
    pub nregs: usize,
    pub shared_bytes: usize,
    pub local_bytes: usize,
    pub code: Vec<Instruction>,
}

#[derive(Debug)]
pub struct Module {
    pub version: (u32, u32),
    pub target: u32,
    pub entries: HashMap<String, Arc<Entry>>,
}
