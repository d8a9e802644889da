//! A PNG with bars of one colour, as a chart would have them.

use std::io::Write as _;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

/// A picture of the given bar heights on white, `width` × `height` pixels, in true colour.
pub fn png(width: u32, height: u32, bars: &[u32], colour: [u8; 3]) -> Vec<u8> {
    let bar_width = (width / bars.len().max(1) as u32).max(1);
    let mut pixels = Vec::with_capacity(((width * 3 + 1) * height) as usize);
    for line in 0..height {
        // Each line begins with its filter: none.
        pixels.push(0);
        for column in 0..width {
            let bar = bars.get((column / bar_width) as usize).copied().unwrap_or(0);
            let inside = height - line <= bar && column % bar_width != 0;
            pixels.extend_from_slice(if inside { &colour } else { &[255; 3] });
        }
    }
    let mut header = Vec::with_capacity(13);
    header.extend_from_slice(&width.to_be_bytes());
    header.extend_from_slice(&height.to_be_bytes());
    // Eight bits per channel, true colour, the only compression, filter and order there are.
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, *b"IHDR", &header);
    chunk(&mut file, *b"IDAT", &compressed(&pixels));
    chunk(&mut file, *b"IEND", &[]);
    file
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    // Writing into memory cannot fail.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) {
    file.extend_from_slice(&(content.len() as u32).to_be_bytes());
    file.extend_from_slice(&kind);
    file.extend_from_slice(content);
    let mut sum = Crc::new();
    sum.update(&kind);
    sum.update(content);
    file.extend_from_slice(&sum.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn pixels_come_back_out_of_the_file() {
        let file = png(20, 10, &[3, 9], [10, 20, 30]);
        assert!(file.starts_with(b"\x89PNG\r\n\x1a\n"));
        let data = file.windows(4).position(|bytes| bytes == b"IDAT").unwrap() + 4;
        let mut pixels = Vec::new();
        flate2::read::ZlibDecoder::new(&file[data..]).read_to_end(&mut pixels).unwrap();
        assert_eq!(pixels.len(), (20 * 3 + 1) * 10);
        // The first column of a bar stays white, the second is coloured at the bottom.
        let last_line = &pixels[(20 * 3 + 1) * 9..];
        assert_eq!(&last_line[1..7], [255, 255, 255, 10, 20, 30]);
    }
}
