//! State that a build without reclaim keeps empty.
//!
//! There nothing is ever put into it, so it need be neither copied nor dropped, and the code for that, which is large,
//! stays out of what a browser downloads.

#[cfg(feature = "reclaim")]
pub(crate) type Part<T> = T;

#[cfg(not(feature = "reclaim"))]
pub(crate) use empty::Part;

#[cfg(not(feature = "reclaim"))]
mod empty {
    use core::mem::ManuallyDrop;
    use core::ops::{Deref, DerefMut};

    #[derive(Debug)]
    pub(crate) struct Part<T>(ManuallyDrop<T>);

    impl<T: Default> Default for Part<T> {
        fn default() -> Part<T> {
            Part(ManuallyDrop::new(T::default()))
        }
    }

    impl<T: Default> Clone for Part<T> {
        fn clone(&self) -> Part<T> {
            Part::default()
        }
    }

    impl<T> Deref for Part<T> {
        type Target = T;
        fn deref(&self) -> &T {
            &self.0
        }
    }

    impl<T> DerefMut for Part<T> {
        fn deref_mut(&mut self) -> &mut T {
            &mut self.0
        }
    }
}
