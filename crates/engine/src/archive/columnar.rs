//! Parquet: the rows of a table once more, when all of them are known to fit their types.
//!
//! The rows wait compressed on the side until the table ends. Then each column gets the type that all its values have, and the rows are
//! written in groups. What has no exact type in Parquet, or one that readers disagree about, becomes text.

use std::io::{self, Read, Write};
use std::sync::Arc;

use exeunt_model::archive::manifest::Column;
use exeunt_model::archive::values;
use exeunt_model::catalog::ColumnKind;
use exeunt_model::digest::Digest;
use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};
use sha2::{Digest as _, Sha256};

use super::deflate::Deflater;
use super::fields::{Fields, Values};
use super::side::{Packed, SideEntry};
use super::spool::Spool;

/// A row group is written when it holds this many rows or bytes of values.
const GROUP_ROWS: usize = 100_000;
const GROUP_BYTES: usize = 8 * 1024 * 1024;

/// Reads the rows that were put aside and writes them as Parquet into the spool. `trusted` tells of each column whether its source
/// holds it to the declared type.
pub(super) fn convert(
    rows: SideEntry,
    deflater: &mut Deflater,
    columns: &[Column],
    trusted: &[bool],
    spool: Spool,
) -> io::Result<(Packed, Digest)> {
    let forms: Vec<Form> = columns.iter().zip(trusted).map(|(column, trusted)| form(column, *trusted)).collect();
    let (packed, _) = rows.finish(deflater)?;
    let mut reader = DeflateDecoder::new(io::BufReader::with_capacity(64 * 1024, packed.spool.into_reader()?));
    let output = Hashed { packed: Packed { spool, crc: Crc::new(), bytes: 0, compressed: 0 }, hash: Sha256::new() };
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).set_created_by("exeunt".to_owned()).build();
    let file = SerializedFileWriter::new(output, schema(columns, &forms)?, Arc::new(properties)).map_err(failed)?;
    let buffers = forms.iter().map(|form| Buffer { form: *form, levels: Vec::new(), values: Buffered::of(*form) });
    let mut groups = Groups { file, columns: buffers.collect(), rows: 0, bytes: 0 };
    let mut fields = Fields::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => fields.push(&buffer[..count], &mut groups)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    fields.finish(&mut groups)?;
    groups.flush()?;
    let output = groups.file.into_inner().map_err(failed)?;
    Ok((output.packed, Digest::from_hash(output.hash.finalize().into())))
}

fn failed(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(inner) => *inner,
            Err(inner) => io::Error::other(inner),
        },
        other => io::Error::other(other),
    }
}

/// Counts and hashes what goes into the spool.
struct Hashed {
    packed: Packed,
    hash: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.packed.spool.write_all(bytes)?;
        self.packed.crc.update(bytes);
        self.packed.bytes += bytes.len() as u64;
        self.packed.compressed += bytes.len() as u64;
        self.hash.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How a column's values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Boolean,
    Integer,
    Float,
    /// Up to 18 digits, the second number of them behind the point.
    Decimal(i32, i32),
    Date,
    Timestamp {
        zoned: bool,
    },
    Json,
    Text,
}

fn form(column: &Column, trusted: bool) -> Form {
    if !column.conforms {
        return Form::Text;
    }
    match &column.kind {
        ColumnKind::Boolean => Form::Boolean,
        ColumnKind::Integer => Form::Integer,
        ColumnKind::Float => Form::Float,
        ColumnKind::Decimal if !trusted => Form::Text,
        ColumnKind::Decimal => declared_digits(&column.declared_type).map_or(Form::Text, |(digits, scale)| Form::Decimal(digits, scale)),
        ColumnKind::Date => Form::Date,
        ColumnKind::Timestamp => Form::Timestamp { zoned: false },
        ColumnKind::TimestampWithZone => Form::Timestamp { zoned: true },
        ColumnKind::Json => Form::Json,
        ColumnKind::Text
        | ColumnKind::Bytes
        | ColumnKind::Time
        | ColumnKind::Interval
        | ColumnKind::Uuid
        | ColumnKind::Array
        | ColumnKind::Enumeration(_)
        | ColumnKind::Other => Form::Text,
    }
}

