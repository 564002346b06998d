//! HTTP/1.1 as bytes: the messages of a connection, one after the other, as they came.

use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection, and what was read of it too early.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// The first line and the headers, with the empty line behind them.
#[derive(Debug, Clone)]
pub struct Head {
    text: String,
}

/// A head and its body, chunked where it came so.
#[derive(Debug, Clone)]
pub struct Message {
    pub head: Head,
    pub body: Vec<u8>,
}

impl Head {
    pub fn first_line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.text.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    fn is_chunked(&self) -> bool {
        let coding = self.header("transfer-encoding");
        coding.is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
    }

    /// The method, and the path with its query.
    pub fn request(&self) -> (&str, &str) {
        let mut words = self.first_line().split(' ');
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }

    /// The same, but for one header.
    fn with(&self, name: &str, value: &str) -> Self {
        let mut text = self.without(name).text;
        text.truncate(text.len() - 2);
        text.push_str(&format!("{name}: {value}\r\n\r\n"));
        Self { text }
    }

    fn without(&self, name: &str) -> Self {
        let kept = self.text.split_inclusive("\r\n").filter(|line| {
            let key = line.split(':').next().unwrap_or_default();
            !key.eq_ignore_ascii_case(name)
        });
        let text = kept.collect();
        Self { text }
    }
}

impl Message {
    /// An answer.
    pub fn answer(status: &str, content_type: &str, body: &str) -> Self {
        let length = body.len();
        let text =
            format!("HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n");
        Self {
            head: Head { text },
            body: body.into(),
        }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.head = self.head.with(name, value);
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        [self.head.text.as_bytes(), &self.body].concat()
    }

    /// The body without its chunks.
    pub fn content(&self) -> Vec<u8> {
        if !self.head.is_chunked() {
            return self.body.clone();
        }
        let (mut content, mut rest) = (Vec::new(), &self.body[..]);
        while let Some((size, line)) = chunk_size(rest) {
            if size == 0 || rest.len() < line + size + 2 {
                break;
            }
            content.extend_from_slice(&rest[line..line + size]);
            rest = &rest[line + size + 2..];
        }
        content
    }

    /// The first half of the content, as if it were all.
    pub fn halved(&self) -> Self {
        let mut body = self.content();
        body.truncate(body.len() / 2);
        let head = self
            .head
            .without("transfer-encoding")
            .with("Content-Length", &body.len().to_string());
        Self { head, body }
    }
}

/// The size of the chunk that begins here, and where its bytes begin.
fn chunk_size(bytes: &[u8]) -> Option<(usize, usize)> {
    let end = find(bytes, b"\r\n")?;
    let line = std::str::from_utf8(&bytes[..end]).ok()?;
    let size = line.split(';').next()?.trim();
    Some((usize::from_str_radix(size, 16).ok()?, end + 2))
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

fn ended() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

impl Connection {
    pub fn new(stream: TcpStream) -> Self {
        // small messages, one at a time
        let _ = stream.set_nodelay(true);
        let buffer = Vec::new();
        Self { stream, buffer }
    }

    pub async fn to(address: &str) -> io::Result<Self> {
        Ok(Self::new(TcpStream::connect(address).await?))
    }

    /// Waits for the first bytes of a message; false where the other side is done. What was read stays.
    pub async fn begins(&mut self) -> io::Result<bool> {
        Ok(!self.buffer.is_empty() || self.more().await?)
    }

    /// What was read so far of a message that nobody will read to its end.
    pub fn begun(&self) -> &[u8] {
        &self.buffer
    }

    async fn more(&mut self) -> io::Result<bool> {
        // most messages in one piece
        self.buffer.reserve(16 * 1024);
        Ok(self.stream.read_buf(&mut self.buffer).await? > 0)
    }

    async fn fill(&mut self, bytes: usize) -> io::Result<()> {
        while self.buffer.len() < bytes {
            if !self.more().await? {
                return Err(ended());
            }
        }
        Ok(())
    }

    /// The next message. The answers of both servers always say where they end.
    pub async fn message(&mut self) -> io::Result<Message> {
        let end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
            if !self.more().await? {
                return Err(ended());
            }
        };
        let text = self.buffer.drain(..end).collect();
        let text = String::from_utf8(text).map_err(|_| io::ErrorKind::InvalidData)?;
        let head = Head { text };
        let length = if head.is_chunked() {
            self.chunks().await?
        } else {
            let length = head.header("content-length").unwrap_or("0");
            length.parse().map_err(|_| io::ErrorKind::InvalidData)?
        };
        self.fill(length).await?;
        let body = self.buffer.drain(..length).collect();
        Ok(Message { head, body })
    }

    /// The length of a chunked body, with its trailers.
    async fn chunks(&mut self) -> io::Result<usize> {
        let mut at = 0;
        let mut last = false;
        loop {
            let Some(end) = find(&self.buffer[at..], b"\r\n") else {
                if !self.more().await? {
                    return Err(ended());
                }
                continue;
            };
            if last {
                at += end + 2;
                if end == 0 {
                    return Ok(at);
                }
                continue;
            }
            let (size, line) = chunk_size(&self.buffer[at..]).ok_or(io::ErrorKind::InvalidData)?;
            at += line;
            last = size == 0;
            if !last {
                at += size + 2;
                self.fill(at).await?;
            }
        }
    }

    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// Ends the connection at once, whatever is on its way.
    pub fn reset(self) {
        let _ = self.stream.set_zero_linger();
    }
}
