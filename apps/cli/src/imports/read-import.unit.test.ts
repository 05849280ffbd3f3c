import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { organizationFor } from './mapping.ts';
import { mappingIn } from './read-import.ts';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'rcm-mapping-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MAPPING = JSON.stringify({
  portals: [{ address: 'portal.alpine.example', portal_type: 'alpine' }],
  organizations: { 'Klinik Süd': 'south', '*': 'others' },
});
const mapping = (encoding: BufferEncoding) => {
  const path = join(folder, 'mapping.json');
  writeFileSync(path, MAPPING, encoding);
  return mappingIn(path);
};

test('a mapping that is not UTF-8 is refused: a folder’s logins would go to another organization', () => {
  expect(organizationFor(mapping('utf8'), 'Klinik Süd')).toBe('south');
  for (const encoding of ['latin1', 'utf16le'] as const) expect(() => mapping(encoding)).toThrow(/not UTF-8/);
});