/// `numeric(12,2)` as PostgreSQL prints it, when 18 digits are enough.
fn declared_digits(declared_type: &str) -> Option<(i32, i32)> {
    let (digits, scale) = declared_type.strip_prefix("numeric(")?.strip_suffix(')')?.split_once(',')?;
    let (digits, scale) = (digits.parse().ok()?, scale.parse().ok()?);
    ((1..=18).contains(&digits) && (0..=digits).contains(&scale)).then_some((digits, scale))
}

fn schema(columns: &[Column], forms: &[Form]) -> io::Result<TypePtr> {
    let mut fields = Vec::with_capacity(columns.len());
    for (column, form) in columns.iter().zip(forms) {
        let micros = |zoned: bool| LogicalType::timestamp(zoned, TimeUnit::MICROS);
        let (physical, logical) = match *form {
            Form::Boolean => (Physical::BOOLEAN, None),
            Form::Integer => (Physical::INT64, None),
            Form::Float => (Physical::DOUBLE, None),
            Form::Decimal(precision, scale) => (Physical::INT64, Some(LogicalType::decimal(scale, precision))),
            Form::Date => (Physical::INT32, Some(LogicalType::Date)),
            Form::Timestamp { zoned } => (Physical::INT64, Some(micros(zoned))),
            Form::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
            Form::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        };
        let mut field = Type::primitive_type_builder(&column.name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_converted_type(ConvertedType::NONE)
            .with_logical_type(logical);
        if let Form::Decimal(precision, scale) = *form {
            field = field.with_precision(precision).with_scale(scale);
        }
        fields.push(Arc::new(field.build().map_err(failed)?));
    }
    Type::group_type_builder("rows").with_fields(fields).build().map(Arc::new).map_err(failed)
}

struct Groups {
    file: SerializedFileWriter<Hashed>,
    columns: Vec<Buffer>,
    rows: usize,
    bytes: usize,
}

struct Buffer {
    form: Form,
    /// 1 for a value, 0 for null.
    levels: Vec<i16>,
    values: Buffered,
}

enum Buffered {
    Booleans(Vec<bool>),
    Short(Vec<i32>),
    Long(Vec<i64>),
    Floats(Vec<f64>),
    Bytes(Vec<ByteArray>),
}

impl Buffered {
    fn of(form: Form) -> Self {
        match form {
            Form::Boolean => Self::Booleans(Vec::new()),
            Form::Date => Self::Short(Vec::new()),
            Form::Integer | Form::Decimal(..) | Form::Timestamp { .. } => Self::Long(Vec::new()),
            Form::Float => Self::Floats(Vec::new()),
            Form::Json | Form::Text => Self::Bytes(Vec::new()),
        }
    }
}

impl Values for Groups {
    fn value(&mut self, column: usize, value: Option<&[u8]>) -> io::Result<()> {
        let Some(buffer) = self.columns.get_mut(column) else { return Ok(()) };
        buffer.levels.push(i16::from(value.is_some()));
        let Some(value) = value else { return Ok(()) };
        self.bytes += value.len() + 8;
        let unfit = || io::Error::new(io::ErrorKind::InvalidData, "a value does not fit the type that was found for its column");
        let text = || std::str::from_utf8(value).map_err(|_| unfit());
        match (&mut buffer.values, buffer.form) {
            (Buffered::Booleans(values), _) => values.push(value == b"true"),
            (Buffered::Short(values), _) => values.push(days(value).ok_or_else(unfit)?),
            (Buffered::Long(values), Form::Decimal(digits, scale)) => values.push(decimal(value, digits, scale).ok_or_else(unfit)?),
            (Buffered::Long(values), Form::Timestamp { .. }) => values.push(micros(value).ok_or_else(unfit)?),
            (Buffered::Long(values), _) => values.push(text()?.parse().map_err(|_| unfit())?),
            (Buffered::Floats(values), _) => values.push(text()?.parse().map_err(|_| unfit())?),
            (Buffered::Bytes(values), _) => values.push(value.to_vec().into()),
        }
        Ok(())
    }

    fn end_row(&mut self) -> io::Result<()> {
        self.rows += 1;
        if self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES { self.flush() } else { Ok(()) }
    }
}

impl Groups {
    fn flush(&mut self) -> io::Result<()> {
        if self.rows > 0 {
            let mut group = self.file.next_row_group().map_err(failed)?;
            for column in &mut self.columns {
                column.write(&mut group).map_err(failed)?;
            }
            group.close().map_err(failed)?;
        }
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

impl Buffer {
    fn write(&mut self, group: &mut SerializedRowGroupWriter<'_, Hashed>) -> Result<(), ParquetError> {
        let Some(mut column) = group.next_column()? else { return Err(ParquetError::General("a column is missing".to_owned())) };
        let levels = Some(self.levels.as_slice());
        match &mut self.values {
            Buffered::Booleans(values) => {
                column.typed::<BoolType>().write_batch(values, levels, None)?;
                values.clear();
            }
            Buffered::Short(values) => {
                column.typed::<Int32Type>().write_batch(values, levels, None)?;
                values.clear();
            }
            Buffered::Long(values) => {
                column.typed::<Int64Type>().write_batch(values, levels, None)?;
                values.clear();
            }
            Buffered::Floats(values) => {
                column.typed::<DoubleType>().write_batch(values, levels, None)?;
                values.clear();
            }
            Buffered::Bytes(values) => {
                column.typed::<ByteArrayType>().write_batch(values, levels, None)?;
                values.clear();
            }
        }
        self.levels.clear();
        column.close()
    }
}

fn digits(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Days since 1970-01-01 of a value that begins with a date.
fn days(value: &[u8]) -> Option<i32> {
    let date = values::date_of(value)?;
    let year = i16::try_from(digits(&date[..4])?).ok()?;
    let (month, day) = (i8::try_from(digits(&date[5..7])?).ok()?, i8::try_from(digits(&date[8..])?).ok()?);
    let date = jiff::civil::Date::new(year, month, day).ok()?;
    (date - jiff::civil::date(1970, 1, 1)).get_days().into()
}

/// Microseconds since 1970-01-01 00:00, in UTC where the value has a zone.
fn micros(value: &[u8]) -> Option<i64> {
    let days = i64::from(days(value)?);
    let clock = value.get(11..)?;
    let seconds = digits(clock.get(..2)?)? * 3600 + digits(clock.get(3..5)?)? * 60 + digits(clock.get(6..8)?)?;
    let mut rest = &clock[8..];
    let mut fraction = 0;
    if let Some(tail) = rest.strip_prefix(b".") {
        let count = tail.iter().take_while(|byte| byte.is_ascii_digit()).count().min(6);
        fraction = digits(&tail[..count])? * 10_i64.pow(6 - u32::try_from(count).ok()?);
        rest = &tail[count..];
    }
    let offset = match rest {
        b"" | b"Z" => 0,
        [sign, hours @ ..] => {
            let minutes = hours.get(3..5).map_or(Some(0), digits)?;
            let seconds = digits(hours.get(..2)?)? * 3600 + minutes * 60;
            if *sign == b'-' { -seconds } else { seconds }
        }
    };
    Some((days * 86_400 + seconds - offset) * 1_000_000 + fraction)
}

/// `-12.5` with two digits behind the point is -1250.
fn decimal(value: &[u8], digits: i32, scale: i32) -> Option<i64> {
    let text = std::str::from_utf8(value).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let scale = usize::try_from(scale).ok()?;
    if fraction.len() > scale {
        return None;
    }
    let unscaled: i64 = format!("{whole}{fraction:0<scale$}").parse().ok()?;
    (unscaled.unsigned_abs() < 10_u64.pow(u32::try_from(digits).ok()?)).then_some(unscaled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_become_microseconds_in_utc() {
        assert_eq!(micros(b"1970-01-01 00:00:00"), Some(0));
        assert_eq!(micros(b"1970-01-01 01:00:00.5+01"), Some(500_000));
        assert_eq!(micros(b"1969-12-31T23:30:00-00:30"), Some(0));
        assert_eq!(micros(b"0001-01-01 00:00:00+00"), Some(-62_135_596_800_000_000));
        assert_eq!(days(b"2000-03-01"), Some(11_017));
    }

    #[test]
    fn decimals_keep_their_digits() {
        assert_eq!(decimal(b"-12.5", 12, 2), Some(-1250));
        assert_eq!(decimal(b"0.01", 12, 2), Some(1));
        assert_eq!(decimal(b"7", 12, 2), Some(700));
        assert_eq!(decimal(b"1.234", 12, 2), None);
        assert_eq!(decimal(b"123", 2, 0), None);
        assert_eq!(declared_digits("numeric(12,2)"), Some((12, 2)));
        assert_eq!(declared_digits("numeric(30,2)"), None);
        assert_eq!(declared_digits("numeric"), None);
    }
}
