import { HOSTILE_TEXTS, LONGEST_TEXT, TYPED_SECRET } from '@rcm/test-services';
import fc from 'fast-check';
import { openApiDocument } from './openapi.ts';

/** As much of JSON Schema as the document uses; what it does not know it must not pass over, see `takes`. */
export interface Schema {
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}
interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: Schema;
}
export interface Route {
  readonly path: string;
  readonly method: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | null;
}

/** One thing that is wrong with an otherwise good request, and what the answer must name. */
export interface Bad {
  readonly what: string;
  readonly names: string;
  readonly path?: Readonly<Record<string, string>>;
  /** As it stands behind the question mark. */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

const document = openApiDocument() as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly parameters?: readonly Parameter[]; readonly requestBody?: object }>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

/** Every route of the document. */
export const ROUTES: readonly Route[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { parameters = [], requestBody }]) => {
    const [, name] = /#\/components\/schemas\/(\w+)/.exec(JSON.stringify(requestBody ?? {})) ?? [];
    return { path, method: method.toUpperCase(), parameters, body: name === undefined ? null : (document.components.schemas[name] ?? null) };
  }),
);

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** Whether the schema lets the text stand where it was typed: in a query, a path or a header. */
export function takesText(schema: Schema, text: string): boolean {
  if (schema.type === 'integer')
    return /^\d{1,15}$/.test(text) && Number(text) >= (schema.minimum ?? 0) && Number(text) <= (schema.maximum ?? Number.MAX_VALUE);
  if (schema.enum) return schema.enum.includes(text);
  if (schema.format === 'uuid' && !UUID.test(text)) return false;
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(text)) return false;
  return text.length >= (schema.minLength ?? 0) && text.length <= (schema.maxLength ?? Number.MAX_VALUE);
}

/** What is tried in the place of something good: in a query, a path or a header, and in a body. */
export interface Tried {
  readonly texts: readonly string[];
  readonly values: readonly unknown[];
}

export const HOSTILE: Tried = {
  texts: ['', ...HOSTILE_TEXTS],
  values: [
    ...['', '5', ...HOSTILE_TEXTS, LONGEST_TEXT.slice(0, 3_000), 0, 5, -1, 1.5, Number.MAX_SAFE_INTEGER + 2, -1e308, true, false, null],
    ...[[], [TYPED_SECRET], [1], {}, { a: TYPED_SECRET }, { a: 5 }, { '': '' }, { then: 'x', toString: 'x' }],
  ],
};

/** Nothing that anybody thought of, for the long form. */
export const randomlyTried: fc.Arbitrary<Tried> = fc.record({
  texts: fc.array(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ unit: 'grapheme', maxLength: 200 })), { minLength: 1, maxLength: 3 }),
  values: fc.array(fc.jsonValue({ maxDepth: 5 }), { minLength: 1, maxLength: 3 }),
});

