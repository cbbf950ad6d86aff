//! State that smaller builds keep empty.
//!
//! There nothing is ever put into it, so it need be neither copied nor dropped, and the code for that, which is large,
//! stays out of what a browser downloads.

/// State that only reclaim fills.
#[cfg(feature = "reclaim")]
pub(crate) type Part<T> = T;

#[cfg(not(feature = "reclaim"))]
pub(crate) use empty::Empty as Part;

/// State that tells what lives in pages: reclaim fills it, and whoever puts a machine into a recorded state.
#[cfg(feature = "lives")]
pub(crate) type Lives<T> = T;

#[cfg(not(feature = "lives"))]
pub(crate) use empty::Empty as Lives;

/// A value to be kept where something lives in pages.
pub(crate) fn lives<T>(value: T) -> Lives<T> {
    #[cfg(not(feature = "lives"))]
    let value = empty::Empty::new(value);
    value
}

#[cfg(not(feature = "reclaim"))]
mod empty {
    use core::mem::ManuallyDrop;
    use core::ops::{Deref, DerefMut};

    #[derive(Debug)]
    pub(crate) struct Empty<T>(ManuallyDrop<T>);

    impl<T> Empty<T> {
        #[cfg(not(feature = "lives"))]
        pub(super) fn new(value: T) -> Empty<T> {
            Empty(ManuallyDrop::new(value))
        }
    }

    impl<T: Default> Default for Empty<T> {
        fn default() -> Empty<T> {
            Empty(ManuallyDrop::new(T::default()))
        }
    }

    impl<T: Default> Clone for Empty<T> {
        fn clone(&self) -> Empty<T> {
            Empty::default()
        }
    }

    impl<T> Deref for Empty<T> {
        type Target = T;
        fn deref(&self) -> &T {
            &self.0
        }
    }

    impl<T> DerefMut for Empty<T> {
        fn deref_mut(&mut self) -> &mut T {
            &mut self.0
        }
    }
}
