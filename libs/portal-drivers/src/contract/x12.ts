/** A segment: its name and its elements, the first at 1. */
export type Segment = readonly string[];

/** Bytes of ISA, whose length is fixed so that its own separators can be read off it. */
const ISA_LENGTH = 106;
const AFTER_NAME = 3;

/**
 * The segments of one X12 interchange, ISA to IEA, one after the other; `null`: the file is none. Its first segment says by which
 * characters it is written (X12.5). Takes linear time, and never holds more than the segment at hand.
 */
export function segmentsOf(bytes: Uint8Array): Iterable<Segment> | null {
  const text = textOf(bytes);
  const [separator, terminator] = [text.charAt(AFTER_NAME), text.charAt(ISA_LENGTH - 1)];
  const isa = text.slice(0, ISA_LENGTH - 1).split(separator);
  if (!text.startsWith('ISA') || isa.length !== 17 || /[A-Za-z0-9]/.test(separator + terminator) || separator === terminator) return null;
  return split(text, separator, terminator);
}

/** What payers send is ASCII, UTF-8 or, by bytes that are none, Latin-1. Separators are ASCII in all three. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}

function* split(text: string, separator: string, terminator: string): Generator<Segment> {
  for (let from = 0; from < text.length;) {
    const end = text.indexOf(terminator, from);
    // What follows the last terminator is a line's end, or a segment that was cut off.
    const segment = text.slice(from, end === -1 ? text.length : end).replace(/^[\r\n ]+/, '');
    if (segment !== '') yield end === -1 ? ['cut off'] : segment.split(separator);
    from = end === -1 ? text.length : end + 1;
  }
}