/** Whether the schema lets the value stand in a body. An unknown kind of schema fails here, so that nobody believes it was tried. */
function takes(schema: Schema, value: unknown): boolean {
  if (schema.type === 'string') return typeof value === 'string' && takesText(schema, value);
  if (schema.type === 'integer') return Number.isSafeInteger(value) && takesText(schema, String(value));
  if (schema.type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  throw new Error(`say what is wrong for ${JSON.stringify(schema)}`);
}

export const badParameters = (route: Route, tried: Tried): readonly Bad[] =>
  route.parameters.flatMap(({ name, in: place, schema }): Bad[] => {
    const texts = tried.texts.filter((text) => text.isWellFormed() && !takesText(schema, text));
    if (place === 'path') return texts.filter((text) => text !== '').map((text) => ({ what: `${name} ${text}`, names: '', path: { [name]: text } }));
    if (place === 'header')
      // Others cannot be sent.
      return texts
        .filter((text) => /^[\x20-\x7e\xa0-\xff]*$/.test(text.trim()) && text.trim() === text && text !== '')
        .map((text) => ({ what: `${name} ${text}`, names: name, headers: { [name]: text } }));
    const query = texts.map((text) => `${name}=${encodeURIComponent(text)}`);
    const [good] = ['5', 'queued', 'alpine', 'alpine-one'].filter((text) => takesText(schema, text));
    return [...query, `${name}=${good ?? ''}&${name}=${good ?? ''}`].map((each) => ({ what: each, names: name, query: each }));
  });

/** What no query of ours has. */
export const badQueries = (route: Route): readonly Bad[] =>
  route.parameters.some((each) => each.in === 'query')
    ? ['org=two', `${TYPED_SECRET}=1`, '__proto__=1', 'constructor=1', 'limit[]=1', 'limit%00=1', 'toString'].map((query) => ({
        what: query,
        names: 'its fields',
        query,
      }))
    : [];

const asText = (value: object): string => JSON.stringify(value);

/** Bodies that are wrong in one place, made from the body's schema and one that is good. */
export function badBodies(schema: Schema, good: Readonly<Record<string, unknown>>, { values }: Tried): readonly Bad[] {
  const properties = schemaOf(schema, good);
  const bad: Bad[] = [];
  for (const [name, part] of Object.entries(properties.properties ?? {})) {
    for (const value of values.filter((each) => !takes(part, each)))
      bad.push({ what: `${name} ${JSON.stringify(value)}`, names: name, body: asText({ ...good, [name]: value }) });
    const entries = part.additionalProperties;
    if (typeof entries === 'object')
      for (const value of values.filter((each) => !takes(entries, each)))
        bad.push({
          what: `${name}.* ${JSON.stringify(value)}`,
          names: name,
          body: asText({ ...good, [name]: { ...(good[name] as object), claim_number: value } }),
        });
    const pair = `${JSON.stringify(name)}:${JSON.stringify(good[name] ?? 60)}`;
    bad.push({
      what: `${name} twice`,
      names: name,
      body: `{${[pair, asText({ ...good, [name]: undefined }).slice(1, -1), pair].filter((part) => part !== '').join(',')}}`,
    });
    if (schema.required?.includes(name) || properties.required?.includes(name)) {
      const { [name]: _left, ...rest } = good;
      bad.push({ what: `no ${name}`, names: name, body: asText(rest) });
    }
  }
  for (const name of ['org_id', TYPED_SECRET, '__proto__', 'constructor', 'prototype', ''])
    bad.push({ what: `also ${name}`, names: '', body: `${asText(good).slice(0, -1)},${JSON.stringify(name)}:{"a":"${TYPED_SECRET}"}}` });
  return bad;
}

/** The branch of a union that the good one is of. */
const schemaOf = (schema: Schema, good: Readonly<Record<string, unknown>>): Schema =>
  schema.anyOf?.find(({ properties = {} }) => Object.keys(good).every((name) => name in properties)) ?? schema;

const utf16 = Uint8Array.from(Buffer.from(`\ufeff{"task":"${TYPED_SECRET}"}`, 'utf16le'));
const broken = Uint8Array.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]);

/** What is no body at all, whatever the schema says. */
export const badDocuments = (good: object): readonly Bad[] => [
  ...[
    '',
    'null',
    'true',
    '5',
    `"${TYPED_SECRET}"`,
    '[]',
    asText([good]),
    TYPED_SECRET,
    `{"task":${TYPED_SECRET}`,
    `${asText(good)}${asText(good)}`,
    `${asText(good)},`,
    `{'task':1}`,
    '{"a":1,}',
    '/**/{}',
    'NaN',
    '[1e400]',
  ].map((body): Bad => ({ what: `the body ${body}`, names: 'body', body })),
  { what: 'nesting', names: 'body', body: '['.repeat(3_000) },
  { what: 'nesting that ends', names: 'body', body: `${'{"a":'.repeat(600)}1${'}'.repeat(600)}` },
  { what: 'UTF-16', names: 'body', body: utf16 },
  { what: 'no UTF-8', names: 'body', body: broken },
  { what: 'a megabyte', names: 'body', body: asText({ ...good, task: LONGEST_TEXT }) },
  ...[
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'x',
    'application/json/x',
    '*/*',
  ].map((type): Bad => ({ what: `content type ${type}`, names: 'body', headers: { 'content-type': type }, body: asText(good) })),
  { what: 'content encoding', names: 'body', headers: { 'content-encoding': 'gzip' }, body: Uint8Array.from([0x1f, 0x8b, 8, 0]) },
];
