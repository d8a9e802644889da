//! Encryption of the whole archive with age: to public keys, or to a passphrase.

use std::io::{self, Write};

use age::Encryptor;
use age::secrecy::SecretString;
use age::stream::StreamWriter;

use super::error::Error;

/// To whom an archive is encrypted. Made before anything is read, so that a bad recipient stops an export at once.
#[derive(Clone)]
pub struct Encryption(Kind);

#[derive(Clone)]
enum Kind {
    Recipients(Vec<Recipient>),
    Passphrase { passphrase: SecretString, work_factor: Option<u8> },
}

#[derive(Clone)]
enum Recipient {
    X25519(age::x25519::Recipient),
    Tagged(Box<age::tag::Recipient>),
    PostQuantum(Box<age::tagpq::Recipient>),
}

impl Recipient {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let x25519 = || text.parse().ok().map(Self::X25519);
        let tagged = || text.parse().ok().map(|key| Self::Tagged(Box::new(key)));
        let post_quantum = || text.parse().ok().map(|key| Self::PostQuantum(Box::new(key)));
        x25519().or_else(tagged).or_else(post_quantum)
    }

    fn as_dyn(&self) -> &dyn age::Recipient {
        match self {
            Self::X25519(key) => key,
            Self::Tagged(key) => key.as_ref(),
            Self::PostQuantum(key) => key.as_ref(),
        }
    }
}

impl Encryption {
    /// To one or several public keys (`age1…`); any one of them opens the archive.
    pub fn to_recipients<T: AsRef<str>>(texts: &[T]) -> Result<Self, Error> {
        let parse = |text: &T| Recipient::parse(text.as_ref()).ok_or_else(|| Error::Recipient { text: text.as_ref().to_owned() });
        let encryption = Self(Kind::Recipients(texts.iter().map(parse).collect::<Result<_, _>>()?));
        encryption.encryptor()?;
        Ok(encryption)
    }

    /// To a passphrase. Deriving the key takes about a second, here and for the reader.
    pub fn to_passphrase(passphrase: SecretString) -> Self {
        Self(Kind::Passphrase { passphrase, work_factor: None })
    }

    /// A passphrase with a chosen scrypt work factor: the binary logarithm of its rounds.
    pub fn to_passphrase_with_work_factor(passphrase: SecretString, work_factor: u8) -> Self {
        Self(Kind::Passphrase { passphrase, work_factor: Some(work_factor) })
    }

    fn encryptor(&self) -> Result<Encryptor, Error> {
        let encryptor = match &self.0 {
            Kind::Recipients(recipients) => Encryptor::with_recipients(recipients.iter().map(Recipient::as_dyn)),
            Kind::Passphrase { passphrase, work_factor } => {
                let mut recipient = age::scrypt::Recipient::new(passphrase.clone());
                if let Some(work_factor) = work_factor {
                    recipient.set_work_factor(*work_factor);
                }
                Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
            }
        };
        encryptor.map_err(|source| Error::Recipients { source })
    }

    /// Everything written to the result is encrypted into `output`.
    pub(super) fn wrap<W: Write>(&self, output: W) -> Result<io::Result<StreamWriter<W>>, Error> {
        Ok(self.encryptor()?.wrap_output(output))
    }
}
