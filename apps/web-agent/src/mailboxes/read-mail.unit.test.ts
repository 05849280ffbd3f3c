import { describe, expect, test } from 'vitest';
import { textOfHtml } from './mail-text.ts';
import { readMail } from './read-mail.ts';

const RECEIVED = new Date('2026-11-28T14:03:19Z');
const FIELDS: Readonly<Record<string, string>> = {
  'Authentication-Results': 'mx.codes.example; dmarc=pass header.from=alpine.example',
  From: 'Alpine <codes@alpine.example>',
  To: 'codes@north.example',
  Date: 'Sat, 28 Nov 2026 14:03:10 +0000',
  'Message-ID': '<1@alpine.example>',
  Subject: 'Sign in',
};
const read = (fields: Readonly<Record<string, string | undefined>> = {}, body = 'Your code is 123456', above = '') => {
  const lines = Object.entries({ ...FIELDS, ...fields }).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return readMail({ source: Buffer.from(`${above}${lines.join('\r\n')}\r\n\r\n${body}`), receivedAt: RECEIVED, authservId: 'mx.codes.example' });
};

describe('a mail', () => {
  test('is a message with its sender, recipient and time', async () => {
    expect(await read()).toEqual({
      ...{ id: '<1@alpine.example>', from: 'codes@alpine.example', to: 'codes@north.example', sentAt: new Date('2026-11-28T14:03:10Z') },
      text: expect.stringContaining('Your code is 123456') as string,
    });
  });

  test('was sent no later than it was received', async () => {
    expect(await read({ Date: 'Sat, 28 Nov 2026 15:00:00 +0000' })).toMatchObject({ sentAt: RECEIVED });
  });

  test.each([
    ['two senders', { From: 'codes@alpine.example, codes@elsewhere.example' }],
    ['a group of senders', { From: 'all: codes@alpine.example, x@elsewhere.example;' }],
    ['no sender', { From: undefined }],
    ['two recipients', { To: 'codes@north.example, other@north.example' }],
    ['somebody who gets a copy', { Cc: 'other@north.example' }],
    ['no recipient', { To: undefined }],
    ['no time', { Date: undefined }],
    ['a time that is none', { Date: 'yesterday' }],
    ['no name', { 'Message-ID': undefined }],
  ])('is none with %s', async (_, fields) => expect(await read(fields)).toBe('unreadable'));

  test.each(['From', 'To', 'Date', 'Message-ID', 'Subject'])('is none with %s twice: a signature may cover the other one', async (name) => {
    expect(await read({}, undefined, `${name}: ${FIELDS[name]}\r\n`)).toBe('unreadable');
  });

  test('is forged where its server does not say that it is authentic', async () => {
    expect(await read({ 'Authentication-Results': undefined })).toBe('forged');
    expect(await read({ From: 'Alpine <codes@alpine.example.elsewhere.example>' })).toBe('forged');
    expect(await read({}, undefined, 'Authentication-Results: mx.codes.example; dmarc=fail header.from=alpine.example\r\n')).toBe('forged');
  });

  test('in two forms has the words of both', async () => {
    const body = ['', '--b', 'Content-Type: text/plain', '', 'plain 1111', '--b', 'Content-Type: text/html', '', '<p>rich <b>2222</b></p>', '--b--', ''].join(
      '\r\n',
    );
    expect(await read({ 'Content-Type': 'multipart/alternative; boundary=b' }, body)).toMatchObject({
      text: expect.stringMatching(/plain 1111[^]*rich 2222/) as string,
    });
  });

  test('that is attached to another says nothing', async () => {
    const body = [
      '',
      '--b',
      'Content-Type: text/plain',
      '',
      'see below',
      '--b',
      'Content-Type: message/rfc822',
      '',
      'From: a@b.example',
      '',
      'inner 1111',
      '--b--',
      '',
    ];
    expect(await read({ 'Content-Type': 'multipart/mixed; boundary=b' }, body.join('\r\n'))).toMatchObject({
      text: expect.not.stringContaining('1111') as string,
    });
  });

  test('whose parts lie in parts without an end, or that is too long, is none', async () => {
    const nested = Array.from({ length: 40 }, (_, n) => `--b${n}\r\nContent-Type: multipart/mixed; boundary=b${n + 1}\r\n\r\n`).join('');
    expect(await read({ 'Content-Type': 'multipart/mixed; boundary=b0' }, nested)).toBe('unreadable');
    expect(await read({ 'X-Long': 'x'.repeat(100_000) })).toBe('unreadable');
    expect(await read({}, 'x'.repeat(20_001))).toBe('unreadable');
    expect(await read({}, '\n'.repeat(10_000))).toBe('unreadable');
  });
});

describe('HTML', () => {
  test.each([
    ['lines by blocks and breaks', '<p>Your Alpine<br>code is</p><div>1234</div>', /Your Alpine\s+code is\s+1234/],
    ['one word of marked letters', '<p>12<b>34</b><span>56</span></p>', /123456/],
    ['entities', '<p>code&nbsp;is &#49;23&#x34;</p>', /code\sis 1234/],
    ['what is in cells apart', '<table><tr><td>12</td><td>34</td></tr></table>', /12\s+34/],
  ])('is read as %s', async (_, html, text) => expect(await textOfHtml(html)).toMatch(text));

  test.each([
    '<style>9999</style>',
    '<head><title>9999</title></head>',
    '<script>9999</script>',
    '<div style="DISPLAY : none"><p>9999</p></div>',
    '<span style="font-size:0px">9999</span>',
    '<div hidden><br><img src=x>9999</div>',
    '<!-- 9999 -->',
    '<p title="9999" data-code=9999>',
  ])('shows nothing of %s, and goes on behind it', async (html) => {
    expect((await textOfHtml(`${html}<p>seen</p>`))?.trim()).toBe('seen');
  });

  test('that is nested too deeply is not read, since the parser’s time would grow with the square of it', async () => {
    for (const piece of ['<b>', '<b></i>', '<div><p>', '<table></p>', '<svg></b>']) expect(await textOfHtml(piece.repeat(30_000))).toBeNull();
    expect(await textOfHtml('<b>'.repeat(200) + 'seen')).toBe('seen');
  });

  test('that has no end, or no sense, is read all the same', async () => {
    for (const piece of ['<', '<p hidden>', '&', '<!--', '"', '<a b="', '</x>', '<a x=1 ', '<![CDATA[', '<br>'])
      expect(typeof (await textOfHtml(piece.repeat(250_000 / piece.length)))).toBe('string');
  });
});
