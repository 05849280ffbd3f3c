import { describe, expect, it } from 'vitest';
import { maskText } from './text.ts';

const CANARY = 'c4n4ry';

describe('a text', () => {
  it.each([
    ['postgres://bob:c4n4ry@db.internal:5432/rcm', 'postgres://[redacted]@db.internal:5432/rcm'],
    ['at postgres://c4n4ry@db/rcm, again', 'at postgres://[redacted]@db/rcm, again'],
    ['postgres://bob:c4/n4ry@c4n4ry@db:5432/rcm', 'postgres://[redacted]@db:5432/rcm'],
    ['postgres://bob:c4n4ry"x@db/rcm', 'postgres://[redacted]@db/rcm'],
    ['redis://:c4n4ry@[::1]:6379/0', 'redis://[redacted]@[::1]:6379/0'],
    ['https://portal.example/claims?member=c4n4ry&dob=c4n4ry', 'https://portal.example/claims?member=[redacted]&dob=[redacted]'],
    ['https://portal.example/?c4n4ry', 'https://portal.example/?[redacted]'],
    ['https://portal.example/?a=1?b=c4n4ry#c4n4ry=1', 'https://portal.example/?a=[redacted]#[redacted]'],
    ['https://portal.example/#/members/c4n4ry', 'https://portal.example/#[redacted]'],
    ['https://portal.example/x;jsessionid=c4n4ry/y', 'https://portal.example/x;jsessionid=[redacted]/y'],
    ['"https://portal.example/x?a=c4n4ry", next', '"https://portal.example/x?a=[redacted]", next'],
    ['two: https://u:c4n4ry@a/ https://u:c4n4ry@b/?x=c4n4ry', 'two: https://[redacted]@a/ https://[redacted]@b/?x=[redacted]'],
    ['GET /claims?member=c4n4ry&x=2 failed', 'GET /claims?member=[redacted]&x=[redacted] failed'],
    ['sent Authorization: Bearer c4n4ryc4n4ry', 'sent Authorization: [redacted]'],
    ['with bearer c4n4ry.c4n4ry', 'with bearer [redacted]'],
    ['token eyJhbGciOiJFUzI1NiJ9.c4n4ry.c4n4ry here', 'token [redacted] here'],
    ['Set-Cookie: sid=c4n4ry; Path=/', 'Set-Cookie: [redacted]'],
    ['password=c4n4ry, tries=3', 'password=[redacted], tries=3'],
    ['pin = c4n4ry tries = 3', 'pin = [redacted] tries = 3'],
    ['{"password":"c4n4ry","tries":3}', '{"password":"[redacted]","tries":3}'],
    ['{\\"session_id\\": \\"c4n4ry\\"}', '{\\"session_id\\": "[redacted]"}'],
    ['{"pin":4711}', '{"pin":[redacted]}'],
    ["cannot connect: password='c4n4ry c4n4ry' host=db", "cannot connect: password='[redacted]' host=db"],
    ["{'password': 'c4n4ry', 'tries': 3}", "{'password': '[redacted]', 'tries': 3}"],
    ['{"password":"a\\"c4n4ry","tries":3}', '{"password":"[redacted]","tries":3}'],
    ['{\\"password\\":\\"a\\\\\\"c4n4ry\\\\\\\\\\",\\"tries\\":3}', '{\\"password\\":"[redacted]",\\"tries\\":3}'],
    ['{"message":"refused: password=c4n4ry"}', '{"message":"refused: password=[redacted]"}'],
    ['at=password=c4n4ry', 'at=password=[redacted]'],
    ['img data:image/png;base64,c4n4ry end', 'img data:[redacted] end'],
  ])('%s is written as %s', (text, written) => {
    expect(maskText(text)).toBe(written);
    expect(maskText(written)).not.toContain(CANARY);
  });

  it.each([
    'The login of endpoint alpine-1 was refused; nothing was changed.',
    'https://portal.example:8443/claims/list',
    'connect ECONNREFUSED 127.0.0.1:5432',
    'RCM_IDENTITY_KEY: is not set',
    'Unexpected token: what was expected is a number',
    'why? because the pin: was pinned',
    'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/prod/north/endpoints/alpine-1/a',
    'at perform (file:///app/src/tasks/perform.ts:40:11)',
    'state=running tries=3',
    '',
  ])('%j is left as it is', (text) => expect(maskText(text)).toBe(text));

  it('with a long value of a hidden name shows no end of it', () =>
    expect(maskText(`{"password":"${CANARY.repeat(1_000)}","tries":3}`)).toBe('{"password":"[redacted]","tries":3}'));

  it('that is very long is cut at a blank, so that no half of a URL is left', () => {
    const long = maskText(`${'word '.repeat(1_630)}postgres://bob:${CANARY.repeat(20)}@db/rcm ${'word '.repeat(100_000)}`);
    expect(long).not.toContain(CANARY);
    expect(long.length).toBeLessThan(9_000);
    expect(long).toMatch(/ \[\d+ more characters\]$/);
    expect(maskText(CANARY.repeat(100_000))).toBe(' [600000 more characters]');
  });

  // Whatever is repeated, no pass looks at a character more often than a bounded number of times: this would end by the test's own limit.
  it.each([
    'a',
    'a.',
    '://',
    'a://',
    '?a',
    '&a=',
    'eyJ',
    'eyJaaaaa-',
    'Bearer ',
    'cookie:',
    'data:',
    'password',
    '"a":"',
    "'a':'",
    "a='",
    '"pin":"',
    "pin='",
    '\\\\',
    '=',
    '@',
    'a:b@',
    ';a=',
    '\\"',
  ])('made of many %s is masked in linear time', (part) => {
    for (let turn = 0; turn < 50; turn += 1) expect(maskText(part.repeat(Math.floor(8_000 / part.length))).length).toBeLessThan(90_000);
  });
});
