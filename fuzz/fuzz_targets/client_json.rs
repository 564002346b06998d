#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| parse_orm_fuzz::client_json::run(data));
