import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, parseDocument } from 'yaml';
import { lintRecipe } from './lint.ts';
import { recipeJsonSchema } from './schema-file.ts';

const GUIDE = readFileSync(new URL('../../../../docs/portal-recipes.md', import.meta.url), 'utf8');
const CONTRACTS = readFileSync(new URL('../../../../docs/task-contracts.md', import.meta.url), 'utf8');
const blocks = [...`${GUIDE}\n${CONTRACTS}`.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
const whole = blocks.filter((block) => block.startsWith('version:'));
const parts = blocks.filter((block) => !block.startsWith('version:')).map((text) => ({ place: /^# (\S+)/.exec(text)?.[1] ?? 'nowhere', text }));
const sample = whole.find((block) => block.includes('name: sample-payer')) ?? '';

/** Puts a part of a recipe at its place in the sample, whose other tasks and hosts stay. */
function grafted(place: string, value: unknown): string {
  const document = parseDocument(sample);
  document.setIn(place.split('.'), document.createNode(value));
  return document.toString();
}

describe('the guide', () => {
  it('shows at least two whole recipes and five parts', () => {
    expect([whole.length, parts.length]).toEqual([expect.toSatisfy((count: number) => count >= 2), expect.toSatisfy((count: number) => count >= 5)]);
  });

  it.each(whole)('shows a recipe that can be used: %#', (block) => {
    expect(lintRecipe(block, { file: 'guide' }).problems).toEqual([]);
  });

  it.each(parts)('shows a part that can be used: $place', ({ place, text }) => {
    expect(lintRecipe(grafted(place, parse(text)), { file: 'guide' }).problems).toEqual([]);
  });

  it('shows, for every kind of step and condition, one that can be used', () => {
    const rows = [...GUIDE.matchAll(/^\| `[\w`, ]+` \|.*\| `(- .*|\{.*\})` \|$/gm)].map((match) => match[1] ?? '');
    expect(rows.length).toBeGreaterThan(25);
    for (const row of rows) {
      const value: unknown = parse(row);
      const tries = Array.isArray(value)
        ? [grafted('login.steps', [...(parse(sample) as { login: { steps: unknown[] } }).login.steps, ...(value as unknown[])])]
        : [grafted('session.logged_out', value), grafted('session.logged_out', { visible: value })];
      expect({ row, problems: Math.min(...tries.map((text) => lintRecipe(text, { file: 'guide' }).problems.length)) }).toEqual({ row, problems: 0 });
    }
  });

  it('names every key of the format', () => {
    const keys = new Set<string>();
    const walk = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const [key, value] of Object.entries(node as Record<string, unknown>)) {
        if (key === 'properties' && typeof value === 'object' && value !== null) for (const name of Object.keys(value)) keys.add(name);
        walk(value);
      }
    };
    walk(recipeJsonSchema());
    expect(keys.size).toBeGreaterThan(60);
    expect([...keys].filter((key) => !new RegExp(`(\`[^\`\\n]*\\b${key}\\b[^\`\\n]*\`)|^ *(- )?${key}:`, 'm').test(GUIDE))).toEqual([]);
  });
});
