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
  const open: Part[] = [];
  for (const [token, isName] of tokensOf(json)) {
    const inside = open.at(-1);
    if (token === '{' || token === '[') open.push(begun(token, inside));
    else if (token === '}' || token === ']') open.pop();
    else if (isName && inside?.names) {
      const name = String(JSON.parse(token));
      if (open.length === 1) inside.below = name;
      const is = oddIn(inside.names, name);
      if (is !== null) return { is, below: inside.below };
      inside.names.add(name);
    }
  }
  return null;
}

/** An object or a list that has not ended; a list has no names. */
interface Part {
  readonly names: Set<string> | null;
  below: string;
}

const begun = (bracket: '{' | '[', outer: Part | undefined): Part => ({ names: bracket === '{' ? new Set() : null, below: outer?.below ?? '' });

function oddIn(names: ReadonlySet<string>, name: string): OddName['is'] | null {
  if (name === '__proto__') return 'reserved';
  return names.has(name) ? 'twice' : null;
}

/** Brackets and strings, and of each whether a colon follows. */
function* tokensOf(json: string): Generator<readonly [string, boolean]> {
  for (const { 1: token = '', 2: colon } of json.matchAll(/("(?:[^"\\]|\\.)*"|[{}[\]])(\s*:)?/gs)) yield [token, colon !== undefined];
}
