/** How a secret may lie in bytes. The plain form comes first; the others are what writers on the path turn it into. */
export type Form = 'plain' | 'json' | 'url' | 'base64' | 'utf16';

export interface SecretForm {
  readonly form: Form;
  readonly bytes: Buffer;
}

/** Below this many bytes, only the plain form is sought: three or four characters of Base64 are found everywhere by chance. */
const SHORT_SECRET = 8;

/**
 * Every byte sequence that gives the secret away, each once: UTF-8; JSON-escaped, once and twice (JSON inside a JSON string,
 * or inside the text of a Postgres array) and with `\u` escapes; URL-encoded as browsers, forms and strict encoders do it;
 * Base64 and Base64url at each of the three alignments; UTF-16, as browsers keep strings in their profiles.
 */
export function secretForms(secret: string): SecretForm[] {
  const plain = Buffer.from(secret, 'utf8');
  const candidates: SecretForm[] = [{ form: 'plain', bytes: plain }];
  if (plain.length >= SHORT_SECRET) {
    candidates.push(...jsonForms(secret).map((text) => ({ form: 'json' as const, bytes: Buffer.from(text, 'utf8') })));
    candidates.push(...urlForms(secret).map((text) => ({ form: 'url' as const, bytes: Buffer.from(text, 'latin1') })));
    candidates.push(...base64Forms(plain).map((text) => ({ form: 'base64' as const, bytes: Buffer.from(text, 'latin1') })));
    candidates.push({ form: 'utf16', bytes: Buffer.from(secret, 'utf16le') });
  }
  const seen = new Set<string>();
  return candidates.filter(({ bytes }) => {
    const key = bytes.toString('latin1');
    return bytes.length > 0 && !seen.has(key) && seen.add(key);
  });
}

const jsonText = (text: string): string => JSON.stringify(text).slice(1, -1);
const asciiText = (text: string): string => text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

function jsonForms(secret: string): string[] {
  const once = jsonText(secret);
  const ascii = asciiText(once);
  // Some writers escape the slash, and HTML-safe ones the angle brackets and the ampersand.
  const slashed = once.replaceAll('/', '\\/');
  const htmlSafe = once.replace(/[<>&']/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return [once, jsonText(once), ascii, jsonText(ascii), slashed, htmlSafe];
}

function urlForms(secret: string): string[] {
  const component = encodeURIComponent(secret);
  const strict = component.replace(/[!'()*]/g, (unit) => `%${unit.charCodeAt(0).toString(16).toUpperCase()}`);
  const form = new URLSearchParams({ v: secret }).toString().slice(2);
  const upper = [component, strict, form, encodeURI(secret)];
  return [...upper, ...upper.map((text) => text.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase()))];
}

/**
 * The Base64 characters that the secret alone decides when 0, 1 or 2 bytes of something else stand before it in its group of
 * three: those at both ends that also carry bits of a neighbour are left off.
 */
function base64Forms(plain: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), plain])
      .toString('base64')
      .replace(/=+$/, '');
    const bits = (before + plain.length) * 8;
    const own = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(bits / 6));
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
