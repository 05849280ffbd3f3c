import { z } from 'zod';
import { parameterArn } from '../account/arns.ts';
import { tagsOf } from '../account/tags.ts';
import { AwsError } from '../aws-error.ts';
import type { Call } from '../operation.ts';
import { findLabelled, type VersionRecord } from './records.ts';

export const filterSchema = z.strictObject({
  Key: z
    .string()
    .min(1)
    .max(132)
    .regex(/^(tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType)$/),
  Option: z.string().min(1).max(10).optional(),
  Values: z.array(z.string().min(1).max(1_024)).min(1).max(50).optional(),
});
export type Filter = z.output<typeof filterSchema>;

const OPTIONS = new Set(['Equals', 'BeginsWith', 'Contains', 'Recursive', 'OneLevel']);

/** Checks filters against what an operation takes. Errors: InvalidFilterKey, InvalidFilterOption, InvalidFilterValue. */
export function requireFilters(filters: readonly Filter[], keys: ReadonlySet<string>, options: ReadonlySet<string> = OPTIONS): void {
  for (const { Key, Option = 'Equals', Values = [] } of filters) {
    if (!keys.has(Key.startsWith('tag:') ? 'tag' : Key))
      throw new AwsError('InvalidFilterKey', `The following filter key is not valid: ${Key}. Valid filter keys include: [${[...keys].join(', ')}].`);
    const path = Option === 'Recursive' || Option === 'OneLevel';
    if (!options.has(Option) || path !== (Key === 'Path' && Option !== 'Equals')) {
      throw new AwsError('InvalidFilterOption', `The following filter option is not valid: ${Option}. Valid options include: [BeginsWith, Equals].`);
    }
    if (Values.length === 0 && !Key.startsWith('tag:'))
      throw new AwsError('InvalidFilterValue', `The following filter values are missing for the filter key ${Key}.`);
  }
}

/** Whether the current version of a parameter passes all filters; within one filter any value will do. */
export function passes(call: Call, record: VersionRecord, filters: readonly Filter[]): boolean {
  return filters.every((filter) => {
    const { Key, Option = 'Equals', Values = [] } = filter;
    if (Key === 'Path') return Values.some((path) => isBelow(record.name, path, Option === 'Recursive'));
    const actual = actualValues(call, record, Key);
    if (Values.length === 0) return actual.length > 0;
    return actual.some((text) => Values.some((wanted) => matches(text, wanted, Option)));
  });
}

/** `/a/b` lies below `/a`; without `recursive` only one level. */
export function isBelow(name: string, path: string, recursive: boolean): boolean {
  const prefix = path.endsWith('/') ? path : `${path}/`;
  return name.startsWith(prefix) && (recursive || !name.slice(prefix.length).includes('/'));
}

/** A Label filter of GetParametersByPath selects the labelled version, not the newest. */
export function labelledVersion(call: Call, record: VersionRecord, filters: readonly Filter[]): VersionRecord {
  const wanted = filters.find((filter) => filter.Key === 'Label')?.Values ?? [];
  return wanted.map((label) => findLabelled(call.database, record.name, label)).find((found) => found !== null) ?? record;
}

function actualValues(call: Call, record: VersionRecord, key: string): string[] {
  if (key.startsWith('tag:')) {
    return tagsOf(call.database, parameterArn(call.account, record.name))
      .filter((tag) => `tag:${tag.Key}` === key)
      .map((tag) => tag.Value);
  }
  if (key === 'Label') return call.database.all<{ label: string }>('SELECT label FROM parameter_label WHERE name = ?', record.name).map(({ label }) => label);
  const single: Readonly<Record<string, string | null>> = { Name: record.name, Type: record.type, KeyId: record.key_id, Tier: record.tier, DataType: 'text' };
  const value = single[key];
  return typeof value === 'string' ? [value] : [];
}

function matches(text: string, wanted: string, option: string): boolean {
  if (option === 'BeginsWith') return text.startsWith(wanted);
  return option === 'Contains' ? text.includes(wanted) : text === wanted;
}
