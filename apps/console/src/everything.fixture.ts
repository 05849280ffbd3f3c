import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestEnvironment } from '@rcm/test-environment';

/** Every row of every table, as text. */
export async function everyRow(testEnvironment: TestEnvironment): Promise<string> {
  const ask = <Row>(query: string): Promise<Row[]> => testEnvironment.db.transaction('every tenant', (tx) => tx.$queryRawUnsafe<Row[]>(query));
  const tables = await ask<{ name: string }>(`SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`);
  const texts: string[] = [];
  for (const { name } of tables) texts.push(...(await ask<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM ${name} t`)).map(({ row }) => row));
  return texts.join('\n');
}

/** Which files below a folder have these bytes in them, in whichever of two codings a browser may keep them. */
export async function filesWith(folder: string, text: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    if (bytes.includes(text) || bytes.includes(Buffer.from(text, 'utf16le'))) found.push(path);
  }
  return found;
}
