//! The model's only source of chance: seeded, the same on every target, and part of the machine's state.

/// A splitmix64 generator. Not for secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// A generator whose whole sequence follows from the seed.
    #[must_use]
    pub const fn new(seed: u64) -> Rng {
        Rng { state: seed }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The next 32 bits (`prandom_u32`, which draws from another sequence).
    pub fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    /// A number in `0..bound`; 0 when the bound is 0. The bias is below `bound` in 2⁶⁴.
    pub fn below(&mut self, bound: u64) -> u64 {
        let drawn = self.next_u64();
        if let Ok(small) = u32::try_from(bound) {
            // The same without 128 bits, which WebAssembly lacks.
            let (high, low) = ((drawn >> 32) * u64::from(small), (drawn & u64::from(u32::MAX)) * u64::from(small));
            return (high + (low >> 32)) >> 32;
        }
        ((u128::from(drawn) * u128::from(bound)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_splitmix64() {
        let mut rng = Rng::new(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| rng.next_u64()).collect();
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn numbers_stay_below_their_bound() {
        let mut rng = Rng::new(7);
        assert!((0..1000).all(|_| rng.below(10) < 10));
        assert_eq!(rng.below(0), 0);
        for bound in [1, 10, 1 << 20, u64::from(u32::MAX)] {
            let drawn = rng.clone().next_u64();
            assert_eq!(u128::from(rng.below(bound)), (u128::from(drawn) * u128::from(bound)) >> 64);
        }
    }
}
