import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const { databaseDoors, DOORS } = (await import(`${root}/lint/database-doors.js`)) as {
  readonly databaseDoors: object[];
  readonly DOORS: Readonly<Record<string, readonly string[]>>;
};
const eslint = new ESLint({
  ...{ cwd: root, overrideConfigFile: true },
  overrideConfig: [
    { files: ['**/*.ts'], languageOptions: { parser: tseslint.parser }, plugins: { '@typescript-eslint': tseslint.plugin } },
    ...databaseDoors,
  ] as NonNullable<ESLint.Options['overrideConfig']>,
});
const refusals = async (filePath: string, from: string): Promise<number> => {
  const [result] = await eslint.lintText(`import { anything } from '${from}';\nimport type { Something } from '${from}';\n`, {
    filePath: `${root}/${filePath}`,
  });
  expect(result?.fatalErrorCount).toBe(0);
  return result?.errorCount ?? 0;
};
const doors = globSync('libs/db/src/doors/*.ts', { cwd: root, exclude: ['**/*.test.ts'] }).map((file) => /([a-z]+)\.ts$/.exec(file)?.[1] ?? '');

describe('a door of libs/db', () => {
  it('stands in package.json under the name of its file, and no other does', () => {
    const { exports } = JSON.parse(readFileSync(`${root}/libs/db/package.json`, 'utf8')) as { exports: Record<string, string> };
    const named = Object.entries(exports).filter(([, file]) => file.startsWith('./src/doors/'));
    expect(Object.fromEntries(named)).toEqual(Object.fromEntries(doors.map((door) => [`./${door}`, `./src/doors/${door}.ts`])));
    expect(doors.length).toBeGreaterThan(5);
  });

  it.each(Object.entries(DOORS))('is open to %s where it is named, and no other is', async (part, open) => {
    for (const door of doors) expect([door, await refusals(`${part}/src/any.ts`, `@rcm/db/${door}`)]).toEqual([door, open.includes(door) ? 0 : 2]);
    expect(await refusals(`${part}/src/any.ts`, '@rcm/db')).toBe(0);
    expect(await refusals(`${part}/src/any.ts`, '@rcm/db/testing')).toBe(2);
  });

  it('is closed to a part that is not named, and open to tests', async () => {
    expect(await refusals('libs/credentials/src/any.ts', '@rcm/db/ledger')).toBe(2);
    expect(await refusals('apps/web-agent/src/any.ts', '@rcm/db/rotation')).toBe(2);
    expect(await refusals('apps/console/src/any.ts', '@rcm/db/ledger')).toBe(2);
    expect(await refusals('apps/web-agent/src/any.test.ts', '@rcm/db/rotation')).toBe(0);
  });
});
