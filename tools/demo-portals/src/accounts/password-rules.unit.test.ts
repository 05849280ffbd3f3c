import { expect, test } from 'vitest';
import { readAssets } from '../portals/borealis/shell.ts';
import { policies } from './policies.ts';
import { brokenRule } from './password-rules.ts';

test.each([
  ['alpine', 'Abcdefgh1', 'too_short'],
  ['alpine', 'Abcdefghi1', null],
  ['alpine', `A1${'b'.repeat(62)}`, null],
  ['alpine', `A1${'b'.repeat(63)}`, 'too_long'],
  ['alpine', 'abcdefghi1', 'class_missing'],
  ['alpine', 'Größe😀Süß1', null],
  ['alpine', 'Größe😀Sü1', 'too_short'],
  ['alpine', 'Abcdefgh1\n', 'character_not_allowed'],
  ['borealis', 'Abcdefgh1-x', 'too_short'],
  ['borealis', 'Abcdefgh1-xy', null],
  ['borealis', 'Abcdefgh1xyz', 'class_missing'],
  ['borealis', 'Abcdefgh1-xü', 'character_not_allowed'],
  ['borealis', 'Abcdefgh1-x ', 'character_not_allowed'],
  ['borealis', 'Abbcdefgh1-x', null],
  ['borealis', 'Abbbcdefgh1-', 'repeated_characters'],
  ['borealis', `Aa1-${'xy'.repeat(14)}`, null],
  ['borealis', `Aa1-${'xy'.repeat(14)}z`, 'too_long'],
  ['cascade', 'Abcdef1', 'too_short'],
  ['cascade', 'Abcdefg1', null],
  ['cascade', 'Abcdefghijk1', null],
  ['cascade', 'Abcdefghijkl1', 'too_long'],
  ['cascade', 'Abcdef#$@!1', null],
  ['cascade', 'Abcdefg1%', 'character_not_allowed'],
  ['cascade', 'abcdefg1', 'class_missing'],
] as const)('%s: %j breaks %s', (portal, password, broken) => expect(brokenRule(policies[portal].rules, password)).toBe(broken));

test('the script of borealis tells browsers the rules that its server enforces', () => {
  expect(readAssets().get('change-dialog.js')).toContain(`'${policies.borealis.rules.notation}'`);
});
