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
    // An address whose slashes are escaped, or which has too few or none of them.
    ['{"url":"https:\\/\\/bob:c4n4ry@host\\/x?a=c4n4ry","tries":3}', '{"url":"https:\\/\\/[redacted]@host\\/x?a=[redacted]","tries":3}'],
    ['HTTPS:\\\\bob:c4n4ry@HOST\\x', 'HTTPS:\\\\[redacted]@HOST\\x'],
    ['https:/bob:c4n4ry@host/x', 'https:/[redacted]@host/x'],
    ['to //bob:c4n4ry@host/x', 'to //[redacted]@host/x'],
    ['connecting to bob:c4n4ry@db:5432/rcm', 'connecting to [redacted]@db:5432/rcm'],
    ['jdbc:oracle:thin:bob/c4n4ry@host:1521/x', '[redacted]@host:1521/x'],
    // A password that nobody has encoded.
    ['postgres://bob:80/c4n4ry@db:5432/rcm', 'postgres://[redacted]@db:5432/rcm'],
    ['postgres://bob:a b c4n4ry@db/rcm refused', 'postgres://[redacted]@db/rcm refused'],
    ['postgres://bob:x@y/c4n4ry@db/rcm', 'postgres://[redacted]@db/rcm'],
    ["'postgres://bob:c4'n4ry[c4n4ry]@db/x' failed", "'postgres://[redacted]@db/x' failed"],
    ['postgres://bob:c4n4ry', 'postgres://[redacted]'],
    ['https://[::1]:8443/bob:c4n4ry@x', 'https://[::1]:8443/[redacted]@x'],
    ['https://host/x?password=c4"c4n4ry, done', 'https://host/x?password=[redacted] done'],
    ["/x?password=c4'c4n4ry;c4n4ry failed", '/x?password=[redacted] failed'],
    // In a path.
    ['https://portal.example/password/c4n4ry/reset', 'https://portal.example/password/[redacted]/reset'],
    ['https://portal.example/users/jane.c4n4ry@mail.example/x', 'https://portal.example/users/[redacted]/x'],
    ['https://portal.example/by/jane.c4n4ry@mail.example/x', 'https://portal.example/by/[redacted]@mail.example/x'],
    // Without a host.
    ['GET /x?c4n4ry HTTP/1.1', 'GET /x?[redacted] HTTP/1.1'],
    ['"GET /x#c4n4ry", next', '"GET /x#[redacted]", next'],
    ['login.aspx?c4n4ry', 'login.aspx?[redacted]'],
    ['/x?a/b=c4n4ry&user(pw)=c4n4ry', '/x?[redacted]&[redacted]'],
    ['about:blank?c4n4ry', 'about:blank?[redacted]'],
    ['javascript:login("c4n4ry")', 'javascript:[redacted]'],
    // Encoded, once and twice, as a whole and in part.
    ['https%3A%2F%2Fbob%3Ac4n4ry%40host%2Fx%3Fpassword%3Dc4n4ry', 'https://[redacted]@host/x?password=[redacted]'],
    ['https%253A%252F%252Fbob%253Ac4n4ry%2540host%252Fx', 'https://[redacted]@host/x'],
    ['back to next%3Fpassword%3Dc4n4ry%20c4n4ry', 'back to next?password=[redacted]'],
    ['password%3dc4n4ry+c4n4ry', 'password=[redacted]'],
    ['%70assword=c4n4ry', 'password=[redacted]'],
    ['%7B%22password%22%3A%22c4n4ry%22%7D', '{"password":"[redacted]"}'],
    ['{"to":"\\u002fx?a\\u003dc4n4ry\\u0026password\\u003dc4n4ry"}', '{"to":"/x?a=[redacted]&password=[redacted]"}'],
    // Quotes that are not the last one, or that nobody closes.
    ["password='c4n4ry", "password='[redacted]'"],
    ["password='O'c4n4ry' tries=3", "password='[redacted]' tries=3"],
    ["SET password='O''c4n4ry', x", "SET password='[redacted]', x"],
    ["set password=' and token='c4n4ry' ok", "set password='[redacted]' ok"],
    ["set password=' and token=' c4n4ry' ok", "set password='[redacted]' ok"],
    ["password='', user’s tries='3', it's fine", "password='[redacted]', user’s tries='3', it's fine"],
    ['{"token":"abc=","password":"c4n4ry"}', '{"token":"[redacted]","password":"[redacted]"}'],
    ["password=\\'c4n4ry c4n4ry\\' tries=3", "password='[redacted]' tries=3"],
    ['{"a":"{\\"b\\":\\"{\\\\\\"pin\\\\\\":\\\\\\"c4n4ry\\\\\\"}\\"}"}', '{"a":"{\\"b\\":\\"{\\\\\\"pin\\\\\\":"[redacted]"}\\"}"}'],
    // Values that hold what often ends one, or begin with it.
    ['password=c4n4ry,c4n4ry;c4n4ry"c4n4ry{c4n4ry} tries=3', 'password=[redacted]} tries=3'],
    ['(password=c4n4ry), next', '(password=[redacted]), next'],
    ['password=(c4)n4ry next', 'password=[redacted] next'],
    ['password=&c4n4ry next', 'password=[redacted] next'],
    ['{"passwords":["c4n4ry","c4n4ry"],"tries":3}', '{"passwords":[redacted],"tries":3}'],
    ['{"password":{"a":"c}4n4ry c4n4ry"},"tries":3}', '{"password":[redacted],"tries":3}'],
    // Names as others write them.
    ["{ password: 'c4n4ry', pin: 47110815, tries: 3 }", "{ password: '[redacted]', pin: [redacted], tries: 3 }"],
    ['{\n  "password"  :\n    "c4n4ry"\n}', '{\n  "password"  :\n    "[redacted]"\n}'],
    ['password   =   c4n4ry', 'password   =   [redacted]'],
    ['password => c4n4ry', 'password => [redacted]'],
    ['password:c4n4ry', 'password:[redacted]'],
    ['user[password]=c4n4ry&b=2', 'user[password]=[redacted]&b=[redacted]'],
    ['user%5Bpassword%5D%5B%5D=c4n4ry', 'user[password][]=[redacted]'],
    ['form["password"] = "c4n4ry c4n4ry";', 'form["password"] = "[redacted]";'],
    ['Password: c4n4ry was refused', 'Password: [redacted] was refused'],
    ['old pwd: #Can-ary@c4n4ry, refused', 'old pwd: [redacted], refused'],
    ['--password=c4n4ry', '--password=[redacted]'],
    [`${'a'.repeat(100)}password=c4n4ry`, `${'a'.repeat(100)}password=[redacted]`],
    ['<ns:password type="text">c4n4ry</ns:password>', '<ns:password type="text">[redacted]</ns:password>'],
    ['<password><![CDATA[c4n4ry]]></password>', '<password><![CDATA[[redacted]</password>'],
    ['X-Api-Key: c4n4ry', 'X-Api-Key: [redacted]'],
    ['-----BEGIN PRIVATE KEY-----\nc4n4ry\n-----END PRIVATE KEY-----', '[redacted] PRIVATE KEY-----'],
  ])('%s is written as %s', (text, written) => {
    expect(maskText(text)).toBe(written);
    // What is masked is masked again on its way (an error's text in a field of another).
    expect(maskText(written)).toBe(written);
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
    'password: must have 12 characters, and it’s wrong; new password: login_rejected',
    'The new password: 12 to 64 characters.',
    'by person:os:jane@desk, token:claims and web-agent@host-1:99',
    'arn:aws:secretsmanager:us-east-1:123456789012:secret:rcm/prod/north/endpoints/alpine-1/a-AbCdEf',
    'at x (file:///app/node_modules/@aws-sdk/client-ssm/dist/x.js:40:11)',
    'see docs/rotation.md#what-a-person-may-do, or https://portal.example/password/change',
    'Is it? Yes: 100% of 3, and/or 50 %.',
    'https://vault.internal:8200/v1/secret/data/rcm/prod/north',
    'GET /v1/tasks/6f1c1bd6-0000-4000-8000-000000000000 200',
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
    'a:b/',
    'https:/',
    '<a:',
    '/a?',
    '%25',
    '((((',
    'pin=(',
    "pin='a' ",
    'pin=a,',
    'a-',
    'x-',
    '[redacted]',
    '-----BEGIN PRIVATE KEY-----',
  ])('made of many %s is masked in linear time', (part) => {
    for (let turn = 0; turn < 50; turn += 1) expect(maskText(part.repeat(Math.floor(8_000 / part.length))).length).toBeLessThan(90_000);
  });
});
