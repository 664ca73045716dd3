//! Values by part, found at once: the parts of a source that are about have serials close to each other. In order of id, and
//! equal where the values are, however they came. Knows nothing about parts but their ids.

use crate::parts::PartId;
use linetwin_model::scene::ElementId;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::VecDeque;

/// A sorted map whose every access takes the same time; what it holds room for is the span of serials from the first to the last.
#[derive(Clone, Debug)]
pub struct PartMap<T> {
    /// By source.
    shelves: Vec<Shelf<T>>,
    len: usize,
}

/// Values of one source, from the first serial that has one to the last.
#[derive(Clone, Debug)]
struct Shelf<T> {
    first: u32,
    slots: VecDeque<Option<T>>,
}

impl<T> Shelf<T> {
    fn index(&self, serial: u32) -> Option<usize> {
        serial.checked_sub(self.first).map(|index| index as usize)
    }
}

impl<T> Default for PartMap<T> {
    fn default() -> Self {
        PartMap { shelves: Vec::new(), len: 0 }
    }
}

impl<T> PartMap<T> {
    /// How many parts have a value.
    pub fn count(&self) -> usize {
        self.len
    }

    pub fn get(&self, part: &PartId) -> Option<&T> {
        let shelf = self.shelves.get(part.source.index())?;
        shelf.slots.get(shelf.index(part.serial)?)?.as_ref()
    }

    pub fn get_mut(&mut self, part: &PartId) -> Option<&mut T> {
        let shelf = self.shelves.get_mut(part.source.index())?;
        let index = shelf.index(part.serial)?;
        shelf.slots.get_mut(index)?.as_mut()
    }

    pub fn contains_key(&self, part: &PartId) -> bool {
        self.get(part).is_some()
    }

    /// Returns the value that it had.
    pub fn insert(&mut self, part: PartId, value: T) -> Option<T> {
        let source = part.source.index();
        if self.shelves.len() <= source {
            self.shelves.resize_with(source + 1, || Shelf { first: 0, slots: VecDeque::new() });
        }
        let shelf = &mut self.shelves[source];
        if shelf.slots.is_empty() {
            shelf.first = part.serial;
        }
        while part.serial < shelf.first {
            shelf.slots.push_front(None);
            shelf.first -= 1;
        }
        let index = (part.serial - shelf.first) as usize;
        while shelf.slots.len() <= index {
            shelf.slots.push_back(None);
        }
        let before = shelf.slots[index].replace(value);
        self.len += usize::from(before.is_none());
        before
    }

    pub fn remove(&mut self, part: &PartId) -> Option<T> {
        let shelf = self.shelves.get_mut(part.source.index())?;
        let index = shelf.index(part.serial)?;
        let value = shelf.slots.get_mut(index)?.take()?;
        self.len -= 1;
        while shelf.slots.pop_front_if(|slot| slot.is_none()).is_some() {
            shelf.first += 1;
        }
        while shelf.slots.pop_back_if(|slot| slot.is_none()).is_some() {}
        Some(value)
    }

    pub fn iter(&self) -> impl Iterator<Item = (PartId, &T)> {
        self.shelves.iter().enumerate().flat_map(|(source, shelf)| {
            let source = ElementId::from_index(source);
            (shelf.first..).zip(&shelf.slots).filter_map(move |(serial, slot)| Some((PartId { source, serial }, slot.as_ref()?)))
        })
    }

    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.iter().map(|(_, value)| value)
    }
}

impl<T: PartialEq> PartialEq for PartMap<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl<T: Eq> Eq for PartMap<T> {}

impl<T> FromIterator<(PartId, T)> for PartMap<T> {
    fn from_iter<I: IntoIterator<Item = (PartId, T)>>(values: I) -> Self {
        let mut map = PartMap::default();
        for (part, value) in values {
            map.insert(part, value);
        }
        map
    }
}

impl<T: Serialize> Serialize for PartMap<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut values = serializer.serialize_seq(Some(self.len))?;
        for value in self.iter() {
            values.serialize_element(&value)?;
        }
        values.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for PartMap<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<(PartId, T)>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Streams;
    use std::collections::BTreeMap;

    /// Against a tree, whatever is put in and taken out.
    #[test]
    fn it_is_a_sorted_map() {
        let mut draw = Streams { seed: 1, replication: 0 }.stream("parts", "changes").draw(0);
        let mut below = |limit: f64| (draw.unit() * limit) as u32;
        for rounds in [3, 30, 3000] {
            let (mut map, mut tree) = (PartMap::default(), BTreeMap::new());
            for round in 0..rounds {
                let part = PartId { source: ElementId(below(3.0)), serial: below(40.0) };
                // Fills up, then empties.
                if below(100.0) < if round < rounds / 2 { 80 } else { 20 } {
                    assert_eq!(map.insert(part, round), tree.insert(part, round));
                } else {
                    assert_eq!(map.remove(&part), tree.remove(&part));
                }
                assert_eq!((map.get(&part), map.count()), (tree.get(&part), tree.len()));
                assert!(map.iter().eq(tree.iter().map(|(part, value)| (*part, value))));
            }
            let bytes = postcard::to_stdvec(&map).expect("plain data");
            assert_eq!(postcard::from_bytes::<PartMap<u32>>(&bytes).expect("just written"), map);
            let anew: PartMap<u32> = tree.into_iter().rev().collect();
            assert_eq!(postcard::to_stdvec(&anew).expect("plain data"), bytes);
        }
    }
}
