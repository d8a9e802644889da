//! `index.html`.
