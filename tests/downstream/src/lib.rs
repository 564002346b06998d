#![doc = "later"]
