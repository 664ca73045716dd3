//! Contact physics: every part is a rigid body, belts drive through friction, a jam is a jam.
