import { RcmError } from '@rcm/telemetry';
import { REQUEST_FIELDS } from './contract.ts';

/** The body of a request. Fails with `request_invalid`, naming the field and nothing of what stands there. */
export function jsonBody(text: string): unknown {
  const json = text.replace(/^\uFEFF/, '');
  const value = parsedOf(json);
  const odd = oddName(json);
  if (odd === null) return value;
  const place = REQUEST_FIELDS.find((name) => name === odd.below) ?? 'its fields';
  throw new RcmError('request_invalid', `The body has a name ${odd.is === 'twice' ? 'twice' : 'that no field may have'}: ${place}.`);
}

function parsedOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // Its words quote the text.
    throw new RcmError('request_invalid', 'The request is not well-formed: the body must be JSON.');
  }
}

/** Below which name at the top it is. */
interface OddName {
  readonly is: 'twice' | 'reserved';
  readonly below: string;
}

/**
 * Where an object of a JSON text has a name twice: programs that read such a text do not agree on which of the two counts, so that what was checked before us may
 * not be what we do. Or the name `__proto__`, which is no plain one to programs like this. Linear in its length.
 */
export function oddName(json: string): OddName | null {
  const open: { readonly names: Set<string> | null; below: string }[] = [];
  for (const [token, isName] of tokensOf(json)) {
    const inside = open.at(-1);
    if (token === '{' || token === '[') open.push({ names: token === '{' ? new Set() : null, below: inside?.below ?? '' });
    else if (token === '}' || token === ']') open.pop();
    else if (isName && inside?.names) {
      const name = String(JSON.parse(token));
      if (open.length === 1) inside.below = name;
      if (name === '__proto__') return { is: 'reserved', below: inside.below };
      if (inside.names.has(name)) return { is: 'twice', below: inside.below };
      inside.names.add(name);
    }
  }
  return null;
}

/** Brackets and strings, and of each whether a colon follows. */
function* tokensOf(json: string): Generator<readonly [string, boolean]> {
  for (const { 1: token = '', 2: colon } of json.matchAll(/("(?:[^"\\]|\\.)*"|[{}[\]])(\s*:)?/gs)) yield [token, colon !== undefined];
}
