mod formats;
mod page;
mod readers;
mod sample;
mod verifying;
mod writing;
