//! Protobuf: messages as bytes, and the descriptors that tell readers what their fields are. Only what the messages of a trace
//! need.

/// A message that is being written. Fields of value zero are left out, as proto3 has it.
#[derive(Clone, Debug, Default)]
pub struct Message(pub Vec<u8>);

impl Message {
    pub fn double(mut self, field: u32, value: f64) -> Self {
        if value != 0.0 {
            self.tag(field, 1);
            self.0.extend(value.to_le_bytes());
        }
        self
    }

    pub fn varint(mut self, field: u32, value: u64) -> Self {
        if value != 0 {
            self.tag(field, 0);
            varint(&mut self.0, value);
        }
        self
    }

    pub fn text(self, field: u32, value: &str) -> Self {
        if value.is_empty() { self } else { self.bytes(field, value.as_bytes()) }
    }

    pub fn message(self, field: u32, value: &Message) -> Self {
        self.bytes(field, &value.0)
    }

    /// Numbers of four bytes, one after the other.
    pub fn packed_fixed32(self, field: u32, values: impl Iterator<Item = u32>) -> Self {
        let packed: Vec<u8> = values.flat_map(u32::to_le_bytes).collect();
        if packed.is_empty() { self } else { self.bytes(field, &packed) }
    }

    fn bytes(mut self, field: u32, value: &[u8]) -> Self {
        self.tag(field, 2);
        varint(&mut self.0, value.len() as u64);
        self.0.extend(value);
        self
    }

    fn tag(&mut self, field: u32, wire: u32) {
        varint(&mut self.0, u64::from(field << 3 | wire));
    }
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Double,
    Int64,
    Int32,
    Uint32,
    Uint64,
    Bool,
    Text,
    /// Its full name, with a dot before it.
    Of(&'static str),
    ListOf(&'static str),
    Fixed32s,
    Enum(&'static str),
}

/// Name, number, kind.
pub type Field = (&'static str, u32, Kind);

/// A message type, and an enumeration that it holds.
pub struct Type {
    pub name: &'static str,
    pub fields: &'static [Field],
    pub values: Option<(&'static str, &'static [&'static str])>,
}

/// Types of one package in one file, which names the files that it needs.
pub struct File {
    pub name: &'static str,
    pub package: &'static str,
    pub needs: &'static [&'static str],
    pub types: &'static [Type],
}

/// A `FileDescriptorSet`.
pub fn descriptors(files: &[&File]) -> Vec<u8> {
    files.iter().fold(Message::default(), |set, file| set.message(1, &described(file))).0
}

fn described(file: &File) -> Message {
    let mut message = Message::default().text(1, file.name).text(2, file.package);
    for needed in file.needs {
        message = message.text(3, needed);
    }
    for row in file.types {
        let mut own = Message::default().text(1, row.name);
        for field in row.fields {
            own = own.message(2, &field_of(field));
        }
        if let Some((name, values)) = row.values {
            let numbered = values.iter().enumerate();
            let rows = numbered.map(|(number, value)| Message::default().text(1, value).varint(2, number as u64));
            let own_values = rows.fold(Message::default().text(1, name), |message, value| message.message(2, &value));
            own = own.message(4, &own_values);
        }
        message = message.message(4, &own);
    }
    message.text(12, "proto3")
}

fn field_of(&(name, number, kind): &Field) -> Message {
    let (kind, of, repeated) = match kind {
        Kind::Double => (1, "", false),
        Kind::Int64 => (3, "", false),
        Kind::Uint64 => (4, "", false),
        Kind::Int32 => (5, "", false),
        Kind::Fixed32s => (7, "", true),
        Kind::Bool => (8, "", false),
        Kind::Text => (9, "", false),
        Kind::Of(of) => (11, of, false),
        Kind::ListOf(of) => (11, of, true),
        Kind::Uint32 => (13, "", false),
        Kind::Enum(of) => (14, of, false),
    };
    let label = if repeated { 3 } else { 1 };
    Message::default().text(1, name).varint(3, u64::from(number)).varint(4, label).varint(5, kind).text(6, of)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the encoding's own documentation.
    #[test]
    fn messages_are_encoded_as_the_documentation_shows() {
        assert_eq!(Message::default().varint(1, 150).0, [0x08, 0x96, 0x01]);
        assert_eq!(Message::default().text(2, "testing").0, [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]);
        let inner = Message::default().varint(1, 150);
        assert_eq!(Message::default().message(3, &inner).0, [0x1a, 0x03, 0x08, 0x96, 0x01]);
        assert_eq!(Message::default().double(1, 0.0).varint(2, 0).text(3, "").0, [0u8; 0], "what is zero is left out");
    }
}
