#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| parse_orm_fuzz::mock_where::run(data));
