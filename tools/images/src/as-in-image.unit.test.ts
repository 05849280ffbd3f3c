import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeFlags } from './as-in-image.ts';
import { IMAGES } from './images.ts';

const dockerfile = readFileSync(join(import.meta.dirname, '../../../docker/images/Dockerfile'), 'utf8');

test('what the image tells Node is read from the target of that app alone', () => {
  for (const { name } of IMAGES) expect(nodeFlags(name, dockerfile), name).toContain('--disable-sigusr1');
  expect(nodeFlags('migrator', dockerfile)).toContain('--max-semi-space-size=1');
  expect(nodeFlags('rotator', dockerfile)).not.toContain('--max-semi-space-size=1');
  expect(nodeFlags('nothing', dockerfile)).toBeNull();
});
