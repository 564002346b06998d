//! The tests are beside this folder; this file only makes a package of them.
