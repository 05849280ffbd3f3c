import type { Conditions } from '../identity/authorize.ts';
import type { Tag } from './tags.ts';

/** `aws:RequestTag/key` and `aws:TagKeys` of a call that brings tags; nothing for one that brings none. */
export function tagConditions(tags: readonly Tag[] | undefined): Conditions {
  if (!tags || tags.length === 0) return {};
  return { ...tagKeyConditions(tags.map(({ Key }) => Key)), ...Object.fromEntries(tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])) };
}

export const tagKeyConditions = (keys: readonly string[]): Conditions => (keys.length === 0 ? {} : { 'aws:TagKeys': keys });
