/** Longer than any that a browser sends. */
const MOST_BYTES = 64 * 1024;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const ALPN = 16;

/**
 * What the first bytes of a tunnel are: `requests`, TLS that offers HTTP/2, as Chromium's connections for requests do; `socket`,
 * everything else: a WebSocket speaks HTTP/1.1 and offers nothing else (RFC 6455), in TLS or without. `null`: more bytes are needed.
 */
export function tunnelUse(bytes: Buffer): 'requests' | 'socket' | null {
  const hello = handshakeOf(bytes);
  if (hello === null) return bytes.length > MOST_BYTES ? 'socket' : null;
  return hello !== 'none' && protocolsOf(hello).includes('h2') ? 'requests' : 'socket';
}

/** The ClientHello from its TLS records (RFC 8446, 4.1.2 and 5.1); `null` where it is not whole yet. */
function handshakeOf(bytes: Buffer): Buffer | 'none' | null {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    if (bytes.length > at && bytes[at] !== HANDSHAKE) return 'none';
    if (bytes.length < at + 5) return null;
    const end = at + 5 + bytes.readUInt16BE(at + 3);
    parts.push(bytes.subarray(at + 5, end));
    if (bytes.length < end) return null;
    const message = Buffer.concat(parts);
    if (message.length > 0 && message[0] !== CLIENT_HELLO) return 'none';
    if (message.length >= 4 && message.length >= 4 + message.readUIntBE(1, 3)) return message.subarray(4, 4 + message.readUIntBE(1, 3));
    at = end;
  }
}

/** The application protocols that a ClientHello offers (RFC 7301); none where it is not as it should be. */
function protocolsOf(hello: Buffer): readonly string[] {
  try {
    let at = 2 + 32;
    at += 1 + hello.readUInt8(at);
    at += 2 + hello.readUInt16BE(at);
    at += 1 + hello.readUInt8(at);
    const end = at + 2 + hello.readUInt16BE(at);
    for (at += 2; at < end; at += 4 + hello.readUInt16BE(at + 2)) {
      if (hello.readUInt16BE(at) === ALPN) return namesIn(hello.subarray(at + 6, at + 4 + hello.readUInt16BE(at + 2)));
    }
  } catch {
    // It ends too early: it offers nothing that could be read.
  }
  return [];
}

function namesIn(list: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at < list.length; at += 1 + list.readUInt8(at)) names.push(list.toString('latin1', at + 1, at + 1 + list.readUInt8(at)));
  return names;
}
