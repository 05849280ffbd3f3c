import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestDatabase } from '../testing.fixture.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../../prisma/migrations');

/** A function as a migration of before made it, under the name `before_…`, so that it can be asked beside the one of now. With every right: it is only compared with. */
export async function makeAsBefore(t: TestDatabase, { name, migration }: { readonly name: string; readonly migration: string }): Promise<string> {
  const text = readFileSync(join(MIGRATIONS, migration, 'migration.sql'), 'utf8');
  const [made] = new RegExp(`CREATE (?:OR REPLACE )?FUNCTION ${name}\\([\\s\\S]*?\\n  END;`).exec(text) ?? [];
  if (made === undefined) throw new Error(`${migration} makes no ${name}.`);
  await t.sql(`${made.replace(`FUNCTION ${name}(`, `FUNCTION before_${name}(`)} REVOKE ALL ON ROUTINE before_${name} FROM PUBLIC`);
  return `before_${name}`;
}

/** Numbers of a seed: the same test again says the same. */
export function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % sides;
  };
}
