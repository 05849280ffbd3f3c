import { original } from './original.ts';
import { ours } from './ours.ts';
import { powertools } from './powertools.ts';
import type { Subject, SubjectName, SubjectOptions } from './subject.ts';

export const subjectNames: readonly SubjectName[] = ['ours', 'powertools', 'original'];

/** Nothing but the time differs between them unless a measurement says so. */
export function openSubject(name: SubjectName, options: SubjectOptions): Subject {
  if (name === 'ours') return ours(options);
  return name === 'powertools' ? powertools(options) : original(options);
}

export type PerSubject<T> = Readonly<Record<SubjectName, T>>;

/** One after the other, so that none takes another's processor. */
export async function forEachSubject<T>(measure: (name: SubjectName) => Promise<T>): Promise<PerSubject<T>> {
  const results: Partial<Record<SubjectName, T>> = {};
  for (const name of subjectNames) results[name] = await measure(name);
  return results as PerSubject<T>;
}
