import type { Database } from '@rcm/db';

/** A process's database until the process is gone: at its `n`th statement, and from then on whatever it asks. */
export interface DyingDatabase extends Database {
  readonly statements: () => number;
}

/** The transaction in hand is rolled back, as Postgres does with one whose connection ends; nothing is released or withdrawn afterwards. */
export function dyingDatabase(db: Database, n = Infinity): DyingDatabase {
  let statements = 0;
  const step = () => {
    statements += 1;
    if (statements >= n) throw new Error('the process is gone');
  };
  const counting = <T extends object>(tx: T): T =>
    new Proxy(tx, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (name === '$queryRaw' || name === '$executeRaw')
          return (...args: unknown[]): unknown => {
            step();
            return (value as (...args: unknown[]) => unknown).apply(target, args);
          };
        // A model: each of its methods is a statement.
        return typeof value === 'object' && value !== null
          ? new Proxy(value, {
              get(model, method) {
                const act: unknown = Reflect.get(model, method);
                if (typeof act !== 'function') return act;
                return (...args: unknown[]): unknown => {
                  step();
                  return (act as (...args: unknown[]) => unknown).apply(model, args);
                };
              },
            })
          : value;
      },
    });
  const dying =
    <Tx extends object, T>(act: (tx: Tx) => Promise<T>) =>
    async (tx: Tx): Promise<T> => {
      step();
      const result = await act(counting(tx));
      // Before the commit.
      step();
      return result;
    };
  return {
    ...db,
    statements: () => statements,
    transaction: (scope, act) => db.transaction(scope, dying(act)),
    rawTransaction: (scope, act) => db.rawTransaction(scope, dying(act)),
  };
}
