import { AwsError, validationError } from '../aws-error.ts';
import type { Account } from '../account/arns.ts';
import { parameterArn } from '../account/arns.ts';

/** "Requirements and constraints for parameter names", AWS Systems Manager User Guide, and the PutParameter reference. */
const MAX_NAME = 1_011;
const MAX_ARN = 2_048;
const MAX_LEVELS = 15;
const RULE =
  'If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_';

/** Refuses a name that may not be created. Errors: ValidationException, AccessDeniedException, HierarchyLevelLimitExceededException. */
export function requireCreatableName(account: Account, name: string): void {
  if (/^\/aws(\/|$)/i.test(name)) throw new AwsError('AccessDeniedException', `No access to reserved parameter name: ${name}.`);
  if (/^\/?(aws|ssm)/i.test(name)) throw validationError(`Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive). ${RULE}`);
  if (!/^[a-zA-Z0-9_.\-/]+$/.test(name) || name.endsWith('/') || name.includes('//')) throw validationError(`Parameter name: ${RULE}`);
  if (name.includes('/') && !name.startsWith('/')) throw validationError('Parameter name must be a fully qualified name.');
  if (name.length > MAX_NAME || parameterArn(account, name).length > MAX_ARN) {
    throw validationError(`Parameter name: can't be longer than ${MAX_NAME} characters, and its ARN not longer than ${MAX_ARN}.`);
  }
  if (name.split('/').filter(Boolean).length > MAX_LEVELS) {
    throw new AwsError('HierarchyLevelLimitExceededException', 'Parameter hierarchies are limited to a maximum depth of fifteen levels.');
  }
}

/** A parameter as a read names it: by name or ARN, with `:version` or `:label` behind it. */
export interface ParameterSelector {
  readonly name: string;
  readonly version: number | null;
  readonly label: string | null;
  /** `:3`, as the answer repeats it; `null` without one. */
  readonly selector: string | null;
}

/** Reads `name`, `name:3`, `name:label` or the same with an ARN of this account. Fails with ValidationException. */
export function parseSelector(account: Account, text: string): ParameterSelector {
  const [, local = '', selector] = /^([^:]*)(?::([^:]*))?$/.exec(withoutArn(account, text)) ?? [];
  if (local === '') throw validationError('The parameter name is not valid.');
  if (selector === undefined) return { name: local, version: null, label: null, selector: null };
  if (/^\d+$/.test(selector)) return { name: local, version: Number(selector), label: null, selector: `:${selector}` };
  if (selector === '') throw validationError('The parameter selector is not valid.');
  return { name: local, version: null, label: selector, selector: `:${selector}` };
}

/** A name or ARN without a selector, for the operations that take none. */
export function parseName(account: Account, text: string): string {
  const parsed = parseSelector(account, text);
  if (parsed.selector !== null) throw validationError('The parameter name must not carry a version or label here.');
  return parsed.name;
}

/** An ARN's resource part says `parameter/a/b` for `/a/b` and `parameter/a` for `a`: one level alone is stored without a slash. */
function withoutArn(account: Account, text: string): string {
  if (!text.startsWith('arn:')) return text;
  const prefix = `arn:${account.partition}:ssm:${account.region}:${account.accountId}:parameter/`;
  if (!text.startsWith(prefix)) throw validationError('The parameter ARN is not one of this account and region.');
  const rest = text.slice(prefix.length);
  return rest.includes('/') ? `/${rest}` : rest;
}
