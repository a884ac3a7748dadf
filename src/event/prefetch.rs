//! Memory that is asked for before it is read.

/// Asks for the memory where a value begins, and does not wait for it: what reads it later finds it near. It changes nothing else.
#[inline(always)]
pub fn prefetch<T>(of: &T) {
    #[cfg(target_arch = "x86_64")]
    safe_arch::prefetch_t0(of);
    #[cfg(not(target_arch = "x86_64"))]
    let _ = of;
}
