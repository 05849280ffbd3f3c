import { allowed, type AllowedAt, allowedAt, becomesPeople } from './allowed.fixture.ts';
import type { Layer } from './evaluation.fixture.ts';
import { type Operation, operationsAt, type PlaceName, placesOf } from './operations.fixture.ts';
import { becoming, platform, PLATFORM_KEYS } from './platform-operations.fixture.ts';
import { ACCOUNT, type Principal, principals, STORE_ACCOUNT, STRANGE_ACCOUNT } from './principals.fixture.ts';

/** Who, what, on whose, under which condition: allowed or denied. */
export interface Case {
  readonly title: string;
  readonly principal: Principal;
  readonly operation: Operation;
  readonly layer: Layer;
  readonly isAllowed: boolean;
}

const WRONG = 'somebody-elses';
/** Somebody who may do what IAM may give is asked only what a policy beside IAM has the last word on. */
const isGuarded = ({ resource }: Operation): boolean => /:key\/|:role\//.test(resource);
/** Keys that leave it to IAM who uses them. */
const isLeftToIam = ({ resource }: Operation): boolean => (PLATFORM_KEYS as readonly string[]).includes(resource);

/** Every case: principal × operation × place, and each that is allowed once more for each of its conditions, taken away and changed. */
export function casesOf(): readonly Case[] {
  return principals.flatMap((principal) => [...withSecrets(principal), ...withPlatform(principal)]).flatMap((each) => [each, ...ofResourceAlone(each)]);
}

function withSecrets(principal: Principal): Case[] {
  const isOpen = principal.role === null && !principal.arn.endsWith('.amazonaws.com');
  // Whoever may do nothing with any secret is asked about one: the others are its like.
  const hasRow = isOpen || allowedAt.some(({ who }) => who.includes(principal.name));
  const places = placesOf(principal.account === STORE_ACCOUNT ? STORE_ACCOUNT : ACCOUNT).slice(0, hasRow ? undefined : 1);
  return places.flatMap((place) =>
    operationsAt(place)
      .filter((operation) => !isOpen || isGuarded(operation))
      .flatMap((operation) => {
        const row = allowedAt.find(({ who, may, at }) => who.includes(principal.name) && may.includes(operation.name) && at.includes(place.name as PlaceName));
        const title = `${principal.name}: ${operation.name} of ${place.name}`;
        return [made(title, principal, operation, row !== undefined), ...(row ? variants(title, principal, operation, row) : [])];
      }),
  );
}

function withPlatform(principal: Principal): Case[] {
  const isOpen = principal.role === null && !principal.arn.endsWith('.amazonaws.com');
  return [...becoming, ...platform]
    .filter((operation) => !isOpen || isAskedOfAdministrator(principal, operation))
    .flatMap((operation) => {
      const isAllowed = isOpen ? byAdministrator(principal, operation) : (allowed[principal.name] ?? []).includes(operation.name);
      const title = `${principal.name}: ${operation.name}`;
      return [made(title, principal, operation, isAllowed), ...(isAllowed ? variants(title, principal, operation, {}) : [])];
    });
}

/** Of a key that leaves it to IAM, that it does. */
const isAskedOfAdministrator = ({ account }: Principal, operation: Operation): boolean =>
  isGuarded(operation) &&
  operation.action !== 'iam:PassRole' &&
  (!isLeftToIam(operation) || operation.name.startsWith('administer platform key') || !operation.resource.includes(`:${account}:`));

function byAdministrator({ account }: Principal, { name, resource }: Operation): boolean {
  if (account === STRANGE_ACCOUNT || !resource.includes(`:${account}:`)) return false;
  return (
    becomesPeople.some((each) => name === each || name === `${each}, further account`) ||
    name === 'delete key of heads' ||
    name.startsWith('administer platform key')
  );
}

/** Conditions of the platform's own calls that some policy of theirs does not look at. */
const NOT_LOOKED_AT: readonly (readonly [operation: RegExp, who: RegExp, key: RegExp])[] = [
  [/^(tell people|write|add|see|deliver|look|list heads|read a head)/, /./, /^aws:SecureTransport$|^s3:TlsVersion$/],
  [/^become .* for a tenant|^tag session/, /./, /^aws:TagKeys$/],
  [/^become rcm-(backup|chat)/, /./, /^aws:SourceAccount$/],
  [/^tell people (for this account|in the second region)/, /rotator/, /^aws:SourceAccount$/],
  [/^tell people/, /^AWS: events$/, /^aws:SourceAccount$/],
  [/^let disks/, /./, /^kms:GrantOperations$/],
];

function variants(title: string, principal: Principal, operation: Operation, { whatever = [], mayLack = [] }: Pick<AllowedAt, 'whatever' | 'mayLack'>): Case[] {
  const looked = (key: string): boolean =>
    !NOT_LOOKED_AT.some(([what, who, which]) => what.test(operation.name) && who.test(principal.name) && which.test(key));
  return Object.keys(operation.context).flatMap((key) => {
    const { [key]: _, ...rest } = operation.context;
    const ignores = whatever.includes(key);
    const without = made(`${title}, without ${key}`, principal, { ...operation, context: rest }, ignores || mayLack.includes(key) || !looked(key));
    const isTransport = key === 'aws:SecureTransport' || key === 's3:TlsVersion';
    const value = isTransport
      ? key === 's3:TlsVersion'
        ? '1.1'
        : 'false'
      : key === 'aws:TagKeys'
        ? [WRONG]
        : key === 'kms:GrantOperations'
          ? ['Encrypt']
          : WRONG;
    // A process serves every tenant: which one is in the row that it works on (docs/design.md, Reading).
    const notLooked = (key === 'aws:SourceAccount' && !looked(key)) || key === 'aws:RequestTag/tenant_id';
    return [without, made(`${title}, with another ${key}`, principal, { ...operation, context: { ...rest, [key]: value } }, ignores || notLooked)];
  });
}

/** What a key or a role allows must not need IAM to be right: the same, with IAM open. */
function ofResourceAlone(each: Case): Case[] {
  const { principal, operation, title } = each;
  if (principal.role === null || !isGuarded(operation) || isLeftToIam(operation) || operation.action === 'iam:PassRole') return [];
  // What the account's IAM may give, it has given.
  if (/^(look at key|give key back|delete key of heads)/.test(operation.name) || /^become rcm-(break-glass|auditor|guardian)/.test(operation.name)) return [];
  return [{ ...each, title: `${title}, whatever IAM says`, layer: 'IAM open' }];
}

const made = (title: string, principal: Principal, operation: Operation, isAllowed: boolean): Case => ({
  title,
  principal,
  operation,
  layer: 'all',
  isAllowed,
});
