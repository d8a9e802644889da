//! Comparing 64 bytes at a time, in plain arithmetic.

/// 64 bytes, compared eight at a time.
pub(super) struct Block([u64; 8]);

impl Block {
    #[inline]
    pub(super) fn load(data: &[u8]) -> Self {
        let mut padded = [0; 64];
        let bytes = data.first_chunk::<64>().unwrap_or_else(|| {
            padded[..data.len()].copy_from_slice(data);
            &padded
        });
        let mut words = [0; 8];
        for (index, word) in words.iter_mut().enumerate() {
            let mut eight = [0; 8];
            eight.copy_from_slice(&bytes[index * 8..index * 8 + 8]);
            *word = u64::from_le_bytes(eight);
        }
        Self(words)
    }

    /// Bit *i* is set where byte *i* is the given one.
    #[inline]
    pub(super) fn positions_of(&self, byte: u8) -> u64 {
        const LOW_BITS: u64 = 0x7f7f_7f7f_7f7f_7f7f;
        let pattern = u64::from_ne_bytes([byte; 8]);
        let mut positions = 0;
        for (index, word) in self.0.iter().enumerate() {
            let difference = word ^ pattern;
            // The top bit of each byte that is zero, with no carry between bytes.
            let zeros = !(((difference & LOW_BITS) + LOW_BITS) | difference | LOW_BITS);
            // Gathers the eight top bits into one byte.
            let gathered = (zeros >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
            positions |= gathered << (index * 8);
        }
        positions
    }
}

/// Bit *i* is set when an odd number of the bits up to *i* is.
#[inline]
pub(super) fn running_parity(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

/// Counts the rows of a CSV stream: line feeds outside quotes.
#[derive(Default)]
pub(super) struct RowCounter {
    inside: u64,
    pub(super) rows: u64,
}

impl RowCounter {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        // Unlike in the middle of a stream, a short block at a border must not shift the parity: zeros in the padding are no quotes.
        for piece in bytes.chunks(64) {
            let block = Block::load(piece);
            let quoted = running_parity(block.positions_of(b'"')) ^ self.inside;
            self.inside = (quoted.cast_signed() >> 63).cast_unsigned();
            self.rows += u64::from((block.positions_of(b'\n') & !quoted).count_ones());
        }
    }
}
