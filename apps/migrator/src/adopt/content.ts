import { parseJsonExactly, payloadFingerprint } from '@rcm/credentials';
import { canonicalText, type FingerprintKey, isFields, isNumber } from '@rcm/credentials/legacy';
import { LONGEST_CELL, type PrintOf } from '@rcm/db/migration';
import type { Mapping } from './mapping.ts';
import type { Cells } from './rows.ts';

/** Why a cell cannot be taken over. */
type Unfit = 'too_long' | 'not_text' | 'not_json' | 'number_form';

/** A row's `config` as it is to be, and the cells that stand in its way. */
export interface Content {
  /** JSON text. */
  readonly config: string;
  readonly unfit: readonly { readonly role: string; readonly why: Unfit }[];
  readonly hasLogin: boolean;
}

/** What a row holds besides where it lies: its login, as it is, under `credentials`, and what the mapping wants beside it. What is not there is left out. */
export function contentOf(cells: Cells, { credentials, config: beside = {} }: Mapping): Content {
  const unfit: { role: string; why: Unfit }[] = [];
  const config = new Map<string, unknown>();
  const text = (role: string): string | null => {
    const cell = cells.get(role as never) ?? null;
    const why = cell === null ? null : unfitText(cell);
    if (why !== null) unfit.push({ role, why });
    return why === null ? cell : null;
  };
  for (const name of Object.keys(beside)) {
    const value = text(`config.${name}`);
    if (value !== null) config.set(name, value);
  }
  const login = 'column' in credentials ? jsonAt(text('credentials'), credentials.path) : fieldsOf(Object.keys(credentials.columns), text);
  if (login === NOT_JSON) unfit.push({ role: 'credentials', why: 'not_json' });
  else if (login !== undefined) config.set('credentials', login);
  if (hasOddNumber(login)) unfit.push({ role: 'credentials', why: 'number_form' });
  if (hasUnfitText(login)) unfit.push({ role: 'credentials', why: 'not_text' });
  return { config: unfit.length > 0 ? '{}' : JSON.stringify(Object.fromEntries(config)), unfit, hasLogin: config.has('credentials') };
}

const NOT_JSON = Symbol('not JSON');

function fieldsOf(names: readonly string[], text: (role: string) => string | null): unknown {
  const fields = names.flatMap((name) => {
    const value = text(`credentials.${name}`);
    return value === null || value === '' ? [] : [[name, value] as const];
  });
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}

function jsonAt(cell: string | null, path: string | undefined): unknown {
  if (cell === null || cell.trim() === '') return undefined;
  let whole: unknown;
  try {
    whole = parseJsonExactly(cell);
  } catch {
    return NOT_JSON;
  }
  let value = whole ?? undefined;
  for (const step of path?.split('.') ?? []) {
    if (value === undefined) return undefined;
    if (!isFields(value)) return NOT_JSON;
    value = (Object.hasOwn(value, step) ? value[step] : undefined) ?? undefined;
  }
  return value;
}

function unfitText(cell: string): Unfit | null {
  if (cell.length > LONGEST_CELL) return 'too_long';
  return cell.includes('\0') || !cell.isWellFormed() ? 'not_text' : null;
}

/** Postgres writes these otherwise than they were written, and then nobody could tell whether somebody else had. */
const hasOddNumber = (value: unknown): boolean => some(value, (inner) => isNumber(inner) && /[eE]/.test(JSON.stringify(inner)));
const hasUnfitText = (value: unknown): boolean => some(value, (inner) => typeof inner === 'string' && (inner.includes('\0') || !inner.isWellFormed()));

function some(value: unknown, is: (value: unknown) => boolean): boolean {
  if (is(value)) return true;
  if (Array.isArray(value)) return value.some((inner) => some(inner, is));
  return isFields(value) && Object.entries(value).some(([name, inner]) => is(name) || some(inner, is));
}

/** Of where an endpoint lies and of its `config`, whatever the order of its fields. Two endpoints with the same login cannot be seen to have it. */
export const adoptedPrint =
  (keys: readonly FingerprintKey[], source: string): PrintOf =>
  ({ sourceId, baseUrl, config }) => {
    const text = config.map((json) => `adopted from ${source} ${JSON.stringify(sourceId)}\n${baseUrl}\n${canonicalText(parseJsonExactly(json))}`);
    return keys.map(({ id, secret }) => `${id}:${payloadFingerprint({ key: secret, text })}`);
  };
