import { MOST_LETTERS } from '../network/typed-secrets.ts';

/** A request, as far as it holds what a form or a script sends. */
export interface Written {
  readonly url: string;
  readonly contentType: string;
  readonly body: string | null;
}

/** Stands for what is in another encoding than UTF-8: nobody here knows what the portal will read. */
const UNREAD = '\ufffd';

/** Fewer letters are in a request by chance. */
const SHORTEST = 4;

/**
 * Whether a request holds a new password otherwise than it was typed: in another case, cut, without signs that its page does not like, or with entities for them. The
 * portal would have one that nobody knows. What a page hashes or encrypts is like nothing, and no matter; nor is what else was `typed`, as a current password
 * that the new one begins with.
 */
export function isWrittenOtherwise(written: Written, password: string, typed: readonly string[] = []): boolean {
  const folded = fold(password);
  if (folded.length < SHORTEST) return false;
  return valuesOf(written).some(
    (value) => value !== password && !typed.includes(value) && !value.includes(UNREAD) && (fold(value) === folded || isBeginning(value, password)),
  );
}

const isBeginning = (value: string, password: string): boolean => value.length >= SHORTEST && password.toLowerCase().startsWith(value.toLowerCase());

/** Letters and digits alone, however they are composed. */
const fold = (text: string): string =>
  text
    .replace(/&(?:[a-z]{2,8}|#\d{1,5}|#x[\da-f]{1,4});/gi, '')
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

function valuesOf({ url, contentType, body }: Written): readonly string[] {
  const inAddress = URL.canParse(url) ? [...new URL(url).searchParams.values()] : [];
  if (body === null || body.length > MOST_LETTERS) return inAddress;
  return [...inAddress, ...valuesIn(body, contentType)];
}

function valuesIn(body: string, contentType: string): readonly string[] {
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)/i.exec(contentType)?.[1];
  if (boundary !== undefined) return body.split(`--${boundary}`).map(valueOfPart);
  return /^\s*[[{]/.test(body) ? stringsIn(body) : [...new URLSearchParams(body).values()];
}

/** Behind its headers, without the line's end before the next one. */
const valueOfPart = (part: string): string => part.slice(part.indexOf('\r\n\r\n') + 4).replace(/\r\n$/, '');

function stringsIn(json: string): readonly string[] {
  const strings: string[] = [];
  try {
    JSON.parse(json, (_key, value: unknown) => (typeof value === 'string' ? (strings.push(value), value) : value));
  } catch {
    return [];
  }
  return strings;
}
