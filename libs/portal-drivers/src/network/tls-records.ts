/** Content types of TLS records that are sent in the clear: a change of ciphers, an alert, a handshake (RFC 8446, 5.1). */
const CLEAR: ReadonlySet<number | undefined> = new Set([20, 21, 22]);
const HEADER_BYTES = 5;

/**
 * Counts what a browser sends in a tunnel as application data, headers of its records included: requests, and in TLS 1.3 the end of a handshake and alerts,
 * too. A ClientHello is none of it, nor the second one that a portal may ask for (RFC 8446, 4.1.4), nor a handshake of TLS 1.2. What is no TLS counts.
 */
export class ApplicationData {
  readonly #onRecord: (length: number) => void;
  /** Of the record that passes. */
  #header: number[] = [];
  #left = 0;

  /** `onRecord`: told how long each record of it is, its header not included, as soon as that is known. Default: nobody. */
  constructor(onRecord: (length: number) => void = () => undefined) {
    this.#onRecord = onRecord;
  }

  /** How many of the next bytes are of it; to be given all bytes, from the first one of a tunnel on. */
  countIn(bytes: Buffer): number {
    let count = 0;
    for (let at = 0; at < bytes.length;) {
      const length = this.#pass(bytes, at);
      if (!CLEAR.has(this.#header[0])) count += length;
      at += length;
    }
    return count;
  }

  /** Goes on from there, to the end of the bytes or of the record at most; says by how many. */
  #pass(bytes: Buffer, at: number): number {
    if (this.#header.length === HEADER_BYTES && this.#left === 0) this.#header = [];
    if (this.#header.length < HEADER_BYTES) {
      this.#header.push(bytes.readUInt8(at));
      const [kind, , , high = 0, low = 0] = this.#header;
      this.#left = high * 256 + low;
      if (this.#header.length === HEADER_BYTES && !CLEAR.has(kind)) this.#onRecord(this.#left);
      return 1;
    }
    const length = Math.min(this.#left, bytes.length - at);
    this.#left -= length;
    return length;
  }
}
