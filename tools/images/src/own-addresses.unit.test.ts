import { expect, it } from 'vitest';
import { readdress } from './own-addresses.ts';

const packageAt = (name: string): string => `libs/${name.slice(5)}/src/index.ts`;

it('a module keeps the address that it has in the repository, and the files go along that it names by it', () => {
  const source = `const FOLDER = new URL('../../recipes/', import.meta.url);\nconst SCRIPT = fileURLToPath(new URL('as-user.sh', import.meta.url));`;
  const { text, files } = readdress('libs/portal-drivers/src/recipe/files.ts', source, packageAt);
  expect(files).toEqual(['libs/portal-drivers/recipes', 'libs/portal-drivers/src/recipe/as-user.sh']);
  expect(text).toContain(`new URL('../../recipes/', new URL("libs/portal-drivers/src/recipe/files.ts", import.meta.url).href)`);
});

it('what is found by the name of a package of ours is found where it lies in the repository', () => {
  const { text } = readdress('tools/portal/src/doctor.ts', `new URL('../recipes', import.meta.resolve('@rcm/portal-drivers'))`, packageAt);
  expect(text).toBe(`new URL('../recipes', new URL("libs/portal-drivers/src/index.ts", import.meta.url).href)`);
});
