import { Secret } from '@rcm/telemetry';
import { z } from 'zod';
import { readTable } from '../onboarding/csv.ts';
import { type Exported, type Item, isJson, type LeftOut, notAnExport, parsedJson } from './item.ts';

const text = z.string().nullish();
const loginSchema = z.object({ uris: z.array(z.object({ uri: text })).nullish(), username: text, password: text, totp: text });
const itemSchema = z.object({
  type: z.number(),
  name: z.string(),
  folderId: text,
  collectionIds: z.array(z.string()).nullish(),
  deletedDate: text,
  fields: z.array(z.object({ name: text, value: text })).nullish(),
  login: loginSchema.nullish(),
});
type BitwardenItem = z.infer<typeof itemSchema>;
const schema = z.object({
  folders: z.array(z.object({ id: z.string(), name: z.string() })).nullish(),
  collections: z.array(z.object({ id: z.string(), name: z.string() })).nullish(),
  items: z.array(itemSchema),
});
const encryptedSchema = z.object({ encrypted: z.literal(true) });
const LOGIN = 1;
const NO_LOGIN = 'is no login (a note, a card, an identity)';

/** An unencrypted export of a vault or an organization, as `bw export --format json` or `csv` writes it. Fails with `input_invalid`. */
export const fromBitwarden = (exported: string): Exported => (isJson(exported) ? fromJson(exported) : fromCsv(exported));

function fromJson(exported: string): Exported {
  const json = parsedJson('Bitwarden', exported);
  // Of one that a password protects nothing else can be read.
  if (encryptedSchema.safeParse(json).success)
    throw notAnExport('Bitwarden', 'it is encrypted; export it as plain JSON into a folder of your own, and remove it afterwards');
  const read = schema.safeParse(json);
  if (!read.success) throw notAnExport('Bitwarden', 'it has no items as Bitwarden writes them');
  const { folders, collections, items } = read.data;
  const names = new Map([...(folders ?? []), ...(collections ?? [])].map(({ id, name }) => [id, name]));
  const [logins, leftOut]: [Item[], LeftOut[]] = [[], []];
  for (const [i, item] of items.entries()) {
    const place = i + 1;
    if (item.deletedDate) leftOut.push({ place, why: 'is in the trash' });
    else if (item.type !== LOGIN || !item.login) leftOut.push({ place, why: NO_LOGIN });
    else logins.push({ place, title: item.name, folder: folderOf(item, names), ...loginIn(item.login), fields: fieldsOf(item) });
  }
  return { items: logins, leftOut };
}

const loginIn = ({ uris, username, password, totp }: z.infer<typeof loginSchema>): Pick<Item, 'addresses' | 'username' | 'password' | 'oneTimeCodes'> => ({
  addresses: (uris ?? []).flatMap(({ uri }) => uri ?? []),
  username: new Secret(username ?? ''),
  password: new Secret(password ?? ''),
  oneTimeCodes: totp ? new Secret(totp) : null,
});

/** A vault's item lies in a folder, an organization's in collections. */
const folderOf = ({ folderId, collectionIds }: BitwardenItem, names: ReadonlyMap<string, string>): string =>
  names.get(folderId ?? collectionIds?.[0] ?? '') ?? '';

const fieldsOf = ({ fields }: BitwardenItem): Item['fields'] =>
  new Map((fields ?? []).flatMap(({ name, value }) => (name && value ? [[name, new Secret(value)] as const] : [])));

/** Its columns, of a vault (`folder`) or of an organization (`collections`). */
function fromCsv(exported: string): Exported {
  const { names, rows } = readTable(exported);
  if (!names.includes('login_password') || !names.includes('type')) throw notAnExport('Bitwarden', 'its first line has no type and login_password');
  const [items, leftOut]: [Item[], LeftOut[]] = [[], []];
  for (const [i, row] of rows.entries()) {
    const place = i + 1;
    const of = (name: string): string => row[name] ?? '';
    if (of('type') !== 'login') leftOut.push({ place, why: NO_LOGIN });
    else
      items.push({
        ...{ place, title: of('name'), folder: of('folder') || (of('collections').split(',')[0] ?? '') },
        addresses: of('login_uri').split(',').filter(Boolean),
        username: new Secret(of('login_username')),
        password: new Secret(of('login_password')),
        oneTimeCodes: of('login_totp') === '' ? null : new Secret(of('login_totp')),
        fields: fieldsIn(of('fields')),
      });
  }
  return { items, leftOut };
}

/** One on each line: `name: value`. */
const fieldsIn = (cell: string): Item['fields'] =>
  new Map(
    cell.split('\n').flatMap((line) => {
      const at = line.indexOf(': ');
      return at > 0 ? [[line.slice(0, at), new Secret(line.slice(at + 2))] as const] : [];
    }),
  );
