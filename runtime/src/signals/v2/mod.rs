//! `kuksa.val.v2`.
