import { expect, test } from 'vitest';
import { aboutAction } from './about-action.ts';

const statement = (Action: string | string[], Sid = 'One') => ({ Sid, Effect: 'Allow', Action, Resource: ['*'] });
const left = (Statement: object | object[], action: string) => aboutAction({ Version: '2012-10-17', Statement }, action).Statement;
const OTHER = statement('sts:AssumeRole', 'Other');

test.each([
  ['ssm:GetParameter', 'ssm:GetParameter'],
  [['ssm:PutParameter', 'ssm:GetParameter'], 'ssm:GetParameter'],
  ['SSM:getparameter', 'ssm:GetParameter'],
  ['ssm:Get*', 'ssm:GetParameter'],
  ['ssm:GetParameter*', 'ssm:GetParameter'],
  ['ssm:GetParamete?', 'ssm:GetParameter'],
  ['s*:GetParameter', 'ssm:GetParameter'],
  ['*', 'ssm:GetParameter'],
])('a statement about %j stays for %s, beside one that names another', (actions, action) => {
  expect(left([OTHER, statement(actions)], action)).toEqual([statement(actions)]);
});

test.each(['ssm:GetParameters', 'ssm:Get', 'm:GetParameter', 'ssm:GetParameter?', 'ssm.GetParameter', 'secretsmanager:*'])(
  'a statement about %s goes for ssm:GetParameter',
  (actions) => {
    expect(left([statement('ssm:*', 'Kept'), statement(actions)], 'ssm:GetParameter')).toEqual([statement('ssm:*', 'Kept')]);
  },
);

test('a statement that says which actions it is not about stays', () => {
  const rest = { Effect: 'Deny', NotAction: ['ssm:GetParameter'], Resource: ['*'] };
  expect(left([OTHER, rest], 'kms:Decrypt')).toEqual([rest]);
});

test('a policy keeps one statement, also where it is the only one and in no list', () => {
  expect(left(OTHER, 'kms:Decrypt')).toEqual([OTHER]);
  expect(left([OTHER, statement('ssm:*')], 'kms:Decrypt')).toEqual([OTHER]);
});
