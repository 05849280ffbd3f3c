import { Secret } from '@rcm/telemetry';
import { defaultId, type NewLogin } from '../onboarding/new-login.ts';
import type { Exported, Item, LeftOut } from './item.ts';
import { type Mapping, organizationFor, type PortalRule, ruleFor } from './mapping.ts';
import { codesIn } from './one-time-codes.ts';

/** What an export comes to by a mapping. */
export interface Mapped {
  readonly logins: readonly NewLogin[];
  /** What would be one of them and cannot, and why: then none is begun. */
  readonly wrong: readonly LeftOut[];
  /** What is none of them. */
  readonly leftOut: readonly LeftOut[];
}

/** Of a field of another entry, as KeePass exports it (“Field References”): the portal would be told these words. */
const REFERENCE = /\{REF:[TUPANIO]@/i;
const REFERS = 'refers to another entry: let it have a value of its own';

/** Items at addresses that the mapping has are logins to be added; whatever is missing of one is said, without a value. */
export function loginsOf({ items, leftOut }: Exported, mapping: Mapping): Mapped {
  const mapped = { logins: [] as NewLogin[], wrong: [] as LeftOut[], leftOut: [...leftOut] };
  const numbers = new Map<string, number>();
  for (const item of items) {
    const { place } = item;
    const rule = ruleFor(mapping, item.addresses);
    const organization = organizationFor(mapping, item.folder);
    if (rule === null && item.addresses.some((address) => REFERENCE.test(address))) mapped.wrong.push({ place, why: REFERS });
    else if (rule === null) mapped.leftOut.push({ place, why: 'is at no address of the mapping' });
    else if (organization === null) mapped.wrong.push({ place, why: 'its folder is of no organization of the mapping' });
    else {
      const at = `${organization} ${rule.portal_type}`;
      numbers.set(at, (numbers.get(at) ?? 0) + 1);
      const payload = payloadOf(item, rule);
      const account = accountOf(item, rule, numbers.get(at) ?? 1);
      if (typeof payload === 'string') mapped.wrong.push({ place, why: payload });
      else if (account === '') mapped.wrong.push({ place, why: 'no account can be named after it: say in the mapping what to name it by' });
      else {
        const named = { organization, portalType: rule.portal_type, account };
        mapped.logins.push({ ...named, id: defaultId(named), baseUrl: rule.base_url ?? null, payload });
      }
    }
  }
  mapped.leftOut.sort((one, other) => one.place - other.place);
  return mapped;
}

/** A string is what is wrong with it. */
function payloadOf({ username, password, oneTimeCodes, fields }: Item, rule: PortalRule): Secret<string> | string {
  if (username.reveal() === '') return 'has no user name';
  if (password.reveal() === '') return 'has no password';
  if ([username, password, oneTimeCodes].some((each) => REFERENCE.test(each?.reveal() ?? ''))) return REFERS;
  const codes = oneTimeCodes === null ? {} : codesIn(oneTimeCodes.reveal());
  if (typeof codes === 'string') return codes;
  const custom: Record<string, string> = {};
  for (const [name, exported] of Object.entries(rule.custom_fields)) {
    const value = fields.get(exported)?.reveal();
    if (value === undefined) return `has no field that the mapping calls ${JSON.stringify(exported)}`;
    if (REFERENCE.test(value)) return REFERS;
    Object.defineProperty(custom, name, { value, enumerable: true });
  }
  const more = Object.keys(custom).length > 0 ? { custom_fields: custom } : {};
  return new Secret(JSON.stringify({ username: username.reveal(), password: password.reveal(), ...codes, ...more }));
}

/** As an id: it stands in the path of the secret. Of what has no letters and digits nothing is left. */
function accountOf({ title, fields }: Item, { account }: PortalRule, number: number): string {
  if (account === 'number') return String(number);
  const name = account === 'title' ? title : (fields.get(account.field)?.reveal() ?? '');
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, LONGEST_ACCOUNT)
    .replaceAll(/^-+|-+$/g, '');
}
/** Beside the organization and the portal type it must fit into an id of 63. */
const LONGEST_ACCOUNT = 24;
