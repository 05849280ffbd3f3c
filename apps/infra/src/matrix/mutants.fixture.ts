import type { Document, PolicyInTemplate, Statement } from './template-policies.fixture.ts';

/** A policy with one statement, or one condition of one, taken away. */
export interface Mutant {
  readonly title: string;
  readonly of: PolicyInTemplate;
  readonly changed: PolicyInTemplate;
  /** Whether the statement is about this action: of others nothing changes. */
  concerns(action: string): boolean;
}

/** IAM takes no policy without a statement: the last one goes by allowing what nobody asks for. */
const NOTHING = ['a4b:ApproveSkill'];

export function mutantsOf(policy: PolicyInTemplate): readonly Mutant[] {
  const { document, at } = policy;
  return document.Statement.flatMap((statement, index) => {
    const name = `${at} ${statement.Sid ?? `${statement.Effect} ${index}`}`;
    const patterns = [statement.Action].flat().map((action) => new RegExp(`^${String(action).replaceAll('*', '.*')}$`));
    const replaced = (title: string, by: readonly Statement[]): Mutant => ({
      ...{ title, of: policy, concerns: (action) => patterns.some((pattern) => pattern.test(action)) },
      changed: {
        ...policy,
        document: { ...document, Statement: [...document.Statement.slice(0, index), ...by, ...document.Statement.slice(index + 1)] } satisfies Document,
      },
    });
    const gone = document.Statement.length > 1 ? [] : [{ ...statement, Action: NOTHING }];
    return [replaced(`${name}, taken away`, gone), ...conditionsOf(statement).map(({ title, without }) => replaced(`${name}, without ${title}`, [without]))];
  });
}

function conditionsOf(statement: Statement): { readonly title: string; readonly without: Statement }[] {
  return Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
    Object.keys(keys).map((key) => {
      const { [key]: _, ...others } = keys;
      const { [operator]: __, ...rest } = statement.Condition ?? {};
      const left = Object.keys(others).length > 0 ? { ...rest, [operator]: others } : rest;
      const { Condition: ___, ...bare } = statement;
      return { title: `${operator} ${key}`, without: Object.keys(left).length > 0 ? { ...bare, Condition: left } : bare };
    }),
  );
}
