mod formats;
mod page;
mod readers;
mod sample;
mod speed;
mod verifying;
mod writing;
