//! Which elements listen to what: whoever does not is not asked, since most of a line does not. Says nothing about what they do.

use super::{ElementLogic, Family};

impl ElementLogic {
    /// Whether [`on_motion`](Self::on_motion) does anything for any part.
    pub fn watches_motion(&self) -> bool {
        matches!(self.family, Family::Induction(_) | Family::Carriage(_) | Family::Lift(_) | Family::Merge(_))
    }

    /// Whether it does something for parts that are at the element's own spots alone.
    pub fn watches_guests(&self) -> bool {
        matches!(self.family, Family::Station(_) | Family::Packer(_) | Family::Parallel(_) | Family::Unpacker(_))
    }

    /// Whether [`settle`](Self::settle) does anything.
    pub fn settles(&self) -> bool {
        matches!(
            self.family,
            Family::Source(_)
                | Family::Station(_)
                | Family::Bulk(_)
                | Family::ZoneConveyor(_)
                | Family::Merge(_)
                | Family::Induction(_)
                | Family::Loader(_)
                | Family::Carriage(_)
                | Family::Lift(_)
        )
    }
}
