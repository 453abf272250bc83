//! Sets of numbers against their definition.

use bunri::model::Ranges;
use proptest::prelude::*;

proptest! {
    #[test]
    fn set_algebra_agrees_with_membership(
        a in prop::collection::vec((0u128..40, 0u128..40), 0..6),
        b in prop::collection::vec((0u128..40, 0u128..40), 0..6),
    ) {
        let (a, b) = (Ranges::from_pairs(a), Ranges::from_pairs(b));
        for v in 0..=45 {
            let (x, y) = (a.contains(v), b.contains(v));
            prop_assert_eq!(a.union(&b).contains(v), x || y);
            prop_assert_eq!(a.intersection(&b).contains(v), x && y);
            prop_assert_eq!(a.minus(&b).contains(v), x && !y);
            prop_assert_eq!(a.complement(45).contains(v), !x);
        }
        prop_assert_eq!(a.complement(u128::MAX).complement(u128::MAX), a);
    }

    #[test]
    fn masks_agree_with_the_definition(value in 0u128..256, mask in 0u128..256) {
        let set = Ranges::from_mask(value, mask, 255, 1 << 10).unwrap();
        for v in 0..256 {
            prop_assert_eq!(set.contains(v), v & mask == value & mask);
        }
    }
}

#[test]
fn masks_with_too_many_holes_are_refused() {
    assert_eq!(Ranges::from_mask(0, 0x5555_5555, 0xFFFF_FFFF, 1000), None);
    assert_eq!(Ranges::from_mask(7, 0, u128::MAX, 1), Some(Ranges::full(u128::MAX)));
}
