import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { payloadJsonSchema } from './payload.ts';
import { PAYLOAD_REASONS, REFERENCE_REASONS } from './refusal.ts';

interface Described {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly anyOf?: readonly Described[];
}

/** Every field of the schema with its description, `metadata.x` for those inside. */
function fieldsOf(schema: Described, prefix = ''): readonly (readonly [name: string, description: string])[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const inner = field.anyOf?.find(({ properties }) => properties) ?? field;
    return [[`${prefix}${name}`, field.description ?? inner.description ?? ''] as const, ...fieldsOf(inner, `${prefix}${name}.`)];
  });
}

describe('payload.schema.json', () => {
  it('is in step with the schema (else: npm run schema --workspace @rcm/credentials)', () => {
    const written = JSON.parse(readFileSync(new URL('../payload.schema.json', import.meta.url), 'utf8')) as unknown;
    expect(written).toEqual(JSON.parse(JSON.stringify(payloadJsonSchema())));
  });
});

describe('the credential schema guide', () => {
  const guide = readFileSync(new URL('../../../docs/credential-schema-guide.md', import.meta.url), 'utf8');
  const described = new Map([...guide.matchAll(/^\| `([a-z_.]+)` \| ([^|]*) \|$/gm)].map(([, name, text]) => [name, text?.replaceAll('`', '')]));
  const fields = fieldsOf(payloadJsonSchema() as Described);

  it('names exactly the fields of the schema', () => {
    expect([...described.keys()]).toEqual(fields.map(([name]) => name));
  });

  it.each(fields.filter(([name]) => !['custom_fields', 'metadata'].includes(name)))('says of %s what the schema says', (name, description) => {
    expect(described.get(name)).toBe(description);
  });

  it('lists every reason of a refusal', () => {
    const listed = [...guide.matchAll(/^\| `(\w+)` \| `(\w+)` \| (.*) \|$/gm)].map(([, code, reason, words]) => [code, reason, words]);
    const rows = (code: string, reasons: Readonly<Record<string, string>>) => Object.entries(reasons).map(([reason, words]) => [code, reason, words]);
    expect(listed).toEqual([...rows('payload_invalid', PAYLOAD_REASONS), ...rows('reference_invalid', REFERENCE_REASONS)]);
  });
});
