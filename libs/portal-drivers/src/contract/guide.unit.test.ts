import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CONTRACT_NAMES, CONTRACTS } from './contracts.ts';
import { recordSchema } from './record-schema.ts';

const PAGE = readFileSync(new URL('../../../../docs/task-contracts.md', import.meta.url), 'utf8');
const sectionOf = (name: string): string => PAGE.split(/^## /m).find((section) => section.startsWith(`\`${name}\``)) ?? '';

/** The rows that the page must have for a contract: its fields, then the words of each fixed set. */
function rowsOf(name: (typeof CONTRACT_NAMES)[number]): readonly string[] {
  const fields = Object.entries(CONTRACTS[name].fields);
  return [
    ...fields.map(([key, { kind, given, meaning, x12 }]) => `| \`${key}\` | ${kind} | ${given} | ${meaning} | ${x12 ?? ''} |`),
    ...fields.flatMap(([key, field]) =>
      field.kind === 'choice' ? Object.entries(field.choices).map(([word, { code, meaning }]) => `| ${key} | \`${word}\` | ${meaning} | ${code ?? ''} |`) : [],
    ),
  ];
}

describe('the page of contracts', () => {
  it.each(CONTRACT_NAMES)('has of %s each field and word with its element, and no other', (name) => {
    const section = sectionOf(name);
    expect(section).toContain(CONTRACTS[name].transaction);
    expect(section.match(/^\| .*`.*$/gm)).toEqual(rowsOf(name));
  });

  it('has a section for each contract, and no other of that kind', () => {
    expect([...PAGE.matchAll(/^## `(\w+)`/gm)].map((match) => match[1])).toEqual([...CONTRACT_NAMES]);
  });

  it('shows a record that fits its contract, word for word', () => {
    const shown = /```json\n([\s\S]*?)```/.exec(PAGE)?.[1] ?? '';
    const { contract, rows } = JSON.parse(shown) as { contract: string; rows: readonly { raw: object }[] };
    expect(contract).toBe('claim_status');
    for (const { raw, ...row } of rows) {
      expect(recordSchema('claim_status').safeParse(row).error).toBeUndefined();
      expect(Object.keys(raw).length).toBeGreaterThan(0);
    }
  });
});
