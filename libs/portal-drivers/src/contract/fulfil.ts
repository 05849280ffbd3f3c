import { RcmError } from '@rcm/telemetry';
import type { ContractRow, PageWords } from '../outcome.ts';
import type { TaskContract } from '../recipe/task-contract.ts';
import type { ContractField } from './contract.ts';
import { CONTRACTS, type ContractName } from './contracts.ts';
import { moneyOf } from './currency.ts';
import type { PageRecord } from './page-record.ts';
import { folded, nameable } from './portal-words.ts';
import { recordSchema } from './record-schema.ts';

/** A contract that a task fulfils, and how. */
export interface Promised {
  readonly name: ContractName;
  readonly contract: TaskContract;
}

/**
 * What was read, as the contract has it, with the page's own words beside it as `raw`. Fails with `contract_unmet` where it does not
 * fit: a word that the recipe does not map is never taken for another, and nothing of the page is repeated but words that only a status has.
 */
export function fulfilled({ name, contract }: Promised, records: readonly PageRecord[]): readonly ContractRow[] {
  const meanings = new Map(Object.entries(contract.words ?? {}).map(([field, words]) => [field, meaningsOf(words)]));
  return records.map((read, index) => {
    const record: Record<string, unknown> = {};
    for (const [key, field] of Object.entries(CONTRACTS[name].fields)) {
      const value = valueOf(field, { key, contract, read, meanings: meanings.get(key) });
      if (typeof value === 'object' && value !== null && 'problem' in value)
        throw new RcmError('contract_unmet', `In record ${index + 1}, ${key} of ${name} ${String(value.problem)}.`);
      record[key] = value;
    }
    return asPromised(name, { record, raw: read.words, index });
  });
}

/** A record that was made, if it is as the contract has it. Fails with `contract_unmet`, which names the field. */
export function asPromised(
  name: ContractName,
  { record, raw, index }: { readonly record: Readonly<Record<string, unknown>>; readonly raw: PageWords; readonly index: number },
): ContractRow {
  const checked = recordSchema(name).safeParse(record);
  if (!checked.success)
    throw new RcmError('contract_unmet', `In record ${index + 1}, ${String(checked.error.issues[0]?.path[0])} is not as the contract ${name} has it.`);
  return { ...checked.data, raw };
}

interface Place {
  readonly key: string;
  readonly contract: TaskContract;
  readonly read: PageRecord;
  /** Of a field of a fixed set: what the portal's words mean. */
  readonly meanings: ReadonlyMap<string, string> | undefined;
}

function valueOf(field: ContractField, place: Place): unknown {
  const { key, contract, meanings } = place;
  const found = foundAt(place);
  if (!found) return field.given === 'maybe' ? null : { problem: 'is empty, and always has to be there' };
  const { value, words } = found;
  switch (field.kind) {
    case 'money': {
      const money = moneyOf(String(value), words, contract.currency ?? '');
      return typeof money === 'string' ? { problem: money } : money;
    }
    case 'choice':
      return meanings?.get(folded(words)) ?? { problem: unmapped(words, key) };
    default:
      return value;
  }
}

/** What was read for a field; `null`: the task reads nothing for it, or the page has nothing there. */
function foundAt({ key, contract: { values = {} }, read }: Place): { readonly value: unknown; readonly words: string } | null {
  const source = Object.hasOwn(values, key) ? values[key] : undefined;
  if (source === undefined) return null;
  const value = read.values[source] ?? null;
  return value === null || value === '' ? null : { value, words: read.words[source] ?? '' };
}

const meaningsOf = (words: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(words).map(([portal, meaning]) => [folded(portal), meaning]));

function unmapped(words: string, key: string): string {
  const named = nameable(words);
  if (named !== null) return `is ${named} on the page, which the recipe does not map: say under contract.words.${key} what it means`;
  return `is something that the recipe does not map (${words.length} characters; not repeated here, as it may be about a person): see it on the page, and say under contract.words.${key} what it means`;
}
