import { checkAddresses, readConfig, RcmError, Secret, transportEnvironment } from '@rcm/telemetry';
import { z } from 'zod';
import { type ForeignSecret, readForeignSecrets } from '@rcm/credentials/foreign-secrets';
import type { Exported, Item } from './item.ts';
import type { Mapping, SecretsRule } from './mapping.ts';
import { loginsOf, type Mapped } from './logins-of.ts';

const schema = z
  .object({ ...transportEnvironment, RCM_AWS_REGION: z.string().min(1).optional(), RCM_AWS_ENDPOINT: z.url().optional() })
  .superRefine((config, problems) => checkAddresses(config, { RCM_AWS_ENDPOINT: { address: config.RCM_AWS_ENDPOINT, use: 'aws' } }, problems));
/** Names of the platform's own secrets begin so. */
const OWN = 'rcm/';

/** Logins that another program keeps in Secrets Manager, by the beginning of their names, as whoever AWS says that asks. Fails with `input_invalid`, `config_invalid`, and as a store does. */
export async function readAwsSecrets(
  environment: NodeJS.ProcessEnv,
  { prefix, mapping, signal }: { prefix: string; mapping: Mapping; signal: AbortSignal },
): Promise<Mapped> {
  const { RCM_AWS_REGION: region = environment.AWS_REGION, RCM_AWS_ENDPOINT: endpoint } = readConfig(schema, environment);
  if (region === undefined) throw new RcmError('config_invalid', 'RCM_AWS_REGION is not set: it says in which region the secrets lie. Nothing was done.');
  return loginsOf(exportedFrom(await readForeignSecrets({ region, endpoint }, { prefix, signal }), mapping.secrets), mapping);
}

/** Each is an item, named by the last part of its name, in a folder of those before it. */
export function exportedFrom(secrets: readonly ForeignSecret[], rule: SecretsRule): Exported {
  const exported = { items: [] as Item[], leftOut: [] as { place: number; why: string }[] };
  for (const [i, { name, text }] of secrets.entries()) {
    const place = i + 1;
    if (name.startsWith(OWN)) exported.leftOut.push({ place, why: 'is the platform’s own' });
    else if (text === null) exported.leftOut.push({ place, why: 'holds no text' });
    else exported.items.push(itemOf(place, name, text, rule));
  }
  return exported;
}

function itemOf(place: number, name: string, text: Secret<string>, rule: SecretsRule): Item {
  const fields = fieldsIn(text);
  const of = (field: string): Secret<string> => fields.get(field) ?? new Secret('');
  const parts = name.split('/');
  const address = of(rule.address).reveal();
  const known = new Set([rule.username, rule.password, rule.address, rule.one_time_codes]);
  return {
    ...{ place, title: parts.at(-1) ?? '', folder: parts.slice(0, -1).join('/') },
    addresses: [...addressesByName(name, rule), address].filter(Boolean),
    username: of(rule.username),
    password: of(rule.password),
    oneTimeCodes: fields.get(rule.one_time_codes) ?? null,
    fields: new Map([...fields].filter(([field]) => !known.has(field))),
  };
}

/** The address of the longest beginning that the name has. */
function addressesByName(name: string, { addresses }: SecretsRule): readonly string[] {
  const begins = Object.keys(addresses)
    .filter((each) => name.startsWith(each))
    .sort((one, other) => other.length - one.length);
  return begins.slice(0, 1).flatMap((each) => addresses[each] ?? []);
}

/** V8 tells a reviver how a value was written; not yet in TypeScript's lib. */
const exact = JSON as unknown as { parse(text: string, reviver: (key: string, value: unknown, written: { readonly source?: string }) => unknown): unknown };

/** Of a JSON object its texts and numbers, these as they are written; of anything else none: a login without a user name, which is said if it is at an address. */
function fieldsIn(text: Secret<string>): ReadonlyMap<string, Secret<string>> {
  let value: unknown;
  try {
    // A number of 17 digits would come out of a double as another one, and be typed.
    value = exact.parse(text.reveal(), (_name, each, { source }) => (typeof each === 'number' ? source : each));
  } catch {
    return new Map();
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map();
  return new Map(
    Object.entries(value).flatMap(([name, each]: [string, unknown]) => (typeof each === 'string' && each !== '' ? [[name, new Secret(each)] as const] : [])),
  );
}
