import { allowed, allowedAt } from './allowed.fixture.ts';
import { PLACES } from './operations.fixture.ts';
import { principals } from './principals.fixture.ts';

/** A statement or condition, and the first case that ends otherwise without it. */
export interface Held {
  readonly what: string;
  readonly turns: string;
}

export interface Counted {
  readonly cases: number;
  readonly allowed: number;
  readonly mutants: number;
}

const inWords = (names: readonly string[]): string =>
  names.filter((name) => !name.endsWith(', further account') || !names.includes(name.replace(/, further account$/, ''))).join(', ');

/** Processes and people that no table names. Roles for services of AWS are not among them: what AWS itself gives to some is not judged here. */
const mayNothing = principals
  .filter(({ name, role }) => role !== null && !name.startsWith('role of ') && !allowed[name] && !allowedAt.some(({ who }) => who.includes(name)))
  .map(({ name }) => name);

/** docs/access-matrix.md, whole. */
export function rendered({ cases, allowed: allowedCases, mutants }: Counted, held: readonly Held[]): string {
  return `# Access matrix

Who may do what, by the policies in the synthesised templates of [the example](../apps/infra/example/infra.yaml)'s production. This page is written by the test that checks it
(\`apps/infra/src/matrix\`): ${cases} cases, of which ${allowedCases} are allowed, each decided by IAM's logic as \`tools/local-aws\` has it. **What is not in the tables is denied**, and is a case: every
principal is asked about every operation. What is allowed is asked again without each of its conditions, and with another value of each; and where a role's trust or a key's policy has
the last word, once more with the caller's own policies opened to everything. A session here is of the tenant \`mercy\`. Not judged here: service control policies
([deletion protection](deletion-protection.md)), permissions boundaries, policies that AWS keeps
(of AWS Config's recorder and of backups), the registry's own policy, which lies in another account, and the policies of the network's endpoints, which
\`apps/infra/src/stacks/network.unit.test.ts\` has.

Isolation over HTTP, with sessions of many tenants: \`libs/credentials/src/policies/isolation.int.test.ts\`.

## With portals' secrets, and the key behind them
In a further account the same roles may do the same there. Places: ${PLACES.join(', ')}; \`own\` and \`copy\` are of the session's tenant in the first and the second region.

| who | may | of |
| --- | --- | --- |
${allowedAt.map(({ who, may, at }) => `| ${inWords(who)} | ${may.join(', ')} | ${at.join(', ')} |`).join('\n')}

## With what is the platform's own
| who | may |
| --- | --- |
${Object.entries(allowed)
  .filter(([, may]) => may.length > 0)
  .map(([who, may]) => `| ${who} | ${inWords(may)} |`)
  .join('\n')}

${inWords(mayNothing)}: each may nothing of all this.

Whoever administers the account may do what IAM may give, which no policy of a role can take away: become break-glass, auditor or guardian with a second factor, give a key back, look at it. No
administrator decrypts with the credentials key, and none becomes a tenant.

## What each statement and each condition is for
${mutants} statements and conditions are taken away, one at a time. Each turns at least one case; the first is here. Policies that are alike are listed once.

| taken away | without it |
| --- | --- |
${held.map(({ what, turns }) => `| ${what} | ${turns} |`).join('\n')}
`;
}
