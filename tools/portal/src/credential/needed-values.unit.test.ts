import { parseRecipe, type Recipe } from '@rcm/portal-drivers';
import { describe, expect, it } from 'vitest';
import { neededValues } from './needed-values.ts';

const typed = (secret: string, custom: string): object[] => [
  { fill: { into: { label: 'Secret' }, with: { credential: secret } } },
  { optional: { when: { visible: { label: 'PIN' } }, steps: [{ fill: { into: { label: 'PIN' }, with: { credential: `custom.${custom}` } } }] } },
  { press: { role: 'button', name: 'Go on' }, submit: true },
];

const applied = [{ when: { text: 'Changed' }, is: 'applied' }];

function recipeWith(parts: object): Recipe {
  const outcomes = [
    { when: { text: 'Welcome' }, is: 'accepted' },
    { when: { text: 'Wrong' }, is: 'rejected' },
  ];
  return parseRecipe({ version: 1, name: 'sample', login: { steps: [{ open: '/' }, ...typed('password', 'pin')], outcomes }, ...parts });
}

describe('neededValues', () => {
  it('names what is typed in a login, in a change and in a change that a login demands, each once', () => {
    const recipe = recipeWith({
      change: { steps: typed('new_password', 'answer'), outcomes: applied },
      forced_change: {
        steps: [...typed('new_password', 'pin'), { choose: { in: { label: 'Site' }, option: { credential: 'custom.site' } } }],
        outcomes: applied,
      },
    });
    expect(neededValues(recipe)).toEqual({ custom: ['pin', 'answer', 'site'], totp: false });
  });

  it('names what only a change that a login demands types', () => {
    expect(neededValues(recipeWith({ forced_change: { steps: typed('new_password', 'badge'), outcomes: applied } })).custom).toEqual(['pin', 'badge']);
  });
});
