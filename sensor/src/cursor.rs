//! A checked reader over bytes that we did not make: every read shortens what is left or fails.

/// The bytes ended inside a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Short;

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Short> {
        let (head, rest) = self.0.split_at_checked(length).ok_or(Short)?;
        self.0 = rest;
        Ok(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Short> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(Short)?;
        self.0 = rest;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Short> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Short> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub(crate) fn u24(&mut self) -> Result<u32, Short> {
        let [a, b, c] = self.array()?;
        Ok(u32::from_be_bytes([0, a, b, c]))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Short> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    /// Bytes after a length of one byte.
    pub(crate) fn short_block(&mut self) -> Result<&'a [u8], Short> {
        let length = usize::from(self.u8()?);
        self.take(length)
    }

    /// Bytes after a length of two bytes.
    pub(crate) fn block(&mut self) -> Result<&'a [u8], Short> {
        let length = usize::from(self.u16()?);
        self.take(length)
    }

    /// Bytes after a length of three bytes.
    pub(crate) fn long_block(&mut self) -> Result<&'a [u8], Short> {
        let length = usize::try_from(self.u24()?).map_err(|_| Short)?;
        self.take(length)
    }
}
