import { z } from 'zod';
import type { Database } from '../storage/database.ts';

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

export const MAX_TAGS = 50;

/** Letters, spaces, numbers and `_.:/=+-@`; "Tag naming limits and requirements", AWS General Reference. */
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** `aws:` belongs to AWS. */
const tagKey = z
  .string()
  .min(1)
  .max(128)
  .regex(TAG_TEXT)
  .refine((key) => !/^aws:/i.test(key), { error: 'Member must not begin with aws:' });

const tagSchema = z.strictObject({ Key: tagKey, Value: z.string().max(256).regex(TAG_TEXT) });
export const tagListSchema = z.array(tagSchema);
export const tagKeysSchema = z.array(z.string().min(1).max(128));

export function tagsOf(database: Database, arn: string): Tag[] {
  return database
    .all<{ key: string; value: string }>('SELECT key, value FROM resource_tag WHERE arn = ? ORDER BY key', arn)
    .map(({ key, value }) => ({ Key: key, Value: value }));
}

/** Adds or replaces by key. Returns false, and changes nothing, where the resource would carry more than 50. */
export function addTags(database: Database, arn: string, tags: readonly Tag[]): boolean {
  const keys = new Set([...tagsOf(database, arn), ...tags].map((tag) => tag.Key));
  if (keys.size > MAX_TAGS) return false;
  for (const { Key, Value } of tags) {
    database.run('INSERT INTO resource_tag(arn, key, value) VALUES (?, ?, ?) ON CONFLICT (arn, key) DO UPDATE SET value = excluded.value', arn, Key, Value);
  }
  return true;
}

export function removeTags(database: Database, arn: string, keys: readonly string[]): void {
  for (const key of keys) database.run('DELETE FROM resource_tag WHERE arn = ? AND key = ?', arn, key);
}

export function removeAllTags(database: Database, arn: string): void {
  database.run('DELETE FROM resource_tag WHERE arn = ?', arn);
}
