import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** What is asked of every portal, in the order of the page. Each is answered, if only by `unknown`. */
export const topics = {
  password_rules: 'Password rules',
  password_expires: 'Password expires',
  changes: 'Changes',
  lockout: 'Lockout',
  second_factor: 'Second factor',
  session: 'Session',
  dormancy: 'Not used',
  recertification: 'Recertification',
  accounts: 'Accounts',
  terms: 'Terms and automation',
} as const;
export type Topic = keyof typeof topics;

const day = z.iso.date();
const fact = z.strictObject({
  says: z.string().min(10),
  /** The page that says it. */
  source: z.url({ protocol: /^https?$/ }),
  /** Of when the page is, by its own word. */
  of: z.union([day, z.literal('undated')]),
});
/** Empty: unknown, which a file says with that word. An empty list says nothing, and is refused. */
const answer = z.preprocess((said) => (said === 'unknown' ? [] : Array.isArray(said) && said.length === 0 ? null : said), z.array(fact));

/** Fields of a portal type's file (docs/rotation.md) that facts can fill; never a recipe: nobody has tried one. */
const portalType = z.strictObject({
  passwordRules: z.string().exactOptional(),
  passwordExpiresDays: z.int().min(1).exactOptional(),
  lockoutCounts: z.enum(['consecutive', 'window', 'until_unlocked']).exactOptional(),
  lockoutThreshold: z.int().min(1).exactOptional(),
  lockoutWindowSeconds: z.int().min(1).nullable().exactOptional(),
  lockoutLastsSeconds: z.int().min(1).nullable().exactOptional(),
  lockoutCountsCodes: z.boolean().exactOptional(),
  accountRealm: z.string().exactOptional(),
  maxSessionsPerAccount: z.int().min(1).exactOptional(),
  dormantAfterDays: z.int().min(2).exactOptional(),
  dormantCounts: z.enum(['login', 'second_factor']).exactOptional(),
  recertifyEveryDays: z.int().min(2).exactOptional(),
  automation: z.enum(['assisted', 'forbidden']).exactOptional(),
});

const schema = z.strictObject({
  name: z.string().min(1),
  payer: z.string().min(1),
  /** When the pages were read. */
  read: day,
  facts: z.strictObject(Object.fromEntries(Object.keys(topics).map((topic) => [topic, answer])) as Record<Topic, typeof answer>),
  portal_type: portalType.exactOptional(),
});

export type PayerFile = z.infer<typeof schema> & { readonly code: string };

export const FOLDER = join(import.meta.dirname, '..', '..', '..', 'portal-types');

/** Every file, by its name. Throws, naming file and field, where one is not as it must be. */
export function readPayerFiles(folder = FOLDER): readonly PayerFile[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => {
      const parsed = schema.safeParse(parse(readFileSync(join(folder, name), 'utf8')));
      if (!parsed.success) throw new Error(`${name}:\n${z.prettifyError(parsed.error)}`);
      return { code: basename(name, '.yaml'), ...parsed.data };
    });
}
