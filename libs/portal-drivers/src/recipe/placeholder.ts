import { pathOfAddress } from './named-host.ts';

type Path = readonly (string | number)[];

/** Where a task's words have the place of an input: `{claim_number}`. */
export interface Placeholder {
  readonly path: Path;
  readonly input: string;
  /** `address`: in an `open`, where nothing may stand too. `words`: in what an element is found by. `elsewhere`: where it stays as it is. */
  readonly in: 'address' | 'words' | 'elsewhere';
}

const PLACEHOLDER = /\{([a-z][a-z0-9_]*)\}/g;

/** What an element is found by, beside its `name`. */
const WORDS: readonly string[] = ['label', 'placeholder', 'text'];

/** For people: the `name` here is that of a step, which a trace shows and which must hold no value. */
const TOLD: readonly string[] = ['description', 'name'];

/** Where a placeholder may stand, for an error. */
export const FILLED_PLACES = 'open, label, placeholder, text, and name beside a role';

/** What the text under a key of `around` is for; `null` where it is not for the page. */
function kindOf(key: string, around: object): Placeholder['in'] | null {
  if (key === 'open') return 'address';
  if (WORDS.includes(key) || (key === 'name' && 'role' in around)) return 'words';
  return TOLD.includes(key) ? null : 'elsewhere';
}

/** What of a text may hold placeholders: the braces before an address stand for a host. */
const freeOf = (key: string, held: string): string => (key === 'open' || key === 'url' ? pathOfAddress(held) : held);

/** Every placeholder in a part of a task. */
export function placeholdersIn(value: unknown, path: Path): Placeholder[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, held]: [string, unknown]) => {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    if (typeof held !== 'string') return placeholdersIn(held, at);
    const kind = kindOf(key, value);
    return kind === null ? [] : [...freeOf(key, held).matchAll(PLACEHOLDER)].map(([, input = '']) => ({ path: at, input, in: kind }));
  });
}

/** The same part with what the task was given in the places for it. An address takes it as one part, whatever it holds. */
export function filled<T>(value: T, input: Readonly<Record<string, string>>): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one: unknown) => filled(one, input)) as T;
  const entries = Object.entries(value).map(([key, held]: [string, unknown]) => {
    const kind = typeof held === 'string' ? kindOf(key, value) : null;
    if (typeof held !== 'string' || kind === null || kind === 'elsewhere') return [key, filled(held, input)];
    const given = (name: string): string => (kind === 'address' ? encodeURIComponent(input[name] ?? '') : (input[name] ?? ''));
    const free = freeOf(key, held);
    return [key, held.slice(0, held.length - free.length) + free.replace(PLACEHOLDER, (_place, name: string) => given(name))];
  });
  return Object.fromEntries(entries) as T;
}

/** What a browser takes for a way up, and not for a part of an address. */
const NO_PART = /^(\.|%2e){1,2}$/i;

/** Inputs of which a part of an address that is opened would be `.` or `..`: encoded or not, a browser goes up there instead. */
export function inputsThatLeadUp(value: unknown, input: Readonly<Record<string, string>>): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, held]: [string, unknown]) => {
    if (typeof held !== 'string' || kindOf(key, value) !== 'address') return inputsThatLeadUp(held, input);
    const [path = ''] = pathOfAddress(held).split(/[?#]/);
    return path
      .split('/')
      .filter((part) => NO_PART.test(part.replace(PLACEHOLDER, (_place, name: string) => encodeURIComponent(input[name] ?? ''))))
      .flatMap((part) => [...part.matchAll(PLACEHOLDER)].map(([, name = '']) => name));
  });
}
