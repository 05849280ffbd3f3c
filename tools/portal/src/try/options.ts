import { type PasswordRules, parsePasswordRules } from '@rcm/credentials';
import { type DeclaredHost, type Recipe, recipeHosts } from '@rcm/portal-drivers';
import { RcmError } from '@rcm/telemetry';
import { addressFrom, hostsFrom } from '../address.ts';

/** `portal try` as it was typed. */
export interface TypedTryOptions {
  readonly baseUrl: string;
  readonly host?: readonly string[];
  readonly address?: string;
  readonly loginOnly?: boolean;
  readonly task?: string;
  readonly input?: string;
  readonly rotate?: boolean;
  readonly rules?: string;
  readonly saveCredential?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly headed?: boolean;
  readonly evidence?: string;
  readonly deadline: string;
}

/** What is tried after the login. */
export type Purpose =
  | { readonly kind: 'login' }
  | { readonly kind: 'task'; readonly name: string; readonly input: Readonly<Record<string, string>> }
  | { readonly kind: 'rotate'; readonly rules: PasswordRules };

/** Good for most portals: long, four classes, only special characters that are refused almost nowhere. */
export const DEFAULT_RULES = 'minlength: 16; maxlength: 20; required: upper; required: lower; required: digit; required: [-_];';

/** What is to be tried. Fails with `input_invalid` where options contradict each other or the recipe cannot do it. */
export function purposeOf(typed: TypedTryOptions, recipe: Recipe): Purpose {
  const asked = [typed.loginOnly && '--login-only', typed.task !== undefined && '--task', typed.rotate && '--rotate'].filter(
    (name) => typeof name === 'string',
  );
  if (asked.length > 1) throw wrong(`${asked.join(' and ')} exclude each other.`);
  if (!typed.rotate && typed.saveCredential !== undefined) throw wrong('--save-credential belongs to --rotate.');
  if (!typed.rotate && typed.rules !== undefined) throw wrong('--rules belongs to --rotate.');
  if (typed.task === undefined && typed.input !== undefined) throw wrong('--input belongs to --task.');
  if (typed.rotate) {
    if (!recipe.change) throw wrong('The recipe does not say how a password is changed (change).');
    return { kind: 'rotate', rules: parsePasswordRules(typed.rules ?? DEFAULT_RULES) };
  }
  if (typed.task === undefined) return { kind: 'login' };
  if (!Object.hasOwn(recipe.tasks, typed.task)) {
    throw wrong(`The recipe has no task "${typed.task}"; it has: ${Object.keys(recipe.tasks).join(', ') || 'none'}.`);
  }
  return { kind: 'task', name: typed.task, input: readInput(typed.input ?? '{}') };
}

/** Hosts that may be reached: the portal's own, and those that the recipe or the call names. */
export function hostsOf(typed: TypedTryOptions, recipe: Recipe): readonly DeclaredHost[] {
  if (!URL.canParse(typed.baseUrl) || !/^https?:$/.test(new URL(typed.baseUrl).protocol))
    throw wrong('--base-url is an address that begins with https:// or http://.');
  const { username, password } = new URL(typed.baseUrl);
  if (username !== '' || password !== '') throw wrong('--base-url must not hold a user name or a password.');
  const address = addressFrom(typed.address);
  return [...recipeHosts(recipe, typed.baseUrl, address), ...hostsFrom(typed.host ?? [], address)];
}

function readInput(text: string): Readonly<Record<string, string>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('--input is not JSON.');
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw wrong('--input is a JSON object, such as {"claim_number":"123"}.');
  const entries = Object.entries(value);
  if (entries.some(([, held]) => typeof held !== 'string' && typeof held !== 'number')) throw wrong('Every value of --input is a text or a number.');
  return Object.fromEntries(entries.map(([name, held]) => [name, String(held)]));
}

const wrong = (message: string): RcmError => new RcmError('input_invalid', message);
