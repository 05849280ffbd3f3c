import type { PlatformPolicies, PolicyConditions, PolicyDocument, PolicyStatement } from '../index.ts';
import { ACCOUNT, REGION } from './account.fixture.ts';

/** The platform's policies with one thing taken away or opened. */
export interface Mutant {
  readonly title: string;
  readonly policies: PlatformPolicies;
  readonly of: { readonly kind: 'policy' | 'trustPolicy'; readonly role: string } | { readonly kind: 'keyPolicy' | 'guardrail' };
  /** What the statement is about, before and after the change: patterns, as in a policy. */
  readonly actions: readonly string[];
}

/** Every statement, action, resource, principal, condition and value of the policies, one after the other. A document that two roles share is changed at the first. */
export function mutantsOf(policies: PlatformPolicies): Mutant[] {
  const documents = [
    ...policies.roles.flatMap((role) => (['policy', 'trustPolicy'] as const).map((kind) => ({ document: role[kind], of: { kind, role: role.name } }))),
    ...(['keyPolicy', 'guardrail'] as const).map((kind) => ({ document: policies[kind], of: { kind } })),
  ];
  const different = documents.filter(
    ({ document }, index) => documents.findIndex((each) => JSON.stringify(each.document) === JSON.stringify(document)) === index,
  );
  return different.flatMap(({ document, of }) =>
    changes(document).map(({ what, actions, changed }) => ({
      title: `${'role' in of ? `${of.role} ` : ''}${of.kind}: ${what}`,
      policies: withDocument(policies, of, changed),
      of,
      actions,
    })),
  );
}

function withDocument(policies: PlatformPolicies, of: Mutant['of'], document: PolicyDocument): PlatformPolicies {
  if (!('role' in of)) return { ...policies, [of.kind]: document };
  return { ...policies, roles: policies.roles.map((role) => (role.name === of.role ? { ...role, [of.kind]: document } : role)) };
}

interface Change {
  readonly what: string;
  readonly actions: readonly string[];
  readonly changed: PolicyDocument;
}

function changes(document: PolicyDocument): Change[] {
  const { Statement } = document;
  return Statement.flatMap((statement, index) => {
    const actions = statement.Action;
    const replaced = (by: PolicyStatement[]): PolicyDocument => ({
      ...document,
      Statement: [...Statement.slice(0, index), ...by, ...Statement.slice(index + 1)],
    });
    // IAM takes no policy without a statement: the last one goes by allowing something that nobody does.
    const gone = Statement.length > 1 ? [] : [{ ...statement, Action: ['a4b:ApproveSkill'] }];
    return [
      { what: `${statement.Sid} without`, actions, changed: replaced(gone) },
      ...statementChanges(statement).map(({ what, statement: by }) => ({
        what: `${statement.Sid}: ${what}`,
        actions: [...new Set([...actions, ...by.Action])],
        changed: replaced([by]),
      })),
    ];
  });
}

interface StatementChange {
  readonly what: string;
  readonly statement: PolicyStatement;
}

function statementChanges(statement: PolicyStatement): StatementChange[] {
  const { Action, Resource, NotResource, Principal, Condition = {} } = statement;
  const principals = Principal && 'AWS' in Principal ? Principal.AWS : [];
  return [
    ...listChanges(Action, (action) => [`${action.split(':')[0]}:*`]).map(({ what, list }) => ({
      what: `Action ${what}`,
      statement: { ...statement, Action: list },
    })),
    ...listChanges(Resource ?? [], opened).map(({ what, list }) => ({ what: `Resource ${what}`, statement: { ...statement, Resource: list } })),
    ...listChanges(NotResource ?? [], opened).map(({ what, list }) => ({ what: `NotResource ${what}`, statement: { ...statement, NotResource: list } })),
    ...listChanges(principals, (arn) => (arn.endsWith(':root') ? [] : [`arn:aws:iam::${ACCOUNT}:root`])).map(({ what, list }) => ({
      what: `Principal ${what}`,
      statement: { ...statement, Principal: { AWS: list } },
    })),
    ...conditionChanges(Condition).map(({ what, conditions }) => ({ what: `Condition ${what}`, statement: { ...statement, Condition: conditions } })),
  ];
}

/** Each entry taken away (where another is left), and each opened in every way that there is. */
function listChanges(list: readonly string[], open: (entry: string) => readonly string[]): { readonly what: string; readonly list: string[] }[] {
  return list.flatMap((entry, index) => {
    const without = list.filter((_, at) => at !== index);
    return [
      ...(without.length > 0 ? [{ what: `without ${entry}`, list: without }] : []),
      ...open(entry).map((wider) => ({ what: `${entry} → ${wider}`, list: [...without, wider] })),
    ];
  });
}

function conditionChanges(conditions: PolicyConditions): { readonly what: string; readonly conditions: PolicyConditions }[] {
  return Object.entries(conditions).flatMap(([operator, keys]) =>
    Object.entries(keys).flatMap(([key, values]) => {
      const others = Object.fromEntries(Object.entries(keys).filter(([name]) => name !== key));
      const { [operator]: _, ...rest } = conditions;
      const withValues = (list: readonly string[]): PolicyConditions => ({ ...conditions, [operator]: { ...keys, [key]: list } });
      return [
        { what: `${operator} ${key} without`, conditions: Object.keys(others).length > 0 ? { ...rest, [operator]: others } : rest },
        ...listChanges(values, operator === 'StringLike' ? opened : () => []).map(({ what, list }) => ({
          what: `${operator} ${key} ${what}`,
          conditions: withValues(list),
        })),
      ];
    }),
  );
}

/** A pattern with one of its narrowings gone: whose it is, where a segment ends, which folder, region or account. */
function opened(pattern: string): string[] {
  const [TENANT = ''] = /\$\{aws:PrincipalTag\/tenant_id(, '-')?\}/.exec(pattern) ?? [];
  const [ENVIRONMENT = ''] = /\$\{aws:PrincipalTag\/env(, '-')?\}/.exec(pattern) ?? [];
  const wider = [
    ...[TENANT, ENVIRONMENT].filter((tag) => tag !== '').flatMap((tag) => [pattern.replace(tag, () => '*'), pattern.replace(tag, () => `${tag}*`)]),
    pattern.replace(/\/(endpoints|rotation|devices)\/\*$/, '/*'),
    pattern.replace(/\/(endpoints|rotation|devices)\/\*$/, '/$1*'),
    pattern.replace(`:${REGION}:`, ':*:'),
    pattern.replace(/^(arn:aws:(?:ssm|secretsmanager):[^:]*):\d{12}:/, '$1:*:'),
    pattern.startsWith('arn:aws:iam:') ? '*' : pattern,
  ];
  return wider.filter((each) => each !== pattern);
}
