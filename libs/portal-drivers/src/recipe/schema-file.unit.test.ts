import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recipeJsonSchema, schemasAt } from './schema-file.ts';

describe('recipeJsonSchema', () => {
  it('is what recipe.schema.json holds; `npm run schema -w @rcm/portal-drivers` writes it anew', () => {
    const file = readFileSync(new URL('../../recipe.schema.json', import.meta.url), 'utf8');
    expect(JSON.parse(file)).toEqual(JSON.parse(JSON.stringify(recipeJsonSchema())));
  });

  it.each([
    [['login', 'steps', 0, 'fill', 'into'], 'label'],
    [['login', 'steps', 0, 'optional', 'steps', 3, 'press', 'within'], 'role'],
    [['tasks', 'any_name', 'rows', 'columns', 'any_column'], 'header'],
    [['session', 'logged_in', 'all', 2], 'visible'],
  ])('says what may stand at %j', (path, key) => {
    expect(schemasAt(recipeJsonSchema(), path).flatMap((schema) => Object.keys(schema.properties ?? {}))).toContain(key);
  });
});
