import { Secret } from '@rcm/telemetry';
import { z } from 'zod';
import { readTable } from '../onboarding/csv.ts';
import { type Exported, type Item, isJson, type LeftOut, notAnExport, parsedJson } from './item.ts';

const schema = z.object({
  title: z.string(),
  category: z.string(),
  state: z.string().optional(),
  vault: z.object({ name: z.string().optional() }).optional(),
  urls: z.array(z.object({ href: z.string() })).optional(),
  fields: z
    .array(z.object({ id: z.string(), type: z.string(), purpose: z.string().optional(), label: z.string().optional(), value: z.string().optional() }))
    .optional(),
});

/** The CSV of the app's export, or what `op item get --format json` prints: one item, a list of them, or one after the other. Fails with `input_invalid`. */
export const fromOnePassword = (exported: string): Exported => (isJson(exported) ? fromJson(exported) : fromCsv(exported));

function fromJson(exported: string): Exported {
  const read = z.array(schema).safeParse(parsedJson('1Password', asList(exported)));
  if (!read.success) throw notAnExport('1Password', 'it has no items as `op item get --format json` prints them');
  const [items, leftOut]: [Item[], LeftOut[]] = [[], []];
  for (const [i, { title, category, state, vault, urls = [], fields = [] }] of read.data.entries()) {
    const place = i + 1;
    if (state === 'ARCHIVED') leftOut.push({ place, why: 'is archived' });
    else if (category !== 'LOGIN') leftOut.push({ place, why: 'is no login' });
    else {
      const of = (purpose: string): string => fields.find((field) => field.purpose === purpose)?.value ?? '';
      const otp = fields.find(({ type }) => type === 'OTP')?.value;
      const others = fields.filter(({ purpose, type, value }) => purpose === undefined && type !== 'OTP' && value !== undefined);
      items.push({
        ...{ place, title, folder: vault?.name ?? '', addresses: urls.map(({ href }) => href) },
        username: new Secret(of('USERNAME')),
        password: new Secret(of('PASSWORD')),
        oneTimeCodes: otp ? new Secret(otp) : null,
        fields: new Map(others.map(({ id, label, value = '' }) => [label ?? id, new Secret(value)] as const)),
      });
    }
  }
  return { items, leftOut };
}

/** `op item list --format json | op item get - --format json` prints objects one after the other, each from a `{` to a `}` that begin a line. */
const asList = (exported: string): string => {
  const trimmed = exported.replace(/^\uFEFF/, '').trim();
  return trimmed.startsWith('[') ? trimmed : `[${trimmed.replaceAll(/^\}\s*\n\{/gm, '},\n{')}]`;
};

function fromCsv(exported: string): Exported {
  const { names, rows } = readTable(exported);
  const missing = ['title', 'url', 'username', 'password'].filter((name) => !names.includes(name));
  if (missing.length > 0) throw notAnExport('1Password', `its first line has no ${missing.join(', ')}`);
  const [items, leftOut]: [Item[], LeftOut[]] = [[], []];
  for (const [i, row] of rows.entries()) {
    const place = i + 1;
    const of = (name: string): string => row[name] ?? '';
    if (of('archived').toLowerCase() === 'true') leftOut.push({ place, why: 'is archived' });
    else
      items.push({
        // It names no vault; its tags are what people sort by.
        ...{ place, title: of('title'), folder: of('tags').split(/[,;]/)[0]?.trim() ?? '', addresses: [of('url')].filter(Boolean) },
        username: new Secret(of('username')),
        password: new Secret(of('password')),
        oneTimeCodes: of('otpauth') === '' ? null : new Secret(of('otpauth')),
        fields: new Map(),
      });
  }
  return { items, leftOut };
}
