import type { Database } from '@rcm/db';
import type { SecretStore } from '@rcm/credentials';
import { isLongForm } from '@rcm/test-services';
import type { OpenMigration } from './services.ts';

/** Thrown by every call of a process that is dead. */
export class ProcessDied extends Error {}

export interface Mortal {
  readonly migration: OpenMigration;
  /** Calls to the database and the store so far. */
  calls(): number;
  died(): boolean;
}

/** Where a process dies. */
export interface Death {
  readonly at: number;
  readonly when: 'before' | 'after';
}

/**
 * Without an end: before and after each call, in the long form. On a change at every `step`-th, before it and after it in turn: what is after a call is before
 * the one that follows.
 */
export function* deaths(step: number): Generator<Death, never> {
  if (isLongForm()) for (let at = 1; ; at += 1) for (const when of ['before', 'after'] as const) yield { at, when };
  for (let turn = 0; ; turn += 1) yield { at: 1 + turn * step, when: turn % 2 === 0 ? 'before' : 'after' };
}

/**
 * A migrator whose process dies at its `at`-th call to the database or the store: `before` the call is made, or `after` it has
 * taken effect and before the answer is seen. From then on nothing goes through any more, as after a SIGKILL.
 */
export function mortal(migration: OpenMigration, { at, when }: Death): Mortal {
  let calls = 0;
  let dead = false;
  const guard = async <T>(act: () => Promise<T>): Promise<T> => {
    if (dead) throw new ProcessDied();
    calls += 1;
    const last = calls === at;
    if (last && when === 'before') dead = true;
    if (dead) throw new ProcessDied();
    const answer = await act();
    if (last) dead = true;
    if (dead) throw new ProcessDied();
    return answer;
  };
  const db: Database = {
    ...migration.db,
    transaction: (scope, act) => guard(() => migration.db.transaction(scope, act)),
  };
  const store = (real: SecretStore): SecretStore => ({
    ...real,
    read: (...args) => guard(() => real.read(...args)),
    readMany: (...args) => guard(() => real.readMany(...args)),
    create: (...args) => guard(() => real.create(...args)),
    replace: (...args) => guard(() => real.replace(...args)),
  });
  return {
    migration: { ...migration, db, stores: { ...migration.stores, forTenant: (orgId) => store(migration.stores.forTenant(orgId)) } },
    calls: () => calls,
    died: () => dead,
  };
}
