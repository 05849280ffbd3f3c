/** A text that looks the same may have its marks in its letters or behind them. */
const NORMAL_FORMS = ['NFC', 'NFD'] as const;

/** A text as it is, and in each normal form. */
export const normalForms = (text: string): string[] => [...new Set([text, ...NORMAL_FORMS.map((form) => text.normalize(form))])];

/** The bytes of windows-1252, which is what browsers mean by Latin-1, by the letter that each is. */
const NARROW: ReadonlyMap<string, number> = new Map(
  Array.from({ length: 256 }, (_, byte) => [new TextDecoder('windows-1252').decode(Uint8Array.of(byte)), byte] as const),
);

function narrow(text: string): Buffer | null {
  const bytes = [...text].map((letter) => NARROW.get(letter));
  return bytes.every((byte) => byte !== undefined) ? Buffer.from(bytes) : null;
}

/** The empty bytes at the ends of UTF-16 are those of any text beside it; without them both orders are one for ASCII. */
function withoutEnds(bytes: Buffer): Buffer {
  let [from, to] = [0, bytes.length];
  while (bytes[from] === 0) from += 1;
  while (to > from && bytes[to - 1] === 0) to -= 1;
  return bytes.subarray(from, to);
}

/** How pages, scripts and protocols make bytes of a text; `null`: not of this one. */
const ENCODINGS: readonly ((text: string) => Buffer | null)[] = [
  (text) => Buffer.from(text),
  narrow,
  (text) => withoutEnds(Buffer.from(text, 'utf16le')),
  (text) => withoutEnds(Buffer.from(text, 'utf16le').swap16()),
];

/** The bytes of a text in each encoding, each once. */
export function bytesOf(text: string): Buffer[] {
  const all = ENCODINGS.flatMap((encode) => encode(text) ?? []);
  return [...new Map(all.map((bytes) => [bytes.toString('latin1'), bytes])).values()];
}
