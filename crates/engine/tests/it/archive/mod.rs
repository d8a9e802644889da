mod readers;
mod sample;
mod writing;
