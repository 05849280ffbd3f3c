import type { Secret } from '@rcm/telemetry';
import type { PortalCredential } from '../driver.ts';
import type { ContractRow, TaskFile, TaskOutcome, TaskRow, TaskValue } from '../outcome.ts';
import { createSecretMask, type SecretMask } from '../secret-mask.ts';
import { searchFile } from '../secrets/file-search.ts';
import { anyText } from '../secrets/in-turns.ts';
import { MOST_UNPACKED } from '../secrets/unpacked.ts';
import type { Opaque } from '../secrets/opaque.ts';

/** Shorter ones are in many results by chance, so they only count where they are all of a value. */
const SHORTEST = 8;

/** What of a credential no result of a task may hold: results are stored and handed out. The user name may be in one. */
export const keptOut = (credential: PortalCredential, ...more: readonly Secret<string>[]): Secret<string>[] => [
  credential.password,
  ...(credential.neverTyped ?? []),
  ...more,
];

/** A result without secrets as it is; with one it is no result, whatever the page or the recipe meant by it. Fails only by `signal`. */
export async function withoutSecrets(outcome: TaskOutcome, secrets: readonly Secret<string>[], signal: AbortSignal): Promise<TaskOutcome> {
  if (outcome.kind !== 'found' || secrets.length === 0) return outcome;
  const sought: Sought = {
    anywhere: createSecretMask(secrets, { shortest: SHORTEST }),
    fields: createSecretMask(secrets, { longest: SHORTEST - 1 }),
    numbers: createSecretMask(secrets).numbers,
  };
  const rows = [...outcome.rows.flatMap(plainRows), ...(outcome.fields ? [outcome.fields] : [])];
  if (await holdsSecret(rows, sought, signal))
    return { kind: 'unknown', detail: 'The result would hold a secret of the login, so it is not given: the recipe reads a field that it must not read.' };
  const problem = outcome.file ? await fileProblem(outcome.file, sought, signal) : null;
  return problem === null ? outcome : { kind: 'unknown', detail: problem };
}

interface Sought {
  readonly anywhere: SecretMask;
  readonly fields: SecretMask;
  readonly numbers: ReadonlySet<number>;
}

/** A short secret is not longer than this, however it is written. */
const LONGEST_SHORT = 1_000;

/** Looks at each value, and at what values hold together: in rows from left to right, and in columns from top to bottom, also with others between them. */
async function holdsSecret(rows: readonly TaskRow[], { anywhere, fields, numbers }: Sought, signal: AbortSignal): Promise<boolean> {
  const values = rows.map((row) => Object.values(row).map(textOf));
  const columns = new Map<string, string[]>();
  for (const [name, value] of rows.flatMap((row) => Object.entries(row))) {
    const column = columns.get(name) ?? [];
    columns.set(name, column);
    column.push(textOf(value));
  }
  const ways = [values.flat(), ...columns.values()];
  const together = ways.map((neighbours) => neighbours.join(''));
  const pieces = ways.map((neighbours) => neighbours.filter(anywhere.isPiece).join(''));
  if (await anyText([...together, ...pieces], signal, anywhere.isIn)) return true;
  const alone = values.flatMap((row) => row.flatMap((value, index) => [value, value + (row[index + 1] ?? '')]));
  if (
    await anyText(
      alone.filter(({ length }) => length <= LONGEST_SHORT),
      signal,
      fields.isAll,
    )
  )
    return true;
  return rows.some((row) => Object.values(row).some((value) => numbers.has(Math.abs(numberOf(value)))));
}

/** A row without rows in it: of a contract's record what the page shows, and what was made of it. */
function plainRows(row: TaskRow | ContractRow): readonly TaskRow[] {
  const plain: Record<string, TaskValue> = {};
  const inner: TaskRow[] = [];
  for (const [name, value] of Object.entries(row)) {
    if (typeof value === 'object' && value !== null) inner.push({ ...value });
    else plain[name] = value;
  }
  return [...inner, plain];
}

const textOf = (value: TaskValue): string => (value === null ? '' : String(value));

/** A secret of digits is no text any more where the recipe reads a number. */
const numberOf = (value: TaskValue): number =>
  typeof value === 'string' ? (/^-?\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN) : (value ?? Number.NaN);

const OPAQUE: Readonly<Record<Opaque, string>> = {
  too_large: `unpacks to more than ${MOST_UNPACKED / 1024 / 1024} MB, or is packed too often`,
  damaged: 'is a packed file that cannot be unpacked',
  unknown_packing: 'is packed in a way that is not known here',
};

async function fileProblem(file: TaskFile, sought: Sought, signal: AbortSignal): Promise<string | null> {
  const about = [file.name, file.contentType];
  const found = about.some((text) => sought.anywhere.isIn(text) || sought.fields.isAll(text)) ? 'secret' : await searchFile(file.bytes, sought, signal);
  if (found === 'none') return null;
  if (found === 'secret') return 'The file would hold a secret of the login, so it is not given: the recipe asks for a file that it must not ask for.';
  return `The file ${OPAQUE[found]}, so nobody can tell whether it holds a secret of the login, and it is not given: have the portal send a smaller part of it, or another format.`;
}
